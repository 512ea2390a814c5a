// What bench/repository.mjs fills repositories with: commits of backups that hold nothing, which is all that a listing looks at.
// fill-repository COUNT DIRECTORY [PASSWORD]: so many, a day apart, of the instance "bench" of a repository.
import { claimInstance, type Instance } from '../src/repository/instance.ts';
import { openInstance } from '../src/repository/open-instance.ts';
import { openRepository } from '../src/repository/open-repository.ts';
import { putCommit } from '../src/repository/put-commit.ts';
import { sampleCommit } from '../test/support/repository-instance.ts';

const dayMs = 24 * 60 * 60 * 1000;

async function fill(instance: Instance, count: number): Promise<void> {
  await claimInstance(instance, { systemIdentifier: sampleCommit().systemIdentifier, product: 'PostgreSQL' });
  const end = Date.now();
  const lane = async (first: number): Promise<void> => {
    for (let index = first; index < count; index += 8) {
      await putCommit(instance.storage, sampleCommit({}, new Date(end - (count - index) * dayMs).toISOString()));
    }
  };
  await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map(lane));
}

const [count = '0', directory = '.', password] = process.argv.slice(2);
const passwords = password === undefined ? {} : { password: () => Promise.resolve(password) };
await fill(await openInstance(await openRepository(directory, passwords), 'bench'), Number(count));
