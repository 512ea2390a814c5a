import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import type { Environment } from './environment.ts';
import { parseOptions } from './parse-options.ts';
import { listOptions } from './repository-options.ts';
import { readRepositoryPassword } from './repository-password.ts';
import { readRepositorySettings, repositoryOf, repositoryWords } from './repository-settings.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gausskeep-repository-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

function configure(text: string): void {
  mkdirSync(join(home, '.config/gausskeep'), { recursive: true });
  writeFileSync(join(home, '.config/gausskeep/gausskeep.toml'), text);
}

const settings = (environment: Environment, ...argv: string[]) =>
  readRepositorySettings(parseOptions('gausskeep', listOptions, argv), { HOME: home, ...environment });

async function refusal(promise: Promise<unknown>): Promise<BackupError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BackupError);
  expect((error as BackupError).code).toBe('CONFIG_INVALID');
  return error as BackupError;
}

describe('a repository is named', () => {
  const file = 'repo = "/file/repo"\ninstance = "file"\npassword-file = "/file/password"\n';
  const ofFile = { repository: '/file/repo', instance: 'file', password: { kind: 'file', path: '/file/password' } };

  it('by options, else the environment, else the file', async () => {
    configure(file);
    expect(await settings({})).toEqual(ofFile);
    const environment = { GAUSSKEEP_INSTANCE: 'env', GAUSSKEEP_PASSWORD_COMMAND: 'pass show repo' };
    const command = { kind: 'command', command: 'pass show repo' };
    const ofEnvironment = { instance: 'env', password: command, isPasswordOfOthers: true };
    expect(await settings(environment)).toEqual({ repository: '/file/repo', ...ofEnvironment });
    const argv = ['--repo', '/flag', '--instance', 'flag', '--password-file', '/flag/password'];
    expect(await settings({ ...environment, GAUSSKEEP_REPO: '/env' }, ...argv)).toEqual({
      ...{ repository: '/flag', instance: 'flag', password: { kind: 'file', path: '/flag/password' } },
    });
  });

  it('and what the file says of instance and password is said of its own', async () => {
    configure(file);
    expect(await settings({}, '--repo', '/other')).toEqual({ repository: '/other' });
    expect(await settings({ GAUSSKEEP_REPO: '/file/repo/' })).toEqual(ofFile);
  });

  it('by a path from where the command is called', async () => {
    expect((await settings({}, '--repo', 'here')).repository).toBe(join(process.cwd(), 'here'));
    await refusal(settings({}, '--repo', ''));
    await refusal(settings({}, '--password-file='));
    await refusal(settings({}, '--password-command', ' '));
  });

  it('or not at all', async () => {
    const none = settings({ GAUSSKEEP_REPO: '', GAUSSKEEP_PASSWORD_FILE: '' });
    expect(await none).toEqual({});
    await expect(none.then(repositoryOf)).rejects.toThrow('no repository was named');
  });

  it('with a password that may be for others where the environment names that and not the repository', async () => {
    const environment = { GAUSSKEEP_REPO: '/env', GAUSSKEEP_PASSWORD_FILE: '/password' };
    const words = ['--repo', '/other', '--instance', 'orders'];
    const named = await settings(environment, ...words);
    expect(named.isPasswordOfOthers).toBe(true);
    expect(repositoryWords(named, false)).toEqual(words);
    expect(repositoryWords(named)).toEqual([...words, '--password-file', '/password']);
    const given = await settings(environment, ...words, '--password-file', '/p');
    expect(repositoryWords(given, false)).toEqual([...words, '--password-file', '/p']);
    expect([given, await settings(environment)].map(({ isPasswordOfOthers }) => isPasswordOfOthers)).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('with one source of the password', async () => {
    const both = { GAUSSKEEP_PASSWORD_FILE: '/a', GAUSSKEEP_PASSWORD_COMMAND: 'b' };
    expect((await refusal(settings(both))).message).toContain('GAUSSKEEP_PASSWORD_COMMAND');
    await refusal(settings({}, '--password-file', 'a', '--password-command', 'b'));
    // What is named nearer overrules both.
    expect((await settings(both, '--password-file', '/c')).password).toEqual({ kind: 'file', path: '/c' });
    configure('password-file = "/a"\npassword-command = "b"\n');
    await refusal(settings({}));
  });

  it.each(['repo = "relative"', 'repo = 7', 'instance = ""', 'password-file = "relative"', 'password-command = []'])(
    'and %s in the file is refused',
    async (line) => {
      configure(line);
      const [key = ''] = line.split(' ');
      expect((await refusal(settings({}))).message).toContain(key);
    },
  );
});

describe('the password of a repository', () => {
  const { signal } = new AbortController();
  const ofFile = (content: string | Uint8Array, mode = 0o600): Promise<string> => {
    const path = join(home, 'password');
    writeFileSync(path, content, { mode });
    chmodSync(path, mode);
    return readRepositoryPassword({ kind: 'file', path }, { signal });
  };
  const ofCommand = (command: string): Promise<string> =>
    readRepositoryPassword({ kind: 'command', command }, { signal });

  it('is what a file holds, without the line end behind it', async () => {
    expect(await ofFile('s3cret\n')).toBe('s3cret');
    expect(await ofFile('s3cret\r\n')).toBe('s3cret');
    expect(await ofFile(' 密码 \n\n')).toBe(' 密码 \n');
    expect(await ofFile('\ufeffx')).toBe('\ufeffx');
    expect(await ofFile('x'.repeat(4096))).toHaveLength(4096);
  });

  it('is what a command prints', async () => {
    expect(await ofCommand("printf 'two words\\n'")).toBe('two words');
  });

  it('is none that is empty, too long, no UTF-8, or not there', async () => {
    await refusal(ofFile('\n'));
    await refusal(ofFile('x'.repeat(4097)));
    await refusal(ofFile(Uint8Array.of(0xff, 0xfe)));
    await refusal(ofCommand('true'));
    await refusal(ofCommand('head -c 9000000 /dev/zero'));
    await refusal(readRepositoryPassword({ kind: 'file', path: join(home, 'none') }, { signal }));
    const directory = await refusal(readRepositoryPassword({ kind: 'file', path: home }, { signal }));
    expect(directory.hint?.key).toBe('repo.password-file-unreadable.hint');
  });

  it('is in no error, and neither is the command', async () => {
    const error = await refusal(ofCommand('echo s3cret; exit 7'));
    expect(error.message).toContain('7');
    expect(error.hint?.key).toBe('repo.password-command-failed.hint');
    expect(JSON.stringify([error.sentence, error.hint, error.context])).not.toContain('s3cret');
    expect((await refusal(ofCommand('kill -TERM $$'))).message).toContain('SIGTERM');
  });

  it('is not taken from a file that others may read', async () => {
    for (const mode of [0o604, 0o606, 0o644, 0o620]) {
      expect((await refusal(ofFile('s3cret', mode))).hint?.key).toBe('repo.password-file-open.hint');
    }
    expect(await ofFile('s3cret', 0o400)).toBe('s3cret');
    // A group is trusted by root only, as secrets are handed to services.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) expect(await ofFile('s3cret', 0o640)).toBe('s3cret');
    else await refusal(ofFile('s3cret', 0o640));
  });

  it('ends with the run', async () => {
    const controller = new AbortController();
    const waiting = readRepositoryPassword(
      { kind: 'command', command: 'read x; exec sleep 60' },
      { signal: controller.signal },
    );
    const other = readRepositoryPassword({ kind: 'command', command: 'exec sleep 60' }, { signal: controller.signal });
    controller.abort();
    await expect(other).rejects.toThrow();
    await expect(waiting).rejects.toThrow();
  });
});
