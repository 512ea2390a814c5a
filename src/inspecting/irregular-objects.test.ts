import { mkdir, mkdtemp, readdir, rename, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RepositoryWorld } from '../../test/support/repository-world.ts';
import { performExpire } from '../expire/perform-expire.ts';
import { readCatalogue } from '../repository/catalogue.ts';
import { chooseBackup, unreadNewer } from '../repository/choose-backup.ts';
import { initRepository } from '../repository/init-repository.ts';
import { claimInstance } from '../repository/instance.ts';
import { commitObject } from '../repository/names.ts';
import { openInstance } from '../repository/open-instance.ts';
import { EncryptedNames } from '../sealed/encrypted-names.ts';
import { checkRepository } from './check-repository.ts';

let parent: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-irregular-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

const kinds = {
  link: async (path: string) => {
    await rename(path, `${path}.elsewhere`);
    await rename(`${path}.elsewhere`, join(parent, 'elsewhere'));
    await symlink(join(parent, 'elsewhere'), path);
  },
  directory: async (path: string) => {
    await rm(path);
    await mkdir(path);
  },
};

describe.each([false, true])('a commit that is no regular file, encrypted: %s', (encrypted) => {
  it.each(['link', 'directory'] as const)(
    '%s: it is damage, and nothing is removed while it is there',
    async (kind) => {
      const place = join(await mkdtemp(join(parent, 'case-')), 'repo');
      const password = encrypted ? () => Promise.resolve('secret') : undefined;
      const repository = await initRepository(place, { password });
      const orders = await claimInstance(await openInstance(repository, 'orders'), {
        systemIdentifier: 7_500_000_000_000_000_001n,
        product: 'PostgreSQL',
      });
      const world = new RepositoryWorld();
      world.nowMs = Date.now();
      await world.backup('x:one', orders.storage);
      const name = `instances/orders/${commitObject(await world.backup('x:two', orders.storage))}`;
      const { protection, root } = repository;
      const stored =
        protection.kind === 'encrypted'
          ? `objects/${new EncryptedNames(root, protection.master).storedName(name)}`
          : name;
      await kinds[kind](join(place, stored));
      const then = new Date(Date.now() - 3 * 24 * 60 * 60 * 1000);
      for (const file of await filesBelow(place)) await utimes(file, then, then);

      const catalogue = await readCatalogue(orders.storage);
      expect(catalogue.damagedCommits).toMatchObject([
        { error: { code: 'CORRUPT', sentence: { key: 'repo.irregular' } } },
      ]);
      expect(unreadNewer(catalogue, chooseBackup(catalogue, 'latest'))).toHaveLength(1);
      const findings: string[] = [];
      await checkRepository({
        repository,
        onFinding: ({ severity, what, object }) => {
          if (severity === 'damage') findings.push(`${what.key} ${object}`);
          expect(what.key).not.toBe('repo-check.packs-left');
        },
      });
      expect(findings).toEqual([`repo.irregular ${catalogue.damagedCommits[0]?.name ?? ''}`]);
      const before = await filesBelow(place);
      const request = { instance: orders, rules: { keepLast: 1, keepWithinMs: 0 } };
      await expect(performExpire(request)).rejects.toMatchObject({ code: 'CORRUPT' });
      expect(await filesBelow(place)).toEqual(expect.arrayContaining(before));
    },
  );
});

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
