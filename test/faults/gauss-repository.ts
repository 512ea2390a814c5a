import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathsBelow } from '../support/backups.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import {
  runProgram,
  startProgram,
  temporaryDirectory,
  type ProgramResult,
  type RunningProgram,
} from '../support/programs.ts';
import { makeSoundSource } from './sound-source.ts';

type Environment = Readonly<Record<string, string>>;

const settings = { GAUSSKEEP_CACHE: '', GAUSSKEEP_CONFIG: '/dev/null', PGPASSWORD: 'Backup@1234' };

/** A stand-in whose backups go into repositories under the name `gauss`. */
export function startSource(): Promise<OpengaussServer> {
  const data = makeSoundSource(join(temporaryDirectory('source'), 'data'), []);
  return startOpengaussServer({ dataDirectory: data.path, tablespaces: data.tablespaces });
}

const environmentOf = (repository: string, env: Environment): Environment => ({
  ...settings,
  ...{ GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'gauss' },
  ...env,
});

/** `gausskeep` with a repository and its instance in the environment. */
export function runOn(repository: string, words: readonly string[], env: Environment = {}): Promise<ProgramResult> {
  return runProgram('gausskeep', words, { env: environmentOf(repository, env) });
}

export function startOn(repository: string, words: readonly string[], env: Environment = {}): RunningProgram {
  return startProgram('gausskeep', words, { env: environmentOf(repository, env) });
}

/** The words of a backup of the stand-in. */
export function backupWords({ host, sqlPort }: OpengaussServer): string[] {
  return ['backup', '-c', 'fast', '-h', host, '-p', String(sqlPort), '-U', 'backup', '-w'];
}

/** A directory that begins as a copy of a repository, with its times. */
export function copyOf(from: () => string): { readonly root: string; readonly reset: () => void } {
  const root = temporaryDirectory('repo');
  const reset = (): void => {
    for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
    cpSync(from(), root, { recursive: true, preserveTimestamps: true });
  };
  return { root, reset };
}

/** `sound`: every backup that is listed can be read to its last byte, and there are so many at least. Else what verify says. */
export async function soundness(repository: string, least: number): Promise<string> {
  const { status, stdout, stderr } = await runOn(repository, ['verify', '--read-data', '--json']);
  const backups = stdout.split('\n').filter((line) => line !== '');
  return status === 0 && backups.length >= least ? 'sound' : stdout + stderr;
}

const instance = 'instances/gauss';

/** Ids with packs or holds that no backup has. */
export function leavings(repository: string): string[] {
  const names = (folder: string): string[] => {
    const path = join(repository, instance, folder);
    return existsSync(path) ? readdirSync(path).filter((name) => pathsBelow(join(path, name)).some(isFile)) : [];
  };
  const commits = join(repository, instance, 'commits');
  const committed = new Set(readdirSync(commits).map((name) => name.replace('.json', '')));
  return ['packs', 'holds'].flatMap((folder) => names(folder).filter((id) => !committed.has(id)));
}

/** Packs are named by eight digits, holds end in `.json`. */
const isFile = (path: string): boolean => /\/\d{8}$|\.json$/.test(path);
