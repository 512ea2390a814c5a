import { beforeEach, describe, expect, it } from 'vitest';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { plainInstance, sampleCommit } from '../../test/support/repository-instance.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { encodeSealed } from '../storage/sealed-json.ts';
import { openRetrying } from '../storage/retrying-storage.ts';
import type { Storage } from '../storage/storage.ts';
import { readCatalogue } from './catalogue.ts';
import { chooseBackup, choosePrior } from './choose-backup.ts';
import { encodeCommit } from './commit.ts';
import { claimInstance, readInstanceIdentity, type Instance } from './instance.ts';
import { commitObject, newId } from './names.ts';
import { putCommit, putMark, putTombstone } from './put-commit.ts';
import { encodeRemoval, removalObject } from './removal.ts';
import { storageNow } from './storage-time.ts';

let nowMs: number;
let storage: Storage;
let instance: Instance;
beforeEach(() => {
  nowMs = Date.parse('2026-11-22T15:00:00Z');
  storage = new MemoryStorage(() => (nowMs += 1000));
  instance = plainInstance(storage);
});
const put = (name: string, bytes: Uint8Array | string) => storage.put(name, () => onePiece(Buffer.from(bytes)));
const namesIn = async () => (await readCatalogue(instance)).backups.map(({ commit }) => commit.backup);

describe('the catalogue', () => {
  it('has the backups in the order in which they were committed, whatever their own clocks say', async () => {
    const commits = ['2026-11-22T15:00:00Z', '2031-01-01T00:00:00Z', '2019-01-01T00:00:00Z'].map((at) =>
      sampleCommit({}, at),
    );
    for (const commit of commits) await putCommit(instance, commit);
    const { backups, ...rest } = await readCatalogue(instance);
    expect(backups.map(({ commit }) => commit)).toEqual(commits);
    expect(backups.map(({ storedAtMs }) => storedAtMs)).toEqual([1000, 2000, 3000].map((ms) => nowMs - 3000 + ms));
    expect(rest).toEqual({ damagedBackups: [], tombstones: [], removals: [], damaged: [] });
  });

  it('tells what was said about a backup last', async () => {
    const commit = sampleCommit({ note: 'first' });
    await putCommit(instance, commit);
    const state = async () => (await readCatalogue(instance)).backups[0];
    expect(await state()).toMatchObject({ note: 'first', pin: undefined, condemned: undefined });
    await putMark(instance, commit.backup, { kind: 'pin', until: '2027-01-01T00:00:00.000Z', text: 'audit' });
    await putMark(instance, commit.backup, { kind: 'note', text: 'second' });
    await putMark(instance, commit.backup, { kind: 'condemn', text: 'disk was bad' });
    expect(await state()).toMatchObject({
      note: 'second',
      pin: { until: '2027-01-01T00:00:00.000Z', text: 'audit', by: expect.stringContaining('@') as string },
      condemned: { text: 'disk was bad' },
    });
    await putMark(instance, commit.backup, { kind: 'unpin' });
    await putMark(instance, commit.backup, { kind: 'absolve' });
    expect(await state()).toMatchObject({ note: 'second', pin: undefined, condemned: undefined });
  });

  it('tells what is damaged, and hides nothing else', async () => {
    const [sound, broken] = [sampleCommit(), sampleCommit()];
    await putCommit(instance, sound);
    await put(commitObject(broken.backup), encodeCommit(broken).subarray(1));
    await put(`marks/${sound.backup}/${newId()}.json`, 'nonsense');
    await put('commits/readme.txt', 'foreign');
    const found = await readCatalogue(instance);
    expect(found.backups).toMatchObject([{ commit: sound, hasDamagedMarks: true }]);
    expect(found.damagedBackups).toEqual([broken.backup]);
    expect(found.damaged.map(({ name, error }) => [name.split('/')[0], error.code])).toEqual([
      ['commits', 'CORRUPT'],
      ['marks', 'CORRUPT'],
    ]);
    expect(() => chooseBackup(found, broken.backup)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });

  it('is not read by a version that does not know its format', async () => {
    const { backup } = sampleCommit();
    await put(commitObject(backup), encodeSealed({ format: 2, backup }));
    await expect(readCatalogue(instance)).rejects.toMatchObject({ code: 'REPOSITORY_VERSION' });
  });

  it('chooses by the beginning of a name, and the newest sound one by itself', async () => {
    await expect(readCatalogue(instance).then((found) => chooseBackup(found, 'latest'))).rejects.toMatchObject({
      code: 'BACKUP_NOT_FOUND',
    });
    const commits = ['2026-11-20T10:00:00Z', '2026-11-21T10:00:00Z', '2026-11-21T11:00:00Z'].map((at) =>
      sampleCommit({}, at),
    );
    for (const commit of commits) await putCommit(instance, commit);
    const [first, second, third] = commits.map(({ backup }) => backup);
    await putMark(instance, third ?? '', { kind: 'condemn' });
    const found = await readCatalogue(instance);
    const chosen = (wanted: string) => chooseBackup(found, wanted).commit.backup;
    expect(chosen('latest')).toBe(second);
    expect(chosen('20261120')).toBe(first);
    expect(chosen(third ?? '')).toBe(third);
    for (const [wanted, code] of [
      ['20261121', 'USAGE'],
      ['2025', 'BACKUP_NOT_FOUND'],
      ['', 'BACKUP_NOT_FOUND'],
    ] as const) {
      expect(() => chosen(wanted)).toThrow(expect.objectContaining({ code }));
    }
    expect(choosePrior(found)?.commit.backup).toBe(second);
    const removal = { id: newId(), backups: [second ?? ''], at: new Date().toISOString() };
    await put(removalObject(removal.id), encodeRemoval(removal));
    const later = await readCatalogue(instance);
    expect(later.removals).toMatchObject([removal]);
    expect(choosePrior(later)?.commit.backup).toBe(first);
  });
});

describe('putting a commit', () => {
  it('finds out what a lost answer left undecided', async () => {
    const lossy = new FaultyStorage(storage, (call, _name, number) =>
      call === 'put' && number === 1 ? 'fail-after' : undefined,
    );
    const commit = sampleCommit();
    await expect(putCommit(plainInstance(lossy), commit)).rejects.toMatchObject({ retryable: true });
    await putCommit(instance, commit);
    expect(await namesIn()).toEqual([commit.backup]);
    const again = sampleCommit();
    const faults = new FaultyStorage(storage, (call, _name, number) =>
      call === 'put' && number === 1 ? 'fail-after' : undefined,
    );
    const plan = { forMs: 60_000, pause: () => Promise.resolve() };
    await putCommit(plainInstance(await openRetrying(() => Promise.resolve(faults), plan)), again);
    expect(await namesIn()).toEqual([commit.backup, again.backup]);
  });

  it('cannot be done by a run that was declared dead, nor can one be declared dead that committed', async () => {
    const [late, quick] = [sampleCommit(), sampleCommit()];
    const dead = { declaredBy: 'gk@db2', reason: 'no renewal for 24 hours' };
    expect(await putTombstone(instance, { backup: late.backup, ...dead })).toBe(true);
    expect(await putTombstone(instance, { backup: late.backup, ...dead })).toBe(true);
    await expect(putCommit(instance, late)).rejects.toMatchObject({ code: 'LOCKED' });
    await putCommit(instance, quick);
    expect(await putTombstone(instance, { backup: quick.backup, ...dead })).toBe(false);
    const { tombstones } = await readCatalogue(instance);
    expect([await namesIn(), tombstones]).toEqual([[quick.backup], [late.backup]]);
  });

  it('leaves another commit of that name as it is', async () => {
    const commit = sampleCommit();
    await putCommit(instance, commit);
    await expect(putCommit(instance, { ...commit, label: 'other' })).rejects.toMatchObject({ code: 'CORRUPT' });
    expect((await readCatalogue(instance)).backups).toMatchObject([{ commit }]);
  });
});

describe('an instance', () => {
  it('belongs to the first server that claims it', async () => {
    const facts = { systemIdentifier: 7n, product: 'PostgreSQL' };
    const claimed = await claimInstance(instance, facts);
    expect(claimed.identity).toMatchObject(facts);
    expect(await readInstanceIdentity(storage, 'orders')).toEqual(claimed.identity);
    expect((await claimInstance(instance, facts)).identity).toEqual(claimed.identity);
    for (const known of [instance, claimed]) {
      await expect(claimInstance(known, { ...facts, systemIdentifier: 8n })).rejects.toMatchObject({
        code: 'SYSTEM_MISMATCH',
      });
    }
    await expect(readInstanceIdentity(storage, 'billing')).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});

it('the time of the storage leaves nothing behind', async () => {
  expect(await storageNow(storage)).toBe(nowMs);
  const left: string[] = [];
  for await (const { name } of storage.list('')) left.push(name);
  expect(left).toEqual([]);
  await expect(storageNow(new MemoryStorage())).rejects.toMatchObject({ code: 'USAGE' });
});
