import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { sampleCommit } from '../../test/support/repository-instance.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { holdObject } from './hold.ts';
import { putHold } from './keep-hold.ts';
import { newId } from './names.ts';
import { putCommit } from './put-commit.ts';
import { deleteHold, isLive, readHolds } from './read-holds.ts';
import { putRemoval } from './removal.ts';
import { formatHoldName, parseHoldWord, renewHold, type HoldName } from './renew-hold.ts';

const hourMs = 3_600_000;
const commit = sampleCommit();
const { backup } = commit;

let nowMs: number;
let storage: MemoryStorage;
let name: HoldName;
const now = () => nowMs;
const renew = () => renewHold(storage, name, { now });
const held = async () => (await readHolds(storage)).holds;

beforeEach(async () => {
  nowMs = Date.parse('2026-11-22T15:00:00Z');
  storage = new MemoryStorage(now);
  await putCommit(storage, commit);
  const hold = await putHold(storage, { kind: 'restore', backup, prior: undefined }, { now });
  name = hold.name;
  await hold.leave();
});

describe('the hold of a restore that recovers', () => {
  it('is renewed once an hour, and lives as long as that goes on', async () => {
    expect(await renew()).toBe(false);
    nowMs += hourMs - 1;
    expect(await renew()).toBe(false);
    nowMs += 1;
    expect([await renew(), await renew()]).toEqual([true, false]);
    for (let hours = 0; hours < 40; hours += 1) {
      nowMs += hourMs;
      expect(await renew()).toBe(true);
    }
    const [hold, ...others] = await held();
    expect(others).toEqual([]);
    expect(hold).toMatchObject({ ...name, kind: 'restore', position: undefined });
    expect(isLive(hold!, nowMs + 23 * hourMs)).toBe(true);
  });

  it('is not renewed for ever: a standby must not keep a backup', async () => {
    let renewals = 0;
    for (let hours = 0; hours < 24 * 40; hours += 1) {
      nowMs += hourMs;
      renewals += Number(await renew());
    }
    expect(renewals).toBe(24 * 30 - 1);
    expect(await renew()).toBe(false);
  });

  it('is put again where it died, or is gone, if its backup is still there', async () => {
    nowMs += 50 * hourMs;
    expect(await renew()).toBe(true);
    const [hold] = await held();
    await deleteHold(storage, hold?.objects ?? []);
    expect(await renew()).toBe(true);
    expect(await held()).toMatchObject([{ ...name, kind: 'restore' }]);
  });

  it('is taken back where it died and the backup was taken off meanwhile; a live one goes on', async () => {
    await putRemoval(storage, { backup, reason: 'retention', minimum: 1 });
    nowMs += 2 * hourMs;
    expect(await renew()).toBe(true);
    const before = (await held())[0]?.objects;
    nowMs += 13 * hourMs;
    await expect(renew()).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
    expect((await held())[0]?.objects).toEqual(before);
  });

  it('is renewed where the newest renewal cannot be read, or the clock was put back', async () => {
    await storage.put(holdObject(name, 1), () => onePiece(Buffer.from('no hold')));
    expect(await renew()).toBe(true);
    nowMs -= 3 * hourMs;
    expect([await renew(), await renew()]).toEqual([true, false]);
  });

  it('is named by a word of a command line', () => {
    expect(parseHoldWord(formatHoldName(name))).toEqual(name);
    for (const word of ['', backup, `${backup}/`, `${backup}/../x`, `${backup}/${newId()}/1`, `${backup}/x`]) {
      expect(parseHoldWord(word)).toBeUndefined();
    }
  });
});
