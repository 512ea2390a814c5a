import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WalBuilder, type RecordToBuild } from '../../test/support/wal-builder.ts';
import { heap, megabyte } from '../../test/support/wal-reading.ts';
import { BackupError } from '../errors/backup-error.ts';
import { crc32c } from '../bytes/crc32c.ts';
import { lsn } from './lsn.ts';
import { decodeSegmentIndex, encodeSegmentIndex, segmentIndexVersion } from './segment-index-codec.ts';
import type { SegmentIndex } from './segment-index.ts';
import { SegmentIndexer } from './segment-indexer.ts';
import { linksTo } from './segment-links.ts';
import type { TransactionEvent } from './wal-event.ts';
import { indexSegment } from '../../test/support/whole-wal.ts';

const postgresql15 = 0xd110;
const epochUs = 946_684_800_000_000n;

/** COMMIT of PostgreSQL with subtransactions, as many as asked for. */
function commit(xid: bigint, time: bigint, subxids: readonly number[]): RecordToBuild {
  const main = Buffer.alloc(16 + 4 * subxids.length);
  main.writeBigInt64LE(time);
  main.writeUInt32LE(2, 8);
  main.writeInt32LE(subxids.length, 12);
  for (const [index, subxid] of subxids.entries()) main.writeUInt32LE(subxid, 16 + 4 * index);
  return { rmid: 1, info: 0x80, xid, main };
}

function newWal(): WalBuilder {
  return new WalBuilder({ magic: postgresql15, segmentSizeBytes: megabyte, startLsn: lsn(BigInt(megabyte)) });
}

/** Fills the segment up to `room` bytes before its end. */
function fillSegment(wal: WalBuilder, room: number): void {
  const end = BigInt(megabyte);
  while (end - (wal.position % end) > 8192n) wal.append({ ...heap, main: Buffer.alloc(4000) });
  wal.fillPage(room);
}

function segmentsOf(wal: WalBuilder): { bytes: Buffer; startLsn: ReturnType<typeof lsn> }[] {
  const bytes = wal.bytes({ wholeSegment: true });
  return Array.from({ length: bytes.length / megabyte }, (_, at) => ({
    bytes: bytes.subarray(at * megabyte, (at + 1) * megabyte),
    startLsn: lsn(wal.startLsn + BigInt(at * megabyte)),
  }));
}

function alone(wal: WalBuilder): SegmentIndex[] {
  return segmentsOf(wal).map(({ bytes, startLsn }) => indexSegment(bytes, { startLsn, check: 'every-record' }));
}

function inOneGo(wal: WalBuilder): SegmentIndex[] {
  const indexer = new SegmentIndexer({ startLsn: wal.startLsn, check: 'visited-records' });
  return segmentsOf(wal).map(({ bytes }) => {
    indexer.push(bytes);
    return indexer.endSegment();
  });
}

describe('a transaction whose record crosses from one segment into the next', () => {
  const subxids = Array.from({ length: 100 }, (_, index) => 800 + index);

  it.each([8, 64])(
    'is in the index of the second segment when both are indexed in one go (%i bytes before)',
    (room) => {
      const wal = newWal();
      fillSegment(wal, room);
      const record = wal.append(commit(799n, 5_000_000n, subxids));
      wal.append(heap);
      const [first, second] = inOneGo(wal) as [SegmentIndex, SegmentIndex];
      const event: TransactionEvent = {
        kind: 'commit',
        startLsn: record.startLsn,
        endLsn: record.endLsn,
        headerXid: 799n,
        xid: 799n,
        subxids: subxids.map(BigInt),
        timeUs: epochUs + 5_000_000n,
        gid: undefined,
        droppedFiles: 0,
      };
      expect(first.events).toEqual([]);
      expect(second.events).toEqual([event]);
      expect(second.head).toEqual({ totalBytes: record.totalBytes - room, isKnown: true, bytes: undefined });
      expect(linksTo(first, second)).toEqual({ isLinked: true, crossing: undefined });
      // Indexed one by one, neither has it, but both together have.
      const [left, right] = alone(wal) as [SegmentIndex, SegmentIndex];
      expect([left.events, right.events]).toEqual([[], []]);
      expect(left.tail).toMatchObject({ startLsn: record.startLsn, mayBeEvent: true });
      expect(linksTo(left, right)).toEqual({ isLinked: true, crossing: event });
      const stored = [left, right].map((index) => decodeSegmentIndex(encodeSegmentIndex(index)));
      expect(stored).toEqual([left, right]);
      expect(linksTo(stored[0]!, stored[1]!)).toEqual({ isLinked: true, crossing: event });
    },
  );

  it('is said to be unread when it is too long for an index', () => {
    const wal = newWal();
    fillSegment(wal, 64);
    wal.append(
      commit(
        799n,
        1n,
        Array.from({ length: 30_000 }, (_, index) => 1000 + index),
      ),
    );
    const [left, right] = alone(wal) as [SegmentIndex, SegmentIndex];
    expect(linksTo(left, right)).toEqual({ isLinked: true, crossing: 'unread' });
    expect(inOneGo(wal)[1]!.events[0]).toMatchObject({ kind: 'commit', xid: 799n });
  });

  it('may fill segments in between', () => {
    const wal = newWal();
    fillSegment(wal, 64);
    wal.append({ ...heap, main: Buffer.alloc(2 * megabyte) });
    wal.append(commit(9n, 1n, []));
    for (const indexes of [alone(wal), inOneGo(wal)]) {
      expect(indexes.map((index) => index.events.length)).toEqual([0, 0, 0, 1]);
      expect(indexes[1]).toMatchObject({ first: undefined, end: { kind: 'full' } });
      for (const [at, index] of indexes.entries()) {
        if (at > 0) expect(linksTo(indexes[at - 1]!, index).isLinked).toBe(true);
        expect(decodeSegmentIndex(encodeSegmentIndex(index))).toEqual(index);
      }
    }
  });

  it('is no event when it is another record', () => {
    const wal = newWal();
    fillSegment(wal, 64);
    wal.append({ ...heap, main: Buffer.alloc(500) });
    const [left, right] = alone(wal) as [SegmentIndex, SegmentIndex];
    expect(left.tail).toMatchObject({ mayBeEvent: false, bytes: undefined });
    expect(linksTo(left, right)).toEqual({ isLinked: true, crossing: undefined });
  });
});

describe('linksTo', () => {
  function two(change: (wal: WalBuilder) => void, room = 64): [SegmentIndex, SegmentIndex] {
    const wal = newWal();
    fillSegment(wal, room);
    change(wal);
    wal.append(heap);
    return alone(wal) as [SegmentIndex, SegmentIndex];
  }

  it('holds for records that end at the end of the segment', () => {
    const [left, right] = two((wal) => wal.append(heap), 0);
    expect(left.tail).toBeUndefined();
    expect(left.end).toEqual({ kind: 'full' });
    expect(linksTo(left, right).isLinked).toBe(true);
  });

  it('does not hold for another line of WAL', () => {
    const [left] = two((wal) => wal.append({ ...heap, main: Buffer.alloc(500) }));
    const [, otherLength] = two((wal) => wal.append({ ...heap, main: Buffer.alloc(501) }));
    expect(linksTo(left, otherLength)).toEqual({ isLinked: false, reason: 'wrong-continuation' });
    const [, otherLink] = two((wal) => wal.append({ ...heap, main: Buffer.alloc(516) }), 80);
    expect(linksTo(left, otherLink)).toEqual({ isLinked: false, reason: 'wrong-previous-link' });
    const [, none] = two((wal) => wal.switchSegment());
    expect(linksTo(left, none)).toEqual({ isLinked: false, reason: 'wrong-continuation' });
    const [switched] = two((wal) => wal.switchSegment());
    expect(linksTo(switched, otherLength)).toEqual({ isLinked: false, reason: 'wrong-continuation' });
  });

  it('does not hold for what is not adjacent, of another system, backwards or incomplete', () => {
    const [left, right] = two((wal) => wal.switchSegment());
    expect(linksTo(left, right).isLinked).toBe(true);
    expect(linksTo(left, { ...right, systemIdentifier: 5n })).toEqual({ isLinked: false, reason: 'other-system' });
    expect(linksTo({ ...left, timeline: 2 }, right)).toEqual({ isLinked: false, reason: 'timeline-backwards' });
    expect(linksTo(left, { ...right, timeline: 2 }).isLinked).toBe(true);
    expect(linksTo(left, left)).toEqual({ isLinked: false, reason: 'not-adjacent' });
    expect(linksTo(right, left)).toEqual({ isLinked: false, reason: 'ends-early' });
    expect(linksTo(left, { ...right, pageMagic: 0 })).toEqual({ isLinked: false, reason: 'nothing-valid' });
  });

  it('holds where a server overwrote the record that it had not finished', () => {
    const wal = newWal();
    fillSegment(wal, 64);
    const broken = wal.appendBroken({ ...heap, main: Buffer.alloc(500) }, 64);
    const main = Buffer.alloc(16);
    main.writeBigUInt64LE(broken.startLsn);
    wal.nextPageFlags = 8;
    const overwrite = wal.append({ rmid: 0, info: 0xd0, main });
    const [left, right] = alone(wal) as [SegmentIndex, SegmentIndex];
    expect(right.events).toEqual([
      { kind: 'overwrite', startLsn: overwrite.startLsn, endLsn: overwrite.endLsn, overwrittenLsn: broken.startLsn },
    ]);
    expect(linksTo(left, right)).toEqual({ isLinked: true, crossing: undefined });
    expect(inOneGo(wal)[1]!.events).toEqual(right.events);
  });
});

describe('the index of a segment that is not whole', () => {
  it('tells where and why it ends', () => {
    const wal = newWal();
    wal.append(heap);
    const bytes = wal.bytes({ wholeSegment: true });
    const options = { startLsn: wal.startLsn, check: 'every-record' } as const;
    expect(indexSegment(bytes, options).end).toEqual({ kind: 'partial', lsn: wal.position, reason: 'zero-length' });
    expect(indexSegment(bytes.subarray(0, 50), options).end).toMatchObject({ kind: 'partial', reason: 'input-ended' });
    expect(indexSegment(Buffer.alloc(0), options)).toMatchObject({ pageMagic: 0, systemIdentifier: 0n, events: [] });
    expect(indexSegment(Buffer.alloc(megabyte), options).end).toMatchObject({ kind: 'partial', reason: 'bad-magic' });
  });

  it('keeps a record of an event kind that is not understood', () => {
    const wal = newWal();
    wal.append({ rmid: 1, info: 0x80, xid: 3n, main: Buffer.alloc(9) });
    const index = indexSegment(wal.bytes(), { startLsn: wal.startLsn, check: 'every-record' });
    expect(index.events).toMatchObject([{ kind: 'unreadable', rmid: 1, info: 0x80 }]);
    expect(decodeSegmentIndex(encodeSegmentIndex(index))).toEqual(index);
  });
});

describe('the stored form', () => {
  const wal = newWal();
  wal.append(commit(5n, -5n, [7, 6]));
  const index = indexSegment(wal.bytes(), { startLsn: wal.startLsn, check: 'every-record' });
  const stored = encodeSegmentIndex(index);

  it('is refused when any byte of it is changed', () => {
    for (let at = 0; at < stored.length; at++) {
      const changed = Uint8Array.from(stored);
      changed[at]! ^= 0x10;
      expect(() => decodeSegmentIndex(changed)).toThrow(BackupError);
    }
  });

  it('is refused when it is newer than this program', () => {
    const newer = Uint8Array.from(stored);
    newer[4] = segmentIndexVersion + 1;
    expect(() => decodeSegmentIndex(newer)).toThrow(expect.objectContaining({ code: 'REPOSITORY_VERSION' }));
  });

  it('never gives anything but an index or CORRUPT, however its content is made up', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (payload) => {
        const made = new Uint8Array(40 + payload.length);
        made.set(stored.subarray(0, 36));
        made.set(payload, 40);
        new DataView(made.buffer).setUint32(36, crc32c(payload, crc32c(made.subarray(0, 36))), true);
        try {
          expect(decodeSegmentIndex(made).startLsn).toBe(index.startLsn);
        } catch (error) {
          expect(error).toMatchObject({ code: 'CORRUPT' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});
