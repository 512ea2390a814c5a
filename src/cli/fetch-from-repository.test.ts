import { expect, it } from 'vitest';
import { archiveOfRepository } from './fetch-from-repository.ts';

it('leaves no server with a question that nobody answers, and says why', async () => {
  const settings = { repository: '/backups/safe', instance: 'orders', password: undefined };
  const context = { signal: new AbortController().signal, environment: {} };
  const archive = await archiveOfRepository(settings, { isEncrypted: true, owner: undefined, isTried: true }, context);
  expect(archive).toMatchObject({
    name: '/backups/safe (orders)',
    words: ['--repo', '/backups/safe', '--instance', 'orders'],
    outOfReach: { key: 'repository-wal.asked-password' },
  });
});
