import type { Abortable, Connection } from '../connection/connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Capabilities } from '../server/capabilities.ts';
import type { Lsn } from '../wal/lsn.ts';
import { defaultSegmentSizeBytes, type TimelineId } from '../wal/segment.ts';
import { badResult, lsnOf, onlyRow, queryRow, runCommand, uint32Of, valueOf } from './query-row.ts';

/** The answer to IDENTIFY_SYSTEM. Source: PostgreSQL manual, "Streaming Replication Protocol". */
export interface SystemIdentity {
  /** Unsigned 64-bit number in decimal, unique to an instance and its copies. */
  readonly systemIdentifier: string;
  readonly timeline: TimelineId;
  /** End of the WAL that is flushed. */
  readonly flushLsn: Lsn;
  /** The database that the session is connected to; undefined for a physical session. */
  readonly database: string | undefined;
}

/** @throws ServerError, BackupError `PROTOCOL_VIOLATION` */
export async function identifySystem(connection: Connection, options: Abortable = {}): Promise<SystemIdentity> {
  const command = 'IDENTIFY_SYSTEM';
  const row = await queryRow(connection, command, options);
  const systemIdentifier = valueOf(row, 'systemid', command);
  if (!/^\d{1,20}$/.test(systemIdentifier))
    throw badResult(command, say('replication.answer.system-identifier', { text: systemIdentifier }));
  return {
    systemIdentifier,
    timeline: uint32Of(row, 'timeline', command),
    flushLsn: lsnOf(row, 'xlogpos', command),
    database: row.get('dbname') ?? undefined,
  };
}

/** What IDENTIFY_VERSION of openGauss answers; a PostgreSQL server has no such command. */
export interface VersionAnswer {
  readonly serverVersion: string;
  /** `MPPDB` for the whole family. */
  readonly mark: string;
  readonly term: number;
}

export async function identifyVersion(connection: Connection, options: Abortable = {}): Promise<VersionAnswer> {
  const command = 'IDENTIFY_VERSION';
  const row = await queryRow(connection, command, options);
  return {
    serverVersion: valueOf(row, 'sversion', command),
    mark: valueOf(row, 'pversion', command),
    term: uint32Of(row, 'term', command),
  };
}

/** The value of a setting of a PostgreSQL server. @param name a plain name such as `data_directory_mode` */
export async function showSetting(connection: Connection, name: string, options: Abortable = {}): Promise<string> {
  if (!/^[a-z_][a-z0-9_.]*$/.test(name)) throw new RangeError(`no name of a setting: ${name}`);
  const [result] = await runCommand(connection, `SHOW ${name}`, options);
  const [value] = onlyRow(result, 'SHOW').values();
  if (value === undefined || value === null) throw badResult('SHOW', say('replication.answer.no-value', { name }));
  return value;
}

/** Size of a WAL segment in bytes, where the server tells it; else the size every openGauss is built with. */
export async function walSegmentSize(
  connection: Connection,
  capabilities: Capabilities,
  options: Abortable = {},
): Promise<number> {
  if (capabilities.segmentSizeSetting === undefined) return defaultSegmentSizeBytes;
  const text = await showSetting(connection, capabilities.segmentSizeSetting, options);
  const match = /^(\d{1,10})(kB|MB|GB)$/.exec(text);
  const size = Number(match?.[1]) * ({ kB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }[match?.[2] ?? ''] ?? Number.NaN);
  const valid = size >= 1024 ** 2 && size <= 1024 ** 3 && Number.isInteger(Math.log2(size));
  if (!valid) throw badResult('SHOW', say('replication.answer.segment-size', { text }));
  return size;
}

/** Name and content of a timeline history file. @throws BackupError `SERVER_ERROR` where the server has no timelines */
export async function timelineHistory(
  connection: Connection,
  capabilities: Capabilities,
  timeline: TimelineId,
  options: Abortable = {},
): Promise<{ readonly name: string; readonly content: string }> {
  if (!capabilities.walStream.timelines) throw new BackupError('SERVER_ERROR', say('replication.no-timelines'));
  const command = 'TIMELINE_HISTORY';
  const row = await queryRow(connection, `${command} ${timeline}`, options);
  const name = valueOf(row, 'filename', command);
  const expected = `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`;
  if (name !== expected) throw badResult(command, say('replication.answer.file-name', { name }));
  return { name, content: valueOf(row, 'content', command) };
}

/** Refuses two sessions of one run that lead to different instances. @throws BackupError `SYSTEM_MISMATCH` */
export function checkSameSystem(first: string, second: string): void {
  if (first === second) return;
  throw new BackupError('SYSTEM_MISMATCH', say('replication.system-mismatch', { first, second }), {
    hint: say('replication.system-mismatch.hint'),
  });
}
