import { BackupError, reasonFor, reasonOf } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { askSlot } from '../replication/ask-slot.ts';
import { createSlot, dropSlot } from '../replication/slots.ts';
import { formatLsn, lsn, type Lsn } from '../wal/lsn.ts';
import { segmentName, segmentStart } from '../wal/segment.ts';
import type { ChosenServer } from './choose-server.ts';
import { contentLength } from './compare-held.ts';
import type { ReceiverNews } from './events.ts';
import { ForkFound } from './fork-found.ts';
import { findOldestWal } from './oldest-wal.ts';
import type { ReceiverProgress } from './receiver-progress.ts';
import type { ReceiveRequest } from './request.ts';
import { findResumePoint, type ResumePoint } from './resume-point.ts';
import { dropFreeSlot } from './slot-guard.ts';
import type { SegmentPosition, WalGap } from './wal-store.ts';

/** Bytes of a segment that every segment of the position begins with: they tell nothing of its line. */
const headerBytes = 40;

/** What is done about a failure: connect again at once, because something was changed that lets it go on, or end with an error. */
export type Verdict = { readonly again: true } | { readonly again: false; readonly error: unknown };

const again: Verdict = { again: true };

/**
 * Decides where a receiver goes on and what it does where the server's WAL does not follow what it holds: stops, unless it was told to
 * open a new generation, to go on unproved, or behind a gap.
 */
export class ResumePolicy {
  readonly #request: ReceiveRequest;
  readonly #tell: (news: ReceiverNews) => void;
  readonly #progress: ReceiverProgress;
  /** Where the session began that failed. */
  #resume: ResumePoint | undefined;
  /** Compare from here on, further back than usual: the place where a fork lies is looked for. */
  #compareFrom: SegmentPosition | undefined;
  /** Where reception began with nothing held: there it goes on until something is, although the server's end moves on. */
  #first: ResumePoint | undefined;
  /** Where this receiver made its slot. */
  #madeSlotOn: Pick<ChosenServer, 'session' | 'source'> | undefined;
  /** Nothing before this position is compared or asked for: it is not there to be compared, or lost. */
  #beginAt: Lsn | undefined;

  constructor(request: ReceiveRequest, tell: (news: ReceiverNews) => void, progress: ReceiverProgress) {
    this.#request = request;
    this.#tell = tell;
    this.#progress = progress;
  }

  /** Where to go on. @throws as `findResumePoint` */
  async resumePoint(chosen: ChosenServer, segmentSizeBytes: number, signal: AbortSignal): Promise<ResumePoint> {
    const { store, slot } = this.#request;
    this.#resume = undefined;
    const { session, source, isPrimary } = chosen;
    const request = {
      session,
      source,
      store,
      segmentSizeBytes,
      slot: slot?.name,
      isPrimary: isPrimary === true,
      signal,
    };
    let resume = await findResumePoint(request);
    if (resume.heldEndLsn === undefined) resume = this.#first ??= resume;
    const from = this.#compareFrom;
    if (from?.timeline === resume.timeline && from.startLsn < resume.startLsn) {
      resume = { ...resume, startLsn: from.startLsn };
    }
    const begin = this.#beginAt;
    if (begin !== undefined && resume.startLsn < begin) {
      resume = { ...resume, startLsn: begin, firstWantedLsn: begin, serverEndLsn: undefined, origin: undefined };
    }
    this.#resume = resume;
    return resume;
  }

  /**
   * Makes the slot where the server has none and it is ours to make, as on a server that was promoted.
   * @throws BackupError `LOCKED` where another receiver uses it and the server would share it
   */
  async makeSlot({ session, source }: ChosenServer, segmentSizeBytes: number, signal: AbortSignal): Promise<void> {
    const { slot, store } = this.#request;
    if (slot === undefined || (!slot.create && !session.capabilities.slots.shared)) return;
    const { exists, active } = await askSlot(session, source, slot.name, { signal });
    if (active === true && session.capabilities.slots.shared) {
      throw new BackupError('LOCKED', say('backup.slot-in-use', { slot: slot.name }), {
        hint: say('backup.slot-in-use.hint'),
        retryable: true,
      });
    }
    if (exists === true || !slot.create) return;
    const newest = await store.newest();
    const fromLsn = newest?.startLsn ?? segmentStart(session.system.flushLsn, segmentSizeBytes);
    const request = { name: slot.name, temporary: false, reserveWal: true, fromLsn };
    try {
      const { existed } = await createSlot(session.connection, session.capabilities, request, { signal });
      if (existed) return;
    } catch (error) {
      // The server did not tell before that there is one.
      if (exists === undefined && error instanceof BackupError && error.code === 'OBJECT_EXISTS') return;
      throw error;
    }
    const { host, port } = session.endpoint;
    this.#madeSlotOn = { session, source };
    this.#tell({ type: 'step', sentence: say('receiver.slot-made', { slot: slot.name, server: `${host}:${port}` }) });
  }

  /** What a session that failed so means. */
  async judge(error: unknown, chosen: ChosenServer, segmentSizeBytes: number, signal: AbortSignal): Promise<Verdict> {
    const resume = this.#resume;
    try {
      if (error instanceof ForkFound) return await this.#judgeFork(error, segmentSizeBytes);
      if (resume === undefined || !(error instanceof BackupError)) return { again: false, error };
      if (error.kind === 'slot-invalidated')
        return await this.#judgeGap(error, chosen, resume, segmentSizeBytes, signal);
      if (error.code === 'WAL_MISSING')
        return await this.#judgeMissing(error, chosen, resume, segmentSizeBytes, signal);
      return { again: false, error };
    } catch (other) {
      return { again: false, error: other };
    }
  }

  /**
   * Drops the slot that this receiver made, where it never received anything through it: it would keep WAL on the server for nobody.
   * @returns what the user must know where that failed
   */
  async dropUnusedSlot(receivedBytes: number): Promise<Message | undefined> {
    const { slot } = this.#request;
    const place = this.#madeSlotOn;
    if (slot === undefined || place === undefined || receivedBytes > 0) return undefined;
    try {
      await dropFreeSlot(slot.name, place);
      return undefined;
    } catch (error) {
      const statement = `SELECT pg_drop_replication_slot('${slot.name}');`;
      return say('receiver.slot-left', { slot: slot.name, statement, reason: reasonFor(error) });
    }
  }

  /** The session streamed new WAL: what was decided for its beginning is done with. */
  settled(): void {
    this.#compareFrom = undefined;
    this.#beginAt = undefined;
  }

  async #judgeFork({ fork, segmentLsn }: ForkFound, segmentSizeBytes: number): Promise<Verdict> {
    const { store, onFork = 'stop' } = this.#request;
    const resume = this.#resume;
    const isFirst = resume?.startLsn === segmentLsn;
    if (onFork === 'stop') {
      const parameters = { lsn: formatLsn(fork.forkLsn), timeline: fork.timeline };
      const sentence = isFirst ? say('receiver.fork-before', parameters) : say('receiver.fork', parameters);
      return otherLine(sentence);
    }
    // A difference in the first segment that was compared may have begun before it.
    const before = segmentLsn < BigInt(segmentSizeBytes) ? undefined : lsn(segmentLsn - BigInt(segmentSizeBytes));
    if (isFirst && before !== undefined) {
      const earlier = { timeline: fork.timeline, startLsn: before };
      if ((await store.find(earlier))?.isWhole === true) {
        this.#compareFrom = earlier;
        return again;
      }
    }
    await store.startGeneration(fork);
    this.settled();
    return again;
  }

  /** WAL that was asked for is not on the server any more: it was wanted to compare, or it is a gap. */
  async #judgeMissing(
    error: BackupError,
    chosen: ChosenServer,
    resume: ResumePoint,
    segmentSizeBytes: number,
    signal: AbortSignal,
  ): Promise<Verdict> {
    if (resume.heldEndLsn === undefined || resume.startLsn >= resume.firstWantedLsn) {
      return this.#judgeGap(error, chosen, resume, segmentSizeBytes, signal);
    }
    const segment = segmentName(resume.timeline, resume.startLsn, segmentSizeBytes);
    if (this.#compareFrom !== undefined) {
      return otherLine(say('receiver.fork-unknown', { segment }));
    }
    const position = formatLsn(resume.firstWantedLsn);
    if (!chosen.session.capabilities.walStream.timelines && !(await this.#beginTells(resume))) {
      if (this.#request.onUnproved !== 'continue') {
        const sentence = say('receiver.unproved', { lsn: position, segment });
        return {
          again: false,
          error: new BackupError('SYSTEM_MISMATCH', sentence, {
            hint: say('receiver.unproved.hint'),
            kind: 'other-line',
            cause: error,
          }),
        };
      }
      this.#tell({ type: 'warning', sentence: say('receiver.unproved-warning', { lsn: position, segment }) });
    }
    this.#beginAt = resume.firstWantedLsn;
    return again;
  }

  /** Whether what is held of the segment that grows is enough to recognise another line. */
  async #beginTells({ timeline, firstWantedLsn }: ResumePoint): Promise<boolean> {
    const held = await this.#request.store.find({ timeline, startLsn: firstWantedLsn });
    return held !== undefined && (await contentLength(held)) > headerBytes;
  }

  async #judgeGap(
    error: BackupError,
    chosen: ChosenServer,
    resume: ResumePoint,
    segmentSizeBytes: number,
    signal: AbortSignal,
  ): Promise<Verdict> {
    const { session, source } = chosen;
    const { store, onGap = 'stop' } = this.#request;
    const { timeline } = resume;
    const asked = lsn(resume.firstWantedLsn > resume.startLsn ? resume.firstWantedLsn : resume.startLsn);
    const held = await store.find({ timeline, startLsn: asked });
    const beginLsn = held === undefined ? asked : lsn(asked + BigInt(await contentLength(held)));
    const oldest = await findOldestWal({ source, session, timeline, fromLsn: asked, segmentSizeBytes, signal });
    const gap = { timeline, beginLsn, endLsn: oldest, reason: reasonOf(error) };
    await store.recordGap(gap);
    this.#progress.gap(gap);
    this.#tell({ type: 'gap', gap });
    if (onGap === 'stop') {
      const sentence = say('receiver.gap', positions(gap));
      const hint = say('receiver.gap.hint', { begin: formatLsn(beginLsn) });
      return { again: false, error: new BackupError('WAL_MISSING', sentence, { hint, cause: error }) };
    }
    this.#tell({ type: 'warning', sentence: say('receiver.gap-warning', positions(gap)) });
    this.#beginAt = oldest;
    await this.#renewSlot(chosen, oldest, signal);
    return again;
  }

  /** A slot whose WAL the server has given up keeps none any more: another takes its place. */
  async #renewSlot({ session, source }: ChosenServer, fromLsn: Lsn, signal: AbortSignal): Promise<void> {
    const { slot } = this.#request;
    if (slot === undefined) return;
    const another = await session.openAnother({ signal });
    try {
      const { exists, lost, restartLsn } = await askSlot(another, source, slot.name, { signal });
      if (exists !== true || (lost !== true && restartLsn !== undefined)) return;
      await dropSlot(another.connection, another.capabilities, slot.name, { signal });
      const request = { name: slot.name, temporary: false, reserveWal: true, fromLsn };
      await createSlot(another.connection, another.capabilities, request, { signal });
    } finally {
      await another.connection.close();
    }
  }
}

function positions({ timeline, beginLsn, endLsn }: WalGap) {
  return { timeline, begin: formatLsn(beginLsn), end: formatLsn(endLsn) };
}

function otherLine(sentence: Message): Verdict {
  const options = { hint: say('receiver.fork.hint'), kind: 'other-line' as const };
  return { again: false, error: new BackupError('SYSTEM_MISMATCH', sentence, options) };
}
