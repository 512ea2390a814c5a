import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import type { ReceiverState, ReceiverStatus } from './receiver-status.ts';

/** Why a receiver ended. */
export type ReceiverOutcome = 'end-position' | 'stopped' | 'server-ended' | 'failed';

/**
 * How a receiver stands, as it is written to a status file: a promise to programs of others, see docs/reference/json-output.md. Positions
 * are text `X/X`, times ISO 8601 in UTC; null: not known, or none.
 */
export interface ReceiverRecord {
  readonly messageType: 'receiver';
  /** When this was written. */
  readonly at: string;
  readonly pid: number;
  /** Name of the host that has process `pid`. */
  readonly host: string;
  readonly startedAt: string;
  readonly state: ReceiverState;
  /** Where the WAL goes, for people. */
  readonly destination: string;
  readonly server: string | null;
  readonly systemIdentifier: string | null;
  readonly timeline: number | null;
  readonly receivedLsn: string | null;
  readonly durableLsn: string | null;
  readonly acknowledgedLsn: string | null;
  readonly serverEndLsn: string | null;
  readonly lagBytes: number | null;
  /**
   * 0 while connected, or ended in order from there, with everything that the server told of durable here; else for how many seconds
   * that may not have been so.
   */
  readonly lagSeconds: number | null;
  readonly caughtUpAt: string | null;
  readonly slot: { readonly name: string; readonly retainedBytes: number | null } | null;
  readonly reconnects: number;
  readonly receivedBytes: number;
  readonly gaps: readonly {
    readonly timeline: number;
    readonly beginLsn: string;
    readonly endLsn: string;
    readonly reason: string;
  }[];
  /** The last failure, in words; null since the last connection. */
  readonly problem: string | null;
  /** How it ended; null while it runs. */
  readonly outcome: ReceiverOutcome | null;
  /** Code of the error that ended it. */
  readonly code: string | null;
}

/** What a record says besides the status. */
export interface RecordFrame {
  readonly atMs: number;
  readonly startedAtMs: number;
  readonly pid: number;
  readonly host: string;
  readonly destination: string;
  /** Once the receiver has ended. */
  readonly end?: { readonly outcome: ReceiverOutcome; readonly error?: unknown } | undefined;
}

export function receiverRecord(status: ReceiverStatus, frame: RecordFrame): ReceiverRecord {
  const { atMs, end } = frame;
  const { caughtUpAtMs, slot } = status;
  const failure = end?.error;
  const problem = failure instanceof Error ? failure.message : status.problem;
  return {
    messageType: 'receiver',
    at: timeText(atMs),
    pid: frame.pid,
    host: frame.host,
    startedAt: timeText(frame.startedAtMs),
    state: end === undefined ? status.state : 'ended',
    destination: frame.destination,
    server: status.server ?? null,
    systemIdentifier: status.systemIdentifier ?? null,
    timeline: status.timeline ?? null,
    receivedLsn: lsnText(status.receivedLsn),
    durableLsn: lsnText(status.durableLsn),
    acknowledgedLsn: lsnText(status.acknowledgedLsn),
    serverEndLsn: lsnText(status.serverEndLsn),
    lagBytes: status.lagBytes ?? null,
    lagSeconds: lagSecondsOf(status, frame),
    caughtUpAt: caughtUpAtMs === undefined ? null : timeText(caughtUpAtMs),
    slot: slot === undefined ? null : { name: slot.name, retainedBytes: slot.retainedBytes ?? null },
    reconnects: status.reconnects,
    receivedBytes: status.receivedBytes,
    gaps: status.gaps.map(({ timeline, beginLsn, endLsn, reason }) => {
      return { timeline, beginLsn: formatLsn(beginLsn), endLsn: formatLsn(endLsn), reason };
    }),
    problem: problem ?? null,
    outcome: end?.outcome ?? null,
    code: failure === undefined ? null : failure instanceof BackupError ? failure.code : 'INTERNAL',
  };
}

/** An idle server says nothing for up to half a minute, and is not behind for that. */
function lagSecondsOf(status: ReceiverStatus, { atMs, end }: RecordFrame): number | null {
  const { caughtUpAtMs } = status;
  if (status.lagBytes === 0 && (end === undefined ? isConnected(status) : endedConnected(status, end))) return 0;
  return caughtUpAtMs === undefined ? null : Math.max(0, Math.floor((atMs - caughtUpAtMs) / 1000));
}

function isConnected({ state }: ReceiverStatus): boolean {
  return state === 'streaming' || state === 'comparing';
}

/** One that was stopped while it had no connection tells what the last failure was. */
function endedConnected({ problem }: ReceiverStatus, { outcome }: NonNullable<RecordFrame['end']>): boolean {
  return outcome !== 'failed' && problem === undefined;
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

function lsnText(lsn: Lsn | undefined): string | null {
  return lsn === undefined ? null : formatLsn(lsn);
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isTime = (value: unknown): boolean => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isPosition = (value: unknown): boolean =>
  typeof value === 'string' && /^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/.test(value);
const orNull =
  (check: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    value === null || check(value);
const oneOf =
  (...words: readonly string[]) =>
  (value: unknown): boolean =>
    words.includes(value as string);
const shapeOf =
  (fields: Readonly<Record<string, (value: unknown) => boolean>>) =>
  (value: unknown): boolean => {
    if (typeof value !== 'object' || value === null) return false;
    const record = value as Record<string, unknown>;
    return Object.entries(fields).every(([name, check]) => check(record[name]));
  };
const isGap = shapeOf({ timeline: isCount, beginLsn: isPosition, endLsn: isPosition, reason: isText });

const isRecord = shapeOf({
  messageType: oneOf('receiver'),
  at: isTime,
  pid: isCount,
  host: isText,
  startedAt: isTime,
  state: oneOf('connecting', 'comparing', 'streaming', 'waiting', 'ended'),
  destination: isText,
  server: orNull(isText),
  systemIdentifier: orNull(isText),
  timeline: orNull(isCount),
  receivedLsn: orNull(isPosition),
  durableLsn: orNull(isPosition),
  acknowledgedLsn: orNull(isPosition),
  serverEndLsn: orNull(isPosition),
  lagBytes: orNull(isCount),
  lagSeconds: orNull(isCount),
  caughtUpAt: orNull(isTime),
  slot: orNull(shapeOf({ name: isText, retainedBytes: orNull(isCount) })),
  reconnects: isCount,
  receivedBytes: isCount,
  gaps: (value) => Array.isArray(value) && value.every(isGap),
  problem: orNull(isText),
  outcome: orNull(oneOf('end-position', 'stopped', 'server-ended', 'failed')),
  code: orNull(isText),
});

/** The record in the text of a status file; fields of later releases are kept. @throws BackupError `CORRUPT` @param path for the error */
export function parseReceiverRecord(text: string, path: string): ReceiverRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isRecord(value)) return value as ReceiverRecord;
  throw new BackupError('CORRUPT', say('receive-status.damaged', { path }), {
    hint: say('receive-status.damaged.hint'),
  });
}
