import { createHash } from 'node:crypto';
import type { HbaMethod, StoredKind, StoredPassword } from './passwords.ts';

export interface TestUser {
  readonly name: string;
  readonly password: string;
  readonly kind?: StoredKind;
  readonly sysadmin?: boolean;
  readonly replication?: boolean;
  /** The user that made the instance: never let in from another machine. */
  readonly initial?: boolean;
  /** Default 10000. */
  readonly iterations?: number;
}

export interface HbaLine {
  readonly database: 'all' | 'replication';
  readonly user: string;
  /** `127.0.0.3` or a prefix that ends in a dot; `all` for any. */
  readonly address: string;
  readonly method: HbaMethod;
}

/** The users of the recorded server. */
export const recordedUsers: readonly TestUser[] = [
  { name: 'omm', password: 'Test@1234', initial: true, sysadmin: true, replication: true },
  { name: 'backup', password: 'Backup@1234', sysadmin: true, replication: true },
  { name: 'replonly', password: 'Repl@12345', replication: true },
  { name: 'norepl', password: 'Norepl@1234' },
  { name: 'nohba2', password: 'Nohba@1234', sysadmin: true, replication: true },
  { name: 'md5user', password: 'Md5user@1234', kind: 'md5', sysadmin: true, replication: true },
  { name: 'combuser', password: 'Comb@12345', kind: 'combined', sysadmin: true, replication: true },
  { name: 'sm3user', password: 'Sm3user@1234', kind: 'sm3', sysadmin: true, replication: true },
];

/** The access rules of the recorded server (pgdata/pg_hba.conf.used): the client's address chooses the method. */
export const recordedHba: readonly HbaLine[] = [
  { database: 'all', user: 'all', address: '127.0.0.3', method: 'md5' },
  { database: 'replication', user: 'all', address: '127.0.0.3', method: 'md5' },
  { database: 'all', user: 'all', address: '127.0.0.4', method: 'sm3' },
  { database: 'replication', user: 'all', address: '127.0.0.4', method: 'sm3' },
  { database: 'all', user: 'all', address: '127.', method: 'sha256' },
  ...['backup', 'replonly', 'norepl', 'omm', 'nosuch', 'md5user', 'combuser', 'sm3user'].map(
    (user) => ({ database: 'replication', user, address: '127.', method: 'sha256' }) as const,
  ),
];

/** Salts are made from the name, so that two runs are alike. */
export function storedPassword(user: TestUser): StoredPassword {
  return {
    kind: user.kind ?? 'sha256',
    user: user.name,
    password: user.password,
    salt: createHash('sha256').update(`salt of ${user.name}`).digest(),
    iterations: user.iterations ?? 10_000,
  };
}

function addressMatches(rule: string, address: string): boolean {
  return rule === 'all' || rule === address || (rule.endsWith('.') && address.startsWith(rule));
}

/** The first line that fits, as pg_hba.conf is read; `all` does not mean replication. */
export function hbaMethod(
  lines: readonly HbaLine[],
  session: { readonly walSender: boolean; readonly user: string; readonly address: string },
): HbaMethod | undefined {
  return lines.find(
    (line) =>
      (line.database === 'replication') === session.walSender &&
      (line.user === 'all' || line.user === session.user) &&
      addressMatches(line.address, session.address),
  )?.method;
}
