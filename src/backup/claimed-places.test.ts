import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { render } from '../messages/message.ts';
import { ClaimedPlaces } from './claimed-places.ts';

it('advises a mapping that can be pasted, whatever the directory of the tablespace is called', async () => {
  const home = mkdtempSync(join(tmpdir(), 'claimed-'));
  try {
    const path = join(home, 'a=b one');
    mkdirSync(path);
    writeFileSync(join(path, 'x'), '');
    const error: unknown = await new ClaimedPlaces().claimTablespace(path).catch((thrown: unknown) => thrown);
    const hint = error instanceof BackupError && error.hint !== undefined ? render(error.hint) : '';
    expect(hint).toContain(`-T '${home}/a\\=b one=${home}/a\\=b one_backup'`);
  } finally {
    rmSync(home, { recursive: true });
  }
});
