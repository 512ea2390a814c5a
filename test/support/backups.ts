/** What the tests of gs_basebackup share: running it, unpacking what it wrote, looking for what it left on the server. */
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { giveToServerUser } from './postgres/server-user.ts';
import type { PostgresServer } from './postgres/server.ts';
import { programPath, runProgram, startCommand, startProgram } from './programs.ts';
import type { ProgramOptions, ProgramResult, RunningProgram } from './programs.ts';
import { runDirectory } from './run-directory.ts';

/** What a server and a proxy in front of it have in common. */
export type Source = Pick<PostgresServer, 'environment'>;

/** A path in a new directory: nothing is there yet. */
export function newTarget(): string {
  return join(runDirectory().make('target'), 'backup');
}

/** For tests that are not about durability or the checkpoint. */
export const quick = ['-c', 'fast', '--no-sync'] as const;

export function runBackup(
  source: Source,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  return runProgram('gs_basebackup', [...quick, ...args], withSource(source, options));
}

export function startBackup(source: Source, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  return startProgram('gs_basebackup', [...quick, ...args], withSource(source, options));
}

/** What a server without an archive says to a backup without WAL. */
export const walNotice =
  'NOTICE:  WAL archiving is not enabled; you must ensure that all required WAL segments are copied through other means to complete the backup\n';

/** Takes a backup that must succeed and say nothing of its own, and returns its directory. */
export async function takeBackup(source: Source, args: readonly string[] = [], target = newTarget()): Promise<string> {
  const result = await runBackup(source, ['-D', target, ...args]);
  if (result.status !== 0 || !['', walNotice].includes(result.stderr) || result.stdout !== '') {
    throw new Error(
      `gs_basebackup ${args.join(' ')}: status ${String(result.status)}\n${result.stdout}${result.stderr}`,
    );
  }
  return target;
}

/** Runs the program with its standard output, which is binary, in a file. */
export async function backupToFile(
  source: Source,
  args: readonly string[],
  file: string,
): Promise<Pick<ProgramResult, 'status' | 'stderr'>> {
  const words = [process.execPath, programPath('gs_basebackup'), '-D', '-', ...quick, ...args];
  const options = withSource(source, { env: { OUTPUT: file } });
  const { status, stderr } = await startCommand('sh', ['-c', 'exec "$@" >"$OUTPUT"', 'sh', ...words], options).result;
  return { status, stderr };
}

function withSource(source: Source, options: ProgramOptions): ProgramOptions {
  return { ...options, env: { ...source.environment(), ...options.env } };
}

/** The `PG*` variables that lead a program to a server through a proxy. */
export function through(proxy: { host: string; port: number }): Source {
  return { environment: () => ({ PGHOST: proxy.host, PGPORT: String(proxy.port), PGUSER: 'postgres' }) };
}

/** How long the WAL sender waits to see that its client is gone depends on the kernel, so this asks until it is true. */
export async function expectNothingOnServer(server: PostgresServer): Promise<void> {
  await server.waitFor("select count(*) = 0 from pg_stat_activity where backend_type = 'walsender'");
  await server.waitFor('select count(*) = 0 from pg_replication_slots');
  await server.waitFor('select count(*) = 0 from pg_stat_replication');
  if (server.version >= 13) await server.waitFor('select count(*) = 0 from pg_stat_progress_basebackup');
  // Backup mode of PostgreSQL up to 14 shows in the control file of the next checkpoint only for exclusive backups.
  if (server.version < 15) await server.waitFor('select not pg_is_in_backup()');
}

export interface TarEntry {
  readonly header: Header;
  readonly content: Buffer;
}

/** Every entry of an archive, in order, read by tar-stream. */
export async function readTar(path: string): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  const parser = extract();
  const file: Readable = createReadStream(path);
  (path.endsWith('.gz') ? file.pipe(createGunzip()) : file).pipe(parser);
  for await (const entry of parser) {
    const pieces: Buffer[] = [];
    for await (const piece of entry as AsyncIterable<Buffer>) pieces.push(piece);
    entries.push({ header: entry.header, content: Buffer.concat(pieces) });
  }
  return entries;
}

/** Unpacks with the tar of the system; what it complains about is an error. */
export function unpack(archive: string, directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const warnings = execFileSync('sh', ['-c', 'exec tar "$@" 2>&1', 'sh', '-xpf', archive, '-C', directory]);
  if (warnings.length > 0) throw new Error(`tar: ${warnings.toString()}`);
}

/**
 * Makes a data directory out of a tar backup as its documentation tells: every archive in its place, `tablespace_map`
 * edited for tablespaces that moved.
 * @param locations new directory by the oid of each tablespace
 * @param inPlace oids of those that are directories below pg_tblspc
 */
export function restoreTar(
  backup: string,
  locations: Readonly<Record<string, string>> = {},
  inPlace: readonly string[] = [],
): string {
  const data = newTarget();
  const names = readdirSync(backup);
  const archive = (stem: string): string => {
    const name = names.find((candidate) => candidate === `${stem}.tar` || candidate === `${stem}.tar.gz`);
    if (name === undefined) throw new Error(`no ${stem}.tar in ${names.join(', ')}`);
    return join(backup, name);
  };
  unpack(archive('base'), data);
  if (names.some((name) => name.startsWith('pg_wal.tar'))) unpack(archive('pg_wal'), join(data, 'pg_wal'));
  for (const oid of inPlace) unpack(archive(oid), join(data, 'pg_tblspc', oid));
  const map = join(data, 'tablespace_map');
  for (const [oid, location] of Object.entries(locations)) {
    unpack(archive(oid), location);
    // No link leads there until the server makes it out of tablespace_map.
    giveToServerUser(location);
    writeFileSync(map, readFileSync(map, 'utf8').replace(new RegExp(`^${oid} .*$`, 'm'), `${oid} ${location}`));
  }
  return data;
}

/** Names of the WAL segments in a directory, sorted. */
export function segmentsIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => /^[0-9A-F]{24}$/.test(name))
    .sort();
}

/** Everything below a directory, sorted; paths as latin1, so that any byte can be told. */
export function pathsBelow(root: string, below = ''): string[] {
  const here = Buffer.from(join(root, below), 'latin1');
  return readdirSync(here, { encoding: 'buffer', withFileTypes: true })
    .flatMap((entry) => {
      const path = join(below, (entry.name as unknown as Buffer).toString('latin1'));
      return entry.isDirectory() ? [path, ...pathsBelow(root, path)] : [path];
    })
    .sort();
}

/** Permission bits of a path, as octal digits. */
export function modeOf(path: string): string {
  return (lstatSync(path).mode & 0o7777).toString(8).padStart(4, '0');
}

export function exists(path: string): boolean {
  return existsSync(path);
}
