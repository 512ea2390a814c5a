import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { keepEvents } from '../../test/support/kept-events.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import type { ArchivingEvent } from './events.ts';
import { performCleanup, planCleanup, type CleanupRequest } from './cleanup-wal.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;

async function put(storage: MemoryStorage, name: string, bytes: Uint8Array | string = 'x'): Promise<void> {
  await storage.put(name, async function* () {
    yield await Promise.resolve(Buffer.from(bytes));
  });
}

async function names(storage: MemoryStorage): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of storage.list('')) found.push(name);
  return found;
}

describe('wal cleanup of a plain directory', () => {
  let storage: MemoryStorage;
  const files = [
    '00000001.history',
    '000000010000000000000001',
    `${segment('02')}.00000028.backup`,
    `${segment('02')}.gz`,
    `${segment('02')}.partial`,
    '000000020000000000000003.zst',
    segment('04'),
    `${segment('04')}.partial`,
    `${segment('05')}.gz.partial`,
    segment('06'),
    'unrelated_file',
  ];
  beforeEach(async () => {
    storage = new MemoryStorage();
    for (const name of files) await put(storage, name);
  });
  const plan = (more: Partial<CleanupRequest>) => planCleanup({ storage, oldest: segment('04'), ...more });
  const removedBy = async (more: Partial<CleanupRequest>) =>
    (await plan(more)).removals.flatMap(({ stored }) => stored).sort();
  const older = [files[1], `${segment('02')}.gz`, `${segment('02')}.partial`, files[5]];

  it('AC-01: refuses a bad name', async () => {
    for (const oldest of ['', 'not_a_wal_file', '00000001.history', segment('0g'), `${segment('04')}x`]) {
      await expect(plan({ oldest })).rejects.toMatchObject({ code: 'USAGE' });
    }
  });

  it('AC-02: a plan removes nothing and names only what is older, whatever the timeline', async () => {
    expect(await removedBy({})).toEqual(older);
    expect(await names(storage)).toEqual(files.toSorted());
  });

  it('AC-03: removes older files, compressed or not; keeps newer, unrelated, history and backup files', async () => {
    const kept = keepEvents<ArchivingEvent>('archiving');
    await performCleanup(storage, await plan({}), { onEvent: kept.onEvent });
    expect(await names(storage)).toEqual(files.filter((name) => !older.includes(name)).toSorted());
    expect(kept.check()).toEqual(['remove']);
    expect(kept.events.at(-1)).toMatchObject({ filesDone: 4, filesTotal: 4 });
  });

  it.each([`${segment('04')}.partial`, `${segment('04')}.00000020.backup`, `${segment('04')}.gz`])(
    'AC-04: takes %s for its segment',
    async (oldest) => {
      expect(await removedBy({ oldest })).toEqual(older);
    },
  );

  it('AC-04: strips another ending when asked', async () => {
    await put(storage, `${segment('03')}.bz2`);
    expect(await removedBy({})).toEqual(older);
    const oldest = `${segment('04')}.bz2`;
    expect(await removedBy({ oldest, stripExtension: '.bz2' })).toEqual([...older, `${segment('03')}.bz2`].sort());
  });

  it('AC-05: removes old backup history files when asked, and only them in addition', async () => {
    expect(await removedBy({ backupHistory: true })).toEqual([...older, `${segment('02')}.00000028.backup`].sort());
  });

  it('goes no further than the slowest standby', async () => {
    await performCleanup(storage, await plan({ oldest: segment('02'), hold: 'slow' }));
    const fast = await plan({ oldest: segment('06'), hold: 'fast' });
    expect(fast.cutoff).toBe(segment('02'));
    expect(fast.keptFor).toEqual([{ what: 'hold', name: 'slow', segment: segment('02') }]);
    await performCleanup(storage, fast);
    expect(await names(storage)).toContain(`${segment('02')}.gz`);
    await performCleanup(storage, await plan({ oldest: segment('06'), hold: 'slow' }));
    const left = (await names(storage)).filter((name) => !name.startsWith('holds/'));
    expect(left).toEqual(['00000001.history', files[2], segment('06'), 'unrelated_file']);
    expect((await names(storage)).filter((name) => name.startsWith('holds/'))).toEqual([
      `holds/fast/${segment('06')}`,
      `holds/slow/${segment('06')}`,
    ]);
    for (const hold of ['', '../x', 'a/b', '.x', 'x'.repeat(64)]) {
      await expect(plan({ hold })).rejects.toMatchObject({ code: 'USAGE' });
    }
  });

  it('keeps what a backup needs, plain or in a tar, and stops at a backup that it cannot read', async () => {
    const fixture = await readFile(
      join(import.meta.dirname, '../../test/fixtures/opengauss/pitr/backup_label'),
      'utf8',
    );
    const label = (digits: string) => fixture.replaceAll('000000010000000000000027', segment(digits));
    const backups = new MemoryStorage();
    await put(backups, 'monday/backup_label', label('05'));
    await put(backups, 'notes/readme.txt');
    expect((await plan({ backups: [backups] })).cutoff).toBe(segment('04'));
    expect((await plan({ oldest: segment('06'), backups: [backups] })).cutoff).toBe(segment('05'));
    const { pack } = await import('tar-stream');
    const tar = pack();
    tar.entry({ name: 'backup_label' }, label('02'));
    tar.finalize();
    const pieces: Buffer[] = [];
    for await (const piece of tar) pieces.push(piece as Buffer);
    await put(backups, 'tuesday/base.tar.gz', gzipSync(Buffer.concat(pieces)));
    const careful = await plan({ backups: [backups] });
    expect(careful.cutoff).toBe(segment('02'));
    expect(careful.keptFor).toEqual([{ what: 'backup', name: 'tuesday/', segment: segment('02') }]);
    expect((await plan({})).protectsBackups).toBe(false);
    await put(backups, 'broken/backup_label', 'nonsense');
    await expect(plan({ backups: [backups] })).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});
