import fc from 'fast-check';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { RealRoot } from '../files/real-place.ts';
import { applyChanges } from '../restore/apply-changes.ts';
import { divideCheck } from '../verify/file-parts.ts';
import { IncrementalCheck } from '../verify/check-incremental.ts';
import { blockBytes, blocksPerSegment, originalOf, readIncrementalFile, resultBlocks } from './incremental-file.ts';
import { heapBlocksPerPage, StaleMaps } from './stale-maps.ts';
import { wholeLabel } from './whole-label.ts';

const path = fromText('base/5/INCREMENTAL.16384');
const directory = mkdtempSync(join(tmpdir(), 'gausskeep-incremental-'));
afterAll(() => rmSync(directory, { recursive: true }));

interface Changes {
  readonly truncation: number;
  readonly blocks: readonly number[];
}

function page(fill: number): Buffer {
  return Buffer.alloc(blockBytes, fill);
}

/** As a server writes it. */
function encode({ truncation, blocks }: Changes): Buffer {
  const head = Buffer.alloc(blocks.length === 0 ? 12 : Math.ceil((12 + 4 * blocks.length) / blockBytes) * blockBytes);
  head.writeUInt32LE(0xd3ae1f0d, 0);
  head.writeUInt32LE(blocks.length, 4);
  head.writeUInt32LE(truncation, 8);
  for (const [index, block] of blocks.entries()) head.writeUInt32LE(block, 12 + 4 * index);
  return Buffer.concat([head, ...blocks.map((block) => page(100 + (block % 100)))]);
}

/** In pieces of these lengths, over and over. */
async function* pieces(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let position = 0, turn = 0; position < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    yield bytes.subarray(position, position + length);
    position += length;
  }
}

async function apply(before: Uint8Array, file: Uint8Array, lengths: readonly number[]): Promise<Buffer> {
  const place = join(directory, 'file');
  writeFileSync(place, before);
  const { header, runs } = await readIncrementalFile(path, pieces(file, lengths));
  await applyChanges(fromText(place), header, runs, new RealRoot(fromText(directory)));
  return readFileSync(place);
}

/** What pg_combinebackup would make of it. */
function expectedOf(before: number, { truncation, blocks }: Changes): Buffer {
  const length = Math.max(truncation, (blocks.at(-1) ?? -1) + 1);
  return Buffer.concat(
    Array.from({ length }, (_, block) => {
      if (blocks.includes(block)) return page(100 + (block % 100));
      return page(block < before && block < truncation ? 1 : 0);
    }),
  );
}

const changes = fc.record({
  truncation: fc.integer({ min: 0, max: 20 }),
  blocks: fc
    .uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 20 })
    .map((found) => found.sort((a, b) => a - b)),
});
const lengths = fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1, maxLength: 4 });

function faultOf(file: Uint8Array, cut: readonly number[]): string | undefined {
  const check = new IncrementalCheck('f', undefined, () => undefined);
  for (let position = 0, turn = 0; position < file.length; turn += 1) {
    const length = cut[turn % cut.length] ?? 1;
    check.update(file.subarray(position, position + length));
    position += length;
  }
  return check.finish().fault?.key;
}

describe('an incremental file', () => {
  it('changes a file into what it was, whatever pieces it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 25 }), changes, lengths, async (before, change, cut) => {
        const result = await apply(Buffer.alloc(before * blockBytes, 1), encode(change), cut);
        expect(result.equals(expectedOf(before, change))).toBe(true);
        expect(faultOf(encode(change), cut)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it('that is cut or goes on is refused, by a restore and by verify', async () => {
    await fc.assert(
      fc.asyncProperty(changes, lengths, fc.double({ min: 0, max: 0.999, noNaN: true }), async (change, cut, at) => {
        const whole = encode(change);
        const short = whole.subarray(0, Math.floor(whole.length * at));
        await expect(apply(Buffer.alloc(0), short, cut)).rejects.toThrow(BackupError);
        expect(faultOf(short, cut)).toBeDefined();
        const long = Buffer.concat([whole, Buffer.alloc(1)]);
        await expect(apply(Buffer.alloc(0), long, cut)).rejects.toThrow('longer than its list');
        expect(faultOf(long, cut)).toBe('incremental.too-long');
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['no magic', 0, 1, 'does not begin as one'],
    ['too many blocks', 4, blocksPerSegment + 1, 'lists 131073 blocks'],
    ['a length that no file has', 8, blocksPerSegment + 1, 'had 131073 blocks'],
    ['a block twice', 16, 3, 'block 3 is listed where it cannot be'],
    ['a block behind the end of a file', 16, blocksPerSegment, 'block 131072 is listed'],
  ])('with %s is refused', async (_, offset, value, text) => {
    const file = encode({ truncation: 5, blocks: [3, 4] });
    file.writeUInt32LE(value, offset);
    await expect(apply(Buffer.alloc(0), file, [1000])).rejects.toThrow(text);
    expect(faultOf(file, [1000])).toBe('incremental.damaged');
  });

  it('is checked in one part, however large it is', () => {
    const check = { path, algorithm: 'CRC32C', pages: undefined } as const;
    expect(divideCheck({ ...check, incremental: 'name' }, 1024 ** 3).parts).toHaveLength(1);
    expect(divideCheck(check, 1024 ** 3).parts.length).toBeGreaterThan(1);
  });

  it('is known by its name in the directories of relations', () => {
    const known = (name: string): ByteString | undefined => originalOf(fromText(name));
    expect(known('base/5/INCREMENTAL.16384.1')).toBe('base/5/16384.1');
    expect(known('global/INCREMENTAL.1262_vm')).toBe('global/1262_vm');
    expect(known('pg_tblspc/16390/PG_17_202406281/5/INCREMENTAL.16391')).toBe(
      'pg_tblspc/16390/PG_17_202406281/5/16391',
    );
    for (const other of ['base/5/16384', 'INCREMENTAL.1', 'pg_xact/INCREMENTAL.0000', 'base/5/INCREMENTAL.../../x'])
      expect(known(other)).toBeUndefined();
  });

  it('may hold all blocks of a segment', async () => {
    const blocks = Array.from({ length: blocksPerSegment }, (_, block) => block);
    const head = encode({ truncation: blocksPerSegment, blocks: [] });
    const list = Buffer.alloc(Math.ceil((12 + 4 * blocks.length) / blockBytes) * blockBytes);
    head.copy(list);
    list.writeUInt32LE(blocks.length, 4);
    for (const block of blocks) list.writeUInt32LE(block, 12 + 4 * block);
    const { header } = await readIncrementalFile(path, pieces(list, [100_000]));
    expect(resultBlocks(header)).toBe(blocksPerSegment);
  });
});

describe('a page of a visibility map', () => {
  const table = fromText('base/5/16384');
  const map = fromText('base/5/16384_vm');
  const header = (...blocks: number[]) => ({ truncationBlocks: 9, blocks: Uint32Array.from(blocks) });
  const stale = (note: (maps: StaleMaps<string>) => void): (readonly number[])[] => {
    const maps = new StaleMaps<string>();
    maps.changed(map, header(2), false, 'here');
    note(maps);
    return [...maps.stale()].map(({ pages }) => pages);
  };

  it('is stale where the table changed and the backup does not have it', () => {
    expect(stale(() => undefined)).toEqual([]);
    expect(stale((maps) => maps.changed(table, header(), false, ''))).toEqual([]);
    expect(stale((maps) => maps.changed(table, header(0, heapBlocksPerPage), false, ''))).toEqual([[0, 1]]);
    expect(stale((maps) => maps.changed(table, header(2 * heapBlocksPerPage), false, ''))).toEqual([]);
    expect(stale((maps) => maps.changed(fromText('base/5/16384.1'), header(0), false, ''))).toEqual([[4]]);
    expect(stale((maps) => maps.changed(fromText('base/5/1638'), header(0), false, ''))).toEqual([]);
  });

  it('is stale where the table was cut or came as a whole', () => {
    expect(stale((maps) => maps.changed(table, header(), true, ''))).toEqual([[0]]);
    expect(stale((maps) => maps.replaced(table, 3 * blockBytes))).toEqual([[0]]);
    expect(stale((maps) => maps.replaced(table, (heapBlocksPerPage + 1) * blockBytes))).toEqual([[0, 1]]);
    expect(stale((maps) => maps.replaced(fromText('base/5/16384.1'), 0))).toEqual([[4]]);
  });

  it('is not asked for where the map came as a whole', () => {
    const maps = new StaleMaps<string>();
    maps.replaced(map, blockBytes);
    maps.changed(table, header(1), false, '');
    expect([...maps.stale()]).toEqual([]);
  });
});

describe('the backup label of what was put together', () => {
  it('has no line that a server refuses to start from, and else every byte', () => {
    const text = 'START WAL LOCATION: 0/4000028 (file 000000010000000000000004)\nLABEL: INCREMENTAL FROM LSN: \xe4\n';
    const lines = 'INCREMENTAL FROM LSN: 0/2000028\nINCREMENTAL FROM TLI: 1\n';
    expect(wholeLabel(Buffer.from(text + lines, 'latin1')).toString('latin1')).toBe(text);
  });
});
