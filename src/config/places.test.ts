import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { parseConfiguration, readConfiguration } from './configuration-file.ts';
import type { Environment } from './environment.ts';
import { parseOptions } from './parse-options.ts';
import { archiveOf, readPlaces } from './places.ts';
import { walCleanupOptions } from './wal-options.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gausskeep-places-'));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});

const places = (environment: Environment, ...argv: string[]) =>
  readPlaces(parseOptions('gausskeep', walCleanupOptions, argv), environment);

function configure(text: string, path = join(home, '.config/gausskeep/gausskeep.toml')): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BackupError);
  expect((error as BackupError).code).toBe('CONFIG_INVALID');
  return (error as BackupError).message;
}

describe('places', () => {
  it('come from the option, else the environment, else the file, each by itself', async () => {
    configure('archive = "/file/wal"\nbackups = ["/file/a", "/file/b"]\ngeneration = 7\n');
    expect(await places({ HOME: home })).toEqual({
      archive: '/file/wal',
      backups: ['/file/a', '/file/b'],
      generation: 7,
    });
    const environment = { HOME: home, GAUSSKEEP_BACKUPS: '/env/a:/env/b', GAUSSKEEP_GENERATION: '3' };
    expect(await places(environment)).toEqual({
      archive: '/file/wal',
      backups: ['/env/a', '/env/b'],
      generation: 3,
    });
    const argv = ['--archive', '/flag', '--backups', '/x', '--backups', '/y', '--generation', '2'];
    expect(await places({ ...environment, GAUSSKEEP_ARCHIVE: '/env' }, ...argv)).toEqual({
      archive: '/flag',
      backups: ['/x', '/y'],
      generation: 2,
    });
  });

  it('take the generation of the file only with the archive of the file', async () => {
    configure('archive = "/file/wal"\ngeneration = 7\n');
    expect((await places({ HOME: home }, '--archive', '/other')).generation).toBeUndefined();
    expect((await places({ HOME: home, GAUSSKEEP_ARCHIVE: '/other' })).generation).toBeUndefined();
  });

  it('do not need a sound file where the command line names everything', async () => {
    const path = configure('not toml');
    const argv = ['--archive', '/flag', '--backups', '/x'];
    const environment = { GAUSSKEEP_CONFIG: path };
    expect(await places(environment, ...argv)).toEqual({ archive: '/flag', backups: ['/x'], generation: undefined });
    expect(await refusal(places(environment, '--archive', '/flag'))).toContain(`"${path}", line 1: `);
  });

  it('are made absolute, and an empty one is refused', async () => {
    expect((await places({ GAUSSKEEP_CONFIG: '/dev/null' }, '--archive', 'wal')).archive).toBe(
      join(process.cwd(), 'wal'),
    );
    expect(await refusal(places({ GAUSSKEEP_CONFIG: '/dev/null' }, '--archive', ''))).toBe(
      'the path of a directory is empty',
    );
    const none = await places({ GAUSSKEEP_CONFIG: '/dev/null', GAUSSKEEP_ARCHIVE: '' });
    expect(() => archiveOf(none)).toThrow('no WAL archive was named');
  });
});

describe('the configuration file', () => {
  it('is the one named, else that of XDG_CONFIG_HOME, else that of HOME', async () => {
    const own = configure('generation = 1\n');
    const other = configure('generation = 2\n', join(home, 'xdg/gausskeep/gausskeep.toml'));
    const named = configure('generation = 3\n', join(home, 'named.toml'));
    expect(await readConfiguration({ HOME: home })).toMatchObject({ path: own, generation: 1 });
    expect(await readConfiguration({ HOME: home, XDG_CONFIG_HOME: join(home, 'xdg') })).toMatchObject({ path: other });
    expect(await readConfiguration({ HOME: home, GAUSSKEEP_CONFIG: named })).toMatchObject({ path: named });
    const missing = join(home, 'missing.toml');
    expect(await refusal(readConfiguration({ HOME: home, GAUSSKEEP_CONFIG: missing }))).toContain(
      `cannot read configuration file "${missing}"`,
    );
  });

  it.each([
    ['archives = "/a"', 'configuration file "/f": unknown setting "archives"'],
    ['password = "x"', 'configuration file "/f": unknown setting "password"'],
    [
      '[archive]\ndirectory = "/a"',
      '"/f": archive must be the absolute path of a directory or s3://BUCKET/PREFIX, in quotes',
    ],
    ['archive = "relative"', '"/f": archive must be the absolute path of a directory or s3://BUCKET/PREFIX, in quotes'],
    ['backups = ["/a", 1]', '"/f": backups must be a list of absolute paths of directories'],
    ['generation = 0', '"/f": generation must be a whole number from 1 to 999999999'],
    ['generation = 1.5', '"/f": generation must be a whole number from 1 to 999999999'],
    ['archive = "/a"\narchive = "/b"', '"/f", line 2: '],
  ])('refuses %j', async (text, expected) => {
    expect(await refusal(parseConfiguration(text, '/f'))).toContain(expected);
  });

  it('takes one folder of backups as text', async () => {
    expect(await parseConfiguration('# all\nbackups = "/b"\n', '/f')).toMatchObject({ backups: ['/b'] });
  });
});
