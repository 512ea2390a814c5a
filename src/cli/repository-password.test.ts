import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { parseOptions } from '../config/parse-options.ts';
import { listOptions } from '../config/repository-options.ts';
import { readRepositorySettings, repositoryOf } from '../config/repository-settings.ts';
import { initRepository, openRepository, type Repository } from '../index.ts';
import { passwordWays } from './repository-password.ts';

it('a password in the environment, meant for other repositories, opens those and does not concern a plain one', async () => {
  const home = temporaryDirectory();
  const [plain, encrypted, file] = ['plain', 'encrypted', 'password'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(file, 'secret\n');
  chmodSync(file, 0o600);
  for (const directory of [plain, encrypted]) mkdirSync(directory);
  await initRepository(plain);
  await initRepository(encrypted, { password: () => Promise.resolve('secret') });

  const opened = async (environment: Record<string, string>, ...argv: string[]): Promise<Repository> => {
    const given = parseOptions('gausskeep', listOptions, argv);
    const settings = await readRepositorySettings(given, { HOME: home, ...environment });
    const directory = repositoryOf(settings);
    const { signal } = new AbortController();
    return openRepository(directory, { ...passwordWays(settings, directory, { signal }), signal });
  };
  const others = { GAUSSKEEP_PASSWORD_FILE: file };
  expect((await opened(others, '--repo', plain)).identity.frames).toBe('sha256');
  expect((await opened(others, '--repo', encrypted)).identity.frames).toBe('aes-256-gcm');
  // What is said of this very repository is not passed over: somebody takes it for an encrypted one.
  await expect(opened({}, '--repo', plain, '--password-file', file)).rejects.toMatchObject({ code: 'USAGE' });
  await expect(opened({ ...others, GAUSSKEEP_REPO: plain })).rejects.toMatchObject({ code: 'USAGE' });
});
