import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findBackups, openBackup } from './backups.ts';

it('a backup whose name no listing can have is told, and what is no backup is not', async () => {
  const home = mkdtempSync(join(tmpdir(), 'backups-'));
  try {
    for (const name of ['line\nfeed', 'no\nbackup']) mkdirSync(join(home, name));
    writeFileSync(join(home, 'line\nfeed', 'backup_label'), '');
    const { backups, unusable } = await findBackups([home]);
    expect(backups).toEqual([]);
    expect(unusable).toMatchObject([{ name: join(home, 'line\nfeed'), reason: { key: 'survey.odd-name' } }]);
  } finally {
    rmSync(home, { recursive: true });
  }
});

it('what is no backup is named, with what is missing in it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'backups-'));
  try {
    await expect(openBackup(home)).rejects.toMatchObject({
      sentence: { key: 'restore.no-backup', parameters: { backup: home } },
      hint: { key: 'restore.no-backup.hint' },
    });
    writeFileSync(join(home, 'backup_manifest'), '');
    await expect(openBackup(home, { depth: 'label' })).rejects.toMatchObject({
      sentence: { key: 'restore.no-label', parameters: { backup: home } },
      hint: { key: 'restore.no-label.hint' },
    });
  } finally {
    rmSync(home, { recursive: true });
  }
});
