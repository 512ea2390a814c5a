import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runningAsRoot } from './postgres/server-user.ts';
import { projectRoot } from './project.ts';
import { runDirectory } from './run-directory.ts';

let staged: string | undefined;

/**
 * The directory of the built programs. As root it is a copy that the account of the servers can read, wherever the clone
 * sits: a server runs our programs as its archive_command and restore_command.
 */
export function programDirectory(): string {
  const built = join(projectRoot, 'dist');
  if (!runningAsRoot) return built;
  staged ??= stage(built);
  return staged;
}

function stage(built: string): string {
  // Not made by `make`: it serves all servers of the run, and `clear` must leave it.
  const home = join(runDirectory().path, 'programs');
  const target = join(home, 'dist');
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(built)) {
    if (name !== 'types') cpSync(join(built, name), join(target, name));
  }
  cpSync(join(projectRoot, 'package.json'), join(home, 'package.json'));
  for (const name of packagesOf(projectRoot)) copyPackage(name, home);
  for (const directory of [home, target]) chmodSync(directory, 0o755);
  return target;
}

/** What the programs need at run time; development dependencies are not among it. */
function packagesOf(directory: string): string[] {
  const text = readFileSync(join(directory, 'package.json'), 'utf8');
  const { dependencies, optionalDependencies } = JSON.parse(text) as Record<string, Record<string, string> | undefined>;
  return Object.keys({ ...dependencies, ...optionalDependencies });
}

/** Copies a package and what it depends on. One for another platform is not installed and left out. */
function copyPackage(name: string, home: string): void {
  const source = join(projectRoot, 'node_modules', name);
  const target = join(home, 'node_modules', name);
  if (!existsSync(source) || existsSync(target)) return;
  mkdirSync(dirname(target), { recursive: true });
  cpSync(source, target, { recursive: true, dereference: true });
  for (const needed of packagesOf(source)) copyPackage(needed, home);
}
