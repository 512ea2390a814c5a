import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { readReceipt } from '../../src/wal-archive/archive-wal.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { lsn, type Lsn } from '../../src/wal/lsn.ts';
import { segmentName } from '../../src/wal/segment.ts';
import { WalBuilder } from '../support/wal-builder.ts';

const mib = 1024 * 1024;
const start = lsn(16n * BigInt(mib));

/** Page magics: openGauss with headers of 32 bytes, PostgreSQL 15 with 24. */
const magics = [0xd074, 0xd110];

describe.each(magics)('the record that crosses a border, magic %i', (magic) => {
  let parent: string;
  let storage: MemoryStorage;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-borders-'));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  beforeEach(() => {
    storage = new MemoryStorage();
  });

  const nameAt = (index: number, timeline = 1) => segmentName(timeline, lsn(start + BigInt(index * mib)), mib);
  async function push(bytes: Buffer, index: number, timeline = 1) {
    const path = join(await mkdtemp(join(parent, 'wal-')), nameAt(index, timeline));
    await writeFile(path, bytes.subarray(index * mib, (index + 1) * mib));
    return pushWal({ storage, path });
  }

  /** Whole segments in which a record of `bodyBytes` begins `room` bytes before the end of the first. */
  function build(room: number, bodyBytes: number): { bytes: Buffer; crossing: Lsn; end: number } {
    const wal = new WalBuilder({ magic, startLsn: start, segmentSizeBytes: mib });
    const small = { rmid: 10, info: 0, body: Buffer.alloc(200, 7) };
    while (wal.position < start + BigInt(mib - 8192)) wal.append(small);
    while (wal.offsetOf(wal.position) % 8192 < 4096) wal.append(small);
    if (wal.offsetOf(wal.position) < mib - 8192) wal.fillPage(0);
    while (wal.offsetOf(wal.position) < mib - 8192 + 100) wal.append(small);
    wal.fillPage(room);
    const { startLsn, endLsn } = wal.append({ rmid: 10, info: 0, body: Buffer.alloc(bodyBytes, 9) });
    wal.switchSegment();
    return { bytes: wal.bytes({ wholeSegment: true }), crossing: startLsn, end: wal.offsetOf(endLsn) };
  }
  const changed = (bytes: Buffer, offset: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(offset) ^ 1, offset);
    return copy;
  };

  // Its header in the first segment, only the first 8 bytes of it, and many pages of body.
  it.each([
    ['header and body', 64, 5000],
    ['part of the header', 8, 5000],
    ['one page of many', 64, 300_000],
  ])('is checked with %s before it, whichever segment comes first', async (_what, room, bodyBytes) => {
    const { bytes, crossing, end } = build(room, bodyBytes);
    expect(crossing).toBe(start + BigInt(mib - room));
    await push(bytes, 0);
    await expect(push(changed(bytes, end - 9), 1)).rejects.toMatchObject({
      code: 'CORRUPT',
      message: `the WAL record that goes on from ${nameAt(0)} into ${nameAt(1)} has a wrong checksum`,
    });
    expect(await readReceipt(storage, 1, nameAt(1))).toBeUndefined();
    expect((await push(bytes, 1)).result).toBe('stored');

    storage = new MemoryStorage();
    await push(changed(bytes, end - 9), 1);
    await expect(push(bytes, 0)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(await readReceipt(storage, 1, nameAt(0))).toBeUndefined();
  });

  it('is checked through a segment that holds nothing else', async () => {
    const { bytes, end } = build(64, Math.floor(1.5 * mib));
    await push(bytes, 0);
    await push(bytes, 1);
    expect((await readReceipt(storage, 1, nameAt(1)))?.links).toMatchObject({ last: undefined, first: undefined });
    await expect(push(changed(bytes, end - 100), 2)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect((await push(bytes, 2)).result).toBe('stored');
    storage = new MemoryStorage();
    await push(bytes, 0);
    // Nothing tells yet that this one is damaged; the end of the record does.
    await push(changed(bytes, mib + 5000), 1);
    await expect(push(bytes, 2)).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('is checked from the timeline before, once its history is archived', async () => {
    const { bytes, end } = build(64, 5000);
    await push(bytes, 0);
    // The new timeline begins with a copy of the segment in which the old one was left.
    const child = Buffer.from(changed(bytes, end - 9));
    for (let page = mib; page < 2 * mib; page += 8192)
      if (child.readUInt16LE(page) === magic) child.writeUInt32LE(2, page + 4);
    const history = join(await mkdtemp(join(parent, 'history-')), '00000002.history');
    await writeFile(history, `1\t0/${(Number(start) + mib + 6000).toString(16).toUpperCase()}\tno recovery target\n`);
    await pushWal({ storage, path: history });
    await expect(push(child, 1, 2)).rejects.toMatchObject({ code: 'CORRUPT' });
    const sound = changed(child, end - 9);
    expect((await push(sound, 1, 2)).result).toBe('stored');
  });
});
