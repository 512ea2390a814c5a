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
  if (uid === undefined || uid === 0 || process.geteuid?.() !== 0) return command;
  const account = accountOf(uid);
  if (account === undefined) return `setpriv --reuid=${uid} --clear-groups ${command}`;
  return `su ${account.hasShell ? '' : '-s /bin/sh '}${shellWord(account.name)} -c ${shellWord(command)}`;
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
