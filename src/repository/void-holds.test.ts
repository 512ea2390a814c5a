import { expect, it } from 'vitest';
import { RepositoryWorld } from '../../test/support/repository-world.ts';
import { readCatalogue } from './catalogue.ts';
import { putHold } from './keep-hold.ts';
import { holdsFolder } from './hold.ts';
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
