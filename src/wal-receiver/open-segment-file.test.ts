import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MiB, positionAt, TestWalDirectory, walBytes } from '../../test/support/wal-directory.ts';
import { lsn } from '../wal/lsn.ts';
import { segmentName } from '../wal/segment.ts';

let wal: TestWalDirectory;

beforeEach(() => {
  wal = new TestWalDirectory();
});

afterEach(() => wal.remove());

describe('a growing segment', () => {
  it.each([MiB, 64 * MiB])(
    'is written front to back whatever the pieces, and is whole after that (%i)',
    async (size) => {
      const store = await wal.begun(size);
      const expected = walBytes(0n, size, size);
      const runs = size === MiB ? 30 : 1;
      let segment = 0n;
      await fc.assert(
        fc.asyncProperty(
          fc.infiniteStream(fc.integer({ min: 1, max: size / 4 })),
          fc.infiniteStream(fc.nat(3)),
          async (lengths, syncs) => {
            segment += 1n;
            const position = { timeline: 1, startLsn: lsn(segment * BigInt(size)) };
            const name = wal.file(segmentName(1, position.startLsn, size));
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
            expect(wal.names()).toEqual(['.gausskeep.lock']);
          },
        ),
        { numRuns: runs },
      );
    },
  );

  it('goes on in what pg_receivewal left, padded, empty or cut short', async () => {
    const store = await wal.begun();
    const whole = walBytes(BigInt(MiB), MiB);
    for (const left of [MiB, 0, 300_001]) {
      const partial = wal.file('000000010000000000000001.partial');
      writeFileSync(
        partial,
        Buffer.concat([whole.subarray(0, Math.min(left, 500_000)), Buffer.alloc(Math.max(0, left - 500_000))]),
      );
      const open = await store.open(positionAt('0/100000'));
      expect(statSync(partial).size).toBe(MiB);
      await open.write(whole.subarray(0, 600_000));
      await open.close();
      expect(readFileSync(partial).subarray(0, 600_000).equals(whole.subarray(0, 600_000))).toBe(true);
      rmSync(partial);
    }
  });

  it('refuses a longer file, a link, a pipe and a directory in its place, and leaves them', async () => {
    const store = await wal.begun();
    const partial = wal.file('000000010000000000000001.partial');
    const elsewhere = wal.file('elsewhere');
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
      await expect(store.open(positionAt('0/100000'))).rejects.toMatchObject(error);
      rmSync(partial, { recursive: true });
    }
    expect(readFileSync(elsewhere, 'utf8')).toBe('kept');
  });

  it('never replaces a segment, neither one that came meanwhile nor one of a wrong size', async () => {
    const store = await wal.begun();
    const open = await store.open(positionAt('0/100000'));
    await open.write(walBytes(BigInt(MiB), MiB));
    const whole = wal.file('000000010000000000000001');
    writeFileSync(whole, 'another');
    await expect(open.complete()).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    await open.close();
    expect(readFileSync(whole, 'utf8')).toBe('another');
    expect(statSync(`${whole}.partial`).size).toBe(MiB);
    expect(await store.find(positionAt('0/100000'))).toMatchObject({ isWhole: false });
    expect(wal.warnings).toEqual([`segment file "${whole}" has incorrect size 7, skipping`]);
    await expect(store.open(positionAt('0/100000'))).rejects.toMatchObject({
      code: 'OBJECT_EXISTS',
      message: `segment file "${whole}" exists already and is no whole segment`,
    });
  });

  it('is 0600, and belongs to the account of the directory when root receives', async () => {
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) chownSync(wal.path, 65534, 65534);
    const store = await wal.begun();
    await store.putHistory(2, '1\t0/2000000\tno reason\n');
    const first = await store.open(positionAt('0/100000'));
    await first.write(walBytes(BigInt(MiB), MiB));
    await first.complete();
    await (await store.open(positionAt('0/200000'))).close();
    const names = [
      '.gausskeep.lock',
      '00000002.history',
      '000000010000000000000001',
      '000000010000000000000002.partial',
    ];
    expect(names.map((name) => statSync(wal.file(name)).mode & 0o7777)).toEqual(names.map(() => 0o600));
    const uid = isRoot ? 65534 : process.geteuid?.();
    expect(names.map((name) => statSync(wal.file(name)).uid)).toEqual(names.map(() => uid));
  });
});
