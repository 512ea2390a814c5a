import { hostname, userInfo } from 'node:os';

/** `account@host`, for people. */
export function accountAndHost(): string {
  return `${account()}@${hostname()}`;
}

function account(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run as a number that has no name.
    return `${process.geteuid?.() ?? ''}`;
  }
}
