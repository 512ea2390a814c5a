import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { takeBackup } from './backups.ts';
import type { ServerVersion } from './postgres/binaries.ts';
import { serverDirectory, startServer, type PostgresServer } from './postgres/server.ts';

export interface Commit {
  readonly xid: bigint;
  readonly time: string;
  readonly endLsn: string;
}

export interface RecoveryHistory {
  readonly server: PostgresServer;
  readonly backup: string;
  readonly archive: string;
  readonly commits: ReadonlyMap<string, Commit>;
  readonly restorePoint: string;
}

/** Rows before, A, B, restore point rp, C, prepared P, D, P committed, more connections, Z. */
export async function makeRecoveryHistory(version: ServerVersion): Promise<RecoveryHistory> {
  const archive = serverDirectory('archive');
  const server = await startServer({
    version,
    config: {
      archive_mode: true,
      archive_command: `cp %p ${archive}/%f`,
      track_commit_timestamp: true,
      max_prepared_transactions: 5,
    },
  });
  await server.sql('create table hist (note text)');
  await server.sql("insert into hist values ('before')");
  const backup = await takeBackup(server, ['-X', 'fetch']);
  const commits = new Map<string, Commit>();
  const insert = async (note: string): Promise<void> => {
    const [row] = await server.sql<{ xid: string }>(
      `insert into hist values ('${note}') returning pg_current_xact_id()::text as xid`.replace(
        'pg_current_xact_id()',
        version >= 13 ? 'pg_current_xact_id()' : 'txid_current()',
      ),
    );
    const xid = BigInt(row?.xid ?? '0');
    const time = await server.value(
      `select to_char(pg_xact_commit_timestamp('${xid.toString()}'::xid) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`,
    );
    commits.set(note, { xid, time: `${time}+00`, endLsn: await server.value('select pg_current_wal_insert_lsn()') });
  };
  await insert('A');
  await insert('B');
  const restorePoint = await server.value("select pg_create_restore_point('rp')");
  await insert('C');
  const client = await server.client();
  await client.query("begin; insert into hist values ('P'); prepare transaction 'waiting'");
  await insert('D');
  await client.query("commit prepared 'waiting'");
  await client.end();
  await server.sql('alter system set max_connections = 210');
  await server.restart();
  await insert('Z');
  const last = await server.value('select pg_walfile_name(pg_switch_wal())');
  await server.sql("insert into hist values ('after')");
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
  return { server, backup, archive, commits, restorePoint };
}

/** Damages the archived segment that has this position. */
export function flipByteAt(archive: string, position: bigint): void {
  const segment = (position >> 24n) & 0xffn;
  const name = readdirSync(archive).find((one) => /^0{7}1[0-9A-F]{16}$/.test(one) && one.endsWith(hex(segment)))!;
  const bytes = readFileSync(join(archive, name));
  const offset = Number(position & 0xff_ffffn);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  writeFileSync(join(archive, name), bytes);
}

function hex(segment: bigint): string {
  return segment.toString(16).toUpperCase().padStart(8, '0');
}
