/** The other reader against what is written by hand, against our own writer of content, and against damage. */
import { randomBytes } from 'node:crypto';
import {
  copyFileSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openContent } from '../../src/packs/content-reader.ts';
import { collect } from './byte-pieces.ts';
import { MemoryStorage } from './memory-storage.ts';
import { handBackup, handBackupId, handCommit, handContent, handFiles } from './other-reader/hand-backup.ts';
import { handInstance, handSegment, huge, segmentContent } from './other-reader/hand-backup.ts';
import { Refusal, type RefusalCode } from './other-reader/refusal.ts';
import { OtherRepository } from './other-reader/repository.ts';
import { HandRepository, sealed } from './other-reader/written-by-hand.ts';
import { writeOut } from './other-reader/write-out.ts';
import { packsIn, store } from './stored-content.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { thrownBy } from './thrown-by.ts';

const secret = 'Sésame, öffne dich';
const orders = 'instances/orders';
const commitName = `${orders}/commits/${handBackupId}.json`;
const packOf = (number: number): string =>
  `${orders}/packs/${handBackupId}/0000${number < 1000 ? 0 : 1}/${String(number).padStart(8, '0')}`;
const walName = (name: string): string => `${orders}/wal/generations/1/wal/${handSegment.slice(0, 16)}/${name}`;

/** Everything that there is to read. @returns files by part and name; of the huge one its two ends */
function readAll(directory: string, password?: string): Map<string, Buffer> {
  return contentOf(new OtherRepository(directory, { password }));
}

function contentOf(repository: OtherRepository): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const { name: instance } of repository.instances()) {
    for (const commit of repository.commits(instance)) {
      const backup = repository.backup(instance, commit);
      for (const record of backup.records()) {
        if (record.kind !== 'file') continue;
        const name = `${record.oid ?? 'base'}/${record.name}`;
        files.set(name, record.size < 2 ** 30 ? backup.whole(record) : endsOf([...backup.content(record)]));
      }
      const wal = repository.wal(instance);
      for (const name of wal.segmentsOf(commit)) files.set(name, wal.segment(name, commit.generation));
    }
  }
  return files;
}

/** @throws Error where anything else is not zeros */
function endsOf(blocks: readonly { readonly offset: number; readonly bytes: Buffer }[]): Buffer {
  const ends = Buffer.alloc(huge.words.length + huge.end.length);
  for (const { offset, bytes } of blocks) {
    const middle = huge.size - ends.length;
    ends.set(bytes, offset < huge.words.length ? offset : offset - middle);
  }
  return ends;
}

function refusalOf(call: () => unknown): RefusalCode {
  const error = thrownBy(call);
  if (error instanceof Refusal) return error.code;
  throw error;
}

const everything = new Map([
  ...handFiles,
  [`base/${huge.name}`, Buffer.concat([huge.words, huge.end])],
  [handSegment, segmentContent],
]);

describe.each([
  ['plain', undefined],
  ['encrypted', secret],
])('a repository that was written by hand, %s', (_, password) => {
  const made = (): HandRepository => {
    const repository = new HandRepository(join(temporaryDirectory(), 'repository'), password);
    handBackup(repository);
    return repository;
  };
  const read = ({ directory }: HandRepository): Map<string, Buffer> => readAll(directory, password);
  const pathOf = (repository: HandRepository, name: string): string =>
    join(repository.directory, repository.place(name));

  it('is read: each kind of run and list, and WAL of the generation before', () => {
    const found = read(made());
    expect([...found.keys()].sort()).toEqual([...everything.keys()].sort());
    for (const [name, content] of everything) expect(found.get(name)!.equals(content), name).toBe(true);
  });

  it('is written out: files, tablespaces behind links, WAL', () => {
    const { directory } = made();
    const repository = new OtherRepository(directory, { password });
    const [commit] = repository.commits('orders');
    const [to, tablespaces] = [join(directory, 'out'), join(directory, 'spaces')];
    writeOut(repository.backup('orders', commit!), { to, tablespaces, wal: repository.wal('orders') });
    expect(readdirSync(to).sort()).toEqual(['PG_VERSION', 'base', 'empty', 'pg_tblspc', 'pg_wal']);
    expect(readlinkSync(join(to, 'pg_tblspc', '16400'))).toBe(join(tablespaces, '16400'));
    for (const [name, content] of handFiles) {
      const path = name.startsWith('base/') ? join(to, name.slice(5)) : join(to, 'pg_tblspc', name);
      expect(readFileSync(path).equals(content), name).toBe(true);
      expect(statSync(path).mtimeMs).toBe(1_700_000_000_000);
    }
    expect(statSync(join(to, huge.name)).size).toBe(huge.size);
    expect(readFileSync(join(to, 'pg_wal', handSegment)).equals(segmentContent)).toBe(true);
  });

  it('has no backup that was removed, and none where a tombstone is', () => {
    const repository = made();
    const other = randomBytes(16).toString('hex');
    const tombstone = {
      format: 1,
      backup: other,
      tombstone: true,
      by: 'expire',
      reason: 'dead',
      at: '2026-11-22T19:00:00Z',
    };
    repository.put(`${orders}/commits/${other}.json`, sealed(tombstone));
    const listed = (): string[] =>
      new OtherRepository(repository.directory, { password }).commits('orders').map(({ backup }) => backup);
    expect(listed()).toEqual([handBackupId]);
    repository.put(`${orders}/removals/${handBackupId}.json`, sealed({ format: 1, backup: handBackupId }));
    expect(listed()).toEqual([]);
  });

  it('a flipped bit in any object is found', () => {
    const repository = made();
    const other = new OtherRepository(repository.directory, { password });
    const names = [
      ...[`${orders}/instance.json`, commitName, ...[0, 1, 2, 1000].map(packOf)],
      ...['gausskeep-archive.json', 'generations/2/generation.json'].map((name) => `${orders}/wal/${name}`),
      ...[walName(`${handSegment}.receipt`), walName(`${handSegment}.gz`)],
    ].map((name) => pathOf(repository, name));
    const identity = join(repository.directory, 'gausskeep-repository.json');
    for (const path of [...names, identity]) {
      const sound = readFileSync(path);
      // The header of gzip has bytes that nothing depends on: 10 of them in a bare segment of WAL.
      const places = [
        10,
        24,
        sound.length - 1,
        ...[...randomBytes(8)].map((byte) => 10 + Math.floor((byte * (sound.length - 10)) / 256)),
      ];
      for (const place of places.filter((at) => at < sound.length)) {
        const bytes = Buffer.from(sound);
        bytes[place]! ^= 1 << (place % 8);
        writeFileSync(path, bytes);
        const where = `bit ${place % 8} of byte ${place} of ${path}`;
        const look = (): unknown => (path === identity ? read(repository) : contentOf(other));
        expect(look, where).toThrow(Refusal);
        expect(['CORRUPT', 'REPOSITORY_VERSION'], where).toContain(refusalOf(look));
      }
      writeFileSync(path, sound);
    }
    expect(read(repository).size).toBe(everything.size);
  });

  it('an object that is cut, made longer, renamed or put in the place of another is found', () => {
    const repository = made();
    const [pack, other] = [pathOf(repository, packOf(1)), pathOf(repository, packOf(2))];
    const sound = readFileSync(pack);
    const refused = (bytes: Uint8Array): void => {
      writeFileSync(pack, bytes);
      expect(refusalOf(() => read(repository))).toBe('CORRUPT');
    };
    for (const length of [0, 20, 24, 39, 40, sound.length - 17, sound.length - 1]) refused(sound.subarray(0, length));
    refused(Buffer.concat([sound, Buffer.alloc(1)]));
    refused(readFileSync(other));
    rmSync(pack);
    expect(refusalOf(() => read(repository))).toBe('CORRUPT');
  });

  it('frames that are cut off, changed for each other or doubled are found', () => {
    const repository = made();
    const content = randomBytes(200_000);
    const name = `${orders}/instance.json`;
    const path = pathOf(repository, name);
    const framed = repository.framed(name, content);
    const frame = (number: number): Buffer => framed.subarray(24 + number * 65_552, 24 + (number + 1) * 65_552);
    const refused = (...parts: readonly Buffer[]): void => {
      writeFileSync(path, Buffer.concat([framed.subarray(0, 24), ...parts]));
      expect(refusalOf(() => read(repository))).toBe('CORRUPT');
    };
    refused(frame(0), frame(1), frame(2));
    refused(frame(1), frame(0), frame(2), frame(3));
    refused(frame(0), frame(0), frame(1), frame(2), frame(3));
    refused(frame(3));
  });

  it('says so of what is newer than format 1', () => {
    const repository = made();
    const refused = (): RefusalCode => refusalOf(() => read(repository));
    const commit = readFileSync(pathOf(repository, commitName));
    repository.put(commitName, sealed({ format: 2, backup: handBackupId }));
    expect(refused()).toBe('REPOSITORY_VERSION');
    commit[4] = 2;
    writeFileSync(pathOf(repository, commitName), commit);
    expect(refused()).toBe('REPOSITORY_VERSION');
    repository.write('gausskeep-repository.json', sealed({ format: 2 }));
    expect(refused()).toBe('REPOSITORY_VERSION');
  });

  it('does not take what is sealed for what it is not', () => {
    const repository = made();
    const content = handContent(() => undefined);
    const refused = (more: object, backup = handBackupId): void => {
      handCommit(repository, backup, content, more);
      expect(
        refusalOf(() => read(repository)),
        JSON.stringify(more),
      ).toBe('CORRUPT');
    };
    refused({ backup: 'f'.repeat(32) });
    refused({ name: `20261122T190001Z-${handBackupId}` });
    refused({ systemIdentifier: '1' });
    refused({ files: content.files + 1 });
    refused({ rootPacks: [] });
    refused({ root: [[handBackupId, 1000, 0, 10, 262_145, 1]] });
  });
});

describe('passwords', () => {
  it('any key opens; a wrong password and damaged keys are told apart', () => {
    const repository = new HandRepository(join(temporaryDirectory(), 'repository'), secret);
    handBackup(repository);
    const { directory } = repository;
    const refused = (password?: string): RefusalCode => refusalOf(() => readAll(directory, password));
    expect([refused('guess'), refused(), refused('')]).toEqual(['WRONG_PASSWORD', 'USAGE', 'WRONG_PASSWORD']);
    // The same letters, composed otherwise.
    expect(readAll(directory, secret.normalize('NFD')).size).toBe(everything.size);
    repository.addKey('second');
    expect(readAll(directory, 'second').size).toBe(everything.size);
    for (const name of readdirSync(join(directory, 'keys'))) {
      const path = join(directory, 'keys', name);
      const bytes = readFileSync(path);
      bytes[bytes.indexOf('wrapped') + 20]! ^= 1;
      writeFileSync(path, bytes);
    }
    expect(refused(secret)).toBe('DAMAGED_KEY');
    const name = repository.addKey(secret, { n: 2 ** 30 });
    expect(refused(secret)).toBe('DAMAGED_KEY');
    repository.addKey(secret);
    expect(readAll(directory, secret).size).toBe(everything.size);
    // The name of a key is authenticated.
    rmSync(join(directory, 'keys'), { recursive: true });
    const sound = repository.addKey(secret);
    renameSync(join(directory, sound), join(directory, name));
    expect(refused(secret)).toBe('WRONG_PASSWORD');
  });

  it('a password for what is not encrypted, and a directory that is no repository', () => {
    const plain = new HandRepository(join(temporaryDirectory(), 'repository'));
    expect(refusalOf(() => readAll(plain.directory, 'x'))).toBe('USAGE');
    expect(refusalOf(() => readAll(temporaryDirectory()))).toBe('NOT_FOUND');
  });

  it('passes over names in an encrypted repository that are foreign', () => {
    const repository = new HandRepository(join(temporaryDirectory(), 'repository'), secret);
    handBackup(repository);
    const path = join(repository.directory, repository.place(commitName));
    const folder = join(path, '..');
    const name = path.slice(folder.length + 1);
    for (const foreign of ['mine', name.toUpperCase(), `${name.slice(0, -1)}v`, `x${name}`]) {
      if (foreign !== name) copyFileSync(path, join(folder, foreign));
    }
    expect(readAll(repository.directory, secret).size).toBe(everything.size);
  });
});

describe('our own code on the other side', () => {
  it('reads what was written by hand', async () => {
    const storage = new MemoryStorage();
    const contents = new Map<string, Buffer>();
    const { root } = handContent((name, content) => contents.set(name, content));
    for (const [name, content] of contents) await storage.put(name, () => collectable(content));
    const reader = await openContent(storage, root as Parameters<typeof openContent>[1]);
    const names: string[] = [];
    for await (const record of reader.records()) {
      if (record.kind !== 'file') continue;
      const content =
        record.name === huge.name ? await collectEnds(reader.content(record)) : await collect(reader.content(record));
      const [name = ''] = [...everything.keys()].filter((one) => one.replace(/^\w+\//, '') === record.name);
      expect(content.equals(everything.get(name)!), name).toBe(true);
      names.push(name);
    }
    expect([...names, handSegment].sort()).toEqual([...everything.keys()].sort());
  });

  it('writes what the other reader reads: large, small, zeros, and what the backup before has', async () => {
    const storage = new MemoryStorage();
    const mebibyte = 1024 * 1024;
    const large = Buffer.alloc(200 * mebibyte + 12_345);
    large.write('a word behind two leaves of zeros', 130 * mebibyte);
    const files = new Map([
      ['large', large],
      ['random', randomBytes(3 * mebibyte + 1)],
      ['empty', Buffer.alloc(0)],
      ...Array.from({ length: 300 }, (_, at) => [`small/${at}`, Buffer.from(`file ${at}`)] as const),
    ]);
    const [first, second] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
    const before = await store(storage, files, { backup: first });
    const changed = new Map([
      ...files,
      ['random', Buffer.concat([randomBytes(40_000), files.get('random')!.subarray(40_000)])],
    ]);
    const after = await store(storage, changed, { backup: second, prior: before.root });
    const repository = new HandRepository(join(temporaryDirectory(), 'repository'));
    handInstance(repository);
    for (const name of (await packsIn(storage)).keys()) {
      repository.put(`${orders}/${name}`, await collect(storage.get(name)));
    }
    for (const [backup, written, expected] of [
      [first, before, files],
      [second, after, changed],
    ] as const) {
      handCommit(repository, backup, written);
      const other = new OtherRepository(repository.directory);
      const commit = other.commits('orders').find((one) => one.backup === backup)!;
      const stored = other.backup('orders', commit);
      const names: string[] = [];
      for (const record of stored.records()) {
        if (record.kind !== 'file') continue;
        names.push(record.name);
        expect(stored.whole(record).equals(expected.get(record.name)!), record.name).toBe(true);
      }
      expect(names.sort()).toEqual([...expected.keys()].sort());
    }
  });
});

async function* collectable(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(content);
}

/** As `endsOf`; what lies between is looked at where it is not zeros. */
async function collectEnds(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const blocks: { offset: number; bytes: Buffer }[] = [];
  let offset = 0;
  for await (const piece of content) {
    const isEnd = offset < huge.words.length || offset + piece.length > huge.size - huge.end.length;
    if (isEnd) blocks.push({ offset, bytes: Buffer.from(piece) });
    offset += piece.length;
  }
  expect(offset).toBe(huge.size);
  return endsOf(blocks);
}
