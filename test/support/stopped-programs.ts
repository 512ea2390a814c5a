import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { giveToServerUser, runningAsRoot } from './postgres/server-user.ts';
import { projectRoot } from './project.ts';
import { temporaryDirectory, type ProgramResult, type RunningProgram } from './programs.ts';

let preload: string | undefined;

/** The environment in which a program stops before it first opens a path with that end: see stop-at-open.mjs. */
export function stopAtOpen(end: string): Record<string, string> {
  // Temporary directories go with the group of tests that made them.
  if (preload === undefined || !existsSync(preload)) {
    preload = join(temporaryDirectory('preload'), 'stop-at-open.mjs');
    copyFileSync(join(projectRoot, 'test/support/stop-at-open.mjs'), preload);
    if (runningAsRoot) giveToServerUser(join(preload, '..'));
  }
  return { NODE_OPTIONS: `--import ${preload}`, STOP_AT: end };
}

/**
 * Sends signals to a program that stops by itself, does something meanwhile, and lets it go on.
 * @throws Error when it ends before it stops
 */
export async function signalStopped(
  program: RunningProgram,
  signals: readonly NodeJS.Signals[],
  meanwhile: () => Promise<void> = () => Promise.resolve(),
): Promise<ProgramResult> {
  let ended: ProgramResult | undefined;
  void program.result.then((result) => (ended = result));
  while (!isStopped(program.pid)) {
    if (ended !== undefined) throw new Error(`the program ended before it stopped:\n${ended.stdout}${ended.stderr}`);
    await delay(10);
  }
  await meanwhile();
  for (const signal of [...signals, 'SIGCONT' as const]) program.kill(signal);
  return program.result;
}

/** proc(5): the state behind the name in parentheses. */
function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  } catch {
    return false;
  }
}
