import { beforeEach, describe, expect, it } from 'vitest';
import { FaultyStorage, type Fault } from '../../test/support/faulty-storage.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { sampleCommit } from '../../test/support/repository-instance.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { encodeSealed } from '../storage/sealed-json.ts';
import { parseLsn } from '../wal/lsn.ts';
import { putHold } from './keep-hold.ts';
import { newId } from './names.ts';
import { putCommit } from './put-commit.ts';
import { isLive, readHolds } from './read-holds.ts';
import { putRemoval } from './removal.ts';

const hourMs = 3_600_000;
const begin = Date.parse('2026-11-22T15:00:00Z');
const what = { kind: 'backup', backup: newId(), prior: undefined } as const;

let nowMs: number;
let storage: MemoryStorage;
beforeEach(() => {
  nowMs = begin;
  storage = new MemoryStorage(() => nowMs);
});
const now = () => nowMs;
const holds = async () => (await readHolds(storage)).holds;
const put = (name: string, bytes: Uint8Array) => storage.put(name, () => onePiece(bytes));

/** A storage that tells when two more objects were put, or were to be. */
function watched(faultOf: (number: number) => Fault) {
  let puts = 0;
  let waiting = { number: Infinity, resolve: (): void => undefined };
  const watchedStorage = new FaultyStorage(storage, (call) => {
    if (call !== 'put') return undefined;
    puts += 1;
    if (puts >= waiting.number) waiting.resolve();
    return faultOf(puts);
  });
  const twoMore = () => new Promise<void>((resolve) => (waiting = { number: puts + 3, resolve }));
  return { watchedStorage, twoMore };
}

describe('a hold', () => {
  it('is renewed until it is released, and then gone', async () => {
    const { watchedStorage, twoMore } = watched(() => undefined);
    const prior = sampleCommit();
    await putCommit(storage, prior);
    const hold = await putHold(watchedStorage, { ...what, prior: prior.backup }, { renewEveryMs: 1, now });
    expect(hold.storedAtMs).toBe(begin);
    expect(await holds()).toMatchObject([{ ...what, prior: prior.backup, position: undefined, storedAtMs: begin }]);
    nowMs += 5 * hourMs;
    await twoMore();
    const [renewed] = await holds();
    expect(renewed?.storedAtMs).toBe(nowMs);
    // Older renewals stay: a listing must not miss the old one and the new one.
    expect(renewed?.objects[0]).toMatch(new RegExp(`^holds/${what.backup}/[0-9a-f]{32}/000000[.]json$`));
    hold.check();
    await hold.release();
    expect(await holds()).toEqual([]);
  });

  it('tells from which WAL on it needs, as soon as that is known', async () => {
    const hold = await putHold(storage, what, { now });
    const position = { timeline: 3, generation: 2, startLsn: parseLsn('1/2000028') };
    await hold.begin(position);
    expect(await holds()).toMatchObject([{ position }]);
    await hold.leave();
    expect(await holds()).toMatchObject([{ position }]);
  });

  it('is taken back when what it needs is off the catalogue', async () => {
    const [there, removed] = [sampleCommit(), sampleCommit()];
    await putCommit(storage, there);
    await putCommit(storage, removed);
    const { backup } = removed;
    await putRemoval(storage, { backup, reason: 'by hand', minimum: 1 });
    for (const gone of [backup, newId()]) {
      for (const things of [{ ...what, prior: gone }, { kind: 'restore', backup: gone, prior: undefined } as const]) {
        await expect(putHold(storage, things, { now })).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
      }
    }
    expect(await holds()).toEqual([]);
    await putHold(storage, { kind: 'verify', backup: there.backup, prior: undefined }, { now });
    expect(await holds()).toMatchObject([{ kind: 'verify' }]);
  });

  it('of a backup is not put where the clocks differ by more than five minutes', async () => {
    for (const off of [-6, 6]) {
      const wrong = { now: () => nowMs + off * 60_000 };
      await expect(putHold(storage, what, wrong)).rejects.toMatchObject({ code: 'CLOCK' });
      expect(await holds()).toEqual([]);
    }
    await putHold(storage, what, { now: () => nowMs + 4 * 60_000 });
    expect(await holds()).toHaveLength(1);
  });

  it('is lost when it could not be renewed for 12 hours, and says so', async () => {
    const { watchedStorage, twoMore } = watched((number) => (number > 1 ? 'fail' : undefined));
    let clock = begin;
    const hold = await putHold(watchedStorage, what, { renewEveryMs: 1, now: () => clock });
    await twoMore();
    clock += 12 * hourMs;
    hold.check();
    expect(hold.signal.aborted).toBe(false);
    const ended = new Promise((resolve) => hold.signal.addEventListener('abort', resolve));
    clock += 1;
    await ended;
    expect(hold.signal.reason).toMatchObject({ code: 'LOCKED' });
    // The clock may be set back: it stays lost.
    clock = begin;
    expect(() => hold.check()).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    await hold.release();
    expect(await holds()).toEqual([]);
  });

  it('of a machine that slept is not renewed as if nothing had been', async () => {
    let clock = begin;
    const hold = await putHold(storage, what, { now: () => clock });
    clock += 30 * hourMs;
    expect(() => hold.check()).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    const position = { timeline: 1, generation: 1, startLsn: parseLsn('0/28') };
    await expect(hold.begin(position)).rejects.toMatchObject({ code: 'LOCKED' });
    expect(await holds()).toMatchObject([{ storedAtMs: begin, position: undefined }]);
    await hold.release();
  });

  it('is live for 24 hours of the storage', async () => {
    await putHold(storage, what, { now });
    const [hold] = await holds();
    const live = (after: number) => hold !== undefined && isLive(hold, begin + after);
    expect([-hourMs, 0, 24 * hourMs - 1, 24 * hourMs].map(live)).toEqual([true, true, true, false]);
  });

  it('whose newest renewal cannot be read is told as that', async () => {
    await putHold(storage, what, { now });
    const [hold] = await holds();
    nowMs += hourMs;
    const damaged = `holds/${what.backup}/${hold?.run ?? ''}/000001.json`;
    await put(damaged, encodeSealed({ format: 1 }));
    await put('holds/notes.txt', Buffer.from('foreign'));
    const found = await readHolds(storage);
    expect(found.holds).toEqual([]);
    expect(found.damaged).toMatchObject([{ backup: what.backup, storedAtMs: nowMs, error: { code: 'CORRUPT' } }]);
    expect(found.foreign).toEqual(['holds/notes.txt']);
    expect(found.damaged[0]?.objects).toHaveLength(2);
  });
});
