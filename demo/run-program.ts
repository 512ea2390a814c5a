import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';
import { programPath } from '../test/support/programs.ts';
import { say } from './talk.ts';

let underWay: ChildProcess | undefined;

/** Runs gausskeep as a user would, its output on this terminal. @throws Error unless it ends with a status expected */
export async function run(
  name: 'gausskeep',
  words: readonly string[],
  { statuses = [0] }: { readonly statuses?: readonly number[] } = {},
): Promise<void> {
  say(`$ ${name} ${words.map((word) => (/[^\w@%+=:,./-]/.test(word) ? `'${word}'` : word)).join(' ')}`);
  const program = spawn(process.execPath, [programPath(name), ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
  underWay = program;
  const ended = await new Promise<number | null>((resolve, reject) =>
    program.once('error', reject).once('close', resolve),
  );
  underWay = undefined;
  if (ended === null || !statuses.includes(ended)) throw new Error(`${name} ended with status ${String(ended)}`);
  say('');
}

/** What a command prints, for the demo itself: nobody sees it. */
export async function output(name: 'gausskeep', words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [programPath(name), ...words]);
  return stdout;
}

/** Ends the program that runs, if one does. */
export function stopProgram(): void {
  underWay?.kill('SIGTERM');
}
