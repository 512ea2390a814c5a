import { BackupError } from '../errors/backup-error.ts';
import { say, type Message, type MessageValue } from '../messages/message.ts';
import type { RecoveryRecord } from '../server/recovery-record.ts';
import { formatUtc, microsOf, wholeSeconds } from '../server/recovery-target.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Arrival } from './follow.ts';
import type { PreparedTransaction, TransactionStatus } from './server-state.ts';
import type { RecoveryWatch } from './watch.ts';

/** What the server said of the things that were promised. */
export interface PromisedFacts {
  /** Of the last transaction that is kept; undefined: not asked, or it cannot tell. */
  readonly lastStatus: TransactionStatus | undefined;
  /** undefined: not asked, or the server shows none while it recovers. */
  readonly prepared: readonly PreparedTransaction[] | undefined;
}

type Told = Pick<RecoveryWatch, 'target' | 'stoppedAt'>;

/**
 * Whether a server is where it was told to be: servers open at the end of the WAL, or at a damaged record, without a word.
 * @returns undefined when nothing speaks against it
 */
export function brokenPromise(
  data: DataDirectory,
  arrival: Pick<Arrival, 'outcome' | 'state'>,
  told: Told,
  facts: PromisedFacts,
): BackupError | undefined {
  const { record } = data;
  // It is not at its end yet, and never will be.
  if (arrival.outcome === 'standby') return undefined;
  const sentence =
    otherPlace(data, arrival.state?.replayLsn) ??
    neverReached(data, arrival, told) ??
    otherTransaction(data, arrival, facts.lastStatus) ??
    lostPrepared(record, facts.prepared);
  return sentence === undefined ? undefined : missed(record, sentence);
}

/** The error for a copy that is not what was promised. */
export function missed(record: RecoveryRecord | undefined, sentence: Message): BackupError {
  const again = record?.restoreCommandLine;
  const hint =
    again === undefined
      ? say('recovery.restore-again.hint')
      : say('recovery.restore-again-by.hint', { command: again });
  return new BackupError('TARGET_UNREACHABLE', sentence, { hint });
}

/** Whether the server has replayed exactly what was promised; undefined: nothing was, or it does not tell. */
export function isAtPromise({ record, control }: DataDirectory, replayed: Lsn | undefined): boolean | undefined {
  if (record?.endLsn === undefined || replayed === undefined) return undefined;
  if (record.endIsLeast && replayed > record.endLsn) return true;
  return samePlace(record.endLsn, replayed, BigInt(control.walSegmentSizeBytes));
}

function otherPlace(data: DataDirectory, replayed: Lsn | undefined): Message | undefined {
  const promised = data.record?.endLsn;
  if (promised === undefined || replayed === undefined || isAtPromise(data, replayed) === true) return undefined;
  const positions = { replayed: formatLsn(replayed), promised: formatLsn(promised) };
  return say(replayed < promised ? 'recovery.ended-early' : 'recovery.stopped-elsewhere', positions);
}

function neverReached(
  { record }: DataDirectory,
  { outcome }: Pick<Arrival, 'outcome'>,
  { target, stoppedAt }: Told,
): Message | undefined {
  if (outcome !== 'open') return undefined;
  if (target !== undefined && stoppedAt === undefined) return say('recovery.not-reached', { target });
  const pausedBefore = target === undefined && record?.pauses === true && record.target !== undefined;
  return pausedBefore && record.endLsn === undefined ? say('recovery.opened-instead') : undefined;
}

/** The last transaction that is kept, by what the server itself says of it. */
function otherTransaction(
  { record, dialect }: DataDirectory,
  { state }: Pick<Arrival, 'state'>,
  status: TransactionStatus | undefined,
): Message | undefined {
  const last = record?.lastTransaction;
  if (last === undefined) return undefined;
  if (status !== undefined && status !== 'committed') {
    return say('recovery.last-lost', { xid: last.xid, status });
  }
  const isTimed = last.kind !== undefined && (dialect.timesPreparedEnds || !last.kind.endsWith('-prepared'));
  if (state?.lastCommit === undefined || !isTimed || record?.endIsLeast === true) return undefined;
  const promised = utcOf(last.timeUs);
  return promised === state.lastCommit
    ? undefined
    : say('recovery.other-last', { found: state.lastCommit, xid: last.xid, promised });
}

function lostPrepared(
  record: RecoveryRecord | undefined,
  found: readonly PreparedTransaction[] | undefined,
): Message | undefined {
  if (found === undefined || record?.prepared === undefined) return undefined;
  const lost = record.prepared.filter(({ xid, gid }) => !found.some((one) => isSame(one, xid, gid)));
  if (lost.length === 0) return undefined;
  return say('recovery.prepared-lost', { count: lost.length, list: namesOf(lost) });
}

/** Prepared transactions that the plan did not name. */
export function unexpectedPrepared(
  record: RecoveryRecord | undefined,
  found: readonly PreparedTransaction[],
): Message | undefined {
  if (record?.prepared === undefined || record.endIsLeast) return undefined;
  const { prepared } = record;
  const more = found.filter((one) => !prepared.some(({ xid, gid }) => isSame(one, xid, gid)));
  if (more.length === 0) return undefined;
  const list = namesOf(more.map(({ xid, name }) => ({ xid: BigInt(xid), gid: name })));
  return say('recovery.prepared-unexpected', { count: more.length, list });
}

function isSame(one: PreparedTransaction, xid: bigint, gid: string | undefined): boolean {
  return gid === undefined ? one.xid === xid.toString() : one.name === gid;
}

/** Names a sentence can hold. */
const namesListed = 10;

function namesOf(list: readonly { readonly xid: bigint; readonly gid: string | undefined }[]): MessageValue {
  const names: MessageValue[] = list.slice(0, namesListed).map(({ xid, gid }) => gid ?? xid.toString());
  const more = list.length - names.length;
  if (more > 0) names.push(say('recovery.and-more', { count: more }));
  return { items: names, separator: ', ' };
}

/** As the state query writes it: always six digits. */
function utcOf(timeUs: bigint): string {
  const whole = wholeSeconds(timeUs);
  return whole === undefined ? formatUtc(timeUs) : `${whole}.${microsOf(timeUs).toString().padStart(6, '0')}+00`;
}

const walPageSize = 8192n;
const pageHeader = 24n;
const segmentHeader = 40n;

/** The end of a page and the first record of the next are one place: nothing but the header lies between. */
function samePlace(left: Lsn, right: Lsn, segmentSize: bigint): boolean {
  const place = (position: bigint): bigint => {
    if (position % segmentSize === segmentHeader) return position - segmentHeader;
    return position % walPageSize === pageHeader ? position - pageHeader : position;
  };
  return place(left) === place(right);
}
