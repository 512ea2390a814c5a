/** A server with a tablespace and its repository of two backups, the second of which refers to the first: what the tests of `gausskeep export` begin with. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ServerVersion } from './postgres/binaries.ts';
import { snapshotData, type Content } from './postgres/content.ts';
import { loadData } from './postgres/load.ts';
import { serverDirectory, startServer, type PostgresServer } from './postgres/server.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from './programs.ts';

export interface ExportedInstance {
  readonly server: PostgresServer;
  readonly repository: string;
  /** What names the repository, its instance and its password. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of the second backup. */
  readonly content: Content;
  /** Directory and oid of the tablespace. */
  readonly location: string;
  readonly oid: string;
  readonly gausskeep: (args: readonly string[], env?: Record<string, string>) => Promise<ProgramResult>;
  /** Its stdout; fails the test where the status is not 0. */
  readonly done: (args: readonly string[], env?: Record<string, string>) => Promise<string>;
  readonly backUp: (from: PostgresServer, instance?: string) => Promise<string>;
}

/** @param encryption `--encrypt`, or '' for a plain repository */
export async function startExportedInstance(version: ServerVersion, encryption: string): Promise<ExportedInstance> {
  const repository = join(serverDirectory('repository'), 'repo');
  const password = join(temporaryDirectory('secret'), 'password');
  writeFileSync(password, 'correct horse battery staple\n', { mode: 0o600 });
  const environment: Record<string, string> = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders' };
  if (encryption !== '') environment['GAUSSKEEP_PASSWORD_FILE'] = password;
  const gausskeep: ExportedInstance['gausskeep'] = (args, env = {}) =>
    runProgram('gausskeep', args, { env: { ...environment, TZ: 'UTC', ...env } });
  const done: ExportedInstance['done'] = async (args, env) => {
    const result = await gausskeep(args, env);
    expect(result.status, result.stderr).toBe(0);
    return result.stdout;
  };
  const backUp: ExportedInstance['backUp'] = (from, instance = 'orders') =>
    done(
      ['backup', '--instance', instance, '-c', 'fast', '-h', from.host, '-p', String(from.port)],
      from.environment(),
    );
  await done(['repo', 'init', repository, ...(encryption === '' ? [] : [encryption])]);
  const server = await startServer({ version, config: { wal_level: 'replica' } });
  const location = serverDirectory('space');
  await server.sql(`create tablespace space location '${location}'`);
  const oid = await server.value("select oid from pg_tablespace where spcname = 'space'");
  const client = await server.client();
  await loadData(client, { rows: 5_000 });
  await client.query('create table elsewhere tablespace space as select generate_series(1, 1000) as n');
  await backUp(server);
  await client.query('insert into elsewhere select generate_series(1001, 2000)');
  const content = await snapshotData(client);
  await backUp(server);
  await client.end();
  return { server, repository, environment, content, location, oid, gausskeep, done, backUp };
}
