import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { identityOfWal } from '../server/identity-of-wal.ts';
import type { ServerIdentity } from '../server/identity.ts';
import { defaultWalSupplyOf, stopRulesOf, suppliedStopRulesOf } from '../server/stop-rules.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { formatOfMagic } from '../wal/formats/formats.ts';
import { proveTarget, type TargetProof } from './target-proof.ts';
import type { ProofRequest } from './proof-request.ts';
import type { WalLine } from '../window/recovery-window.ts';
import { findEarlier, tooNew } from './too-new.ts';
import { Replay } from './replay.ts';
import type { TransactionMark } from '../window/transaction.ts';
import { gapBetween, gapsOfLine } from '../window/noted-gap.ts';
import { LineWalker } from '../window/wal-line.ts';
import { windowBackup, type FoundBackup } from '../survey/backups.ts';
import type { BackupWal } from '../survey/backup-wal.ts';
import type { SegmentReader } from '../survey/read-whole.ts';
import type { WalKnowledge } from '../survey/wal-knowledge.ts';
import type { FoundSegment, WalInventory } from '../survey/inventory.ts';
import { checkTimeline, lineFor, refuseOlderTimeline, type LineRequest } from './choose-line.ts';
import { withImmediateStop } from './immediate-stop.ts';
import { keptRefusal } from './kept-refusal.ts';
import { locateRecord } from './locate-record.ts';
import { withKeptBefore, withLostBehind } from './lost-behind.ts';
import { preparedInBackup } from '../survey/prepared-in-backup.ts';
import {
  changesWhileRead,
  goesOnBehind,
  neededSegment,
  proveWal,
  type NeededSegment,
  type ProvedSegment,
} from '../survey/prove-wal.ts';
import { firstPageOf } from '../survey/read-segment.ts';
import { damageOf } from '../survey/segment-proof.ts';
import { filesOfLine, readLine, type ReadLineSegment } from '../survey/read-line.ts';
import type { Lsn } from '../wal/lsn.ts';
import { findObstacle, supplyOf, type SupplyReason, type SupplyRequest, type WalSupply } from './supply-of.ts';

export interface ProveRequest extends LineRequest, SupplyRequest {
  /** Backups to choose from; the newest with which the target can be reached is taken. */
  readonly backups: readonly FoundBackup[];
  readonly wal: BackupWal;
  /** The WAL of the places that were named, from their beginning on: to look for what is older than a backup. */
  readonly allWal: () => Promise<WalInventory | undefined>;
  readonly requirePause?: boolean | undefined;
  readonly allowEndOfWal: boolean;
}

/** A target that can be reached, and how. */
export interface ProvedRecovery {
  readonly backup: FoundBackup;
  readonly identity: ServerIdentity;
  readonly line: WalLine;
  readonly supply: WalSupply;
  readonly supplyReason: SupplyReason;
  /** WAL ends exactly at the stop, because it is cut there. */
  readonly isExact: boolean;
  readonly proof: TargetProof;
  /** The WAL that is needed, from the backup's start on, in order. */
  readonly segments: readonly ProvedSegment[];
  /** All files of WAL that were looked at for this backup. */
  readonly inventory: WalInventory;
  /** Newer backups that were passed over, and why. */
  readonly passedOver: readonly { readonly name: string; readonly reason: Message }[];
}

export interface ProveOptions extends StorageOptions {
  readonly knowledge: WalKnowledge;
  /** Undefined leaves the reading of the WAL out: what is said then is what indexes and the CRCs of events tell. */
  readonly reader: SegmentReader | undefined;
}

/**
 * Finds the backup to begin with and proves where the recovery will end.
 * @throws BackupError `TARGET_UNREACHABLE`, `WAL_MISSING` of the oldest backup when none will do, of the newest one that lacks WAL which retention
 * removed, or before whose target WAL is damaged or missing, where there is such a one; `BACKUP_NOT_FOUND`
 */
export async function proveRecovery(request: ProveRequest, options: ProveOptions): Promise<ProvedRecovery> {
  const newestFirst = request.backups.toSorted(newerFirst);
  const identity = await identityOf(request, options);
  const passedOver: { name: string; reason: Message }[] = [];
  let refusal: BackupError | undefined;
  for (const backup of newestFirst) {
    try {
      const provesRefusal = refusal?.kind !== 'gap-before-target';
      const proved = await proveWithAllWal(backup, { identity, request, options, provesRefusal });
      return { ...proved, passedOver };
    } catch (error) {
      if (!(error instanceof BackupError) || !isAboutBackup(error)) throw error;
      refusal = keptRefusal(refusal, error, request.target.target);
      passedOver.push({ name: backup.name, reason: error.sentence });
    }
  }
  throw refusal ?? new BackupError('BACKUP_NOT_FOUND', say('survey.no-backup'), { hint: say('survey.no-backup.hint') });
}

/** Of one backup and a copy that was restored from it the one with a manifest, which can be checked. */
function newerFirst({ facts: a }: FoundBackup, { facts: b }: FoundBackup): number {
  if (a.label.startLsn !== b.label.startLsn) return a.label.startLsn < b.label.startLsn ? 1 : -1;
  return Number(a.stopLsn === undefined) - Number(b.stopLsn === undefined);
}

/** Another backup may do better: also where this one's own WAL shows that it is of another line than the archive. */
function isAboutBackup({ code, kind }: BackupError): boolean {
  return code === 'TARGET_UNREACHABLE' || code === 'WAL_MISSING' || kind === 'two-contents';
}

type Proved = Omit<ProvedRecovery, 'passedOver'>;
type Planned = Omit<Proved, 'segments'> & {
  readonly segments: readonly NeededSegment[];
  /** Where all WAL is replayed: the segment behind the last record, if there is one. */
  readonly behind: NeededSegment | undefined;
};

/** What a plan refuses because WAL is damaged; the segments before that, up to `endLsn`, are still to be read. */
interface RefusedPlan {
  readonly refusal: BackupError;
  readonly before: readonly NeededSegment[];
  readonly endLsn: Lsn;
}

/** With the WAL inside of an archive only where it does not go without: all of that has to be read for it. */
async function proveWithAllWal(backup: FoundBackup, context: ProveContext): Promise<Proved> {
  const { wal } = context.request;
  try {
    return await proveWith(backup, await wal.inventoryFor(backup), context);
  } catch (error) {
    if (!lacksWal(error) || !wal.hasUnread(backup)) throw await orTooNew(error, backup, context);
  }
  const whole = await wal.inventoryFor(backup, true);
  try {
    return await proveWith(backup, whole, context);
  } catch (error) {
    throw await orTooNew(error, backup, context);
  }
}

function lacksWal(error: unknown): error is BackupError {
  if (!(error instanceof BackupError)) return false;
  return error.code === 'WAL_MISSING' || isGapBefore(error);
}

function isGapBefore({ kind }: BackupError): boolean {
  return kind === 'gap-before-target' || kind === 'pruned-before-target';
}

/** The same error, unless what is looked for lies in WAL from before the backup. */
async function orTooNew(error: unknown, backup: FoundBackup, { request, options }: ProveContext): Promise<Error> {
  const { target } = request.target;
  if (!(error instanceof BackupError)) throw error;
  if (target.kind !== 'xid' && target.kind !== 'name') return error;
  if (error.kind !== 'target-not-seen' && !isGapBefore(error)) return error;
  const inventory = await request.allWal();
  if (inventory === undefined) return error;
  const window = windowBackup(backup);
  const found = await findEarlier(
    target,
    window.startLsn,
    readLine(inventory, lineFor(window, request, inventory), options),
  );
  return found === undefined ? error : tooNew(window, target, found);
}

interface ProveContext {
  readonly identity: ServerIdentity;
  readonly request: ProveRequest;
  readonly options: ProveOptions;
  /** Whether the WAL before damage is read before a refusal says how far it can be replayed: a newer backup's refusal told that else. */
  readonly provesRefusal: boolean;
}

/** Something that is written to is seen in another state each time. */
const mostPlans = 20;

/**
 * Plans by the indexes, then reads the WAL that this plan needs. Where the WAL is not what the indexes say, the plan is made
 * again with what was found: it then ends before the damage, or refuses and says why.
 */
async function proveWith(
  backup: FoundBackup,
  inventory: WalInventory | undefined,
  context: ProveContext,
): Promise<Proved> {
  const { options } = context;
  for (let plans = 1; ; plans += 1) {
    const plan = await planWith(backup, inventory, context);
    const { reader } = options;
    if ('refusal' in plan) {
      const { refusal, before, endLsn } = plan;
      const range = { fromLsn: backup.facts.label.startLsn, neededEndLsn: endLsn };
      if (reader === undefined || (await proveWal(before, range, { ...options, reader })) !== undefined) throw refusal;
      if (plans === mostPlans) throw changesWhileRead(before.at(-1) ?? { name: '-', from: '-' });
      continue;
    }
    const { behind, ...planned } = plan;
    const { segments, proof } = planned;
    if (reader === undefined) {
      return { ...planned, segments: segments.map((segment) => ({ ...segment, content: undefined })) };
    }
    const range = { fromLsn: backup.facts.label.startLsn, neededEndLsn: proof.neededEndLsn };
    const proving = { ...options, reader };
    const proved = await proveWal(segments, range, proving);
    const isEnd = behind === undefined || proved === undefined || !(await goesOnBehind(behind, range, proving));
    if (proved !== undefined && isEnd) return { ...planned, segments: proved };
    if (plans === mostPlans) throw changesWhileRead(segments.at(-1) ?? { name: '-', from: '-' });
  }
}

async function planWith(
  backup: FoundBackup,
  inventory: WalInventory | undefined,
  { identity, request, options, provesRefusal }: ProveContext,
): Promise<Planned | RefusedPlan> {
  const { target } = request;
  if (inventory === undefined) throw noWal();
  const window = windowBackup(backup);
  const line = lineFor(window, request, inventory);
  const supply = request.supply ?? defaultWalSupplyOf(identity.family);
  // A server that stops at every record by itself needs no cut.
  const isExact = supply === 'copy' && !stopRulesOf(identity.family).stopsAtPreparedEnds;
  const rules = isExact ? suppliedStopRulesOf(identity.family) : stopRulesOf(identity.family);
  const proofRequest: ProofRequest = {
    backup: window,
    target: target.target,
    inclusive: target.inclusive ?? true,
    action: target.action,
    rules,
    supply: isExact ? 'exact' : 'whole',
    requirePause: request.requirePause,
    allowEndOfWal: request.allowEndOfWal,
  };
  const { reader, knowledge } = options;
  if (reader !== undefined) await expectUnknown(filesOfLine(inventory, line, window.startLsn), options, reader);
  const read = (): AsyncGenerator<ReadLineSegment, void, undefined> =>
    readLine(inventory, line, { ...options, from: window.startLsn });
  const wanted = target.target;
  const lsnRecord = wanted.kind === 'lsn' ? await locateRecord(read(), wanted.lsn, rules, options) : undefined;
  const gaps = gapsOfLine(inventory.gaps, line);
  const walker = new LineWalker(gaps);
  const passed: NeededSegment[] = [];
  const damaged = new Map<string, Message>();
  const passing = read();
  const next = async (): Promise<ReadLineSegment | undefined> => {
    const { value } = await passing.next();
    if (value === undefined) return undefined;
    passed.push(neededSegment(value, knowledge));
    const damage = value.brokenBefore ?? damageOf(value.content);
    if (damage !== undefined) damaged.set(value.name, damage);
    return value;
  };
  const first = await next();
  const prepared = first === undefined ? [] : await preparedBefore(backup, first, options);
  const replay = new Replay({ ...proofRequest, lsnRecord, prepared });
  for (let segment = first; segment !== undefined; segment = await next()) {
    if (!replay.take(walker.step(segment))) break;
  }
  replay.take(walker.finish());
  const outcome = await withImmediateStop(proofRequest, replay.outcome(), read, options);
  // Without the segment that the backup begins with nothing was passed that could have broken.
  const lacksBegin = first === undefined || first.startLsn > window.startLsn;
  const isLost = lacksBegin ? gapBetween(gaps, window.startLsn, window.startLsn + 1n) : undefined;
  let judged: TargetProof;
  try {
    judged = proveTarget({ ...proofRequest, lostBegin: isLost, lacksBegin }, outcome);
  } catch (error) {
    const { broken, endLsn } = outcome;
    if (!provesRefusal || broken?.kind !== 'damaged' || endLsn === undefined || !lacksWal(error)) throw error;
    return { refusal: error, before: passed.filter(({ startLsn }) => startLsn < endLsn), endLsn };
  }
  const indexes = { line, inventory, ...options };
  const proof = await withKeptBefore(await withLostBehind(judged, outcome, indexes), indexes);
  checkTimeline(window, line, proof);
  const { neededEndLsn } = proof;
  const endOfLast = (): bigint => (passed.at(-1)?.startLsn ?? 0n) + BigInt(inventory.segmentSizeBytes);
  // A record that is waited for may end behind what was replayed.
  while (endOfLast() < neededEndLsn && (await next()) !== undefined);
  // At the end of the WAL, what lies behind it tells whether it is one; before it, whether a server can read ahead.
  if (endOfLast() - BigInt(inventory.segmentSizeBytes) < neededEndLsn) await next();
  await passing.return();
  reader?.expectNoMore();
  const needed = passed.findIndex(({ startLsn }) => startLsn >= neededEndLsn);
  const segments = needed < 0 ? passed : passed.slice(0, needed);
  const behind = proof.stop === undefined && needed >= 0 ? passed[needed] : undefined;
  const supplied = supplyOf(supply, segments, request, () =>
    findObstacle(segments, { line, inventory, gaps, damaged }),
  );
  // Copied because of a lost segment it would end before the timeline that was asked for begins.
  const goesOn =
    supplied.supply === 'restore-command' || ['missing-behind', 'damaged-behind'].includes(supplied.supplyReason.kind);
  if (goesOn && proof.stop === undefined) refuseOlderTimeline(inventory, line, segments);
  return { backup, identity, line, ...supplied, isExact, proof, segments, behind, inventory };
}

/** Tells the reader what planning may have to read: files of which there is no index yet. */
async function expectUnknown(
  files: readonly FoundSegment[],
  { knowledge }: ProveOptions,
  reader: SegmentReader,
): Promise<void> {
  let [count, bytes] = [0, 0];
  for (const { place, object } of files) {
    if (object.receipt !== undefined || (await knowledge.knows(place, object))) continue;
    count += 1;
    bytes += place.source.segmentSizeBytes;
  }
  reader.expect(count, bytes);
}

/** What the backup has as prepared, in the layout of the WAL that begins it. */
async function preparedBefore(
  backup: FoundBackup,
  { content }: ReadLineSegment,
  options: ProveOptions,
): Promise<readonly TransactionMark[]> {
  const format = 'damage' in content ? undefined : formatOfMagic(content.pageMagic);
  return format === undefined ? [] : preparedInBackup(backup, format, options);
}

/** Which server the WAL is of. */
export async function identityOf(
  { backups, wal }: Pick<ProveRequest, 'backups' | 'wal'>,
  options: StorageOptions = {},
): Promise<ServerIdentity> {
  for (const backup of backups) {
    const inventory = await wal.inventoryFor(backup);
    const own = inventory?.segments.get(backup.facts.label.startSegment) ?? [];
    for (const { object } of [...own, ...[...(inventory?.segments.values() ?? [])].flat()]) {
      if (object.isUnsound === true) continue;
      const header = await firstPageOf(object, options);
      const identity = header?.format === undefined ? undefined : identityOfWal(header.magic);
      if (identity !== undefined) return identity;
    }
  }
  throw noWal();
}

function noWal(): BackupError {
  return new BackupError('WAL_MISSING', say('survey.no-wal-for-backup'), { hint: say('window.proof.no-wal.hint') });
}
