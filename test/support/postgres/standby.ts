import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readlink, lstat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { runDirectory } from '../run-directory.ts';
import { startFrom, type PostgresServer, type StartOptions } from './server.ts';

/**
 * Makes a streaming standby of a running server, from a copy of its files between the start and the stop of a backup.
 * It does not use our own programs: it is one of the things they are tested with. No tablespaces.
 */
export async function startStandby(primary: PostgresServer, options: StartOptions = {}): Promise<PostgresServer> {
  const dataDirectory = join(runDirectory().make('standby'), 'data');
  const client = await primary.client();
  try {
    const [start, stop] =
      primary.version >= 15
        ? ["pg_backup_start('standby', true)", 'pg_backup_stop(false)']
        : ["pg_start_backup('standby', true, false)", 'pg_stop_backup(false, false)'];
    await client.query(`select ${start}`);
    await copyTree(primary.dataDirectory, dataDirectory, (path) => path !== 'pg_wal' && !unwanted.has(path));
    const { rows } = await client.query<{ labelfile: string }>(`select labelfile from ${stop}`);
    const label = rows[0];
    if (label === undefined) throw new Error('the server gave no backup label');
    await writeFile(join(dataDirectory, 'backup_label'), label.labelfile, { mode: 0o600 });
    await copyTree(join(primary.dataDirectory, 'pg_wal'), join(dataDirectory, 'pg_wal'), () => true);
  } finally {
    await client.end();
  }
  const conninfo = `host=${primary.socketDirectory} port=${primary.port} user=${primary.user} application_name=standby`;
  return startFrom(dataDirectory, { ...options, standby: { primary_conninfo: conninfo } });
}

/** Waits until a standby has replayed everything that its primary has written so far. */
export async function waitForReplay(primary: PostgresServer, standby: PostgresServer): Promise<void> {
  const position = await primary.value('select pg_current_wal_lsn()');
  await standby.waitFor(`select pg_last_wal_replay_lsn() >= '${position}'`);
}

const unwanted = new Set(['postmaster.pid', 'postmaster.opts', 'backup_label']);

/** Copies a directory in use: what disappears meanwhile is left out, replay brings it to its right state. */
async function copyTree(from: string, to: string, wanted: (path: string) => boolean, below = ''): Promise<void> {
  await mkdir(join(to, below), { recursive: true, mode: 0o700 });
  for (const name of await readdir(join(from, below))) {
    const path = join(below, name);
    if (!wanted(path)) continue;
    try {
      await copyMember(from, to, path, wanted);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
}

async function copyMember(from: string, to: string, path: string, wanted: (path: string) => boolean): Promise<void> {
  const status = await lstat(join(from, path));
  if (status.isDirectory()) await copyTree(from, to, wanted, path);
  else if (status.isSymbolicLink()) await symlink(await readlink(join(from, path)), join(to, path));
  else if (status.isFile()) {
    await pipeline(createReadStream(join(from, path)), createWriteStream(join(to, path), { mode: 0o600 }));
  }
}
