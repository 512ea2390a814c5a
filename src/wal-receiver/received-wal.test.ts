import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { MiB, systemIdentifier, TestWalDirectory, walBytes } from '../../test/support/wal-directory.ts';
import { lsn, type Lsn } from '../wal/lsn.ts';
import { segmentName } from '../wal/segment.ts';
import { ReceivedWal } from './received-wal.ts';

let wal: TestWalDirectory;

beforeEach(() => {
  wal = new TestWalDirectory();
});

afterEach(() => wal.remove());

it.each([true, false])(
  'goes on when a segment ends while it is made durable (synchronous: %s)',
  async (synchronous) => {
    const segments = 4;
    const startLsn = lsn(BigInt(MiB));
    const contents = Array.from({ length: segments }, (_, index) => walBytes(BigInt((index + 1) * MiB), MiB));
    const bytes = Buffer.concat(contents);
    const durable: Lsn[] = [];
    const failures: unknown[] = [];
    const received = new ReceivedWal({
      store: await wal.begun(),
      instance: { systemIdentifier, segmentSizeBytes: MiB },
      timeline: 1,
      startLsn,
      synchronous,
      onDurable: (position) => void durable.push(position),
      onSegment: () => undefined,
      onFailure: (error) => void failures.push(error),
    });
    for (let done = 0; done < bytes.length; done += 100_000) {
      await received.take({ startLsn: received.position, bytes: bytes.subarray(done, done + 100_000) });
      // As the timer does, at whatever moment.
      received.makeDurable();
    }
    await received.close();
    expect(failures).toEqual([]);
    expect(durable.at(-1)).toBe(startLsn + BigInt(segments * MiB));
    expect(durable).toEqual(durable.toSorted((a, b) => (a < b ? -1 : 1)));
    for (const [index, content] of contents.entries()) {
      const name = segmentName(1, lsn(BigInt((index + 1) * MiB)), MiB);
      expect(readFileSync(wal.file(name)).equals(content)).toBe(true);
    }
  },
);
