/** Restores chains of incremental backups, and holds what comes out against what the server had. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from 'pg';
import { expect } from 'vitest';
import { pathsBelow } from './backups.ts';
import { checkRelations, differences, snapshotData, type Content } from './postgres/content.ts';
import { runningAsRoot, serverUser } from './postgres/server-user.ts';
import { startFrom, type PostgresServer } from './postgres/server.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from './programs.ts';

export const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
export const newDirectory = (name = 'restored'): string => join(temporaryDirectory(name), 'data');

export const restoreChain = (
  chain: readonly string[],
  data: string,
  args: readonly string[] = [],
): Promise<ProgramResult> =>
  runProgram('gausskeep', [
    'restore',
    '--no-sync',
    ...chain.flatMap((backup) => ['--from', backup]),
    ...['--pgdata', data],
    ...owner,
    ...args,
  ]);

export async function restored(
  chain: readonly string[],
  args: readonly string[] = [],
  data = newDirectory(),
): Promise<string> {
  const result = await restoreChain(chain, data, args);
  expect(result.status, result.stderr).toBe(0);
  expect(result.stderr).not.toContain('error');
  return data;
}

/** Incremental to the backup with its manifest, plain or beside tars. */
export const onTopOf = (backup: string): string[] => ['-i', join(backup, 'backup_manifest')];

export const incrementalFiles = (directory: string): string[] =>
  pathsBelow(directory).filter((path) => path.includes('INCREMENTAL.'));

/** Each database by name. */
export type Instance = ReadonlyMap<string, Content>;

export async function contentOf(server: PostgresServer): Promise<Instance> {
  const names = ["select datname from pg_database where datallowconn and datname not like 'template%' order by 1"];
  const content = new Map<string, Content>();
  const client = await server.client();
  const { rows } = await client.query<{ datname: string }>(names[0] ?? '');
  for (const { datname: database } of rows)
    content.set(database, await snapshotData(await server.client({ database })));
  return content;
}

/** Tables with rows that the visibility map takes for visible to all, and that are not: an index-only scan would show them. */
async function falselyVisible(client: Client): Promise<string[]> {
  await client.query('create extension if not exists pg_visibility');
  const { rows } = await client.query<{ name: string }>(
    "select oid::regclass as name from pg_class where relkind = 'r' and exists (select from pg_check_visible(oid))",
  );
  return rows.map(({ name }) => name);
}

export async function expectSame(data: string, expected: Instance): Promise<void> {
  const server = await startFrom(data, { settings: { archive_mode: false } });
  const client = await server.client();
  await checkRelations(client);
  expect(await falselyVisible(client)).toEqual([]);
  const found = await contentOf(server).finally(() => server.stop());
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, content] of expected) expect(differences(content, found.get(name)!), name).toEqual([]);
}

/** What relations are: a file of each must be, byte for byte, what a full backup at the same position has. */
export function relationFiles(directory: string): Map<string, Buffer> {
  const names = pathsBelow(directory).filter((path) =>
    /(?:^|\/)(?:base\/\d+|global|PG_\d+_\d+\/\d+)\/\d+[^/]*$/.test(path),
  );
  return new Map(names.map((name) => [name, readFileSync(join(directory, name))]));
}

export async function manyChanges(client: Client, round: number): Promise<void> {
  await client.query(`update large_1 set code = 'round ${round} ' || id where id % 97 = ${round}`);
  await client.query(
    `insert into large_1 select 100000 * ${round} + i, 'new', 'grown' from generate_series(1, 3000) i`,
  );
  await client.query(`create table made_${round} as select g, repeat('x', 100) from generate_series(1, 2000) g`);
}

/** Tables each of which changes in its own way. One lies in a tablespace in place. */
export async function makeTables(client: Client): Promise<void> {
  await client.query("create tablespace inside location ''");
  await client.query('create table stays tablespace inside as select g from generate_series(1, 9000) g');
  await client.query('create table shrinks as select g, repeat(md5(g::text), 8) from generate_series(1, 9000) g');
  await client.query('create table dropped as select g from generate_series(1, 9000) g');
  await client.query('create table rewritten as select g, md5(g::text) m from generate_series(1, 9000) g');
  await client.query('create table truncated as select g from generate_series(1, 9000) g');
  await client.query('create table untouched as select g from generate_series(1, 9000) g');
}

/** Shrinks, drops and rewrites tables of `makeTables` and updates two in tablespaces (`there` is the caller's). */
export async function changeTables(client: Client): Promise<void> {
  await client.query('delete from shrinks where g > 500');
  await client.query('vacuum (truncate) shrinks');
  await client.query('drop table dropped');
  await client.query('vacuum full rewritten');
  await client.query('update there set md5 = md5(md5) where g % 50 = 0');
  await client.query('update stays set g = -g where g % 50 = 0');
}
