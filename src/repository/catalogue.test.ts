import { beforeEach, describe, expect, it } from 'vitest';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { plainInstance, sampleCommit } from '../../test/support/repository-instance.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { openRetrying } from '../storage/retrying-storage.ts';
import { encodeSealed } from '../storage/sealed-json.ts';
import type { Storage } from '../storage/storage.ts';
import { parseLsn } from '../wal/lsn.ts';
import { readCatalogue } from './catalogue.ts';
import { chooseBackup, priorCandidates } from './choose-backup.ts';
import { encodeCommit } from './commit.ts';
import { claimInstance, readInstanceIdentity, type Instance } from './instance.ts';
import { commitObject, newId, removalObject } from './names.ts';
import { fence, putCommit } from './put-commit.ts';
import { condemnBackup, liftMarks, noteBackup, pinBackup } from './put-mark.ts';
import { putRemoval } from './removal.ts';

const minuteMs = 60_000;
let nowMs: number;
let storage: Storage;
let instance: Instance;
beforeEach(() => {
  nowMs = Date.parse('2026-11-22T15:00:00Z');
  storage = new MemoryStorage(() => (nowMs += 1000));
  instance = plainInstance(storage);
});
const put = (name: string, bytes: Uint8Array | string) => storage.put(name, () => onePiece(Buffer.from(bytes)));
const namesIn = async () => (await readCatalogue(storage)).backups.map(({ commit }) => commit.backup);
const remove = (backup: string) => putRemoval(storage, { backup, reason: 'by hand', minimum: 1 });

describe('the catalogue', () => {
  it('has the backups in the order of the earlier of their two dates', async () => {
    const [early, late, restamped] = ['2026-11-22T10:00:00Z', '2031-01-01T00:00:00Z', '2019-01-01T00:00:00Z'].map(
      (at) => sampleCommit({}, at),
    );
    for (const commit of [early, late, restamped]) if (commit !== undefined) await putCommit(storage, commit);
    const { backups, ...rest } = await readCatalogue(storage);
    expect(backups.map(({ commit }) => commit)).toEqual([restamped, early, late]);
    expect(backups.map(({ timeMs }) => timeMs)).toEqual([
      Date.parse('2019-01-01T00:01:00Z'),
      Date.parse('2026-11-22T10:01:00Z'),
      Date.parse('2026-11-22T15:00:02Z'),
    ]);
    expect(backups.map(({ isClockWrong }) => isClockWrong)).toEqual([false, false, true]);
    const nothing = {
      removed: [],
      removals: [],
      tombstones: [],
      damagedBackups: [],
      damagedCommits: [],
      damaged: [],
      foreign: [],
    };
    expect(rest).toEqual(nothing);
  });

  it('has those of one second in the order of their WAL, whatever their dates say more exactly', async () => {
    const ended = (text: string, startLsn: string) =>
      sampleCommit({ endedAt: `2026-11-22T10:00:${text}Z`, startLsn: parseLsn(startLsn) }, '2026-11-22T10:00:00Z');
    // Imported: the end of the first is that of a transaction, that of the second of a label, which has whole seconds.
    const [older, newer, last] = [ended('07.400', '0/2000028'), ended('07.000', '0/3000028'), ended('08.000', '0/28')];
    for (const commit of [last, newer, older]) await putCommit(storage, commit);
    const found = await readCatalogue(storage);
    expect(found.backups.map(({ commit }) => commit)).toEqual([older, newer, last]);
    await remove(last.backup);
    expect(chooseBackup(await readCatalogue(storage), 'latest').commit).toEqual(newer);
  });

  it('tells what was said about a backup and not taken back', async () => {
    const commit = sampleCommit({ note: 'first' });
    await putCommit(storage, commit);
    const { backup } = commit;
    const state = async () => (await readCatalogue(storage)).backups[0];
    expect(await state()).toMatchObject({ note: 'first', pinnedUntilMs: undefined, isCondemned: false, marks: [] });
    await pinBackup(storage, backup, { until: '2027-01-01T00:00:00.000Z', text: 'audit' });
    await pinBackup(storage, backup, { until: '2026-12-01T00:00:00.000Z' });
    await noteBackup(storage, backup, 'second');
    await noteBackup(storage, backup, 'third');
    await condemnBackup(storage, backup, { text: 'disk was bad' });
    const said = await state();
    expect(said).toMatchObject({ note: 'third', pinnedUntilMs: Date.parse('2027-01-01'), isCondemned: true });
    expect(said?.marks.map(({ kind, text }) => `${kind} ${text ?? ''}`).sort()).toEqual([
      'condemn disk was bad',
      'note third',
      'pin ',
      'pin audit',
    ]);
    await pinBackup(storage, backup, {});
    expect(await state()).toMatchObject({ pinnedUntilMs: 'forever' });
    expect(await liftMarks(storage, backup, 'pin', { text: 'audit is over' })).toBe(3);
    expect(await liftMarks(storage, backup, 'pin')).toBe(0);
    expect(await liftMarks(storage, backup, 'condemn')).toBe(1);
    expect(await state()).toMatchObject({ note: 'third', pinnedUntilMs: undefined, isCondemned: false });
  });

  it('leaves out what a removal took off, and nobody can pin that any more', async () => {
    const [gone, stays] = [sampleCommit(), sampleCommit()];
    await putCommit(storage, gone);
    await putCommit(storage, stays);
    await remove(gone.backup);
    const found = await readCatalogue(storage);
    expect(found.backups).toMatchObject([{ commit: stays }]);
    expect(found.removed).toMatchObject([{ commit: gone }]);
    expect(found.removals).toMatchObject([{ backup: gone.backup, reason: 'by hand', minimum: 1, storedAtMs: nowMs }]);
    for (const backup of [gone.backup, newId()]) {
      await expect(pinBackup(storage, backup, {})).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
    }
    expect((await readCatalogue(storage)).removed).toMatchObject([{ marks: [] }]);
  });

  it('tells what is damaged, and hides nothing else', async () => {
    const [sound, broken, going] = [sampleCommit(), sampleCommit(), sampleCommit()];
    await putCommit(storage, sound);
    await putCommit(storage, going);
    await put(removalObject(going.backup), 'nonsense');
    await put(commitObject(broken.backup), encodeCommit(broken).subarray(1));
    await put(`marks/${sound.backup}/${newId()}.json`, 'nonsense');
    await put('commits/readme.txt', 'foreign');
    const found = await readCatalogue(storage);
    expect(found.backups).toMatchObject([{ commit: sound, hasDamagedMarks: true }]);
    expect(found.removed).toMatchObject([{ commit: going }]);
    expect(found.damagedBackups).toEqual([broken.backup]);
    expect(found.foreign).toEqual(['commits/readme.txt']);
    expect(found.damaged.map(({ name, error }) => [name.split('/')[0], error.code])).toEqual([
      ['commits', 'CORRUPT'],
      ['marks', 'CORRUPT'],
      ['removals', 'CORRUPT'],
    ]);
    for (const wanted of [broken.backup.slice(0, 12), broken.name]) {
      expect(() => chooseBackup(found, wanted)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
    }
  });

  it('is not read by a version that does not know its format', async () => {
    const { backup } = sampleCommit();
    await put(commitObject(backup), encodeSealed({ format: 2, backup }));
    await expect(readCatalogue(storage)).rejects.toMatchObject({ code: 'REPOSITORY_VERSION' });
  });

  it('chooses by the beginning of a name or id, and the newest sound one by itself', async () => {
    await expect(readCatalogue(storage).then((found) => chooseBackup(found, 'latest'))).rejects.toMatchObject({
      code: 'BACKUP_NOT_FOUND',
    });
    const commits = ['2026-11-20T10:00:00Z', '2026-11-21T10:00:00Z', '2026-11-21T11:00:00Z'].map((at) =>
      sampleCommit({}, at),
    );
    for (const commit of commits) await putCommit(storage, commit);
    const [first, second, third] = commits.map(({ backup }) => backup);
    await condemnBackup(storage, third ?? '', {});
    const found = await readCatalogue(storage);
    const chosen = (wanted: string) => chooseBackup(found, wanted).commit.backup;
    expect(chosen('latest')).toBe(second);
    expect(chosen('20261120')).toBe(first);
    expect(chosen(third ?? '')).toBe(third);
    expect(chosen(commits[2]?.name ?? '')).toBe(third);
    for (const [wanted, code] of [
      ['20261121', 'USAGE'],
      ['2025', 'BACKUP_NOT_FOUND'],
      ['', 'BACKUP_NOT_FOUND'],
    ] as const) {
      expect(() => chosen(wanted)).toThrow(expect.objectContaining({ code }));
    }
    expect(priorCandidates(found).map(({ commit }) => commit.backup)).toEqual([second, first]);
    await remove(second ?? '');
    expect(priorCandidates(await readCatalogue(storage)).map(({ commit }) => commit.backup)).toEqual([first]);
  });
});

describe('putting a commit', () => {
  it('finds out what a lost answer left undecided', async () => {
    const losesFirst = () =>
      new FaultyStorage(storage, (call, _name, number) => (call === 'put' && number === 1 ? 'fail-after' : undefined));
    const commit = sampleCommit();
    await expect(putCommit(losesFirst(), commit)).rejects.toMatchObject({ retryable: true });
    await putCommit(storage, commit);
    expect(await namesIn()).toEqual([commit.backup]);
    const again = sampleCommit({}, '2026-11-22T15:00:05.000Z');
    const plan = { forMs: minuteMs, pause: () => Promise.resolve() };
    await putCommit(await openRetrying(() => Promise.resolve(losesFirst()), plan), again);
    expect(await namesIn()).toEqual(expect.arrayContaining([commit.backup, again.backup]));
  });

  it('cannot be done by a run that was declared dead, nor can one be declared dead that committed', async () => {
    const [late, quick] = [sampleCommit(), sampleCommit()];
    expect(await fence(storage, late.backup, 'no renewal for 24 hours')).toBeUndefined();
    expect(await fence(storage, late.backup, 'the same')).toBeUndefined();
    await expect(putCommit(storage, late)).rejects.toMatchObject({ code: 'LOCKED' });
    await putCommit(storage, quick);
    expect(await fence(storage, quick.backup, 'no renewal')).toEqual(quick);
    const { tombstones } = await readCatalogue(storage);
    expect([await namesIn(), tombstones]).toEqual([[quick.backup], [late.backup]]);
  });

  it('leaves another commit of that name as it is', async () => {
    const commit = sampleCommit();
    await putCommit(storage, commit);
    await expect(putCommit(storage, { ...commit, label: 'other' })).rejects.toMatchObject({ code: 'CORRUPT' });
    expect((await readCatalogue(storage)).backups).toMatchObject([{ commit }]);
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
