/** A target time without a zone is on the clocks of the backed-up server, wherever its configuration was. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { proveRecoveryTarget } from '../../src/pitr/prove-recovery-target.ts';
import type { SurveyEvent } from '../../src/survey/events.ts';
import { keepEvents } from '../support/kept-events.ts';
import { Workspace } from '../support/opengauss/backup-run.ts';
import { writeRecordedArchive, writeRecordedBackup } from '../support/opengauss/recorded-backup.ts';

let workspace: Workspace;
let from: string;

beforeEach(async () => {
  workspace = new Workspace();
  from = workspace.at('base');
  await writeRecordedBackup(from);
  writeRecordedArchive(workspace.at('archive'));
});
afterEach(() => workspace.remove());

async function provedTime(time: string): Promise<unknown> {
  const request = { from, archive: workspace.at('archive'), target: { time }, quick: true, allowEndOfWal: true };
  const { target } = (await proveRecoveryTarget(request)).target;
  return target.kind === 'time' ? target.timeUs : target;
}

it('reads the zone in the data directory', async () => {
  // With the WAL read, a plan tells how far it is.
  const kept = keepEvents<SurveyEvent>('survey');
  const target = { time: '2026-11-21 13:40:00' };
  const { segments } = await proveRecoveryTarget({
    ...{ from, archive: workspace.at('archive'), target, allowEndOfWal: true },
    onEvent: kept.onEvent,
  });
  expect(kept.check()).toContain('wal');
  const last = kept.events.findLast(({ type, phase }) => type === 'progress' && phase === 'wal');
  expect(last).toMatchObject({ doneBytes: (last as { totalBytes?: number } | undefined)?.totalBytes });
  expect((last as { filesDone?: number } | undefined)?.filesDone).toBeGreaterThanOrEqual(segments.length);
  expect(await provedTime('2026-11-21 13:40:00')).toBe(await provedTime('2026-11-21 05:40:00+00'));
});

it('reads it in the configuration that was taken along, and in what that includes', async () => {
  const taken = join(from, 'gausskeep_config');
  mkdirSync(join(taken, 'conf.d'), { recursive: true });
  const configDirectory = '/etc/postgresql/15/main';
  const [configFile, hbaFile, identFile] = ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf'].map((name) =>
    join(configDirectory, name),
  );
  writeFileSync(join(taken, 'origin.json'), JSON.stringify({ configFile, hbaFile, identFile, configDirectory }));
  renameSync(join(from, 'postgresql.conf'), join(taken, 'postgresql.conf'));
  writeFileSync(join(taken, 'postgresql.conf'), "timezone = 'Etc/UTC'\ninclude_dir = 'conf.d'\n");
  expect(await provedTime('2026-11-21 05:40:00')).toBe(await provedTime('2026-11-21 05:40:00+00'));
  writeFileSync(join(taken, 'conf.d/site.conf'), "timezone = 'Asia/Kolkata'\n");
  expect(await provedTime('2026-11-21 11:10:00')).toBe(await provedTime('2026-11-21 05:40:00+00'));
});

it('asks for it where nothing tells', async () => {
  rmSync(join(from, 'postgresql.conf'));
  await expect(provedTime('2026-11-21 05:40:00')).rejects.toMatchObject({ code: 'USAGE' });
});

it('names a backup that is not there as that', async () => {
  from = workspace.at('nowhere');
  await expect(provedTime('2026-11-21 05:40:00+00')).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
});
