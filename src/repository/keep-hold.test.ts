import { beforeEach, describe, expect, it } from 'vitest';
import { FaultyStorage, type Fault, type StorageCall } from '../../test/support/faulty-storage.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { plainInstance, sampleCommit } from '../../test/support/repository-instance.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { encodeSealed } from '../storage/sealed-json.ts';
import { putHold } from './keep-hold.ts';
import { isLive, readHolds } from './read-holds.ts';

const hourMs = 3_600_000;
const begin = Date.parse('2026-11-22T15:00:00Z');
const { backup } = sampleCommit();
const what = { kind: 'backup', backup, prior: undefined } as const;

let nowMs: number;
let storage: MemoryStorage;
beforeEach(() => {
  nowMs = begin;
  storage = new MemoryStorage(() => nowMs);
});
const holds = async () => (await readHolds(plainInstance(storage))).holds;

/** A storage that tells when two more objects were put, or were to be. */
function watched(faultOf: (call: StorageCall, number: number) => Fault) {
  let puts = 0;
  let waiting = { number: Infinity, resolve: (): void => undefined };
  const faulty = new FaultyStorage(storage, (call) => {
    if (call !== 'put') return undefined;
    puts += 1;
    if (puts >= waiting.number) waiting.resolve();
    return faultOf(call, puts);
  });
  const twoMore = () => new Promise<void>((resolve) => (waiting = { number: puts + 3, resolve }));
  return { instance: plainInstance(faulty), twoMore };
}

describe('a hold', () => {
  it('is renewed until it is released, and then gone', async () => {
    const { instance, twoMore } = watched(() => undefined);
    const prior = sampleCommit().backup;
    const hold = await putHold(instance, { ...what, prior }, { renewEveryMs: 1 });
    expect(await holds()).toMatchObject([{ ...what, prior, pid: process.pid, storedAtMs: begin }]);
    nowMs += 5 * hourMs;
    await twoMore();
    const [renewed] = await holds();
    expect(renewed?.storedAtMs).toBe(nowMs);
    // Older renewals stay: a listing must not miss the old one and the new one.
    expect(renewed?.objects[0]).toMatch(/^holds\/[0-9a-f]{32}\/000000\.json$/);
    hold.check();
    await hold.release();
    expect(await holds()).toEqual([]);
  });

  it('is lost when it could not be renewed for 12 hours, and says so', async () => {
    const { instance, twoMore } = watched((call, number) => (call === 'put' && number > 1 ? 'fail' : undefined));
    let clock = begin;
    const hold = await putHold(instance, what, { renewEveryMs: 1, now: () => clock });
    await twoMore();
    clock += 12 * hourMs;
    hold.check();
    expect(hold.signal.aborted).toBe(false);
    const ended = new Promise((resolve) => hold.signal.addEventListener('abort', resolve));
    clock += 1;
    await ended;
    expect(hold.signal.reason).toMatchObject({ code: 'LOCKED' });
    expect(() => hold.check()).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    // The clock may be set back: it stays lost.
    clock = begin;
    expect(() => hold.check()).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    await hold.release();
    expect(await holds()).toEqual([]);
  });

  it('of a machine that slept is not renewed as if nothing had been', async () => {
    let clock = begin;
    const hold = await putHold(plainInstance(storage), what, { now: () => clock });
    clock += 30 * hourMs;
    expect(() => hold.check()).toThrow(expect.objectContaining({ code: 'LOCKED' }));
    expect(await holds()).toMatchObject([{ storedAtMs: begin }]);
    await hold.release();
  });

  it('is live for 24 hours of the storage', async () => {
    await putHold(plainInstance(storage), what);
    const [hold] = await holds();
    const live = (after: number) => hold !== undefined && isLive(hold, begin + after);
    expect([-hourMs, 0, 24 * hourMs - 1, 24 * hourMs].map(live)).toEqual([true, true, true, false]);
  });

  it('is read from an older renewal where the newest is damaged; one that cannot be read at all is told', async () => {
    const put = (name: string, bytes: Uint8Array) => storage.put(name, () => onePiece(bytes));
    await putHold(plainInstance(storage), what);
    const [hold] = await holds();
    nowMs += hourMs;
    await put(`holds/${hold?.id ?? ''}/000001.json`, Buffer.from('{'));
    const bad = 'holds/0123456789abcdef0123456789abcdef/000000.json';
    await put(bad, encodeSealed({ format: 1 }));
    await put('holds/notes.txt', Buffer.from('foreign'));
    const found = await readHolds(plainInstance(storage));
    expect(found.holds).toMatchObject([{ id: hold?.id, backup, storedAtMs: nowMs }]);
    expect(found.damaged).toMatchObject([{ name: bad, error: { code: 'CORRUPT' } }]);
  });
});
