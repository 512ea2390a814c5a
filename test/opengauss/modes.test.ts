/** What programs make is for its account alone, whatever the umask gives to others: 0700 and 0600, no more and no less. */
import { lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fixtureWal } from '../support/fixture-wal.ts';
import { standInForEachTest } from '../support/opengauss/stand-in-run.ts';
import { programPath, startCommand, type ProgramResult } from '../support/programs.ts';

const run = standInForEachTest({ tablespaces: [] });

/** Runs a program with this umask. */
async function withUmask(umask: string, program: string, words: readonly string[]): Promise<ProgramResult> {
  const command = ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, programPath(program), ...words];
  const started = startCommand('sh', command, { env: { PGPASSWORD: 'Backup@1234', HOME: run.workspace.path } });
  started.stdin.end();
  return started.result;
}

/** Each entry of a tree with its permissions. */
function modesOf(root: string): Record<string, string> {
  const names = readdirSync(root, { recursive: true, encoding: 'latin1' });
  const paths = ['', ...names].map((name) => [name, lstatSync(Buffer.from(join(root, name), 'latin1'))] as const);
  return Object.fromEntries(
    paths
      .filter(([, stats]) => !stats.isSymbolicLink())
      .map(([name, stats]) => [name, `${stats.isDirectory() ? 'd' : 'f'}${(stats.mode & 0o7777).toString(8)}`]),
  );
}

/** A key that the server lets nobody write keeps its mode. */
const isKey = (name: string, mode: string): boolean => name.endsWith('gs_secure_files/key') && mode === 'f400';

/** Those that are not what they should be. */
function odd(root: string, modes = modesOf(root)): Record<string, string> {
  return Object.fromEntries(
    Object.entries(modes).filter(([name, mode]) => mode !== 'd700' && mode !== 'f600' && !isKey(name, mode)),
  );
}

it.each(['000', '077'])('with umask %s', async (umask) => {
  const { sqlPort } = await run.serve();
  const at = (name: string): string => run.workspace.at(name);
  const login = ['-h', '127.0.0.1', '-p', String(sqlPort), '-U', 'backup', '-w'];
  const done = expect.objectContaining({ status: 0 }) as ProgramResult;
  const plain = ['-D', at('plain/deep'), '-c', 'fast', '--no-sync', ...login];
  expect(await withUmask(umask, 'gs_basebackup', plain)).toEqual(done);
  const tars = ['-D', at('tars'), '-F', 't', '-z', '-c', 'fast', '--no-sync', ...login];
  expect(await withUmask(umask, 'gs_basebackup', tars)).toEqual(done);
  for (const from of ['plain/deep', 'tars']) {
    const words = ['restore', '--from', at(from), '-D', at(`restored-${from.slice(0, 4)}`), '--no-sync'];
    expect((await withUmask(umask, 'gausskeep', words)).stderr).not.toContain('error');
  }
  const wal = at('pg_xlog');
  mkdirSync(wal);
  mkdirSync(at('archive'), { mode: 0o700 });
  const [[name, bytes]] = [...(await fixtureWal())] as [[string, Buffer]];
  writeFileSync(join(wal, name), bytes);
  const archive = ['--archive', at('archive')];
  expect(await withUmask(umask, 'gausskeep', ['wal', 'push', join(wal, name), ...archive])).toEqual(done);
  const words = ['wal', 'get', name, at('got'), ...archive, '--log-file', at('get.log'), '--prefetch=0'];
  const got = await withUmask(umask, 'gausskeep', words);
  expect(got.status, got.stderr).toBe(0);
  for (const place of ['plain', 'tars', 'restored-plai', 'restored-tars', 'archive']) {
    expect(`${place} ${JSON.stringify(odd(at(place)))}`).toBe(`${place} {}`);
  }
  expect(modesOf(run.workspace.path)).toMatchObject({ got: 'f600' });
});
