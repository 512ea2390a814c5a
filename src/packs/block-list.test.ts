import { describe, expect, it } from 'vitest';
import { BlockList } from './block-list.ts';
import type { ChunkRef, PackId } from './chunk-ref.ts';

const pack = (number: number): PackId => ({ backup: 'ab'.repeat(16), number });
const chunk = (number: number, offset: number): ChunkRef => ({
  ...{ pack: pack(number), offset, storedBytes: 700, rawBytes: 1000, codec: 1 },
});
const hash = (byte: number) => new Uint8Array(16).fill(byte);

describe('blocks of packs', () => {
  it('come by their chunks, in the order of these, each once', () => {
    const list = new BlockList([pack(0), pack(1)]);
    for (let times = 0; times < 2; times += 1) {
      list.add(chunk(0, 5_000_000_000), { start: 0, length: 1000, hash: hash(9) });
      list.add(chunk(0, 700), { start: 500, length: 500, hash: hash(2) });
      list.add(chunk(0, 700), { start: 0, length: 500, hash: undefined });
      list.add(chunk(0, 0), { start: 0, length: 1000, hash: hash(255) });
      list.add(chunk(7, 0), { start: 0, length: 1000, hash: hash(1) });
    }
    expect([...list.chunksOf(pack(0))].map(({ chunk: { offset } }) => offset)).toEqual([0, 700, 5_000_000_000]);
    const [first, second] = list.chunksOf(pack(0));
    expect(first).toEqual({ chunk: chunk(0, 0), blocks: [{ start: 0, length: 1000, hash: Buffer.from(hash(255)) }] });
    expect(second?.blocks).toEqual([
      { start: 0, length: 500, hash: undefined },
      { start: 500, length: 500, hash: Buffer.from(hash(2)) },
    ]);
    expect([...list.chunksOf(pack(1))]).toEqual([]);
    expect(list.wants(pack(7))).toBe(false);
  });

  it('that are other by their place, length or hash alone are others', () => {
    const list = new BlockList([pack(0)]);
    for (const block of [
      { start: 0, length: 10, hash: hash(1) },
      { start: 0, length: 10, hash: hash(2) },
      { start: 0, length: 11, hash: hash(1) },
      { start: 1, length: 10, hash: hash(1) },
    ]) {
      list.add(chunk(0, 0), block);
    }
    expect([...list.chunksOf(pack(0))].flatMap(({ blocks }) => blocks)).toHaveLength(4);
  });

  it('that are too many leave the last packs to another pass, the first never', () => {
    const list = new BlockList([pack(2), pack(0), pack(1)], 10);
    for (let start = 0; start < 6; start += 1) {
      for (const number of [0, 1, 2]) list.add(chunk(number, 0), { start, length: 1, hash: hash(start) });
    }
    expect(list.packs).toEqual([pack(2)]);
    expect(list.wants(pack(0))).toBe(false);
    for (let start = 6; start < 30; start += 1) list.add(chunk(2, 0), { start, length: 1, hash: hash(start) });
    const [only] = list.chunksOf(pack(2));
    expect(only?.blocks).toHaveLength(30);
    expect([...list.chunksOf(pack(0))]).toEqual([]);
  });
});
