import { beforeEach, describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { plainInstance } from '../../test/support/repository-instance.ts';
import { minuteMs, RepositoryWorld } from '../../test/support/repository-world.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { packName } from '../packs/chunk-ref.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import { putHold } from '../repository/keep-hold.ts';
import { commitObject, newId, removalObject } from '../repository/names.ts';
import { condemnBackup, liftMarks, pinBackup } from '../repository/put-mark.ts';
import type { ExpireRequest, ExpireResult } from './expire-request.ts';
import { performExpire } from './perform-expire.ts';
import { rehearseExpire } from './rehearse-expire.ts';

const rules = { keepLast: 1, keepWithinMs: 0 };
const dayMs = 24 * 60 * minuteMs;
let world: RepositoryWorld;
beforeEach(() => {
  world = new RepositoryWorld();
});
const listed = async () => (await readCatalogue(world.storage)).backups.map(({ commit }) => commit.backup);
const put = (name: string, text: string) => world.storage.put(name, () => onePiece(Buffer.from(text)));
const waitingOf = ({ waiting }: ExpireResult): string[] => waiting.map(({ backup }) => backup);
/** Three backups, one a day. */
async function threeBackups(): Promise<string[]> {
  const backups: string[] = [];
  for (const content of ['x:one', 'x:two', 'x:three']) {
    backups.push(await world.backup(content));
    world.nowMs += dayMs;
  }
  return backups;
}

describe('expire', () => {
  it('takes off the catalogue first, and deletes a day later what nobody needs', async () => {
    const [first, second, third] = await threeBackups();
    const run = await world.expire(rules);
    expect(run.plan.map(({ keep }) => keep)).toEqual([false, false, true]);
    expect([run.deleted, waitingOf(run).toSorted()]).toEqual([[], [first, second].sort()]);
    expect(await listed()).toEqual([third]);
    const before = (await world.names()).filter((name) => name.startsWith('packs/')).length;
    world.nowMs += dayMs - minuteMs;
    expect((await world.expire(rules)).deleted).toEqual([]);
    world.nowMs += minuteMs;
    const last = await world.expire(rules);
    expect([last.deleted.toSorted(), waitingOf(last)]).toEqual([[first, second].sort(), []]);
    expect(last.packs).toBeGreaterThan(0);
    const left = await world.names();
    expect(left.filter((name) => name.startsWith('packs/'))).toHaveLength(before - last.packs);
    expect(left.filter((name) => /^(?:removals|holds|marks|commits)/.test(name))).toEqual([commitObject(third ?? '')]);
    await world.checkAll();
    const again = await world.expire(rules);
    expect([again.deleted, again.packs, waitingOf(again)]).toEqual([[], 0, []]);
  });

  it('keeps the packs that a later backup refers to for as long as that', async () => {
    const first = await world.backup('one');
    world.nowMs += dayMs;
    const second = await world.backup('one');
    await world.expire(rules);
    world.nowMs += dayMs;
    expect((await world.expire(rules)).deleted).toEqual([first]);
    expect((await world.names()).some((name) => name.startsWith(`packs/${first}/`))).toBe(true);
    await world.checkAll();
    const third = await world.backup('something else');
    world.nowMs += dayMs;
    await world.expire(rules);
    world.nowMs += dayMs;
    expect((await world.expire(rules)).deleted).toEqual([second]);
    const left = await world.names();
    expect(left.filter((name) => name.startsWith(`packs/${third}/`)).length).toBeGreaterThan(0);
    expect(left.filter((name) => name.startsWith(`packs/${first}/`) || name.includes(second))).toEqual([]);
    await world.checkAll();
  });

  it('leaves alone what is pinned or held, also when that was said after it was taken off', async () => {
    const [first, second] = await threeBackups();
    await pinBackup(world.storage, first ?? '', { until: new Date(world.nowMs + 3 * dayMs).toISOString() });
    const reader = { kind: 'restore', backup: second ?? '', prior: undefined } as const;
    const hold = await putHold(world.storage, reader, { now: world.now });
    const run = await world.expire(rules);
    expect(run.plan.map(({ reasons }) => reasons.map(({ rule }) => rule))).toEqual([['pinned'], ['held'], ['last']]);
    await hold.release();
    await world.expire(rules);
    world.nowMs += dayMs;
    expect((await world.expire(rules)).deleted).toEqual([second]);
    world.nowMs += 3 * dayMs;
    await world.expire(rules);
    world.nowMs += dayMs;
    expect((await world.expire(rules)).deleted).toEqual([first]);
  });

  it('never goes below the minimum that was asked for, whatever happened since', async () => {
    const [first, second, third] = await threeBackups();
    const two = { ...rules, keepMinimum: 2 };
    expect(waitingOf(await world.expire(two))).toEqual([first]);
    await condemnBackup(world.storage, third ?? '', {});
    world.nowMs += dayMs;
    const run = await world.expire(two);
    expect([run.deleted, waitingOf(run)]).toEqual([[], [first]]);
    await liftMarks(world.storage, third ?? '', 'condemn');
    expect((await world.expire(two)).deleted).toEqual([first]);
    expect(await listed()).toEqual([second, third]);
  });

  it('removes what a crashed run left, once its hold is dead, and that run cannot commit any more', async () => {
    await world.backup('one');
    const late = await world.begin('two');
    world.nowMs += dayMs - minuteMs;
    await world.expire(rules);
    const packs = async () => (await world.names()).filter((name) => name.startsWith(`packs/${late.id}/`));
    expect((await packs()).length).toBeGreaterThan(0);
    world.nowMs += minuteMs;
    await world.expire(rules);
    expect(await packs()).toEqual([]);
    expect((await world.names()).filter((name) => name.startsWith('holds/'))).toEqual([]);
    await expect(late.commit()).rejects.toMatchObject({ code: 'LOCKED' });
    await world.checkAll();
  });

  it('removes packs that belong to nothing when they are old', async () => {
    await world.backup('one');
    const orphan = newId();
    await put(`packs/${orphan}/00000/00000000`, 'x');
    await world.expire(rules);
    expect(await world.names()).toContain(`packs/${orphan}/00000/00000000`);
    world.nowMs += dayMs;
    expect((await world.expire(rules)).packs).toBe(1);
    expect(await world.names()).toContain(commitObject(orphan));
  });

  it('takes up what a run left that ended in the middle', async () => {
    const [first] = await threeBackups();
    await world.expire({ keepLast: 2, keepWithinMs: 0 });
    world.nowMs += dayMs;
    await world.storage.delete(commitObject(first ?? ''));
    expect((await world.expire({ keepLast: 2, keepWithinMs: 0 })).deleted).toEqual([first]);
    const left = (await world.names()).filter((name) => name.includes(first ?? ''));
    // The others have a block of it.
    expect(left).toEqual([`packs/${first ?? ''}/00000/00000000`]);
    await world.checkAll();
  });

  it.each([
    ['a commit', 'commits/0123456789abcdef0123456789abcdef.json'],
    ['a removal', removalObject('0123456789abcdef0123456789abcdef')],
    ['a hold', 'holds/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef/000000.json'],
    ['a commit under another name', 'commits/0123456789abcdef0123456789abcdef.json.bak'],
  ])('deletes nothing while %s cannot be read', async (_, name) => {
    await threeBackups();
    await world.expire(rules);
    world.nowMs += dayMs;
    await put(name, 'nonsense');
    const before = await world.names();
    await expect(world.expire(rules)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(await world.names()).toEqual(before);
  });

  it('passes over what cannot be an object of ours, and names it', async () => {
    const [first, second] = await threeBackups();
    await world.expire(rules);
    world.nowMs += dayMs;
    const names = [
      'commits/.nfs000000000012ab3400000007',
      'holds/notes.txt',
      `holds/${first ?? ''}/.nfs0000000000000001`,
    ];
    for (const name of names) await put(name, 'x');
    const run = await world.expire(rules);
    expect([run.deleted.toSorted(), run.passedOver.toSorted()]).toEqual([[first, second].sort(), names.sort()]);
  });

  it('in an encrypted repository passes over only what NFS makes of deleted files', async () => {
    await threeBackups();
    const instance = (name: string): ExpireRequest['instance'] => ({
      ...plainInstance(world.storage),
      async *foreignNames(folder) {
        if (folder === 'commits/') yield await Promise.resolve(name);
      },
    });
    const silly = 'objects/abc/.nfs0000000000a1b2c300000001';
    expect((await performExpire({ instance: instance(silly), rules })).passedOver).toEqual([silly]);
    for (const name of ['objects/abc/notes.txt', 'objects/abc/.nfs', 'objects/def/']) {
      await expect(performExpire({ instance: instance(name), rules })).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });

  it('is told by a rehearsal as by the run: what goes, what does not yet, and from when on', async () => {
    const [first, second, third] = await threeBackups();
    const late = await world.begin('x:late');
    await pinBackup(world.storage, second ?? '', { until: new Date(world.nowMs + 9 * dayMs).toISOString() });
    const same = async (): Promise<ExpireResult> => {
      const before = await world.names();
      const rehearsed = await rehearseExpire({ instance: plainInstance(world.storage), rules }, world.now());
      expect(await world.names()).toEqual(before);
      const run = await world.expire(rules);
      const shape = ({ plan, waiting, ...others }: ExpireResult) => ({
        ...others,
        plan: plan.map(({ backup, keep, reasons }) => ({ backup, keep, reasons })),
        waiting: waiting.map(({ dueAtMs, ...one }) => ({ ...one, isKnown: dueAtMs !== undefined })),
      });
      expect(shape(rehearsed)).toEqual(shape(run));
      // A moment lies between the two.
      for (const [at, { dueAtMs = 0 }] of run.waiting.entries()) {
        expect(Math.abs((rehearsed.waiting[at]?.dueAtMs ?? 0) - dueAtMs)).toBeLessThan(minuteMs);
      }
      return run;
    };
    expect(await same()).toMatchObject({ deleted: [], waiting: [{ backup: first, obstacles: ['grace'] }] });
    // The one under way holds the third, and is dead a day later.
    world.nowMs += dayMs;
    const last = await same();
    expect([last.deleted, last.packs > 0]).toEqual([[first], true]);
    expect(last.plan.map(({ keep }) => keep)).toEqual([true, true]);
    expect(await listed()).toEqual([second, third]);
    await expect(late.commit()).rejects.toMatchObject({ code: 'LOCKED' });
    await world.checkAll();
  });

  it('deletes nothing while the root of a backup cannot be read', async () => {
    const [, , third] = await threeBackups();
    await world.expire(rules);
    world.nowMs += dayMs;
    const roots = (await readCatalogue(world.storage)).backups[0]?.commit.rootPacks ?? [];
    for (const { pack } of roots) await world.storage.delete(packName(pack));
    const before = await world.names();
    await expect(world.expire(rules)).rejects.toMatchObject({ code: 'CORRUPT' });
    expect(await world.names()).toEqual(before);
    expect(await listed()).toEqual([third]);
  });

  it('refuses what it cannot do safely', async () => {
    await world.backup('one');
    const instance = plainInstance(world.storage);
    await expect(performExpire({ instance, rules: {} })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(performExpire({ instance, rules, graceMs: 9 * minuteMs })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(performExpire({ instance: plainInstance(new MemoryStorage()), rules })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});
