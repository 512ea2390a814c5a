/** What the other reader does not take, structure by structure: sound frames around something that docs/design/repository.md forbids. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { checkedChunk } from './other-reader/chunk.ts';
import { contentOfChunk, decodersWith } from './other-reader/codecs.ts';
import { Cursor } from './other-reader/cursor.ts';
import { handBackupId } from './other-reader/hand-backup.ts';
import { readLeaf } from './other-reader/leaf.ts';
import { readRecords } from './other-reader/record.ts';
import { Refusal, type RefusalCode } from './other-reader/refusal.ts';
import { readRoot } from './other-reader/root.ts';
import { readSmallObject } from './other-reader/small-object.ts';
import { binary, packReference, sealed, varint } from './other-reader/written-by-hand.ts';
import { thrownBy } from './thrown-by.ts';

function refusalOf(call: () => unknown): RefusalCode {
  const error = thrownBy(call);
  if (error instanceof Refusal) return error.code;
  throw error;
}

const pack = { backup: handBackupId, number: 7 };
const table = binary(1, packReference(pack));
const hash = Buffer.alloc(16, 1);
/** At 0 in its pack, 50 bytes that were 100, gzip. */
const chunk = binary(0, 50, 100, Buffer.of(1));

describe('numbers', () => {
  const read = (bytes: Uint8Array): number => new Cursor(Buffer.from(bytes), 'a number').varint();

  it.each([0, 1, 127, 128, 16_383, 16_384, 2 ** 32, Number.MAX_SAFE_INTEGER])('%d', (value) => {
    expect(read(varint(value))).toBe(value);
  });

  it.each([
    ['longer than needed', [0x80, 0x00]],
    ['longer than needed, of two bytes', [0xff, 0x80, 0x00]],
    ['without end', [0x80]],
    ['of eleven bytes', [...Array<number>(10).fill(0xff), 0x01]],
    ['of 2^64', [...Array<number>(9).fill(0x80), 0x02]],
  ])('refuses one %s', (_, bytes) => {
    expect(refusalOf(() => read(Uint8Array.from(bytes)))).toBe('CORRUPT');
  });
});

describe('a leaf', () => {
  const lengths = [40, 40, 10];
  const read = (...parts: (number | Buffer)[]): number =>
    readLeaf(binary(table, 3, ...parts), undefined, lengths).length;
  const row = binary((3 << 2) | 1, 0, chunk, 10, hash, hash, hash);

  it('is read', () => {
    expect(read(row)).toBe(3);
    expect(read((3 << 2) | 0)).toBe(3);
  });

  it.each([
    ['without blocks', []],
    ['of too few blocks', [(2 << 2) | 0]],
    ['of too many blocks', [(4 << 2) | 0]],
    ['with a run of none', [0, (3 << 2) | 0]],
    ['with something behind it', [row, 0]],
    ['with a pack that is not in its table', [binary((3 << 2) | 1, 1, chunk, 10, hash, hash, hash)]],
    ['with blocks behind the end of the chunk', [binary((3 << 2) | 1, 0, chunk, 11, hash, hash, hash)]],
    ['without the last hash', [binary((3 << 2) | 1, 0, chunk, 10, hash, hash)]],
    ['with a block of no slices', [(2 << 2) | 0, (1 << 2) | 3, 0]],
    ['with a block of nine slices', [(2 << 2) | 0, (1 << 2) | 3, 9, ...Array<number[]>(9).fill([0, 1]).flat()]],
    ['with slices that are less than the block', [(2 << 2) | 0, (1 << 2) | 3, 1, 0, 9]],
    ['with a slice behind the end of the chunk', [(2 << 2) | 0, (1 << 2) | 3, 1, 1, chunk, 91, 10]],
  ])('%s', (_, parts) => {
    expect(refusalOf(() => read(...parts))).toBe('CORRUPT');
  });

  it('of another number of blocks than the file has', () => {
    expect(refusalOf(() => readLeaf(binary(table, 2, (2 << 2) | 0), undefined, lengths))).toBe('CORRUPT');
  });
});

describe('a chunk', () => {
  const refused = (storedBytes: number, rawBytes: number, codec: number): RefusalCode =>
    refusalOf(() => checkedChunk({ pack, offset: 0, storedBytes, rawBytes, codec }));

  it('of impossible lengths', () => {
    for (const [stored, raw, codec] of [
      [0, 0, 0],
      [10, 262_145, 1],
      [10, 10, 1],
      [11, 10, 1],
      [9, 10, 0],
      [11, 10, 0],
    ] as const) {
      expect(refused(stored, raw, codec)).toBe('CORRUPT');
    }
  });

  const raw = Buffer.alloc(1000, 'abc');
  const gzip = gzipSync(raw);
  const content = (stored: Buffer, codec = 1, bytes = raw.length): Buffer =>
    contentOfChunk(stored, codec, bytes, decodersWith());

  it('that is not one member of exactly its bytes', () => {
    expect(content(gzip).equals(raw)).toBe(true);
    for (const stored of [Buffer.concat([gzip, gzip]), Buffer.concat([gzip, Buffer.alloc(8)]), gzip.subarray(0, -1)]) {
      expect(refusalOf(() => content(stored))).toBe('CORRUPT');
    }
    expect(refusalOf(() => content(gzip, 1, 999))).toBe('CORRUPT');
    expect(refusalOf(() => content(gzip, 1, 1001))).toBe('CORRUPT');
    expect(refusalOf(() => content(raw))).toBe('CORRUPT');
  });

  it('of a codec that nobody knows', () => {
    expect(refusalOf(() => content(gzip, 4))).toBe('REPOSITORY_VERSION');
  });
});

describe('records', () => {
  const base = binary(table, 'P', 4, 'base', 0);
  const empty = binary(0, 1, 'f', 0o600, 0, 0, 14, 0, 1, 0);
  const directory = (name: string): Buffer => binary('D', 0, name.length, name, 0o700, 0);

  it('are read', () => {
    const records = readRecords(binary(base, directory('x/abc'), binary('D', 4, 1, 'd', 0o700, 8), 'F', empty));
    expect(records.map(({ name, mtime }) => [name, mtime])).toEqual([
      ['x/abc', undefined],
      ['x/abd', 7],
      ['f', undefined],
    ]);
  });

  const wrong: readonly (readonly [what: string, bytes: Buffer])[] = [
    ['without a part', binary(table, directory('x'))],
    ['a part of another name', binary(table, 'P', 4, 'bas3', 0)],
    ['a part whose name is not its oid', binary(table, 'P', 5, '16400', 16_400)],
    ['more in common than there is', binary(base, directory('x'), 'D', 2, 1, 'x', 0, 0)],
    ...['', '/x', 'x/', 'x//y', '.', 'x/../y', 'a\0b', 'x'.repeat(4097)].map(
      (name) => [`the name ${JSON.stringify(name.slice(0, 10))}`, binary(base, directory(name))] as const,
    ),
    ['blocks of 2 KiB', binary(base, 'F', 0, 1, 'f', 0, 0, 0, 11, 0, 1, 0)],
    ['blocks of 512 KiB', binary(base, 'F', 0, 1, 'f', 0, 0, 0, 19, 0, 1, 0)],
    ['leaves of a form that there is not', binary(base, 'F', 0, 1, 'f', 0, 0, 0, 14, 3)],
    ['a leaf outside its chunk', binary(base, 'F', 0, 1, 'f', 0, 0, 9, 14, 1, 1, 1, 0, chunk, 50, 51)],
    ['an end in the middle', binary(base, 'F', empty).subarray(0, -1)],
  ];

  it.each(wrong)('%s', (_, bytes) => {
    expect(refusalOf(() => readRecords(bytes))).toBe('CORRUPT');
  });

  it('of a type that nobody knows', () => {
    expect(refusalOf(() => readRecords(binary(base, 'X')))).toBe('REPOSITORY_VERSION');
  });
});

describe('a root', () => {
  const row = binary(packReference(pack), 10, 20, 20, 0);
  const chunks = binary(1, 0, chunk, hash);

  it('is read', () => {
    const root = readRoot(binary('GKRT', 1, 1, row, chunks, 3, 300, 20));
    expect([root.files, root.bytes, root.newBytes, root.packs.size, root.recordChunks.length]).toEqual([
      3, 300, 20, 1, 1,
    ]);
  });

  it.each([
    ['of another magic', binary('GKRX', 1, 1, row, chunks, 3, 300, 20)],
    ['of version 0', binary('GKRT', 0, 1, row, chunks, 3, 300, 20)],
    ['with a pack twice', binary('GKRT', 1, 2, row, row, chunks, 3, 300, 20)],
    ['with a pack that is not in its table', binary('GKRT', 1, 1, row, 1, 1, chunk, hash, 3, 300, 20)],
    ['with something behind it', binary('GKRT', 1, 1, row, chunks, 3, 300, 20, 0)],
    ['without its end', binary('GKRT', 1, 1, row, chunks, 3, 300)],
    ['of more packs than could be', binary('GKRT', 1, 2 ** 40, row)],
  ])('%s', (_, bytes) => {
    expect(refusalOf(() => readRoot(bytes))).toBe('CORRUPT');
  });

  it.each([
    ['of version 2', binary('GKRT', 2)],
    ['with a pack of a kind that nobody knows', binary('GKRT', 1, 1, packReference(pack), 1, 1, 1, 3)],
  ])('%s', (_, bytes) => {
    expect(refusalOf(() => readRoot(bytes))).toBe('REPOSITORY_VERSION');
  });
});

describe('a small object', () => {
  const sound = sealed({ format: 1, name: 'x' });
  const text = sound.toString();

  it.each([
    ['without seal', Buffer.from('{"format":1}\n')],
    ['with another seal', Buffer.from(text.replace('"x"', '"y"'))],
    ['of more than a line', Buffer.from(`${text}\n`)],
    ['with its seal in front', Buffer.from(text.replace(/(.*)(,"crc32c":"\w+")/, '$2$1'))],
    ['without format', sealed({ name: 'x' })],
    ['of format 0', sealed({ format: 0 })],
    ['of more than 64 KiB', sealed({ format: 1, name: 'x'.repeat(65_536) })],
  ])('%s', (_, bytes) => {
    expect(readSmallObject(sound, 'a')).toMatchObject({ name: 'x' });
    expect(refusalOf(() => readSmallObject(bytes, 'an object'))).toBe('CORRUPT');
  });

  it('of a newer format', () => {
    expect(refusalOf(() => readSmallObject(sealed({ format: 2 }), 'an object'))).toBe('REPOSITORY_VERSION');
  });
});
