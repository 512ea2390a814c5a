import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { render, type Message } from '../messages/message.ts';
import { compress } from '../compression/decompress.ts';
import { lsn, parseLsn } from '../wal/lsn.ts';
import { segmentName } from '../wal/segment.ts';
import { openWalDirectory, type WalDirectoryOptions } from './directory-store.ts';
import type { WalStore } from './wal-store.ts';

const MiB = 1024 * 1024;
const systemIdentifier = '7000000000000000001';

let directory: string;
let warnings: string[];
let stores: WalStore[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wal-directory-'));
  warnings = [];
  stores = [];
});

afterEach(async () => {
  for (const store of stores) await store.close();
  rmSync(directory, { recursive: true });
});

async function begun(segmentSizeBytes = MiB, options: Partial<WalDirectoryOptions> = {}): Promise<WalStore> {
  const onWarning = (sentence: Message) => void warnings.push(render(sentence));
  const store = await openWalDirectory({ directory, onWarning, ...options });
  stores.push(store);
  await store.begin({ systemIdentifier, segmentSizeBytes });
  return store;
}

/** Bytes that look like WAL of the instance from `startLsn` on: a first page, and then no two places alike. */
function walBytes(startLsn: bigint, length: number, system = systemIdentifier, segmentSizeBytes = MiB): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE((at * 2654435761) >>> (at % 3 === 0 ? 4 : 20), at);
  if (length < 40) return bytes;
  bytes.writeUInt16LE(0xd110, 0);
  bytes.writeUInt16LE(0x0002, 2);
  bytes.writeUInt32LE(1, 4);
  bytes.writeBigUInt64LE(startLsn, 8);
  bytes.writeUInt32LE(0, 16);
  bytes.writeUInt32LE(0, 20);
  bytes.writeBigUInt64LE(BigInt(system), 24);
  bytes.writeUInt32LE(segmentSizeBytes, 32);
  bytes.writeUInt32LE(8192, 36);
  return bytes;
}

async function contentOf(source: ByteSource | undefined): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source ?? []) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

const at = (text: string) => ({ timeline: 1, startLsn: parseLsn(text) });
const inDirectory = () => readdirSync(directory).sort();

describe('a growing segment', () => {
  it.each([MiB, 64 * MiB])(
    'is written front to back whatever the pieces, and is whole after that (%i)',
    async (size) => {
      const store = await begun(size);
      const expected = walBytes(0n, size, systemIdentifier, size);
      const runs = size === MiB ? 30 : 1;
      let segment = 0n;
      await fc.assert(
        fc.asyncProperty(
          fc.infiniteStream(fc.integer({ min: 1, max: size / 4 })),
          fc.infiniteStream(fc.nat(3)),
          async (lengths, syncs) => {
            segment += 1n;
            const position = { timeline: 1, startLsn: lsn(segment * BigInt(size)) };
            const name = join(directory, segmentName(1, position.startLsn, size));
            const open = await store.open(position);
            const scratch = Buffer.alloc(size / 4);
            let syncing: Promise<void> | undefined;
            for (let done = 0; done < size;) {
              const length = Math.min(Number(lengths.next().value), size - done);
              scratch.set(expected.subarray(done, done + length));
              await open.write(scratch.subarray(0, length));
              // What was taken may be used again.
              scratch.fill(0xee);
              done += length;
              const what = Number(syncs.next().value);
              if (what === 0) {
                await syncing;
                await open.sync();
                const there = readFileSync(`${name}.partial`);
                expect(there.length).toBe(size);
                expect(there.subarray(0, done).equals(expected.subarray(0, done))).toBe(true);
                expect(there.subarray(done).every((byte) => byte === 0)).toBe(true);
              } else if (what === 1) {
                // The next pieces come while it is flushed.
                await syncing;
                syncing = open.sync();
              }
            }
            await syncing;
            await open.complete();
            await open.close();
            expect(readFileSync(name).equals(expected)).toBe(true);
            rmSync(name);
            expect(inDirectory()).toEqual(['.gausskeep.lock']);
          },
        ),
        { numRuns: runs },
      );
    },
  );

  it('goes on in what pg_receivewal left, padded, empty or cut short', async () => {
    const store = await begun();
    const whole = walBytes(BigInt(MiB), MiB);
    for (const left of [MiB, 0, 300_001]) {
      const partial = join(directory, '000000010000000000000001.partial');
      writeFileSync(
        partial,
        Buffer.concat([whole.subarray(0, Math.min(left, 500_000)), Buffer.alloc(Math.max(0, left - 500_000))]),
      );
      const open = await store.open(at('0/100000'));
      expect(statSync(partial).size).toBe(MiB);
      await open.write(whole.subarray(0, 600_000));
      await open.close();
      expect(readFileSync(partial).subarray(0, 600_000).equals(whole.subarray(0, 600_000))).toBe(true);
      rmSync(partial);
    }
  });

  it('refuses a longer file, a link, a pipe and a directory in its place, and leaves them', async () => {
    const store = await begun();
    const partial = join(directory, '000000010000000000000001.partial');
    const elsewhere = join(directory, 'elsewhere');
    writeFileSync(elsewhere, 'kept');
    const cases: [() => void, object][] = [
      [
        () => {
          writeFileSync(partial, Buffer.alloc(MiB + 1));
        },
        { code: 'CORRUPT', message: `write-ahead log file "${partial}" has 1048577 bytes, should be 0 or 1048576` },
      ],
      [
        () => {
          symlinkSync(elsewhere, partial);
        },
        { code: 'STORAGE_UNAVAILABLE', message: `refused to write through the link "${partial}"` },
      ],
      [
        () => {
          execFileSync('mkfifo', [partial]);
        },
        { code: 'STORAGE_UNAVAILABLE', message: `"${partial}" is not a regular file` },
      ],
      [
        () => {
          mkdirSync(partial);
        },
        { code: 'STORAGE_UNAVAILABLE', message: `"${partial}" is not a regular file` },
      ],
    ];
    for (const [make, error] of cases) {
      make();
      await expect(store.open(at('0/100000'))).rejects.toMatchObject(error);
      rmSync(partial, { recursive: true });
    }
    expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
  });

  it('never replaces a segment, neither one that came meanwhile nor one of a wrong size', async () => {
    const store = await begun();
    const open = await store.open(at('0/100000'));
    await open.write(walBytes(BigInt(MiB), MiB));
    const whole = join(directory, '000000010000000000000001');
    writeFileSync(whole, 'another');
    await expect(open.complete()).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    await open.close();
    expect(readFileSync(whole, 'utf8')).toBe('another');
    expect(statSync(`${whole}.partial`).size).toBe(MiB);
    expect(await store.find(at('0/100000'))).toMatchObject({ isWhole: false });
    expect(warnings).toEqual([`segment file "${whole}" has incorrect size 7, skipping`]);
    await expect(store.open(at('0/100000'))).rejects.toMatchObject({
      code: 'OBJECT_EXISTS',
      message: `segment file "${whole}" exists already and is no whole segment`,
    });
  });

  it('is 0600, and belongs to the account of the directory when root receives', async () => {
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) chownSync(directory, 65534, 65534);
    const store = await begun();
    await store.putHistory(2, '1\t0/2000000\tno reason\n');
    const first = await store.open(at('0/100000'));
    await first.write(walBytes(BigInt(MiB), MiB));
    await first.complete();
    await (await store.open(at('0/200000'))).close();
    const names = ['00000002.history', '000000010000000000000001', '000000010000000000000002.partial'];
    expect(names.map((name) => statSync(join(directory, name)).mode & 0o7777)).toEqual([0o600, 0o600, 0o600]);
    const uid = isRoot ? 65534 : process.geteuid?.();
    expect(names.map((name) => statSync(join(directory, name)).uid)).toEqual([uid, uid, uid]);
  });
});

describe('what a directory holds', () => {
  const whole = (segment: bigint) => walBytes(segment * BigInt(MiB), MiB);

  it('is nothing in an empty one, and in one with other files', async () => {
    writeFileSync(join(directory, '00000002.history'), '');
    writeFileSync(join(directory, '000000010000000000000001.backup'), '');
    // No segment of 1 MiB has this number.
    writeFileSync(join(directory, '000000010000000000001000'), whole(1n));
    const store = await begun();
    expect(await store.newest()).toBeUndefined();
    expect(await store.find(at('0/100000'))).toBeUndefined();
  });

  it.each<[string, string[], { timeline: number; startLsn: string; isWhole: boolean; file: string }]>([
    [
      'plain',
      ['000000010000000000000001', '000000010000000000000002.partial'],
      { timeline: 1, startLsn: '0/200000', isWhole: false, file: '000000010000000000000002.partial' },
    ],
    [
      'gzip before plain',
      ['000000010000000000000001.gz', '000000010000000000000002', '000000010000000000000003.gz.partial'],
      { timeline: 1, startLsn: '0/300000', isWhole: false, file: '000000010000000000000003.gz.partial' },
    ],
    [
      'lz4 after gzip',
      ['000000010000000000000001.gz', '000000010000000000000002.lz4'],
      { timeline: 1, startLsn: '0/200000', isWhole: true, file: '000000010000000000000002.lz4' },
    ],
    [
      'zstd',
      ['000000010000000000000001', '000000010000000000000002.zst'],
      { timeline: 1, startLsn: '0/200000', isWhole: true, file: '000000010000000000000002.zst' },
    ],
    [
      'whole before its beginning',
      ['000000010000000000000001.gz', '000000010000000000000001.partial'],
      { timeline: 1, startLsn: '0/100000', isWhole: true, file: '000000010000000000000001.gz' },
    ],
    [
      'position before timeline',
      ['000000020000000000000001', '000000010000000000000002.partial'],
      { timeline: 1, startLsn: '0/200000', isWhole: false, file: '000000010000000000000002.partial' },
    ],
    [
      'timeline before whole',
      ['000000010000000000000002', '000000020000000000000002.partial'],
      { timeline: 2, startLsn: '0/200000', isWhole: false, file: '000000020000000000000002.partial' },
    ],
    [
      'past 1/0',
      ['000000010000000000000FF', '00000001000000010000000A.gz', '0000000100000000FFFFFFFF'],
      { timeline: 1, startLsn: '1/A00000', isWhole: true, file: '00000001000000010000000A.gz' },
    ],
  ])('is the newest of a mixed history: %s', async (_, files, expected) => {
    for (const name of files) {
      const content = whole(1n);
      const suffix = /\.(gz|lz4|zst)/.exec(name)?.[1];
      const kind =
        suffix === undefined ? undefined : ({ gz: 'gzip', lz4: 'lz4', zst: 'zstd' } as const)[suffix as 'gz'];
      const source = async function* () {
        yield await Promise.resolve(content);
      };
      writeFileSync(join(directory, name), kind === undefined ? content : await contentOf(compress(source(), kind)));
    }
    const store = await begun();
    const newest = await store.newest();
    expect(newest).toMatchObject({
      timeline: expected.timeline,
      startLsn: parseLsn(expected.startLsn),
      isWhole: expected.isWhole,
    });
    expect(newest?.from).toBe(join(directory, expected.file));
    expect((await contentOf(newest?.read())).equals(whole(1n))).toBe(true);
    expect(warnings).toEqual([]);
  });

  it('counts a whole one only with the right size, and says which it passes over', async () => {
    writeFileSync(join(directory, '000000010000000000000001'), whole(1n));
    writeFileSync(join(directory, '000000010000000000000002'), whole(2n).subarray(1));
    // The last four bytes say 1 MiB, the content does not.
    writeFileSync(
      join(directory, '000000010000000000000003.gz'),
      Buffer.concat([gzipSync(whole(3n)), gzipSync(whole(3n))]),
    );
    writeFileSync(join(directory, '000000010000000000000004.gz'), gzipSync(whole(4n).subarray(0, 4096)));
    writeFileSync(join(directory, '000000010000000000000005.gz'), gzipSync(whole(5n)).subarray(0, 3000));
    const store = await begun();
    expect(await store.newest()).toMatchObject({ startLsn: parseLsn('0/100000'), isWhole: true });
    expect(warnings).toEqual([
      `segment file "${directory}/000000010000000000000005.gz" cannot be read to its end, skipping: gzip data ends early`,
      `compressed segment file "${directory}/000000010000000000000004.gz" has incorrect uncompressed size 4096, skipping`,
      expect.stringMatching(/000000010000000000000003\.gz" has incorrect uncompressed size \d+, skipping$/),
      `segment file "${directory}/000000010000000000000002" has incorrect size 1048575, skipping`,
    ]);
  });

  it('is read to where it ends: a beginning quietly, a whole one as damage', async () => {
    writeFileSync(join(directory, '000000010000000000000001.gz'), gzipSync(whole(1n)));
    const store = await begun();
    const held = await store.find(at('0/100000'));
    writeFileSync(join(directory, '000000010000000000000001.gz'), gzipSync(whole(1n)).subarray(0, 5000));
    await expect(contentOf(held?.read())).rejects.toMatchObject({ code: 'CORRUPT' });
    writeFileSync(join(directory, '000000010000000000000002.gz.partial'), gzipSync(whole(2n)).subarray(0, 400_000));
    const content = await contentOf((await store.find(at('0/200000')))?.read());
    expect(content.length).toBeGreaterThan(0);
    expect(whole(2n).subarray(0, content.length).equals(content)).toBe(true);
  });

  it('must be of the instance of the server', async () => {
    writeFileSync(join(directory, '000000010000000000000001'), whole(1n));
    // An empty beginning tells nothing.
    writeFileSync(join(directory, '000000010000000000000002.partial'), Buffer.alloc(MiB));
    const store = await openWalDirectory({ directory });
    await expect(store.begin({ systemIdentifier: '42', segmentSizeBytes: MiB })).rejects.toMatchObject({
      code: 'SYSTEM_MISMATCH',
      message: `directory "${directory}" holds the WAL of another database system: its identifier is ${systemIdentifier}, that of the server is 42`,
    });
    await expect(store.begin({ systemIdentifier, segmentSizeBytes: 2 * MiB })).rejects.toMatchObject({
      code: 'SYSTEM_MISMATCH',
    });
    expect(inDirectory()).toEqual(['000000010000000000000001', '000000010000000000000002.partial']);
    await begun();
  });

  it('loses the names that a killed run left, and nothing else', async () => {
    const kept = [
      '000000010000000000000001',
      '000000010000000000000002.partial',
      '00000002.history',
      '00000002.history.tmp',
    ];
    for (const name of kept) writeFileSync(join(directory, name), '');
    writeFileSync(join(directory, '00000003.history.tmp-0d4f8a52-3c1f-4a4f-9a55-111111111111'), '');
    linkSync(join(directory, kept[0] ?? ''), join(directory, '000000010000000000000001.partial'));
    await begun();
    expect(inDirectory()).toEqual(['.gausskeep.lock', ...kept]);
  });
});

describe('the rest of a directory store', () => {
  it('says that there is no such directory as pg_receivewal does', async () => {
    const missing = join(directory, 'missing');
    await expect(openWalDirectory({ directory: missing })).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
      message: `could not open directory "${missing}": No such file or directory`,
    });
    writeFileSync(missing, '');
    await expect(openWalDirectory({ directory: missing })).rejects.toThrow('Not a directory');
  });

  it('lets one receiver in at a time', async () => {
    const store = await begun();
    const second = await openWalDirectory({ directory });
    await expect(second.begin({ systemIdentifier, segmentSizeBytes: MiB })).rejects.toMatchObject({ code: 'LOCKED' });
    await second.close();
    await store.close();
    await begun();
  });

  it('stores a history once', async () => {
    const store = await begun();
    const history = '1\t0/2000000\tno recovery target specified\n';
    expect(await store.readHistory(2)).toBeUndefined();
    await store.putHistory(2, history);
    await store.putHistory(2, history);
    expect(await store.readHistory(2)).toBe(history);
    expect(readFileSync(join(directory, '00000002.history'), 'utf8')).toBe(history);
    await expect(store.putHistory(2, 'other')).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    await store.putHistory(0x1a, history);
    expect(inDirectory()).toEqual(['.gausskeep.lock', '00000002.history', '0000001A.history']);
  });

  it('has one line, and no place for gaps', async () => {
    const store = await begun();
    await expect(store.startGeneration({ timeline: 1, forkLsn: parseLsn('0/100000') })).rejects.toMatchObject({
      code: 'USAGE',
    });
    const beginLsn = parseLsn('0/100000');
    await store.recordGap({ timeline: 1, beginLsn, endLsn: beginLsn, reason: '' });
    appendFileSync(join(directory, 'unrelated'), '');
    expect(inDirectory()).toEqual(['.gausskeep.lock', 'unrelated']);
  });
});
