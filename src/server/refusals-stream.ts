import { say } from '../messages/message.ts';
import { keepSetting } from './refusals-commands.ts';
import type { RefusalRule } from './refusal-rule.ts';

/**
 * Refusals of START_REPLICATION, and errors in the middle of its stream. The first rule that matches counts. Those of them that
 * somebody acts on are recognised by SQLSTATE, or by the function that raised them, where the server speaks another
 * language than English. Source: walsender.c, xlog.c, timeline.c, slot.c of PostgreSQL 10 to 18; recordings of openGauss.
 */
export const streamRefusals: readonly RefusalRule[] = [
  {
    // Of a server that lost it while it was read, the SQLSTATE may be any.
    message: /requested WAL segment ([0-9A-F]+) has already been removed/,
    code: 'WAL_MISSING',
    kind: 'wal-removed',
    hint: (match, _place, family) =>
      say('refusal.stream-removed', { segment: ` ${match[1] ?? ''}`, setting: keepSetting(family) }),
  },
  {
    // In START_REPLICATION nothing else can be a file that is not there.
    sqlstates: ['58P01'],
    message: /./s,
    code: 'WAL_MISSING',
    kind: 'wal-removed',
    hint: (_match, _place, family) => say('refusal.stream-removed', { segment: '', setting: keepSetting(family) }),
  },
  {
    routines: ['CheckXLogRemoved'],
    message: /./s,
    code: 'WAL_MISSING',
    kind: 'wal-removed',
    hint: (_match, _place, family) => say('refusal.stream-removed', { segment: '', setting: keepSetting(family) }),
  },
  {
    // From 18 on; earlier releases let a receiver into such a slot, and refuse WAL that is not there any more.
    sqlstates: ['55000'],
    message: /can no longer access replication slot|can no longer get changes from replication slot/,
    code: 'WAL_MISSING',
    kind: 'slot-invalidated',
    hint: () => say('refusal.stream-slot-invalidated'),
  },
  {
    sqlstates: ['55000'],
    routines: ['ReplicationSlotAcquire'],
    message: /./s,
    code: 'WAL_MISSING',
    kind: 'slot-invalidated',
    hint: () => say('refusal.stream-slot-invalidated'),
  },
  {
    sqlstates: ['55000'],
    message: /cannot use a logical replication slot/,
    code: 'SERVER_ERROR',
    kind: 'slot-logical',
    hint: () => say('refusal.slot-logical'),
  },
  {
    sqlstates: ['55000'],
    routines: ['StartReplication'],
    message: /./s,
    code: 'SERVER_ERROR',
    kind: 'slot-logical',
    hint: () => say('refusal.slot-logical'),
  },
  {
    sqlstates: ['42704'],
    message: /./s,
    code: 'OBJECT_NOT_FOUND',
    kind: 'slot-missing',
    hint: () => say('refusal.stream-slot-missing'),
  },
  {
    sqlstates: ['55006'],
    message: /PID\s+(\d+)|$/,
    code: 'LOCKED',
    kind: 'slot-active',
    hint: (match) => say('refusal.slot-active', { pid: match[1] ?? '?' }),
  },
  {
    message: /is ahead of the WAL flush position/,
    code: 'SYSTEM_MISMATCH',
    kind: 'ahead-of-server',
    hint: () => say('refusal.ahead'),
  },
  {
    message: /starting point .* is not in this server's history/s,
    code: 'SYSTEM_MISMATCH',
    kind: 'timeline-left',
    hint: () => say('refusal.timeline-left'),
  },
  {
    message: /timeline .* is not in this server's history/s,
    code: 'SYSTEM_MISMATCH',
    kind: 'timeline-unknown',
    hint: () => say('refusal.timeline'),
  },
  {
    routines: ['tliSwitchPoint'],
    message: /./s,
    code: 'SYSTEM_MISMATCH',
    kind: 'timeline-unknown',
    hint: () => say('refusal.timeline'),
  },
  {
    sqlstates: ['57P02'],
    message: /./s,
    code: 'SERVER_UNREACHABLE',
    kind: 'server-crashed',
    hint: () => say('refusal.stream-crashed'),
  },
  {
    // Stopped, or ended by pg_terminate_backend: the words are the same.
    sqlstates: ['57P01', '57P03'],
    message: /./s,
    code: 'SERVER_UNREACHABLE',
    kind: 'server-stopped',
    hint: () => say('refusal.stream-stopped'),
  },
  {
    family: 'opengauss',
    message: /shutdown requested|terminating (?:connection|walsender)/,
    code: 'SERVER_UNREACHABLE',
    kind: 'server-stopped',
    hint: () => say('refusal.stream-stopped'),
  },
];
