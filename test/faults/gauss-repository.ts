import { cpSync, existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { openRepository } from '../../src/index.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { putRemoval } from '../../src/repository/removal.ts';
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

/** What an expire keeps of `removed`: all that is still on the catalogue. */
export const expireWords = ['expire', '--keep-last', '9', '--grace', '30min'];

export async function succeed(result: Promise<ProgramResult>): Promise<void> {
  const { status, stderr } = await result;
  expect(status, stderr).toBe(0);
}

/** A repository with one backup, and one with three, two of which were taken off an hour ago. */
export async function storeBackups(server: OpengaussServer): Promise<{ filled: string; removed: string }> {
  const [filled, removed] = [join(temporaryDirectory('filled'), 'repo'), join(temporaryDirectory('removed'), 'repo')];
  await succeed(runOn(filled, ['repo', 'init', filled]));
  await succeed(runOn(filled, backupWords(server)));
  cpSync(filled, removed, { recursive: true, preserveTimestamps: true });
  for (let count = 0; count < 2; count += 1) await succeed(runOn(removed, backupWords(server)));
  const { storage } = await openInstance(await openRepository(removed), 'gauss');
  const listed = await runOn(removed, ['list', '--json']);
  const ids = listed.stdout
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { id: string }).id.slice(-32));
  for (const backup of ids.slice(0, 2)) await putRemoval(storage, { backup, reason: 'by hand', minimum: 1 });
  const removals = join(removed, 'instances/gauss/removals');
  const before = Date.now() / 1000 - 3600;
  for (const name of readdirSync(removals)) utimesSync(join(removals, name), before, before);
  return { filled, removed };
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
