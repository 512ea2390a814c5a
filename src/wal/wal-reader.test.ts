import { describe, expect, it } from 'vitest';
import { sealRecord, WalBuilder, type BuiltRecord } from '../../test/support/wal-builder.ts';
import { built, heap, megabyte, read, readInEveryWay } from '../../test/support/wal-reading.ts';
import { render } from '../messages/message.ts';
import { walFormats } from './formats/formats.ts';
import { lsn, type Lsn } from './lsn.ts';
import { describeWalEnd } from './wal-end.ts';
import { WalReader } from './wal-reader.ts';
import { readRecords } from '../../test/support/whole-wal.ts';

const postgresql15 = 0xd110;
const openGauss = 0xd074;

describe.each(walFormats.map((format) => [format.name, format.pageMagics[0]!] as const))('%s', (_, magic) => {
  it('visits every record, over pages and segments', () => {
    const { wal, records } = built(magic);
    for (let index = 0; index < 400; index++) {
      records.push(wal.append({ ...heap, xid: BigInt(index), main: new Uint8Array((index * 97) % 12_000) }));
    }
    const { end, starts } = readInEveryWay(wal.bytes(), wal.startLsn);
    expect(wal.position).toBeGreaterThan(wal.startLsn + BigInt(2 * megabyte));
    expect(starts).toEqual(records.map((record) => record.startLsn));
    expect(end.lsn).toBe(wal.position);
    expect(end.last).toEqual({ startLsn: records.at(-1)!.startLsn, endLsn: wal.position });
  });

  it.each([8, 16, 24])('gives the fields of a record of which %i bytes are on the first page', (room) => {
    const { wal, records } = built(magic);
    wal.fillPage(room);
    const previousLsn = wal.previousLsn;
    const record = wal.append({ ...heap, info: 0x20, xid: 4711n, main: Buffer.from('content') });
    const seen: unknown[] = [];
    const page = wal.offsetOf(record.startLsn) - (8192 - room);
    readRecords([wal.bytes().subarray(page)], {
      start: record.startLsn,
      check: 'every-record',
      visit: ({ startLsn, endLsn, previousLsn: previous, rmid, info, xid, memory, offset, totalBytes }) => {
        const content = Buffer.from(memory.subarray(offset, offset + totalBytes)).toString('latin1', totalBytes - 7);
        seen.push({ startLsn, endLsn, previous, rmid, info, xid, totalBytes, content });
        return true;
      },
    });
    const { startLsn, endLsn, totalBytes } = record;
    expect(startLsn % 8192n).toBe(BigInt(8192 - room));
    expect(seen).toEqual([
      { startLsn, endLsn, previous: previousLsn, rmid: 10, info: 0x20, xid: 4711n, totalBytes, content: 'content' },
    ]);
    expect(readInEveryWay(wal.bytes(), wal.startLsn).starts).toHaveLength(records.length + 2);
  });

  it('goes on in the next segment after a switch, whatever the padding', () => {
    for (const withHeaders of [false, true]) {
      const { wal, records } = built(magic);
      records.push(wal.switchSegment({ withHeaders }), wal.append({ ...heap, main: Buffer.from('next') }));
      const { end, starts } = readInEveryWay(wal.bytes(), wal.startLsn);
      expect(starts).toEqual(records.map((record) => record.startLsn));
      expect(records.at(-1)!.startLsn).toBe(lsn(wal.startLsn + BigInt(megabyte) + 40n));
      expect(end.lsn).toBe(wal.position);
    }
  });
});

/** WAL whose last records are `count` small ones, and where the last of them lies. */
function withLast(magic: number): { wal: WalBuilder; bytes: Buffer; last: BuiltRecord; at: number } {
  const { wal } = built(magic);
  wal.append({ ...heap, main: Buffer.alloc(40) });
  const last = wal.append({ ...heap, main: Buffer.alloc(40, 1) });
  return { wal, bytes: wal.bytes(), last, at: wal.offsetOf(last.startLsn) };
}

describe.each([
  ['PostgreSQL', postgresql15],
  ['openGauss', openGauss],
])('the end of WAL: %s', (_, magic) => {
  const { format } = new WalBuilder({ magic });
  const { header } = format;

  it('WE-01: a length of zero', () => {
    const { wal, bytes } = withLast(magic);
    const { end } = readInEveryWay(bytes, wal.startLsn);
    expect(end).toMatchObject({ lsn: wal.position, reason: { kind: 'zero-length', headerBytes: header.sizeBytes } });
    expect(render(describeWalEnd(end))).toBe(
      `invalid record length at ${shown(wal.position)}: expected at least ${header.sizeBytes}, got 0`,
    );
  });

  it.each([1, header.sizeBytes - 1, format.longestRecordBytes + 1, 0xffff_ffff])('WE-02: a length of %i', (length) => {
    const { wal, bytes, last, at } = withLast(magic);
    bytes.writeUInt32LE(length, at);
    const { end, starts } = readInEveryWay(bytes, wal.startLsn);
    expect(end.lsn).toBe(last.startLsn);
    expect(end.reason).toEqual({ kind: 'bad-length', headerBytes: header.sizeBytes, actual: length });
    expect(starts).not.toContain(last.startLsn);
  });

  it('WE-02: the longest length that is allowed is not allocated for', () => {
    const { wal, bytes, last, at } = withLast(magic);
    bytes.writeUInt32LE(format.longestRecordBytes, at);
    const { end } = read(bytes, wal.startLsn);
    expect(end.lsn).toBe(last.startLsn);
    expect(end.reason).toEqual({ kind: 'input-ended', inRecord: true });
  });

  it.each([0, 7, header.sizeBytes])('WE-03: the last 8 bytes of a page with a length of %i', (length) => {
    const { wal } = built(magic);
    wal.fillPage(8);
    const bytes = wal.bytes();
    bytes.writeUInt32LE(length, bytes.length - 8);
    const { end } = readInEveryWay(bytes, wal.startLsn);
    expect(end.lsn).toBe(wal.position);
    expect(end.reason.kind).toBe(length === 0 ? 'zero-length' : length === 7 ? 'bad-length' : 'input-ended');
  });

  it('WE-04: a link to another record than the one before', () => {
    const { wal, bytes, last, at } = withLast(magic);
    bytes.writeBigUInt64LE(0xdead_bee8n, at + header.prevOffset);
    const { end } = readInEveryWay(bytes, wal.startLsn);
    expect(end.lsn).toBe(last.startLsn);
    expect(end.reason).toMatchObject({ kind: 'wrong-previous-link', actual: 0xdead_bee8n });
    expect(end.reason).toMatchObject({ expected: end.last!.startLsn });
  });

  it('WE-04: the same where the header goes on in the next page', () => {
    const { wal } = built(magic);
    wal.fillPage(8);
    wal.previousLsn = lsn(0x42n);
    const record = wal.append({ ...heap, main: Buffer.alloc(100) });
    const { end } = readInEveryWay(wal.bytes(), wal.startLsn);
    expect(end.lsn).toBe(record.startLsn);
    expect(end.reason).toMatchObject({ kind: 'wrong-previous-link', actual: 0x42n });
  });

  it('WE-04: a first record that does not point backwards', () => {
    const wal = new WalBuilder({ magic, segmentSizeBytes: megabyte, startLsn: lsn(BigInt(megabyte)) });
    wal.previousLsn = lsn(0xffff_0000n);
    const record = wal.append(heap);
    const { end } = readInEveryWay(wal.bytes(), wal.startLsn);
    expect(end).toMatchObject({ lsn: record.startLsn, last: undefined });
    expect(end.reason).toEqual({ kind: 'wrong-previous-link', expected: undefined, actual: 0xffff_0000n });
  });

  it('WE-05: a wrong CRC, of a record on one page and of one on three', () => {
    for (const length of [40, 20_000]) {
      const { wal } = built(magic);
      const last = wal.append({ ...heap, main: Buffer.alloc(length, 3) });
      const bytes = wal.bytes();
      const at = wal.offsetOf(lsn(wal.position - 3n)) - ((8 - (last.totalBytes % 8)) % 8);
      bytes[at] = 99;
      const { end } = readInEveryWay(bytes, wal.startLsn);
      expect(end.lsn).toBe(last.startLsn);
      expect(end.reason.kind).toBe('bad-checksum');
    }
  });

  it('passes a wrong CRC of a record that is not visited, and stops at the wrong one of a record that is', () => {
    const { wal, bytes, last, at } = withLast(magic);
    bytes.writeUInt32LE(0, at + header.crcOffset);
    const passed = read(bytes, wal.startLsn, { check: 'visited-records', keeps: () => false });
    expect(passed.end).toMatchObject({ lsn: wal.position, last: { startLsn: last.startLsn } });
    const stopped = read(bytes, wal.startLsn, { check: 'visited-records', keeps: (rmid) => rmid === heap.rmid });
    expect(stopped.end).toMatchObject({ lsn: last.startLsn, reason: { kind: 'bad-checksum' } });
    const strict = read(bytes, wal.startLsn, { check: 'every-record', keeps: () => false });
    expect(strict.end).toMatchObject({ lsn: last.startLsn, reason: { kind: 'bad-checksum' } });
  });

  it('a resource manager that does not exist', () => {
    const { wal } = built(magic);
    const record = wal.append({ rmid: 100, info: 0, main: Buffer.alloc(5) });
    const { end } = readInEveryWay(wal.bytes(), wal.startLsn);
    expect(end).toMatchObject({ lsn: record.startLsn, reason: { kind: 'bad-resource-manager', actual: 100 } });
  });

  /** The page on which the rest of a record lies that begins on the page before. */
  function crossing(bytesOfRecord: number): { wal: WalBuilder; bytes: Buffer; record: BuiltRecord; page: number } {
    const { wal } = built(magic);
    wal.fillPage(64);
    const record = wal.append({ ...heap, main: Buffer.alloc(bytesOfRecord, 7) });
    const page = wal.offsetOf(lsn(record.startLsn - (record.startLsn % 8192n))) + 8192;
    return { wal, bytes: wal.bytes(), record, page };
  }

  it.each([
    ['zero magic', 0, 0, 2, { kind: 'bad-magic', actual: 0 }],
    ['garbage magic', 0, 0xcafe, 2, { kind: 'bad-magic', actual: 0xcafe }],
    ['bad info bits', 2, 0x8001, 2, { kind: 'bad-page-flags', actual: 0x8001 }],
    ['an old address (recycled)', 8, 0x1234_0000, 4, { kind: 'wrong-page-address' }],
    ['no continuation flag', 2, 0, 2, { kind: 'no-continuation' }],
    ['no remaining length', 16, 0, 4, { kind: 'wrong-continuation-length', actual: 0 }],
    ['a wrong remaining length', 16, 4321, 4, { kind: 'wrong-continuation-length', actual: 4321 }],
  ] as const)('WE-06: the next page has %s', (_name, offset, value, size, reason) => {
    for (const length of [500, 30_000]) {
      const { wal, bytes, record, page } = crossing(length);
      bytes.writeUIntLE(value, page + offset, size);
      const { end } = readInEveryWay(bytes, wal.startLsn);
      expect(end.lsn).toBe(record.startLsn);
      expect(end.reason).toMatchObject(reason);
    }
  });

  it('WE-06: a page that continues a record although none had begun', () => {
    const { wal } = built(magic);
    wal.fillPage(0);
    wal.append({ ...heap, main: Buffer.alloc(10) });
    const bytes = wal.bytes();
    const page = bytes.length - 8192;
    bytes.writeUInt16LE(1, page + 2);
    bytes.writeUInt32LE(64, page + 16);
    const { end } = readInEveryWay(bytes, wal.startLsn);
    expect(end).toMatchObject({ lsn: wal.startLsn + BigInt(page), reason: { kind: 'unexpected-continuation' } });
  });

  it('WE-06: a page of an earlier timeline, of another system, of another segment size', () => {
    const { wal } = built(magic);
    for (let index = 0; index < 150; index++) wal.append({ ...heap, main: Buffer.alloc(8000) });
    const second = megabyte;
    const cases = [
      [4, 4, 0, 'timeline-backwards'],
      [24, 4, 5, 'foreign-system'],
      [32, 4, 2 * megabyte, 'other-segment-size'],
      [36, 4, 4096, 'other-page-size'],
    ] as const;
    for (const [offset, size, value, kind] of cases) {
      const bytes = wal.bytes();
      bytes.writeUIntLE(value, second + offset, size);
      expect(readInEveryWay(bytes, wal.startLsn).end.reason).toMatchObject({
        kind,
        pageAddress: wal.startLsn + BigInt(second),
      });
    }
  });

  it('WE-08: a recycled segment full of older valid records is not taken for data', () => {
    const { wal } = built(magic);
    const old = new WalBuilder({
      magic,
      segmentSizeBytes: megabyte,
      startLsn: lsn(BigInt(megabyte / 2) * 0n + BigInt(8 * megabyte)),
    });
    for (let index = 0; index < 2000; index++) old.append({ ...heap, main: Buffer.alloc(300) });
    // The server has reused the file of the older segment: what it has not written yet is still there.
    const recycled = Buffer.from(old.bytes().subarray(0, megabyte));
    recycled.set(wal.bytes());
    const { end } = readInEveryWay(recycled, wal.startLsn);
    expect(end).toMatchObject({ lsn: wal.position, reason: { kind: 'zero-length' } });
    const untouched = readInEveryWay(old.bytes().subarray(0, megabyte), wal.startLsn);
    expect(untouched.starts).toEqual([]);
    expect(untouched.end.reason).toMatchObject({ kind: 'wrong-page-address', actual: 8n * BigInt(megabyte) });
  });

  it('WE-08: older records behind the last on the same page have a wrong link', () => {
    const { wal, bytes } = withLast(magic);
    const stale = Buffer.alloc(64);
    stale.writeUInt32LE(60, 0);
    stale.writeBigUInt64LE(BigInt(megabyte) + 0x28n, header.prevOffset);
    stale.writeUInt8(10, header.rmidOffset);
    sealRecord(stale.subarray(0, 60), format);
    bytes.set(stale, wal.offsetOf(wal.position));
    expect(readInEveryWay(bytes, wal.startLsn).end).toMatchObject({
      lsn: wal.position,
      reason: { kind: 'wrong-previous-link' },
    });
  });

  it('WE-09: input that ends anywhere', () => {
    const { wal, records } = built(magic);
    const bytes = wal.bytes();
    for (const length of [0, 10, 24, 39, 40, 41, 100, 5000, 8192, 8200, 8216, 10_000, 29_000]) {
      const { end, starts } = read(bytes.subarray(0, length), wal.startLsn);
      const whole = records.filter((record) => wal.offsetOf(record.startLsn) + record.totalBytes <= length);
      expect(starts).toHaveLength(whole.length);
      expect(end.reason.kind).toBe('input-ended');
    }
  });

  it.each([megabyte, 4 * megabyte, 32 * megabyte])('WE-10: segments of %i bytes', (segmentSizeBytes) => {
    const { wal, records } = built(magic, segmentSizeBytes);
    records.push(wal.switchSegment(), wal.append({ ...heap, main: Buffer.from('x') }));
    const { starts } = read(wal.bytes(), wal.startLsn);
    expect(starts).toEqual(records.map((record) => record.startLsn));
    expect(records.at(-1)!.startLsn).toBe(lsn(BigInt(2 * segmentSizeBytes) + 40n));
  });

  it('WE-12: the first record after an unaligned start', () => {
    const { wal, records } = built(magic);
    const bytes = wal.bytes();
    for (const [index, record] of records.entries()) {
      const next = records[index + 1];
      if (next === undefined) continue;
      const start = lsn(record.startLsn + 1n);
      const page = wal.offsetOf(start) - (wal.offsetOf(start) % 8192);
      const reader = new WalReader({ start, check: 'every-record', visit: () => true });
      reader.push(bytes.subarray(page));
      reader.finish();
      expect(reader.first).toEqual({ startLsn: next.startLsn, previousLsn: record.startLsn });
    }
  });

  it('stops where the visitor says so', () => {
    const { wal, records } = built(magic);
    const seen: Lsn[] = [];
    const end = readRecords([wal.bytes()], {
      start: wal.startLsn,
      check: 'every-record',
      visit: (record) => {
        seen.push(record.startLsn);
        return seen.length < 2;
      },
    });
    expect(seen).toEqual(records.slice(0, 2).map((record) => record.startLsn));
    expect(end).toMatchObject({ lsn: records[1]!.endLsn, reason: { kind: 'stopped' } });
  });
});

function shown(position: Lsn): string {
  return `${(position >> 32n).toString(16)}/${(position & 0xffff_ffffn).toString(16)}`.toUpperCase();
}
