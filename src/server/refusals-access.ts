import { say, type Message } from '../messages/message.ts';
import type { ServerFamily } from './identity.ts';
import type { RefusalRule } from './refusal-rule.ts';

/** Refusals of a connection: who we are, from where, how many of us. The first rule that matches counts. */
export const accessRefusals: readonly RefusalRule[] = [
  {
    sqlstates: ['28P01', '28000'],
    message: /Invalid username\/password/,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.password.opengauss'),
  },
  {
    sqlstates: ['28P01'],
    message: /./s,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.password.postgresql'),
  },
  {
    // Only without encryption does another line (hostssl) come into question.
    message:
      /no pg_hba\.conf entry for replication connection from host "(?!\[local\])([^"]*)", user "([^"]*)".*(?:SSL off|no encryption)/,
    code: 'AUTHENTICATION',
    hint: (match, _place, family) => hbaHint('refusal.hba-encryption', 'replication', match[2], match[1], family),
  },
  {
    message: /no pg_hba\.conf entry for replication connection from host "([^"]*)", user "([^"]*)"/,
    code: 'AUTHENTICATION',
    hint: (match, _place, family) => hbaHint('refusal.hba-replication', 'replication', match[2], match[1], family),
  },
  {
    message: /no pg_hba\.conf entry for host "([^"]*)", user "([^"]*)", database "([^"]*)"/,
    code: 'AUTHENTICATION',
    hint: (match, _place, family) => hbaHint('refusal.hba-database', match[3] ?? 'all', match[2], match[1], family),
  },
  {
    message: /pg_hba\.conf rejects replication connection for host "([^"]*)", user "([^"]*)"/,
    code: 'AUTHENTICATION',
    hint: (match, _place, family) => hbaHint('refusal.hba-reject', 'replication', match[2], match[1], family),
  },
  {
    message: /pg_hba\.conf rejects connection for host "([^"]*)", user "([^"]*)", database "([^"]*)"/,
    code: 'AUTHENTICATION',
    hint: (match, _place, family) => hbaHint('refusal.hba-reject', match[3] ?? 'all', match[2], match[1], family),
  },
  {
    message: /Normal user is not allowed to use HA channel/,
    code: 'AUTHENTICATION',
    hint: (_match, { user }) => say('refusal.ha-channel', { user }),
  },
  {
    message: /Forbid remote connection with initial user/,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.initial-user'),
  },
  {
    message: /Forbid remote connection with trust method/,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.trust-remote'),
  },
  {
    message:
      /Forbid remote connection via internal maintenance tools|Inner maintenance tools only for the initial user/,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.internal-tool'),
  },
  {
    message: /The account has been locked/,
    code: 'AUTHENTICATION',
    hint: (_match, { user }) => say('refusal.locked', { user }),
  },
  {
    message: /account is not within the period of validity/,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.validity'),
  },
  {
    sqlstates: ['22023'],
    message: /should connect HA port in thread_pool/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.thread-pool'),
  },
  {
    message: /the local listen ip and port is not for the gsql client/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.sql-on-ha-port'),
  },
  {
    sqlstates: ['53300'],
    message: /standby connections exceeds "?max_wal_senders"? \(currently 0\)/,
    code: 'SERVER_ERROR',
    hint: (_match, _place, family) => say('refusal.wal-senders-off', { level: walLevel(family) }),
  },
  {
    sqlstates: ['53300'],
    message: /standby connections exceeds "?max_wal_senders"? \(currently (\d+)\)/,
    code: 'SERVER_ERROR',
    retryable: true,
    hint: (match) => say('refusal.wal-senders', { limit: match[1] ?? '' }),
  },
  {
    sqlstates: ['53300'],
    message: /too many clients|connection slots are reserved|too many connections/,
    code: 'SERVER_ERROR',
    retryable: true,
    hint: () => say('refusal.too-many-clients'),
  },
  {
    message: /SSL connection is required/,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.tls-required'),
  },
  {
    sqlstates: ['57P03'],
    message: /./s,
    code: 'SERVER_UNREACHABLE',
    hint: () => say('refusal.starting'),
  },
  {
    message: /must be superuser or replication role|permission denied to (start WAL sender|use replication slots)/,
    code: 'AUTHENTICATION',
    hint: (_match, { user }) => say('refusal.replication-privilege', { user }),
  },
  {
    message: /must be system admin or replication role/,
    code: 'AUTHENTICATION',
    hint: (_match, { user }) => say('refusal.backup-privilege', { user }),
  },
  {
    sqlstates: ['28000'],
    message: /role "(.*)" is not permitted to log ?in/s,
    code: 'AUTHENTICATION',
    hint: (match) => say('refusal.role-no-login', { role: roleWord(match[1] ?? '') }),
  },
  {
    sqlstates: ['28000'],
    message: /role "(.*)" does not exist/s,
    code: 'AUTHENTICATION',
    hint: (match) => say('refusal.role-missing', { role: roleWord(match[1] ?? '') }),
  },
  {
    message: /UUID replication auth is required/,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.uuid'),
  },
  {
    message: /unsupported frontend protocol/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.protocol'),
  },
  {
    sqlstates: ['3D000'],
    message: /./s,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.no-database'),
  },
];

type HbaKey = 'refusal.hba-encryption' | 'refusal.hba-replication' | 'refusal.hba-database' | 'refusal.hba-reject';

/** The exact line of pg_hba.conf that would let us in, and how to make the server read it. */
function hbaHint(
  key: HbaKey,
  database: string,
  user: string | undefined,
  host: string | undefined,
  family: ServerFamily,
): Message {
  const method = family === 'opengauss' ? 'sha256' : 'scram-sha-256';
  const reload = family === 'opengauss' ? 'gs_ctl reload' : 'pg_ctl reload';
  const who = hbaWord(user ?? 'NAME');
  const where = database === 'replication' && key !== 'refusal.hba-database' ? database : hbaWord(database);
  if (host === undefined || host === '[local]') {
    return say(key, { line: `local ${where} ${who} ${method}`, reload });
  }
  const bits = host.includes(':') ? 128 : 32;
  return say(key, { line: `host ${where} ${who} ${host}/${bits} ${method}`, reload });
}

/** A name as pg_hba.conf takes it literally: quoted when it has special characters or is a keyword there. */
function hbaWord(name: string): string {
  const plain = /^[A-Za-z0-9_$.-]+$/.test(name) && !/^(all|sameuser|samerole|samegroup|replication)$/.test(name);
  return plain ? name : `"${name}"`;
}

/** A name as SQL takes it, whatever its letters: "user" without quotes would be another role, that of the session. */
export function roleWord(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** What wal_level must be at least. */
export function walLevel(family: ServerFamily): string {
  return family === 'opengauss' ? 'hot_standby' : 'replica';
}
