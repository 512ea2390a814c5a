import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { shellWord } from '../messages/message.ts';

/** An account of this host. */
export interface Account {
  readonly name: string;
  /** The groups that it is in besides its own, where /etc/group says so. */
  readonly groups: readonly number[];
  /** It may log in. */
  readonly hasShell: boolean;
}

/** The account with a number; undefined where it has no name here. */
export function accountOf(uid: number): Account | undefined {
  const line = lineOf('/etc/passwd', uid) ?? systemLineOf(uid);
  const [name, , , , , , shell = ''] = line?.split(':') ?? [];
  if (name === undefined || name === '') return undefined;
  return { name, groups: groupsOf(name), hasShell: !/(?:nologin|false)$/.test(shell) };
}

/**
 * `command` as it can be pasted: through `su` where we are root and servers are run by `uid`, for their programs refuse root.
 * @param uid undefined: by whoever runs this
 */
export function asAccount(command: string, uid: number | undefined): string {
  return commandsAs(uid)(command);
}

/** The same for many commands, and for whoever runs this now, though it may become another account later. */
export function commandsAs(uid: number | undefined): (command: string) => string {
  if (uid === undefined || uid === 0 || process.geteuid?.() !== 0) return (command) => command;
  const account = accountOf(uid);
  const become =
    account === undefined
      ? `setpriv --reuid=${uid} --clear-groups sh -c`
      : `su ${account.hasShell ? '' : '-s /bin/sh '}${shellWord(account.name)} -c`;
  return (command) => `${become} ${shellWord(command)}`;
}

function lineOf(file: string, uid: number): string | undefined {
  return linesOf(file).find((line) => line.split(':')[2] === String(uid));
}

/** From wherever the system has its accounts. */
function systemLineOf(uid: number): string | undefined {
  try {
    return execFileSync('getent', ['passwd', String(uid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}

function groupsOf(name: string): number[] {
  return linesOf('/etc/group')
    .map((line) => line.split(':'))
    .filter(([, , , members = '']) => members.split(',').includes(name))
    .map(([, , gid]) => Number(gid));
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
