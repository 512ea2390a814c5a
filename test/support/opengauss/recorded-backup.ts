import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fixtureWal } from '../fixture-wal.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/opengauss');

/** The backup with which all recorded recoveries of openGauss began, its first segment in it. */
export async function writeRecordedBackup(backup: string): Promise<void> {
  for (const directory of ['', 'global', 'base', 'pg_xlog/archive_status', 'pg_tblspc']) {
    mkdirSync(join(backup, directory), { recursive: true });
  }
  writeFileSync(join(backup, 'PG_VERSION'), '9.2\n');
  writeFileSync(join(backup, 'postgresql.conf'), "timezone = 'PRC'\nrecovery_max_workers = 4\narchive_mode = on\n");
  writeFileSync(join(backup, 'global/pg_control'), gunzipSync(readFileSync(join(fixtures, 'pgdata/pg_control.gz'))));
  copyFileSync(join(fixtures, 'pitr/backup_label'), join(backup, 'backup_label'));
  const wal = await fixtureWal();
  const own = '000000010000000000000027';
  writeFileSync(join(backup, 'pg_xlog', own), wal.get(own)!);
}

/** The archive as the live server left it: compressed segments, names as they were. */
export function writeRecordedArchive(archive: string): void {
  mkdirSync(archive);
  for (const name of readdirSync(join(fixtures, 'pitr/archive'))) {
    if (name !== 'SHA256SUMS') copyFileSync(join(fixtures, 'pitr/archive', name), join(archive, name));
  }
}
