import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { VariableWriter } from '../bytes/variable-length.ts';
import { blocksOf, blocksOfLeaf, leavesOf } from './block-size.ts';
import { UnknownForm } from './chunk-ref-codec.ts';
import type { ChunkRef } from './chunk-ref.ts';
import { entryOf, leafEntries, type LeafRef } from './leaf-list.ts';
import { decodeInlineLeaf, decodeLeaf, encodeLeaf, writeBlocks, type LeafBlock } from './leaf.ts';
import { PackTable, type RootPack } from './pack-table.ts';
import { isName, readRecords } from './record-reader.ts';
import { RecordWriter } from './record-writer.ts';
import type { NewRecord, StoredRecord } from './record.ts';
import { decodeRoot, encodeRoot, type Root } from './root.ts';

const packs = new PackTable<RootPack>();
for (const number of [0, 1, 2, 130, 70_000]) {
  for (const backup of ['00', 'ab', 'ff']) {
    const pack = { backup: backup.repeat(16), number };
    const kind = (['content', 'leaves', 'records'] as const)[number % 3] ?? 'content';
    packs.add({ pack, sizeBytes: 16_000_000, rawBytes: 60_000_000, usedBytes: number, kind });
  }
}

const chunk: fc.Arbitrary<ChunkRef> = fc
  .record({
    pack: fc.constantFrom(...packs.entries.map(({ pack }) => pack)),
    offset: fc.nat({ max: 15_000_000 }),
    rawBytes: fc.integer({ min: 65_536, max: 262_144 }),
    saved: fc.nat({ max: 65_535 }),
    codec: fc.constantFrom(1 as const, 2 as const, 3 as const),
  })
  .map(({ saved, codec, ...rest }) => ({
    ...rest,
    storedBytes: rest.rawBytes - saved,
    codec: saved === 0 ? 0 : codec,
  }));

const hash = fc.uint8Array({ minLength: 16, maxLength: 16 });
const blockBytes = 4096;

/** Blocks of 4096 bytes. */
const block: fc.Arbitrary<LeafBlock> = fc.oneof(
  fc.constant('zeros' as const),
  fc.record({
    hash,
    slices: fc
      .tuple(chunk, fc.nat({ max: 10 }))
      .map(([of, at]) => [{ chunk: of, start: at * blockBytes, length: blockBytes }]),
  }),
  fc.record({
    hash: fc.option(hash, { nil: undefined }),
    slices: fc
      .tuple(chunk, fc.integer({ min: 1, max: 4095 }), fc.boolean())
      .map(([of, length, zeros]) => [
        { chunk: of, start: 7, length },
        zeros
          ? { chunk: undefined, start: 0, length: blockBytes - length }
          : { chunk: of, start: 0, length: blockBytes - length },
      ]),
  }),
);

/** Some blocks, and the same with those that lie behind one another in a chunk. */
const blocks = (most: number) =>
  fc.array(fc.tuple(block, fc.integer({ min: 1, max: 5 })), { minLength: 1, maxLength: most }).map((runs) =>
    runs
      .flatMap(([first, times]): LeafBlock[] =>
        Array.from({ length: times }, (_, index): LeafBlock => {
          if (first === 'zeros' || first.slices.length > 1) return first;
          const slices = first.slices.map((slice) => ({ ...slice, start: slice.start + index * blockBytes }));
          return { hash: first.hash, slices };
        }),
      )
      .slice(0, most),
  );

const fileOf = (count: number) => ({ sizeBytes: count * blockBytes, blockBytes });

/** What is thrown for bytes that were changed: nothing but these, or nothing. */
function survives(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof RangeError) && !(error instanceof UnknownForm)) throw error;
  }
}

const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });

function withChanges(bytes: Uint8Array, list: readonly (readonly [number, number])[], cut: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [at, value] of list) copy[at % copy.length] = value;
  return cut % 3 === 0 ? copy.subarray(0, cut % copy.length) : copy;
}

describe('a leaf', () => {
  it('says what it was told, by itself and within a record', () => {
    fc.assert(
      fc.property(blocks(1024), (list) => {
        expect(decodeLeaf(encodeLeaf(list), fileOf(list.length), 0, packs)).toEqual(list);
        const inline = new VariableWriter();
        writeBlocks(inline, list, ({ pack }) => packs.indexOf(pack) ?? -1);
        expect(decodeInlineLeaf(inline.bytes(), fileOf(list.length), packs.entries)).toEqual(list);
      }),
    );
  });

  it('is short where blocks lie behind one another', () => {
    const of: ChunkRef = { pack: packs.entries[0]!.pack, offset: 5, storedBytes: 100_000, rawBytes: 262_144, codec: 3 };
    const list = Array.from({ length: 64 }, (_, index) => ({
      hash: new Uint8Array(16),
      slices: [{ chunk: of, start: index * blockBytes, length: blockBytes }],
    }));
    expect(encodeLeaf(list)).toHaveLength(64 * 16 + 31);
    expect(encodeLeaf(new Array<LeafBlock>(1024).fill('zeros'))).toHaveLength(5);
  });

  it('that was changed is refused as what cannot be, or is another one', () => {
    fc.assert(
      fc.property(blocks(40), changes, fc.nat(), (list, where, cut) => {
        survives(() => decodeLeaf(withChanges(encodeLeaf(list), where, cut), fileOf(list.length), 0, packs));
      }),
      { numRuns: 2000 },
    );
  });

  it('of another number of blocks, or in packs that the root does not name, is refused', () => {
    const of: ChunkRef = {
      pack: { backup: '12'.repeat(16), number: 0 },
      offset: 0,
      storedBytes: 1,
      rawBytes: 1,
      codec: 0,
    };
    expect(() => decodeLeaf(encodeLeaf(['zeros', 'zeros']), fileOf(3), 0, packs)).toThrow(RangeError);
    expect(() =>
      decodeLeaf(
        encodeLeaf([{ hash: new Uint8Array(16), slices: [{ chunk: of, start: 0, length: 1 }] }]),
        { sizeBytes: 1, blockBytes },
        0,
        packs,
      ),
    ).toThrow(RangeError);
  });
});

describe('a list of leaves', () => {
  it('finds each of them', () => {
    const ref = fc.record({ chunk, start: fc.constant(1), length: fc.constant(2) });
    fc.assert(
      fc.property(fc.array(fc.option(ref, { nil: undefined }), { minLength: 1, maxLength: 50 }), (leaves) => {
        const entries = leafEntries(leaves);
        for (const [index, leaf] of leaves.entries()) expect(entryOf(entries, index)?.ref).toBe(leaf);
      }),
    );
  });
});

const nameBytes = fc.uint8Array({ minLength: 1, maxLength: 30 }).map(fromBytes).filter(isName);
const names = fc.oneof(
  nameBytes,
  fc
    .tuple(fc.constantFrom('base/1/', 'base/16384/'), fc.nat({ max: 9999 }))
    .map(([folder, oid]) => `${folder}${String(oid)}` as ByteString),
);
const attributes = {
  name: names,
  mode: fc.nat({ max: 0xffff }),
  mtimeSeconds: fc.option(fc.nat(), { nil: undefined }),
};

const file: fc.Arbitrary<NewRecord> = fc.oneof(
  fc.tuple(fc.record(attributes), blocks(16)).map(([common, list]) => ({
    kind: 'file' as const,
    ...common,
    ...fileOf(list.length),
    leaves: { blocks: list },
  })),
  fc
    .tuple(
      fc.record(attributes),
      fc.array(
        fc.option(fc.record({ chunk, start: fc.nat({ max: 999 }), length: fc.nat({ max: 999 }) }), { nil: undefined }),
        {
          minLength: 1,
          maxLength: 20,
        },
      ),
    )
    .map(([common, leaves]) => ({
      kind: 'file' as const,
      ...common,
      ...fileOf(leaves.length * 1024),
      leaves: { entries: leafEntries(leaves) },
    })),
);

const record: fc.Arbitrary<NewRecord> = fc.oneof(
  fc.record({
    kind: fc.constant('part' as const),
    name: fc.constantFrom('base', '16400', ''),
    oid: fc.option(fc.nat({ max: 2 ** 32 - 2 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('directory' as const), ...attributes }),
  fc.record({ kind: fc.constant('link' as const), ...attributes, target: nameBytes, isRelative: fc.boolean() }),
  file,
);

const first: NewRecord = { kind: 'part', name: 'base', oid: undefined };

function chunksOf(records: readonly NewRecord[], storeList: (list: Uint8Array) => LeafRef[] = () => []): Uint8Array[] {
  const writer = new RecordWriter(storeList);
  return [...records.flatMap((one) => writer.add(one)), ...writer.end()];
}

/** As it was told: leaves of files decoded. */
function told(one: StoredRecord): unknown {
  if (one.kind !== 'file') return one;
  const { part, object, packs: own, leaves, ...rest } = one;
  expect([part.name, object]).toEqual([part.name, 'pack']);
  if ('inline' in leaves) return { ...rest, leaves: { blocks: decodeInlineLeaf(leaves.inline, one, own) } };
  return { ...rest, leaves };
}

describe('records', () => {
  it('say what they were told, in chunks that can be read by themselves', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 60 }), (records) => {
        const chunks = chunksOf([first, ...records]).map((content) => [...readRecords(content, 'pack', packs)]);
        for (const [part] of chunks) expect(part?.kind).toBe('part');
        const read = chunks.flat().map(told);
        // But for the parts that chunks begin with.
        const isPart = (one: unknown): boolean => (one as { kind: string }).kind === 'part';
        expect(read.filter((one) => !isPart(one))).toEqual(records.filter((one) => !isPart(one)));
      }),
    );
  });

  it('end their chunks at the same names whatever is around them, and are never longer than 128 KiB', () => {
    const directories = (from: number, to: number): NewRecord[] =>
      Array.from({ length: to - from }, (_, index) => {
        const name = `${'d'.repeat(200)}/${String(from + index)}` as ByteString;
        return { kind: 'directory', name, mode: 0o700, mtimeSeconds: index % 7 };
      });
    const whole = chunksOf([first, ...directories(0, 5000)]);
    const other = chunksOf([first, ...directories(700, 5000).map((one) => ({ ...one }))]);
    expect(whole.length).toBeGreaterThan(10);
    const texts = new Set(whole.map((content) => Buffer.from(content).toString('base64')));
    // mtime of index % 7: 700 is a multiple of it.
    const same = other.filter((content) => texts.has(Buffer.from(content).toString('base64')));
    expect(other.length - same.length).toBeLessThan(2);
    const link = (index: number): NewRecord => ({
      kind: 'link',
      name: `l${String(index)}` as ByteString,
      mode: 0,
      mtimeSeconds: 0,
      target: 't'.repeat(4096) as ByteString,
      isRelative: false,
    });
    const long = chunksOf([first, ...Array.from({ length: 100 }, (_, index) => link(index))]);
    for (const content of long) expect(content.length).toBeLessThanOrEqual(128 * 1024);
    expect(
      long.flatMap((content) => [...readRecords(content, 'pack', packs)]).filter(({ kind }) => kind === 'link'),
    ).toHaveLength(100);
  });

  it('of a file of very many leaves have their list elsewhere', () => {
    const of: ChunkRef = { pack: packs.entries[1]!.pack, offset: 0, storedBytes: 5, rawBytes: 5, codec: 0 };
    const leaves = Array.from({ length: 5000 }, (_, index) =>
      index % 2 === 0 ? { chunk: of, start: 0, length: 5 } : undefined,
    );
    const huge: NewRecord = {
      kind: 'file',
      name: 'huge' as ByteString,
      mode: 0,
      mtimeSeconds: 1,
      ...fileOf(5000 * 1024),
      leaves: { entries: leafEntries(leaves) },
    };
    const lists: Uint8Array[] = [];
    const slice = { chunk: { ...of, rawBytes: 200_000, storedBytes: 200_000 }, start: 0, length: 100_000 };
    const chunks = chunksOf(
      [first, { kind: 'directory', name: 'd' as ByteString, mode: 0, mtimeSeconds: 0 }, huge],
      (list) => {
        lists.push(list);
        return [slice];
      },
    );
    const read = chunks.flatMap((content) => [...readRecords(content, 'pack', packs)]);
    expect(lists).toHaveLength(1);
    expect(read.at(-1)).toMatchObject({ kind: 'file', leaves: { listed: [slice] } });
  });

  it('that were changed are refused as what cannot be, or are others', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), changes, fc.nat(), (records, where, cut) => {
        for (const content of chunksOf([first, ...records])) {
          survives(() => [...readRecords(withChanges(content, where, cut), 'pack', packs)]);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('have leaves for just the blocks that size and block size give', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), fc.integer({ min: 12, max: 18 }), (sizeBytes, log) => {
        const size = { sizeBytes, blockBytes: 2 ** log };
        const leaves = leavesOf(size);
        let sum = 0;
        if (leaves < 2000) for (let leaf = 0; leaf < leaves; leaf += 1) sum += blocksOfLeaf(size, leaf);
        if (leaves < 2000) expect(sum).toBe(blocksOf(size));
      }),
    );
  });
});

describe('a root', () => {
  const roots: fc.Arbitrary<Root> = fc
    .record({
      chunks: fc.array(fc.record({ chunk, hash }), { maxLength: 20 }),
      files: fc.nat(),
      logicalBytes: fc.maxSafeNat(),
      newRawBytes: fc.maxSafeNat(),
    })
    .map((rest) => ({ packs, ...rest }));

  it('says what it was told', () => {
    fc.assert(
      fc.property(roots, (root) => {
        const read = decodeRoot(encodeRoot(root));
        expect({ ...read, packs: read.packs.entries }).toEqual({ ...root, packs: root.packs.entries });
      }),
    );
  });

  it('that was changed is refused as what cannot be, or is another one', () => {
    fc.assert(
      fc.property(roots, changes, fc.nat(), (root, where, cut) => {
        survives(() => decodeRoot(withChanges(encodeRoot(root), where, cut)));
      }),
      { numRuns: 2000 },
    );
  });
});
