import { describe, expect, it } from 'vitest';
import { CopyWorld } from '../../test/support/copy-world.ts';
import { expectWhole, lose } from '../../test/support/harmed-copy.ts';
import { render } from '../messages/message.ts';
import { holdBackup } from '../repository/hold-backup.ts';
import { commitObject } from '../repository/names.ts';
import type { Repository } from '../repository/repository.ts';
import { checkRepository } from './check-repository.ts';

/** What is found, besides that there is no reserve: with its severity. */
async function found(repository: Repository, about = ''): Promise<string[]> {
  const lines: string[] = [];
  await checkRepository({
    repository,
    onFinding: ({ severity, what }) => lines.push(`${severity} ${what.key} ${render(what)}`),
  });
  return lines.filter((line) => line.includes(about));
}

describe('a copied backup whose commit was deleted', () => {
  it('is named as lost, with what brings it back', async () => {
    const world = await CopyWorld.make();
    await world.backups(2);
    await world.copy();
    // Takes away the holds of the first.
    await world.copy();
    const [first = '', second = ''] = world.ids;
    await lose(world, commitObject(first));
    expect(await found(world.target, first)).toEqual([
      expect.stringMatching(/^damage repo-check\.copy-lost .* its commit is not there/),
      expect.stringMatching(/^note repo-check\.packs-lost /),
    ]);
    await world.copy();
    await expectWhole(world, 'brought back');
    await world.copy();
    await lose(world, commitObject(second));
    world.wait(25);
    await world.expire(world.target);
    expect(await found(world.target, 'repo-check.copy-')).toEqual([expect.stringMatching(/^warning .*copy-fenced /)]);
    await world.copy();
    expect(await world.checkTarget('brought back once more')).toEqual([first, second]);
  });

  it('may be one that never came, as long as the copy holds it: no more is said', async () => {
    const world = await CopyWorld.make();
    await world.backups(1);
    await world.copy();
    const [first = ''] = world.ids;
    await lose(world, commitObject(first));
    const lines = await found(world.target, first);
    expect(lines.map((line) => line.split(' ', 2).join(' '))).toEqual([
      'note repo-check.hold-copy',
      'note repo-check.packs-copied',
    ]);
    expect(lines.join('\n')).not.toMatch(/come to its end|interrupted/);
    await world.copy();
    await expectWhole(world, 'gone on with');
  });

  it('is none where retention removed it, in whatever part of that', async () => {
    const world = await CopyWorld.make();
    await world.backups(3);
    await world.copy();
    await world.copy();
    await world.expire(world.target, 1);
    expect(await found(world.target, 'repo-check.copy-')).toEqual([]);
    await world.copy();
    expect(await found(world.target, 'repo-check.copy-')).toEqual([]);
  });
});

it('who reads a backup is told as what it may be: all of them hold the same', async () => {
  const { small } = await CopyWorld.make();
  await small.backup(new Map([['base/1/1', Buffer.from('one')]]));
  const hold = await holdBackup(small.instance.storage, small.backups[0]?.commit.backup ?? '', {});
  expect(await found(small.repository, 'hold-live')).toEqual([
    expect.stringContaining('a hold of a restore, export or copy on'),
  ]);
  await hold?.release();
});

it('an instance that is not there is refused with the names of those that are', async () => {
  const { small } = await CopyWorld.make();
  const looked = checkRepository({ repository: small.repository, instance: 'nosuch', onFinding: () => undefined });
  await expect(looked).rejects.toMatchObject({
    code: 'BACKUP_NOT_FOUND',
    hint: { parameters: { list: { items: ['orders'] } } },
  });
});
