import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { plainInstance, sampleCommit } from '../../test/support/repository-instance.ts';
import { beginContent } from '../../test/support/stored-content.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { createChecksum } from '../manifest/checksum.ts';
import { readManifest } from '../manifest/reader.ts';
import { ManifestWriter } from '../manifest/writer.ts';
import type { ContentWriter } from '../packs/content-writer.ts';
import { putCommit } from '../repository/put-commit.ts';
import type { Instance } from '../repository/instance.ts';
import { readControlFile } from '../server/control-file.ts';
import { parseLsn } from '../wal/lsn.ts';
import { exportBackup, type ExportRequest } from './export-backup.ts';

const control = gunzipSync(
  readFileSync(join(import.meta.dirname, '../../test/fixtures/opengauss/pgdata/pg_control.gz')),
);
const label = `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)
CHECKPOINT LOCATION: 0/5000060
BACKUP METHOD: streamed
BACKUP FROM: master
START TIME: 2026-11-20 20:26:06 UTC
LABEL: test
`;
const segment = 'pg_xlog/000000010000000000000005';
const { signal } = new AbortController();

/** Stores files one after another. */
class Content {
  readonly listed = new ManifestWriter({ systemIdentifier: undefined });
  readonly #texts: Uint8Array[] = [];
  readonly #writer: ContentWriter;

  constructor(writer: ContentWriter) {
    this.#writer = writer;
  }

  async file(name: string, text: string | Uint8Array, listedAs = name): Promise<void> {
    const content = Buffer.from(text);
    const path = fromText(name);
    await this.#writer.file({ name: path, mode: 0o600, mtimeSeconds: 1, sizeBytes: content.length }, once(content));
    if (name.startsWith('pg_xlog/')) return;
    const checksum = createChecksum('SHA256');
    checksum.update(content);
    const entry = { size: content.length, algorithm: 'SHA256', checksum: checksum.digestHex(), mtime: 1 } as const;
    this.#texts.push(this.listed.addFile({ path: fromText(listedAs), ...entry }));
  }

  async manifest(): Promise<void> {
    const [startLsn, endLsn] = [parseLsn('0/5000028'), parseLsn('0/5000100')];
    this.#texts.push(this.listed.addWalRange({ timeline: 1, startLsn, endLsn }), this.listed.finish());
    const text = Buffer.concat(this.#texts);
    const attributes = { name: fromText('backup_manifest'), mode: 0o600, mtimeSeconds: 1 };
    await this.#writer.file({ ...attributes, sizeBytes: text.length }, once(text));
  }
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  if (content.length > 0) yield await Promise.resolve(content);
}

/** An instance with a backup that has a tablespace inside of the data directory and one that was at `absolute`. */
async function instanceWith(absolute: string, hostileLink?: string): Promise<Instance> {
  const storage = new MemoryStorage(() => Date.now());
  const writer = await beginContent(storage);
  const content = new Content(writer);
  const link = { mode: 0o777, mtimeSeconds: 1 };
  await content.file('backup_label', label);
  await content.file('tablespace_map', `16422 ${absolute}\n`);
  writer.directory({ name: fromText('pg_xlog'), mode: 0o700, mtimeSeconds: 1 });
  writer.link({ ...link, name: fromText('pg_tblspc/16421'), target: fromText('pg_location/x/y'), isRelative: true });
  writer.link({ ...link, name: fromText('pg_tblspc/16422'), target: fromText(absolute), isRelative: false });
  if (hostileLink !== undefined)
    writer.link({ ...link, name: fromText('base/out'), target: fromText(hostileLink), isRelative: false });
  await content.file('PG_VERSION', '9.2\n');
  await content.file('base/1/1', 'rows');
  await content.file(segment, Buffer.alloc(16 * 1024 * 1024));
  writer.part({ name: '16421', oid: 16_421 });
  await content.file('PG_9.2_201611171_n1/1/2', 'inside', 'pg_tblspc/16421/PG_9.2_201611171_n1/1/2');
  writer.part({ name: '16422', oid: 16_422 });
  await content.file('PG_9.2_201611171_n1/1/3', 'outside', 'pg_tblspc/16422/PG_9.2_201611171_n1/1/3');
  writer.part({ name: 'base', oid: undefined });
  await content.file('global/pg_control', control);
  await content.manifest();
  const { root, rootPacks } = await writer.finish();
  const { systemIdentifier } = readControlFile(control);
  const lsns = { startLsn: parseLsn('0/5000028'), endLsn: parseLsn('0/5000100') };
  await putCommit(storage, sampleCommit({ ...lsns, systemIdentifier, product: 'openGauss', root, rootPacks }), {});
  return plainInstance(storage);
}

const exported = (instance: Instance, directory: string, form: ExportRequest['form'] = { kind: 'plain' }) =>
  exportBackup({ instance, backup: 'latest', directory, form }, { signal });

/** Names of all files below a directory, sorted. */
const filesIn = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length + 1))
    .sort();

it('writes a directory with the tablespaces where they are wanted, and a manifest of what is there', async () => {
  const place = temporaryDirectory();
  const [directory, space] = [join(place, 'new/data'), join(place, 'spaces/one')];
  const instance = await instanceWith(join(place, 'elsewhere'));
  const tablespaces = [
    { from: { oid: 16_422 }, to: space },
    { from: { directory: '/nowhere' }, to: '/x' },
  ];
  const { written, isHeld } = await exported(instance, directory, { kind: 'plain', tablespaces });
  expect(isHeld).toBe(true);
  expect(written).toMatchObject({
    kind: 'plain',
    tablespaces: [{ oid: 16_422, directory: space }],
    unusedMappings: ['/nowhere'],
  });
  expect(filesIn(directory)).toEqual([
    'PG_VERSION',
    'backup_label',
    'backup_manifest',
    'base/1/1',
    'global/pg_control',
    'pg_location/x/y/PG_9.2_201611171_n1/1/2',
    'pg_tblspc/16421',
    'pg_tblspc/16422',
    segment,
    `${segment.replace('/', '/archive_status/')}.done`,
  ]);
  expect(readFileSync(join(directory, 'global/pg_control'))).toEqual(control);
  expect(filesIn(space)).toEqual(['PG_9.2_201611171_n1/1/3']);
  expect(readlinkSync(join(directory, 'pg_tblspc/16421'))).toBe(join(directory, 'pg_location/x/y'));
  expect(readlinkSync(join(directory, 'pg_tblspc/16422'))).toBe(space);
  for (const path of [directory, space]) expect(statSync(path).mode & 0o777).toBe(0o700);
  // Throws where its own checksum does not fit.
  const manifest = await readManifest(once(readFileSync(join(directory, 'backup_manifest'))), { signal });
  expect([...manifest.files.keys()].sort()).toEqual([
    'PG_VERSION',
    'backup_label',
    'base/1/1',
    'global/pg_control',
    'pg_tblspc/16421/PG_9.2_201611171_n1/1/2',
    'pg_tblspc/16422/PG_9.2_201611171_n1/1/3',
  ] as ByteString[]);
});

it('puts a tablespace that nobody mapped where the server had it, if nothing is there', async () => {
  const place = temporaryDirectory();
  const space = join(place, 'space');
  const instance = await instanceWith(space);
  await exported(instance, join(place, 'data'));
  expect(filesIn(space)).toEqual(['PG_9.2_201611171_n1/1/3']);
  const again = exported(instance, join(place, 'again'));
  await expect(again).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' });
  expect(existsSync(join(place, 'again'))).toBe(false);
});

it('leaves directories as they were when the backup is hostile or damaged', async () => {
  const place = temporaryDirectory();
  const [data, space] = [join(place, 'data'), join(place, 'space')];
  mkdirSync(data);
  chmodSync(data, 0o755);
  await expect(exported(await instanceWith(space, '/etc'), data)).rejects.toMatchObject({ code: 'CORRUPT' });
  expect(readdirSync(data)).toEqual([]);
  expect(statSync(data).mode & 0o777).toBe(0o755);
  expect(existsSync(space)).toBe(false);
});

it('writes tars of the same, each with its name at the end only', async () => {
  const directory = join(temporaryDirectory(), 'tars');
  const { written } = await exported(await instanceWith('/nowhere'), directory, { kind: 'tar' });
  const names = ['16421.tar', '16422.tar', 'base.tar', 'pg_xlog.tar', 'backup_manifest'];
  expect(written).toMatchObject({ kind: 'tar', names });
  expect(readdirSync(directory).sort()).toEqual([...names].sort());
});
