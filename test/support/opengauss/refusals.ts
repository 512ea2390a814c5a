import type { Fields } from '../scripted/messages.ts';

/** ErrorResponse as the recorded server writes it: S, c (an internal number, mostly 0), M, C, d, perhaps H. */
export function fatal(
  code: string,
  text: string,
  more: { readonly internal?: number; readonly hint?: string } = {},
): Fields {
  return fields('FATAL', code, text, more);
}

export function fields(
  severity: 'FATAL' | 'ERROR' | 'WARNING' | 'INFO' | 'NOTICE',
  code: string,
  text: string,
  more: { readonly internal?: number; readonly hint?: string } = {},
): Fields {
  const base = { S: severity, c: String(more.internal ?? 0), M: text, C: code, d: 'BACKEND' };
  return more.hint === undefined ? base : { ...base, H: more.hint };
}

export const refusals = {
  wrongPassword: fatal('28P01', 'Invalid username/password,login denied.'),
  locked: fatal('28000', 'The account has been locked.'),
  initialUser: fatal('28000', 'Forbid remote connection with initial user.'),
  haChannel: fatal('28000', 'Normal user is not allowed to use HA channel!'),
  sqlOnHaPort: fatal('57P03', 'the local listen ip and port is not for the gsql client'),
  threadPool: fields('ERROR', '22023', 'replication should connect HA port in thread_pool'),
  noUser: fatal('28000', 'no openGauss user name specified in startup packet'),
  startupLayout: fatal('08P01', 'invalid startup packet layout: expected terminator as last byte'),
  badReplicationValue: fatal('22023', 'invalid value for parameter "replication"'),
  parser: fatal('42601', 'replication command parser returned 1'),
  unbalanced: fatal('42601', 'replication command, syntax error.'),
  notConnected: fatal('42809', 'not connected to database', { internal: 17847 }),
  emptyCommand: fatal(
    '42809',
    'repl_gram.cpp : 260 : The parameter destMax is equal to zero or larger than the macro : SECUREC_STRING_MAX_LEN.',
  ),
  noRight: fatal(
    '42501',
    'must be system admin or replication role to run a backup.If in operation mode, you can also be operator admin to run a backup.',
  ),
  shutdown: fatal('42809', 'shutdown requested, aborting active base backup'),
  slotsInUse: fatal('53400', 'all replication slots are in use'),
  slotNameTooLong: fatal('42601', 'replication slot name should be shorter than 64.'),
} as const;

export function noHbaLine(address: string, user: string, tls: boolean): Fields {
  const from = `host "${address}", user "${user}", SSL ${tls ? 'on' : 'off'}`;
  return fatal('28000', `no pg_hba.conf entry for replication connection from ${from}`);
}

export function tooManySenders(limit: number): Fields {
  return fatal('53300', `number of requested standby connections exceeds max_wal_senders (currently ${limit})`);
}

export function noSuchSlot(name: string): Fields {
  return fatal('42704', `replication slot "${name}" does not exist`, { internal: 17775 });
}

export function badSlotName(name: string): Fields {
  const hint =
    "Replication slot names may only contain lower letters, numbers and the 4 following special characters: '_', '?', '.', '-'.\n" +
    "'.' and '..' are also not allowed to be slot names independently.";
  return fatal('42602', `replication slot name "${name}" contains invalid character`, { hint });
}

export function removedSegment(name: string): Fields {
  return fatal('58P01', `requested WAL segment ${name} has already been removed`);
}
