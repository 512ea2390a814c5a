import { spawn, type ChildProcess } from 'node:child_process';
import { programPath } from '../test/support/programs.ts';
import { say } from './talk.ts';

let underWay: ChildProcess | undefined;

/** Runs one of our programs as a user would, its output on this terminal. @throws Error unless it ends with the status expected */
export async function run(
  name: 'gs_basebackup' | 'gs_tar' | 'gausskeep',
  words: readonly string[],
  { status = 0 }: { readonly status?: number } = {},
): Promise<void> {
  say(`$ ${name} ${words.join(' ')}`);
  const program = spawn(process.execPath, [programPath(name), ...words], { stdio: ['ignore', 'inherit', 'inherit'] });
  underWay = program;
  const ended = await new Promise((resolve, reject) => program.once('error', reject).once('close', resolve));
  underWay = undefined;
  if (ended !== status) throw new Error(`${name} ended with status ${String(ended)} instead of ${String(status)}`);
  say('');
}

/** Ends the program that runs, if one does. */
export function stopProgram(): void {
  underWay?.kill('SIGTERM');
}
