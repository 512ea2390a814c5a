import { say } from '../messages/message.ts';
import { walLevel } from './refusals-access.ts';
import type { ServerFamily } from './identity.ts';
import type { RefusalRule } from './refusal-rule.ts';

/** Refusals of a command, or errors in the middle of one. The first rule that matches counts. */
export const commandRefusals: readonly RefusalRule[] = [
  {
    message: /requested WAL segment ([0-9A-F]+) has already been removed/,
    code: 'WAL_MISSING',
    hint: (match, _place, family) =>
      say('refusal.wal-removed', { segment: match[1] ?? '', setting: keepSetting(family) }),
  },
  {
    message: /could not find (any )?WAL file|unexpected WAL file size/,
    code: 'WAL_MISSING',
    hint: (_match, _place, family) => say('refusal.wal-file-missing', { setting: keepSetting(family) }),
  },
  {
    // The word is spelled so by the server; older releases do not tell the block.
    message: /che(?:cks|ks)um failed in file "([^"]*)"\s*(?:block (\d+))?/,
    code: 'CORRUPT',
    hint: (match) =>
      say('refusal.corrupt-page', {
        file: match[1] ?? '',
        place: match[2] === undefined ? '' : say('refusal.in-block', { block: match[2] }),
      }),
  },
  {
    message: /WAL level not sufficient|requires wal_level/,
    code: 'SERVER_ERROR',
    hint: (_match, _place, family) => say('refusal.wal-level', { level: walLevel(family) }),
  },
  {
    sqlstates: ['42704'],
    message: /replication slot ".*" does not exist/s,
    code: 'OBJECT_NOT_FOUND',
    kind: 'slot-missing',
    hint: () => say('refusal.slot-missing'),
  },
  {
    sqlstates: ['42710'],
    message: /replication slot ".*" already exists/s,
    code: 'OBJECT_EXISTS',
    hint: () => say('refusal.slot-exists'),
  },
  {
    sqlstates: ['55006'],
    message: /replication slot ".*" is (?:already )?active(?: for PID (\d+))?/s,
    code: 'LOCKED',
    kind: 'slot-active',
    hint: (match) => say('refusal.slot-active', { pid: match[1] ?? '?' }),
  },
  {
    sqlstates: ['42602', '42622', '42939'],
    message: /replication slot name|reserved/,
    code: 'USAGE',
    hint: () => say('refusal.slot-name'),
  },
  {
    message: /replication slot name should be shorter/,
    code: 'USAGE',
    hint: () => say('refusal.slot-name'),
  },
  {
    sqlstates: ['53400'],
    message: /all replication slots are in use/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.slots-used'),
  },
  {
    message:
      /cannot use a (?:logical )?replication slot .*for physical replication|cannot use a logical replication slot/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.slot-logical'),
  },
  {
    message:
      /replication slot ".*" (?:was invalidated|cannot be advanced)|can no longer (?:get changes from|access) replication slot/s,
    code: 'WAL_MISSING',
    hint: () => say('refusal.slot-invalidated'),
  },
  {
    sqlstates: ['22023'],
    message: /backup label too long/,
    code: 'USAGE',
    hint: () => say('refusal.label'),
  },
  {
    sqlstates: ['42809', '57P01', '57P02'],
    message: /shutdown requested|terminating (?:connection|walsender)|crash of another server process/,
    code: 'SERVER_UNREACHABLE',
    hint: () => say('refusal.stopped'),
  },
  {
    message: /standby was promoted during|run mode changed/,
    code: 'SERVER_ERROR',
    retryable: true,
    hint: () => say('refusal.promoted'),
  },
  {
    // Quoted from PostgreSQL 17 on.
    message: /full_page_writes=off"? was replayed/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.full-page-writes'),
  },
  {
    message: /too long for tar format/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.name-too-long'),
  },
  {
    sqlstates: ['42501'],
    message: /could not (?:open|read|stat)/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.unreadable-file'),
  },
  {
    message: /unless WAL summarization is enabled/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.summarize-wal'),
  },
  {
    message: /WAL summaries are required on timeline|WAL summarization is not progressing/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.summaries-missing'),
  },
  {
    message: /manifest requires WAL from final timeline/,
    code: 'SERVER_ERROR',
    retryable: true,
    hint: () => say('refusal.manifest-ahead'),
  },
  {
    message: /manifest requires WAL from|timeline \d+ found in manifest, but not in this server's history/,
    code: 'SYSTEM_MISMATCH',
    hint: () => say('refusal.manifest-timeline'),
  },
  {
    message: /system identifier in backup manifest|manifest system identifier/,
    code: 'SYSTEM_MISMATCH',
    hint: () => say('refusal.manifest-instance'),
  },
  {
    message:
      /could not parse backup manifest|invalid manifest checksum|manifest checksum mismatch|backup manifest version/,
    code: 'CORRUPT',
    hint: () => say('refusal.manifest-unread'),
  },
  {
    message: /is ahead of the WAL flush position/,
    code: 'SYSTEM_MISMATCH',
    hint: () => say('refusal.ahead'),
  },
  {
    message: /is not in this server's history/,
    code: 'SYSTEM_MISMATCH',
    hint: () => say('refusal.timeline'),
  },
  {
    sqlstates: ['42601', '42809'],
    message:
      /replication command|duplicate option|syntax error|not connected to database|repl_gram|invalid standby query/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.grammar'),
  },
  {
    sqlstates: ['08P01'],
    message: /invalid standby query string/,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.grammar'),
  },
  {
    sqlstates: ['53100'],
    message: /./s,
    code: 'SERVER_ERROR',
    hint: () => say('refusal.disk-full'),
  },
  {
    sqlstates: ['42501'],
    message: /./s,
    code: 'AUTHENTICATION',
    hint: () => say('refusal.privilege'),
  },
];

/** The setting that keeps old WAL on the server. */
export function keepSetting(family: ServerFamily): string {
  return family === 'opengauss' ? 'wal_keep_segments' : 'wal_keep_size (wal_keep_segments before 13)';
}
