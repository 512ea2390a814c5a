import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { othersRead } from '../../test/support/other-readers.ts';
import { contentOf, MiB, positionAt, sourceOf, TestWalDirectory, walBytes } from '../../test/support/wal-directory.ts';
import { fromText } from '../bytes/byte-string.ts';
import { compress, decompress } from '../compression/decompress.ts';
import { compressionSuffix, type Compression } from '../compression/detect.ts';
import { createFlushingEncoder, flushingBlockBytes } from '../compression/flushing-encoder.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { suffixOf } from '../wal-archive/codec.ts';
import { CompressedFile } from './compressed-file.ts';
import { SharedBuffers } from './gathered-bytes.ts';
import type { WalStore } from './wal-store.ts';
import { WriteBehindFile } from './write-behind-file.ts';

const kinds: Compression[] = ['gzip', 'lz4', 'zstd'];
const segment = '000000010000000000000001';
const position = positionAt('0/100000');
const whole = walBytes(BigInt(MiB), MiB);

let wal: TestWalDirectory;

beforeEach(() => {
  wal = new TestWalDirectory();
});

afterEach(() => wal.remove());

const partialOf = (codec: Codec) => `${segment}${suffixOf(codec)}.partial`;

async function heldBytes(store: WalStore): Promise<Buffer> {
  return contentOf((await store.find(position))?.read());
}

/** What an earlier receiver left: so much of the segment, the rest not written. */
async function leave(codec: Codec, length: number): Promise<void> {
  const content = whole.subarray(0, length);
  if (codec === 'none') {
    writeFileSync(wal.file(partialOf(codec)), Buffer.concat([content, Buffer.alloc(MiB - length)]));
  } else writeFileSync(wal.file(partialOf(codec)), await contentOf(compress(sourceOf(content), codec)));
}

describe.each(kinds)('a segment that grows as %s', (method) => {
  it('can be read to the last sync from another handle, and is whole at its end', async () => {
    const store = await wal.begun(MiB, { compression: { method } });
    const name = wal.file(`${segment}${compressionSuffix[method]}`);
    const lengths = fc.infiniteStream(
      fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: MiB / 2 })),
    );
    await fc.assert(
      fc.asyncProperty(lengths, fc.infiniteStream(fc.nat(3)), async (stream, syncs) => {
        const growing = await store.open(position);
        const scratch = Buffer.alloc(MiB / 2);
        let syncing: Promise<void> | undefined;
        let checks = 0;
        for (let done = 0; done < MiB;) {
          // Small ones at first, then it must come to an end.
          const length = Math.min(Number(stream.next().value) * (done > 50_000 ? 50 : 1), scratch.length, MiB - done);
          scratch.set(whole.subarray(done, done + length));
          await growing.write(scratch.subarray(0, length));
          scratch.fill(0xee);
          done += length;
          const what = Number(syncs.next().value);
          if (what > 1) continue;
          await syncing;
          syncing = growing.sync();
          if (what === 1 || checks > 4) continue;
          await syncing;
          checks += 1;
          const decoded = await heldBytes(store);
          expect(decoded.equals(whole.subarray(0, done))).toBe(true);
          if (method === 'gzip') {
            const other = gunzipSync(readFileSync(`${name}.partial`), { finishFlush: constants.Z_SYNC_FLUSH });
            expect(other.equals(decoded)).toBe(true);
          }
        }
        await syncing;
        await growing.complete();
        await growing.close();
        expect(wal.names()).toEqual(['.gausskeep.lock', `${segment}${compressionSuffix[method]}`]);
        const file = readFileSync(name);
        expect((await contentOf(decompress(sourceOf(file), method))).equals(whole)).toBe(true);
        expect(whole.equals(othersRead[method](readFileSync(name)))).toBe(true);
        // From here pg_receivewal reads the size.
        if (method === 'gzip') expect(file.readUInt32LE(file.length - 4)).toBe(MiB);
        expect(await store.newest()).toMatchObject({ isWhole: true, from: name });
        rmSync(name);
      }),
      { numRuns: 12 },
    );
  });

  it('is left readable by close', async () => {
    const store = await wal.begun(MiB, { compression: { method }, sync: false });
    const growing = await store.open(position);
    await growing.write(whole.subarray(0, 700_000));
    await growing.close();
    expect((await heldBytes(store)).equals(whole.subarray(0, 700_000))).toBe(true);
  });

  it('has the failure of the disk for every call', async () => {
    const file = new WriteBehindFile(fromText('/dev/full'), await open('/dev/full', 'w'));
    const compressed = new CompressedFile(
      file,
      await createFlushingEncoder(method),
      new SharedBuffers(flushingBlockBytes),
    );
    await compressed.write(whole.subarray(0, 1000));
    const full = { code: 'STORAGE_UNAVAILABLE', message: expect.stringContaining('(ENOSPC)') as string };
    await expect(compressed.sync()).rejects.toMatchObject(full);
    await expect(compressed.sync()).rejects.toMatchObject(full);
    await expect(compressed.close()).rejects.toMatchObject(full);
  });
});

describe('a beginning that is there', () => {
  const codecs: Codec[] = ['none', ...kinds];
  const pairs = codecs.flatMap((old) => codecs.map((next) => [old, next] as const));

  it.each(pairs)('as %s stays, with all it holds, until as much is durable as %s', async (old, method) => {
    await leave(old, 300_000);
    const store = await wal.begun(MiB, { compression: { method } });
    const growing = await store.open(position);
    for (let done = 0; done < 600_000; done += 100_000) {
      await growing.write(whole.subarray(done, done + 100_000));
      await growing.sync();
      const length = Math.max(300_000, done + 100_000);
      expect((await heldBytes(store)).subarray(0, length).equals(whole.subarray(0, length))).toBe(true);
      // A reader that knows only the usual names finds it too, whenever the receiver is killed.
      const killed = new TestWalDirectory();
      for (const name of wal.names()) if (!name.endsWith('.lock')) cpSync(wal.file(name), killed.file(name));
      const second = await killed.begun();
      expect(killed.names().filter((name) => !/^0{7}10{15}1(\.gz|\.lz4|\.zst)?\.partial$/.test(name))).toEqual([
        '.gausskeep.lock',
      ]);
      expect((await heldBytes(second)).subarray(0, length).equals(whole.subarray(0, length))).toBe(true);
      await killed.remove();
    }
    expect(wal.names()).toEqual(['.gausskeep.lock', partialOf(method)]);
    await growing.write(whole.subarray(600_000));
    await growing.complete();
    expect(wal.names()).toEqual(['.gausskeep.lock', `${segment}${suffixOf(method)}`]);
    expect((await heldBytes(store)).equals(whole)).toBe(true);
  });

  it('is all that is left when the new one is given up before it holds as much', async () => {
    await leave('gzip', 300_000);
    const before = readFileSync(wal.file(partialOf('gzip')));
    const store = await wal.begun(MiB, { compression: { method: 'zstd' } });
    const growing = await store.open(position);
    await growing.write(whole.subarray(0, 200_000));
    await growing.close();
    expect(wal.names()).toEqual(['.gausskeep.lock', partialOf('gzip')]);
    expect(readFileSync(wal.file(partialOf('gzip'))).equals(before)).toBe(true);
  });

  it('gets its holes filled while it stays', async () => {
    // After a power failure: written, and never flushed.
    await leave('none', 300_000);
    const holed = readFileSync(wal.file(partialOf('none'))).fill(0, 50_000, 80_000);
    writeFileSync(wal.file(partialOf('none')), holed);
    const store = await wal.begun(MiB, { compression: { method: 'gzip' } });
    const growing = await store.open(position);
    await growing.write(whole.subarray(0, 100_000));
    await growing.sync();
    expect((await heldBytes(store)).subarray(0, 300_000).equals(whole.subarray(0, 300_000))).toBe(true);
    await growing.close();
    expect((await heldBytes(store)).subarray(0, 300_000).equals(whole.subarray(0, 300_000))).toBe(true);
  });

  it.each(kinds)('is read to its end though a new one takes its place meanwhile (%s)', async (codec) => {
    // Flushed, and then what a power failure left.
    const encoder = await createFlushingEncoder(codec);
    const flushed = await encoder.encode(whole.subarray(0, 200_000), true);
    encoder.close();
    writeFileSync(wal.file(partialOf(codec)), Buffer.concat([...flushed, Buffer.alloc(100_000)]));
    const store = await wal.begun(MiB, { compression: { method: codec, level: 1 } });
    const source = (await store.find(position))?.read()[Symbol.asyncIterator]();
    const first = await source?.next();
    const pieces = [Buffer.from(first?.value as Uint8Array)];
    const growing = await store.open(position);
    await growing.write(whole.subarray(0, 900_000));
    await growing.sync();
    for (let next = await source?.next(); next?.done === false; next = await source?.next()) {
      pieces.push(Buffer.from(next.value));
    }
    expect(Buffer.concat(pieces).equals(whole.subarray(0, 200_000))).toBe(true);
    expect((await heldBytes(store)).length).toBe(900_000);
    await growing.close();
  });

  it('of several counts that holds most', async () => {
    await leave('none', 200_000);
    await leave('lz4', 300_000);
    await leave('gzip', 100_000);
    const store = await wal.begun();
    for (const held of [await store.newest(), await store.find(position)]) {
      expect(held?.from).toBe(wal.file(partialOf('lz4')));
      expect((await contentOf(held?.read())).length).toBe(300_000);
    }
    const growing = await store.open(position);
    await growing.write(whole.subarray(0, 300_000));
    await growing.close();
    expect(wal.names()).toEqual(['.gausskeep.lock', partialOf('none')]);
  });
});
