/** A point-in-time recovery whose backup and WAL are in storages that are no directories of this host. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLocalStorage, performRestore, prepareRecovery, prepareRestore, surveyWindow } from '../../src/index.ts';
import type { Storage } from '../../src/index.ts';
import { encode, file } from '../support/archives.ts';
import { Workspace } from '../support/opengauss/backup-run.ts';
import { writeRecordedArchive, writeRecordedBackup } from '../support/opengauss/recorded-backup.ts';
import { fixtureWal } from '../support/fixture-wal.ts';

const own = '000000010000000000000027';
let workspace: Workspace;
beforeEach(() => {
  workspace = new Workspace();
});
afterEach(() => workspace.remove());

/** Another storage that keeps the same objects: nothing of it is a path. */
async function elsewhere(directory: string): Promise<Storage> {
  const local = await openLocalStorage(directory);
  return {
    description: 'objects elsewhere',
    abilities: local.abilities,
    put: (...put) => local.put(...put),
    get: (...get) => local.get(...get),
    stat: (...stat) => local.stat(...stat),
    list: (...list) => local.list(...list),
    folders: (...folders) => local.folders(...folders),
    delete: (...remove) => local.delete(...remove),
    sweep: (...sweep) => local.sweep(...sweep),
  };
}

it('is found, proved and restored', async () => {
  const [plain, backups, archive, target] = ['plain', 'backups', 'archive', 'data'].map((name) => workspace.at(name));
  await writeRecordedBackup(plain!);
  writeRecordedArchive(archive!);
  mkdirSync(join(backups!, 'monday'), { recursive: true });
  const names = ['backup_label', 'PG_VERSION', 'postgresql.conf', 'global/pg_control', `pg_xlog/${own}`];
  const members = names.map((name) => file(name, readFileSync(join(plain!, name), 'latin1')));
  writeFileSync(join(backups!, 'monday/base.tar'), await encode(members));

  const places = { archive: await elsewhere(archive!), backups: [await elsewhere(backups!)] };
  const window = await surveyWindow(places);
  expect(window.archive).toBe('objects elsewhere');
  const { signal } = new AbortController();
  const recovery = await prepareRecovery({ ...places, target: { xid: '14247' }, directory: target! }, { signal });
  expect(recovery.from).toMatchObject({ kind: 'storage', folder: 'monday/' });
  const request = { from: recovery.from, directory: target!, recovery: recovery.preparation, sync: false };
  await performRestore(await prepareRestore(request, { signal }), { signal });

  const wal = await fixtureWal();
  const supplied = readdirSync(join(target!, 'pg_xlog')).filter((name) => /^[0-9A-F]{24}$/.test(name));
  expect(supplied).toEqual(['27', '28', '29'].map((digits) => `0000000100000000000000${digits}`));
  expect(readFileSync(join(target!, 'pg_xlog', own)).equals(wal.get(own)!)).toBe(true);
  expect(readFileSync(join(target!, 'recovery.conf'), 'utf8')).toContain('recovery_target_xid');
});
