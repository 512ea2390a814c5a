import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { packName, type Chunk, type PackReference, type Slice } from './chunk.ts';
import { binary, HandPack, hashOf, packReference, rest, sealed, type HandRepository } from './written-by-hand.ts';

const text = (words: string, bytes: number): Buffer => Buffer.alloc(bytes, `${words} `);

const leafBytes = 1024 * 4096;
const shared = text('shared by two files', 20_000);
const words = text('one leaf of words', leafBytes);
const mixedEnd = Buffer.concat([Buffer.alloc(96), text('slices', 4000), text('of no known hash', 1000)]);

/** By part and name what `handBackup` holds, but for the huge file: with each kind of run that the page has. */
export const handFiles: ReadonlyMap<string, Buffer> = new Map([
  ['base/PG_VERSION', Buffer.from('17\n')],
  ['base/empty', Buffer.alloc(0)],
  ['base/base/1/mixed', Buffer.concat([Buffer.alloc(8192), shared.subarray(0, 8192), mixedEnd])],
  ['base/base/1/listed', Buffer.concat([Buffer.alloc(2 * leafBytes), words, Buffer.alloc(5000)])],
  ['16400/PG_17_1/1/2', shared.subarray(8192, 18_192)],
]);

/** A file of more than 4096 leaves: words, zeros, the end. */
export const huge = { name: 'base/1/huge', size: 4097 * leafBytes + 5000, words, end: shared.subarray(0, 5000) };

/** The id of the only backup. */
export const handBackupId = '00112233445566778899aabbccddeeff';
export const handSegment = '000000010000000000000003';
export const handSegmentBytes = 1024 * 1024;
export const segmentContent = text('WAL', handSegmentBytes);

interface Packs {
  readonly content: HandPack;
  readonly leaves: HandPack;
  readonly records: HandPack;
  readonly root: HandPack;
}

/** What a commit says of the content of a backup. */
export interface HandContent {
  readonly root: readonly Chunk[];
  readonly rootPacks: readonly { readonly pack: PackReference; readonly sizeBytes: number }[];
  readonly files: number;
  readonly logicalBytes: number;
}

/** Puts the packs of the backup under their names below the instance. */
export function handContent(put: (name: string, content: Buffer) => void): HandContent {
  const pack = (number: number, kind: 0 | 1 | 2): HandPack => new HandPack(handBackupId, number, kind);
  const packs: Packs = { content: pack(0, 0), leaves: pack(1, 1), records: pack(2, 2), root: pack(1000, 0) };
  const content = recordsOf(packs);
  const records = packs.records.add(content);
  const tabled = [packs.content, packs.leaves, packs.records];
  const rows = tabled.map(({ reference, bytes, rawBytes, kind }) =>
    binary(packReference(reference), bytes.length, rawBytes, rawBytes, kind),
  );
  const sizes = [...[...handFiles.values()].map(({ length }) => length), huge.size];
  const [files, logicalBytes] = [sizes.length, sizes.reduce((sum, size) => sum + size, 0)];
  const chunks = binary(1, 2, rest(records.chunk), hashOf(content));
  const newBytes = tabled.reduce((sum, { rawBytes }) => sum + rawBytes, 0);
  const root = packs.root.add(binary('GKRT', 1, rows.length, ...rows, chunks, files, logicalBytes, newBytes));
  for (const { reference, bytes } of [...tabled, packs.root]) put(packName(reference), bytes);
  const rootPack = { pack: packs.root.reference, sizeBytes: packs.root.bytes.length };
  return { root: [root.chunk], rootPacks: [rootPack], files, logicalBytes };
}

const createdAt = '2026-11-22T19:00:00.000Z';
const server = { format: 1, systemIdentifier: '7500000000000000001' };

/** One instance, `orders`, with one backup and a WAL archive of two generations. */
export function handBackup(repository: HandRepository): void {
  handInstance(repository);
  handCommit(
    repository,
    handBackupId,
    handContent((name, content) => repository.put(`instances/orders/${name}`, content)),
  );
}

export function handInstance(repository: HandRepository): void {
  repository.put(
    'instances/orders/instance.json',
    sealed({ ...server, name: 'orders', product: 'PostgreSQL', createdAt }),
  );
  handWal(repository, 'instances/orders/wal');
}

export function handCommit(repository: HandRepository, backup: string, content: HandContent, more: object = {}): void {
  const { root, rootPacks, files, logicalBytes } = content;
  const commit = {
    ...{ ...server, product: 'PostgreSQL', release: '17.2', endedAt: '2026-11-22T19:01:00.000Z', label: 'by hand' },
    ...{ note: null, source: 'stream', prior: null, newBytes: 4711, referencedBytes: 4711, trust: 'read' },
    ...{ backup, name: `20261122T190000Z-${backup}`, tombstone: false, timeline: 1, generation: 2 },
    ...{ startLsn: '0/300028', endLsn: '0/300100', startedAt: '2026-11-22T19:00:00.123Z', files, logicalBytes },
    root: root.map(({ pack, offset, storedBytes, rawBytes, codec }) => {
      return [pack.backup, pack.number, offset, storedBytes, rawBytes, codec];
    }),
    rootPacks: rootPacks.map(({ pack, sizeBytes }) => [pack.backup, pack.number, sizeBytes]),
    ...more,
  };
  repository.put(`instances/orders/commits/${backup}.json`, sealed(commit));
}

/** The first generation has the segment, the second one is recovered from it behind that. */
function handWal(repository: HandRepository, folder: string): void {
  const put = (name: string, members: object): void => repository.put(`${folder}/${name}`, sealed(members));
  put('gausskeep-archive.json', {
    ...{ ...server, archive: handBackupId, segmentSizeBytes: handSegmentBytes },
    ...{ product: 'PostgreSQL 17', walMagic: 0xd116, createdAt },
  });
  put('generations/1/generation.json', {
    format: 1,
    generation: 1,
    parent: null,
    forkLsn: null,
    createdAt,
    reason: 'test',
  });
  put('generations/2/generation.json', {
    format: 1,
    generation: 2,
    parent: 1,
    forkLsn: '0/400000',
    createdAt,
    reason: 'test',
  });
  const stored = gzipSync(segmentContent);
  const name = `generations/1/wal/${handSegment.slice(0, 16)}/${handSegment}`;
  repository.put(`${folder}/${name}.gz`, stored);
  const sha256 = createHash('sha256').update(segmentContent).digest('hex');
  const sizes = { sizeBytes: handSegmentBytes, codec: 'gzip', storedBytes: stored.length };
  put(`${name}.receipt`, { format: 1, name: handSegment, sha256, ...sizes, pushedAt: createdAt, links: null });
}

const slice = (index: number, { chunk, start, length }: Slice): Buffer => binary(index, rest(chunk), start, length);

/** A run of kind 1 of blocks of `blockBytes`, the first of them at `start`, the last one maybe shorter. */
function row({ chunk }: Slice, start: number, content: Buffer, blockBytes: number): Buffer {
  const hashes: Buffer[] = [];
  for (let at = 0; at < content.length; at += blockBytes) hashes.push(hashOf(content.subarray(at, at + blockBytes)));
  return binary((hashes.length << 2) | 1, 0, rest(chunk), start, ...hashes);
}

function recordsOf(packs: Packs): Buffer {
  const several = packs.content.add(shared);
  const within = (...leaf: readonly (number | Buffer)[]): Buffer => {
    const bytes = binary(...leaf);
    return binary(0, bytes.length, bytes);
  };
  const file = (name: string, log: number, leaves: Buffer): [string, Buffer] => {
    const content = handFiles.get(name)!;
    return [name.replace(/^\w+\//, ''), binary(0o600, 1_700_000_001, content.length, log, leaves)];
  };
  const base = named([
    ['D', 'base', binary(0o700, 0)],
    ['D', 'base/1', binary(0o700, 0)],
    ['D', 'pg_wal', binary(0o700, 0)],
    ['L', 'pg_tblspc/16400', binary(0o777, 0, 0, 6, '/where')],
    [
      'F',
      ...file(
        'base/PG_VERSION',
        14,
        within(1, row(packs.content.add(Buffer.from('17\n')), 0, Buffer.from('17\n'), 16_384)),
      ),
    ],
    ['F', ...file('base/empty', 14, within(0))],
    ['F', ...file('base/base/1/mixed', 12, within(6, mixedRuns(packs, several)))],
    ['F', ...file('base/base/1/listed', 12, listed(packs))],
    ['F', huge.name, binary(0o600, 1_700_000_001, huge.size, 12, listedElsewhere(packs, several))],
  ]);
  const space = handFiles.get('16400/PG_17_1/1/2')!;
  const inSpace = named([
    ['D', 'PG_17_1', binary(0o700, 0)],
    ['F', ...file('16400/PG_17_1/1/2', 14, within(1, row(several, 8192, space, 16_384)))],
  ]);
  return binary(table(packs.content, packs.leaves), 'P', 4, 'base', 0, base, 'P', 5, '16400', 16_401, inSpace);
}

function table(...packs: readonly HandPack[]): Buffer {
  return binary(packs.length, ...packs.map(({ reference }) => packReference(reference)));
}

/** Two blocks of zeros, two in a row, one of three slices, one without hash. */
function mixedRuns({ content }: Packs, several: Slice): Buffer {
  const [slices, unknown] = [content.add(text('slices', 4000)), content.add(text('of no known hash', 1000))];
  const three = binary(
    3,
    0,
    96,
    slice(1, { ...slices, length: 1000 }),
    slice(1, { ...slices, start: 1000, length: 3000 }),
  );
  return binary(
    ...[(2 << 2) | 0, row(several, 0, shared.subarray(0, 8192), 4096)],
    ...[(1 << 2) | 2, hashOf(mixedEnd.subarray(0, 4096)), three],
    ...[(1 << 2) | 3, binary(1, slice(1, unknown))],
  );
}

/** A leaf of words, stored by itself, of chunks of 256 KiB. */
function leafOfWords({ content, leaves }: Packs): Slice {
  const runs: Buffer[] = [];
  for (let at = 0; at < leafBytes; at += 262_144) {
    const part = words.subarray(at, at + 262_144);
    runs.push(row(content.add(part), 0, part, 4096));
  }
  return leaves.add(binary(table(content), 1024, ...runs));
}

function listed(packs: Packs): Buffer {
  return binary(1, 3, 0, 2, 1, slice(1, leafOfWords(packs)), 0, 1);
}

function listedElsewhere(packs: Packs, several: Slice): Buffer {
  const last = packs.leaves.add(binary(table(packs.content), 2, row(several, 0, huge.end, 4096)));
  const list = binary(1, slice(1, leafOfWords(packs)), 0, 4096, 1, slice(1, last));
  const [head, tail] = [packs.leaves.add(list.subarray(0, 10)), packs.leaves.add(list.subarray(10))];
  return binary(2, 4098, 2, slice(1, head), slice(1, tail));
}

/** Records of one part; each shares with the name before what it can. */
function named(records: readonly (readonly [type: string, name: string, rest: Buffer])[]): Buffer {
  let before = '';
  return Buffer.concat(
    records.map(([type, name, more]) => {
      let common = 0;
      while (common < before.length && before[common] === name[common]) common += 1;
      before = name;
      return binary(type, common, name.length - common, name.slice(common), more);
    }),
  );
}
