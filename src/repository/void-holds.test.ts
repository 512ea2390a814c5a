import { expect, it } from 'vitest';
import { RepositoryWorld } from '../../test/support/repository-world.ts';
import { readCatalogue } from './catalogue.ts';
import { putCopyHold } from './copy-hold.ts';
import { putHold } from './keep-hold.ts';
import { holdsFolder } from './hold.ts';
import { newId } from './names.ts';
import { readHolds } from './read-holds.ts';
import { deleteVoidHolds } from './void-holds.ts';

it('the next backup deletes the holds of those that are committed, and no others', async () => {
  const world = new RepositoryWorld();
  const holds = async () => (await world.names()).filter((name) => name.startsWith(holdsFolder));
  const first = await world.backup('one');
  const late = await world.begin('two');
  const things = { kind: 'restore', backup: first, prior: undefined } as const;
  const reader = await putHold(world.storage, things, { now: world.now });
  await reader.leave();
  expect(await holds()).toHaveLength(2);
  await late.commit();
  await deleteVoidHolds(world.storage, await readCatalogue(world.storage));
  const left = await holds();
  expect(left).toHaveLength(1);
  expect(left[0]).toMatch(`${holdsFolder}${first}/`);
});

it('a copy holds each of its backups, also when another one of them has come to its end', async () => {
  const world = new RepositoryWorld();
  const done = await world.backup('one');
  const { backups } = await readCatalogue(world.storage);
  const pending = ['0'.repeat(32), 'f'.repeat(32)];
  const from = newId();
  for (const { commit } of backups) {
    for (const backup of [...pending, done]) {
      await putCopyHold(world.storage, { ...commit, backup }, { from, owners: [] });
    }
  }
  const held = async () => {
    const { holds } = await readHolds(world.storage);
    return holds.flatMap(({ kind, backup }) => (kind === 'copy' ? [backup] : [])).toSorted();
  };
  expect(await held()).toEqual([...pending, done].toSorted());
  await deleteVoidHolds(world.storage, await readCatalogue(world.storage));
  expect(await held()).toEqual(pending);
});
