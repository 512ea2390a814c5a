import { takeBackup } from './backups.ts';
import type { ServerVersion } from './postgres/binaries.ts';
import { serverDirectory, startServer, type PostgresServer } from './postgres/server.ts';

/** A transaction that was committed. */
export interface Commit {
  readonly xid: string;
  /** In UTC, with microseconds. */
  readonly time: string;
  /** Start of its commit record, and the position when it had been reported. */
  readonly startLsn: string;
  readonly reportedLsn: string;
}

/** A server whose history is known, its archive, and two backups. */
export interface History {
  readonly server: PostgresServer;
  readonly backup: string;
  readonly later: string;
  readonly archive: string;
  readonly commits: ReadonlyMap<string, Commit>;
  readonly subtransaction: string;
  readonly aborted: string;
}

/** before | backup | A B rp C (X rolled back) D with a subtransaction | switch | prepare P, E, commit P, rp again, F | later backup, G. */
export async function makeHistory(version: ServerVersion): Promise<History> {
  const archive = serverDirectory('archive');
  const server = await startServer({
    version,
    config: {
      archive_mode: true,
      archive_command: `cp %p ${archive}/%f`,
      track_commit_timestamp: true,
      max_prepared_transactions: 5,
      timezone: 'Asia/Kolkata',
    },
  });
  await server.sql('create table hist (note text)');
  await server.sql("insert into hist values ('before')");
  const backup = await takeBackup(server, ['-X', 'fetch']);
  const commits = new Map<string, Commit>();
  const currentXid = version >= 13 ? 'pg_current_xact_id()' : 'txid_current()';
  const insert = async (note: string): Promise<void> => {
    const [row] = await server.sql<{ xid: string }>(
      `insert into hist values ('${note}') returning ${currentXid}::text as xid`,
    );
    const xid = row?.xid ?? '';
    const time = await server.value(
      `select to_char(pg_xact_commit_timestamp('${xid}'::xid) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')`,
    );
    commits.set(note, {
      xid,
      time,
      startLsn: '',
      reportedLsn: await server.value('select pg_current_wal_insert_lsn()'),
    });
  };
  await insert('A');
  await insert('B');
  await server.sql("select pg_create_restore_point('rp')");
  await insert('C');
  const client = await server.client();
  await client.query('begin');
  await client.query("insert into hist values ('X')");
  const aborted = await client.query<{ xid: string }>(`select ${currentXid}::text as xid`);
  await client.query('rollback');
  await client.query('begin');
  await client.query("insert into hist values ('D')");
  await client.query('savepoint s');
  const inside = await client.query<{ xid: string }>("insert into hist values ('d') returning xmin::text as xid");
  await client.query('release savepoint s');
  await client.query('commit');
  await server.sql('select pg_switch_wal()');
  await client.query("begin; insert into hist values ('P'); prepare transaction 'waiting'");
  await insert('E');
  await client.query("commit prepared 'waiting'");
  await server.sql("select pg_create_restore_point('rp')");
  await insert('F');
  // A checkpoint knows its time in whole seconds: only in a later one than that of a commit is a backup surely too new for it.
  const second = await server.value('select floor(extract(epoch from clock_timestamp()))::bigint::text');
  await server.waitFor(`select floor(extract(epoch from clock_timestamp())) > ${second}`);
  const later = await takeBackup(server, ['-X', 'stream', '-Ft', '-z']);
  await insert('G');
  await client.end();
  const last = await server.value('select pg_walfile_name(pg_switch_wal())');
  await server.sql("insert into hist values ('behind')");
  await server.waitFor(`select last_archived_wal >= '${last}' from pg_stat_archiver`);
  return {
    server,
    backup,
    later,
    archive,
    commits,
    subtransaction: inside.rows[0]?.xid ?? '',
    aborted: aborted.rows[0]?.xid ?? '',
  };
}
