import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import type { DirectoryRecord, FileRecord, LinkRecord, StoredRecord } from './record.ts';
import { must, Refusal } from './refusal.ts';
import type { StoredBackup } from './stored-backup.ts';
import type { WalOfInstance } from './wal.ts';

export interface WriteOutOptions {
  /** The data directory: it is made. */
  readonly to: string;
  /** Made, with a directory for each tablespace, named by its oid. */
  readonly tablespaces: string;
  /** Where the WAL of the backup is; undefined: none is written but what is a file of the backup. */
  readonly wal?: WalOfInstance;
}

/**
 * A backup as a plain data directory that a server starts on. `tablespace_map` is left out: a server that finds it makes the links that it
 * names, to where the tablespaces of the backed up server are.
 * @throws Refusal; what was written by then stays
 */
export function writeOut(backup: StoredBackup, { to, tablespaces, wal }: WriteOutOptions): void {
  const records = [...backup.records()];
  checkNames(records);
  mkdirSync(to, { mode: 0o700 });
  // The account of a server, which each of the directories in it is for, must get through.
  mkdirSync(tablespaces, { mode: 0o755 });
  const linked = linkedTablespaces(backup, records);
  const homeOf = (oid: number): string => (linked.has(oid) ? `${tablespaces}/${oid}` : `${to}/pg_tblspc/${oid}`);
  for (const oid of linked) mkdirSync(homeOf(oid), { mode: 0o700 });
  const pathOf = ({ oid, name }: Pick<StoredRecord, 'oid' | 'name'>): Buffer =>
    Buffer.concat([Buffer.from(`${oid === undefined ? to : homeOf(oid)}/`), Buffer.from(name, 'latin1')]);
  const directories = records.filter((record): record is DirectoryRecord => record.kind === 'directory');
  for (const record of directories) makeDirectory(pathOf(record));
  for (const record of records) {
    if (record.kind === 'file' && !isMap(record)) writeFile(pathOf(record), record, backup);
  }
  if (wal !== undefined) writeWal(backup, wal, to, new Set(records.filter(isBase).map(({ name }) => name)));
  for (const oid of linked) {
    makeDirectory(Buffer.from(`${to}/pg_tblspc`));
    symlinkSync(homeOf(oid), `${to}/pg_tblspc/${oid}`);
  }
  for (const record of directories) chmodSync(pathOf(record), record.mode & 0o7777);
}

const isBase = ({ oid }: StoredRecord): boolean => oid === undefined;

/**
 * What links and lines of `tablespace_map` tell: a server that writes that file sends no links. A part with another oid is a tablespace in
 * its place, which is the directory `pg_tblspc/OID`.
 * @throws Refusal `UNSUPPORTED` for a link that is none of a tablespace
 */
function linkedTablespaces(backup: StoredBackup, records: readonly StoredRecord[]): Set<number> {
  const oids = new Set<number>();
  for (const record of records) {
    if (record.kind === 'link') oids.add(oidOfLink(record));
    if (!isMap(record)) continue;
    for (const line of backup.whole(record).toString('latin1').split('\n')) {
      const oid = /^([1-9]\d*) /.exec(line)?.[1];
      if (oid !== undefined) oids.add(Number(oid));
    }
  }
  return oids;
}

function isMap(record: StoredRecord): record is FileRecord {
  return record.kind === 'file' && record.oid === undefined && record.name === 'tablespace_map';
}

function oidOfLink({ oid, name }: LinkRecord): number {
  const found = oid === undefined ? /^pg_tblspc\/([1-9]\d*)$/.exec(name) : null;
  if (found === null) throw new Refusal('UNSUPPORTED', `the link ${name}`);
  return Number(found[1]);
}

/** Each name once in its part, and nothing below what is no directory. */
function checkNames(records: readonly StoredRecord[]): void {
  const kinds = new Map<string, StoredRecord['kind']>();
  for (const { oid, name, kind } of records) {
    const key = `${String(oid)}/${name}`;
    must(!kinds.has(key), `${name} is there twice`);
    kinds.set(key, kind);
  }
  for (const key of kinds.keys()) {
    for (let end = key.lastIndexOf('/'); end > 0; end = key.lastIndexOf('/', end - 1)) {
      const above = kinds.get(key.slice(0, end));
      must(above === undefined || above === 'directory', `${key} is below what is no directory`);
    }
  }
}

function makeDirectory(path: Buffer): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  must(lstatSync(path).isDirectory(), `${path.toString()} is no directory`);
}

function writeFile(path: Buffer, record: FileRecord, backup: StoredBackup): void {
  makeDirectory(path.subarray(0, path.lastIndexOf('/')));
  const file = openSync(path, 'wx', 0o600);
  try {
    for (const { offset, bytes } of backup.content(record)) writeAll(file, bytes, offset);
    ftruncateSync(file, record.size);
  } finally {
    closeSync(file);
  }
  chmodSync(path, record.mode & 0o7777);
  if (record.mtime !== undefined) utimesSync(path, record.mtime, record.mtime);
}

function writeAll(file: number, bytes: Buffer, offset: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, bytes.length - done, offset + done);
  }
}

/** Into `pg_wal`, or what it is called in this release: the segments that are no files of the backup, and the history of its timeline. */
function writeWal(backup: StoredBackup, wal: WalOfInstance, to: string, names: ReadonlySet<string>): void {
  const { commit } = backup;
  must(wal.systemIdentifier === commit.systemIdentifier, 'the WAL archive is of another server');
  const folder = names.has('pg_xlog') ? 'pg_xlog' : 'pg_wal';
  makeDirectory(Buffer.from(`${to}/${folder}`));
  for (const name of wal.segmentsOf(commit)) {
    if (names.has(`${folder}/${name}`)) continue;
    writeFileSync(`${to}/${folder}/${name}`, wal.segment(name, commit.generation), { flag: 'wx', mode: 0o600 });
  }
  const history = wal.history(commit.timeline, commit.generation);
  const historyName = `${folder}/${commit.timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
  if (history !== undefined && !names.has(historyName)) {
    writeFileSync(`${to}/${historyName}`, history, { flag: 'wx', mode: 0o600 });
  }
}
