import { copyFileSync, existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathsBelow } from './backups.ts';
import { givenToServerUser } from './postgres/server-user.ts';
import { temporaryDirectory } from './programs.ts';
import { projectRoot } from './project.ts';

let killer: string | undefined;

/** The environment in which a program is killed before that step (see kill-at-step.mjs), from 1. */
export function killBeforeStep(step: number): Record<string, string> {
  return { NODE_OPTIONS: importKiller(), KILL_AT_STEP: String(step) };
}

/** The environment in which a program notes its steps, and the function that tells them: call and path. */
export function noteSteps(): { readonly env: Record<string, string>; readonly steps: () => string[] } {
  const file = join(givenToServerUser(temporaryDirectory('steps')), 'steps');
  return {
    env: { NODE_OPTIONS: importKiller(), STEPS_FILE: file },
    steps: () => readFileSync(file, 'utf8').split('\n'),
  };
}

/** It lies where another account can read it. */
function importKiller(): string {
  // Temporary directories go with the group of tests that made them.
  if (killer === undefined || !existsSync(killer)) {
    killer = join(temporaryDirectory('killer'), 'kill-at-step.mjs');
    copyFileSync(join(projectRoot, 'test/support/kill-at-step.mjs'), killer);
    givenToServerUser(join(killer, '..'));
  }
  return `--import ${killer}`;
}

/**
 * Everything of a restored copy that a server would see: names, kinds, owners, modes, contents, where links lead. Old
 * copies that were moved inside are left out.
 * @param roots its directories by a name of their own, which stands for them in contents and links
 */
export function pictureOf(roots: Readonly<Record<string, string>>): Record<string, string> {
  const shown: Record<string, string> = {};
  const named = (text: string): string =>
    Object.entries(roots).reduce((rest, [name, root]) => rest.replaceAll(root, name.toUpperCase()), text);
  for (const [rootName, root] of Object.entries(roots)) {
    for (const name of ['', ...pathsBelow(root)]) {
      if (name.startsWith('gausskeep.before-restore-')) continue;
      const path = join(root, name);
      const stats = lstatSync(path);
      const what = stats.isSymbolicLink()
        ? named(readlinkSync(path))
        : stats.isFile()
          ? named(readFileSync(path, 'latin1'))
          : 'directory';
      const mode = stats.isSymbolicLink() ? '' : (stats.mode & 0o777).toString(8);
      shown[`${rootName}/${name}`] = `${String(stats.uid)} ${mode} ${what}`;
    }
  }
  return shown;
}
