import { statSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Environment } from '../config/environment.ts';

/**
 * As root, becomes the owner of a data directory for the rest of the process: servers refuse root, let their owner in
 * without a password, and nothing that the owner has put there can then lead us elsewhere. Does nothing for others.
 * @returns the environment, with the home of that account
 */
export function runAsOwner(directory: string, environment: Environment): Environment {
  const stats = statSync(directory, { throwIfNoEntry: false });
  if (process.geteuid?.() !== 0 || stats === undefined || stats.uid === 0) return environment;
  const { uid, gid } = stats;
  try {
    (process as { initgroups?: (user: number, group: number) => void }).initgroups?.(uid, gid);
  } catch {
    // No account has that number.
    process.setgroups?.([gid]);
  }
  process.setgid?.(gid);
  process.setuid?.(uid);
  try {
    const { username, homedir } = userInfo();
    return { ...environment, HOME: homedir, USER: username, LOGNAME: username };
  } catch {
    return { ...environment, HOME: '/' };
  }
}
