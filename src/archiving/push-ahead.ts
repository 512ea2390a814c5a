import { realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fromText } from '../bytes/byte-string.ts';
import { dangerOf, type Backlog } from '../checks/backlog.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { errorToData } from '../errors/error-data.ts';
import { lockDirectory } from '../files/lock-directory.ts';
import { say } from '../messages/message.ts';
import type { OpenedArchive } from '../wal-archive/push-segment.ts';
import { readBacklog } from './push-backlog.ts';
import { PushLine } from './push-line.ts';
import { fingerprintOf } from './fingerprint.ts';
import {
  calledMark,
  clearAnswers,
  forgetElsewhere,
  lockMark,
  pusherOf,
  readAsked,
  readState,
  removeDone,
  removeNow,
  writeDone,
  writeFailed,
  writeNow,
  writeState,
  type CallWords,
  type PusherState,
} from './push-spool.ts';
import type { PushHow, PusherRequest, PushTarget } from './pusher-request.ts';
import { readyNames, ServerWatch } from './ready-wal.ts';
import { settled } from './settled-file.ts';

/** It looks for WAL and calls that often, in ms. */
const lookMs = 20;
/** What was opened, and the list of what waits, count that long, in ms. */
const freshMs = 2000;
/** So long after a call it goes on with what waits behind, in ms: who is asked no more may push into an archive that is the server's no more. */
const wantedMs = 5000;
/** So long after the last call it ends, in ms: to open an archive may take longer than to push. */
const idleMs = 30_000;
/** So long after a whole call, which reads all settings, calls that are made alike may be answered by sh, in ms. */
const alikeMs = 10_000;
const longestPauseMs = 5000;
/** The disk of the WAL is in danger: said so often, in ms. */
const dangerMs = 60_000;

/**
 * Pushes what the server of a data directory waits to have archived, several files at once, while it is asked to (`askPusher`). One is at work for
 * a spool: does nothing where another is. Ends when it was not asked for a while, when the server has ended or was started anew, and
 * when its lock is gone.
 */
export async function pushAhead(request: PusherRequest, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  forgetElsewhere(request.spool);
  let lock;
  try {
    lock = lockDirectory(fromText(request.spool.folder));
  } catch (error) {
    if (error instanceof BackupError && error.code === 'LOCKED') return;
    throw error;
  }
  const holder = pusherOf(request.spool);
  try {
    clearAnswers(request.spool);
    await new Pusher(request, signal).run();
  } finally {
    // Who took over has it.
    if (pusherOf(request.spool) === holder) lock.release();
  }
}

interface OnePush {
  readonly target: PushTarget;
  readonly path: string;
  readonly how: PushHow;
}

interface Refused {
  readonly name: string;
  /** Of the call that was told, or in whose time it happened. */
  readonly token: string | undefined;
}

class Pusher {
  readonly #request: PusherRequest;
  readonly #signal: AbortSignal;
  readonly #holder: string;
  #lockMark: string | undefined;
  readonly #server: ServerWatch;
  readonly #life: string | undefined;
  readonly #walFacts: string | undefined;
  readonly #line = new PushLine();
  /** Names that are in the archive, with the file that was read; the server has not marked them yet. */
  readonly #done = new Map<string, string>();
  readonly #inFlight = new Map<string, Promise<void>>();
  readonly #startedAtMs = Date.now();
  #target: PushTarget | undefined;
  #opened: { readonly archive: OpenedArchive | undefined; readonly atMs: number } | undefined;
  #archiveId: string | undefined;
  #asked: ReturnType<typeof readAsked>;
  #askedMs = performance.now();
  #called: string | undefined;
  /** Of the last whole call; undefined: the next is to be one. */
  #words: CallWords | undefined;
  #wordsMs = -Infinity;
  #waiting: string[] = [];
  #listedMs = -Infinity;
  #refused: Refused | undefined;
  #pauseMs = 0;
  #pausedUntilMs = -Infinity;
  /** After a failure one goes alone, until it is there. */
  #isCareful = false;
  #pushed = { count: 0, bytes: 0 };
  #last: PusherState['last'];
  #trouble: PusherState['trouble'];
  /** Of the pusher before this one. */
  #troubleBefore: PusherState['trouble'];
  #stateMs = -Infinity;
  #dangerMs = -Infinity;
  #danger: Backlog | undefined;
  /** Why nobody can be told of anything any more: the spool cannot be written. */
  #broken: unknown;

  constructor(request: PusherRequest, signal: AbortSignal) {
    this.#request = request;
    this.#signal = signal;
    this.#holder = pusherOf(request.spool) ?? '';
    this.#lockMark = lockMark(request.spool);
    this.#troubleBefore = readState(request.spool)?.trouble;
    this.#server = new ServerWatch(request.dataDirectory);
    this.#life = this.#server.life();
    this.#walFacts = factsOf(request.walDirectory);
  }

  async run(): Promise<void> {
    try {
      for (;;) {
        this.#signal.throwIfAborted();
        if (this.#broken !== undefined) return;
        this.#readAsked();
        const isOver = this.#isOver();
        if (!isOver && this.#isWanted()) await this.#startSome();
        const nowMs = performance.now();
        if (this.#inFlight.size === 0 && (isOver || nowMs - this.#askedMs > idleMs)) return;
        if (nowMs - this.#stateMs > 1000) await this.#everySecond();
        await Promise.race([delay(lookMs), ...this.#inFlight.values()]);
      }
    } finally {
      await Promise.allSettled(this.#inFlight.values());
      this.#writeState(true);
    }
  }

  #readAsked(): void {
    const called = calledMark(this.#request.spool);
    if (called !== this.#called) {
      this.#called = called;
      this.#askedMs = performance.now();
    }
    if (this.#words !== undefined && performance.now() - this.#wordsMs > alikeMs) {
      this.#words = undefined;
      for (const name of [...this.#done.keys(), ...this.#inFlight.keys()]) removeNow(this.#request.spool, name);
    }
    const asked = readAsked(this.#request.spool, this.#asked?.mark);
    if (asked === undefined) return;
    const isNew = asked.token !== this.#asked?.token;
    this.#asked = asked;
    this.#askedMs = performance.now();
    if (!isNew) return;
    this.#words = asked.words;
    this.#wordsMs = performance.now();
    for (const name of this.#done.keys()) this.#answerBySh(name);
    // The server asks again: it may have been given another file of that name, or what was wrong may have been set right.
    if (this.#done.get(asked.name) !== asked.file) this.#forget(asked.name);
    if (this.#refused?.name === asked.name) this.#refused = undefined;
    if (!this.#waiting.includes(asked.name)) this.#listedMs = -Infinity;
  }

  #isWanted(): boolean {
    const nowMs = performance.now();
    return nowMs - this.#askedMs < wantedMs && nowMs >= this.#pausedUntilMs;
  }

  /** Another life of the server, another directory, or another pusher. */
  #isOver(): boolean {
    const { spool, walDirectory } = this.#request;
    if (this.#server.life() !== this.#life || factsOf(walDirectory) !== this.#walFacts) return true;
    const mark = lockMark(spool);
    if (mark === undefined) return true;
    if (mark === this.#lockMark) return false;
    this.#lockMark = mark;
    return pusherOf(spool) !== this.#holder;
  }

  async #startSome(): Promise<void> {
    const { atOnce } = this.#request;
    // One by one where nothing is there yet, and where something failed.
    const most = this.#isCareful || this.#archiveId === undefined ? 1 : atOnce;
    while (this.#inFlight.size < most) {
      const name = this.#next();
      if (name === undefined) return;
      if (this.#inFlight.size === 0) this.#line.reset();
      // Behind one that failed it would fail as well, and those behind it, for ever.
      if (this.#line.isBroken) return;
      try {
        this.#start(name, await this.#open());
      } catch (error) {
        this.#fail(name, error);
        return;
      }
    }
  }

  /** What to push now: what is asked for, else the first that waits. */
  #next(): string | undefined {
    const nowMs = performance.now();
    const isLow = !this.#waiting.some((name) => this.#mayStart(name));
    if (nowMs - this.#listedMs > freshMs || (isLow && nowMs - this.#listedMs > lookMs)) this.#list();
    const asked = this.#asked?.name;
    if (asked !== undefined && this.#waiting.includes(asked) && this.#mayStart(asked)) return asked;
    const next = this.#waiting.find((name) => this.#mayStart(name));
    // What is refused keeps what follows: the server does not go past it either.
    const refused = this.#refused?.name;
    if (next !== undefined && refused !== undefined && this.#waiting.indexOf(refused) < this.#waiting.indexOf(next)) {
      return undefined;
    }
    return next;
  }

  #mayStart(name: string): boolean {
    return !this.#done.has(name) && !this.#inFlight.has(name) && this.#refused?.name !== name;
  }

  #list(): void {
    this.#waiting = readyNames(this.#request.walDirectory);
    this.#listedMs = performance.now();
    const waiting = new Set(this.#waiting);
    for (const name of this.#done.keys()) if (!waiting.has(name)) this.#forget(name);
    if (this.#refused !== undefined && !waiting.has(this.#refused.name)) this.#refused = undefined;
  }

  #forget(name: string): void {
    this.#done.delete(name);
    removeDone(this.#request.spool, name);
  }

  /** What was said of an archive that is there no more counts no more. */
  async #open(): Promise<PushTarget> {
    const target = (this.#target ??= await this.#request.open());
    if (this.#opened !== undefined && performance.now() - this.#opened.atMs < freshMs) return target;
    this.#opened = undefined;
    const archive = await target.look();
    const id = archive?.archive.identity.archive;
    // Where there was none, it is the one that what was pushed since has made.
    if (this.#archiveId !== undefined && id !== this.#archiveId)
      for (const name of [...this.#done.keys()]) this.#forget(name);
    this.#archiveId = id;
    // Until it is one it is looked at each time.
    if (archive !== undefined) this.#opened = { archive, atMs: performance.now() };
    return target;
  }

  #start(name: string, target: PushTarget): void {
    const path = join(this.#request.walDirectory, name);
    try {
      fingerprintOf(path);
    } catch (error) {
      // Gone since it was listed.
      this.#listedMs = -Infinity;
      if (systemCodeOf(error) === 'ENOENT' && this.#asked?.name !== name)
        this.#waiting = this.#waiting.filter((one) => one !== name);
      else this.#fail(name, error);
      return;
    }
    this.#answerBySh(name);
    const { turn, stored, fail } = this.#line.begin();
    const how = { opened: this.#opened?.archive, turn };
    const push = this.#push(name, { target, path, how }, stored).catch((error: unknown) => {
      if (fail(error)) this.#fail(name, error);
      else removeNow(this.#request.spool, name);
    });
    this.#inFlight.set(
      name,
      push.finally(() => this.#inFlight.delete(name)),
    );
  }

  async #push(name: string, { target, path, how }: OnePush, stored: () => void): Promise<void> {
    // A change from now on gives it other times, whenever it happens.
    await settled(path);
    const file = fingerprintOf(path);
    const { report, notes } = await target.push(path, how);
    stored();
    if (fingerprintOf(path) !== file) throw new BackupError('CORRUPT', say('wal-async.changed', { name }));
    this.#done.set(name, file);
    this.#pushed = { count: this.#pushed.count + 1, bytes: this.#pushed.bytes + report.sizeBytes };
    this.#last = { name, atMs: Date.now() };
    if (!this.#line.isBroken) this.#isWellAgain();
    try {
      const danger = this.#danger;
      this.#danger = undefined;
      writeDone(this.#request.spool, { holder: this.#holder, file, report, notes, danger });
      // What has to be said is said by a whole call.
      if (notes.length === 0 && danger === undefined) this.#answerBySh(name);
      else removeNow(this.#request.spool, name);
    } catch (error) {
      this.#broken = error;
    }
  }

  /** Not by what was begun before the failure. */
  #isWellAgain(): void {
    this.#trouble = undefined;
    this.#troubleBefore = undefined;
    this.#isCareful = false;
    this.#pauseMs = 0;
  }

  /** Of a file that is there, or on its way. */
  #answerBySh(name: string): void {
    if (this.#words === undefined) return;
    const file = this.#done.get(name);
    try {
      if (!writeNow(this.#request.spool, { holder: this.#holder, file }, name, this.#words)) this.#words = undefined;
    } catch {
      // It is answered all the same, by a whole call.
      this.#words = undefined;
    }
  }

  /** A failure of `name` itself. What may pass is tried again as long as somebody waits for it. */
  #fail(name: string, error: unknown): void {
    removeNow(this.#request.spool, name);
    if (this.#signal.aborted) return;
    const data = errorToData(error);
    // Until something is stored again; the pusher before this one may have met it first.
    const known = this.#trouble ?? (this.#troubleBefore?.name === name ? this.#troubleBefore : undefined);
    const sinceMs = known?.sinceMs ?? Date.now();
    this.#trouble = { name, sinceMs, error: data };
    this.#isCareful = true;
    this.#opened = undefined;
    this.#target = undefined;
    this.#pauseMs = Math.min(longestPauseMs, Math.max(250, this.#pauseMs * 2));
    this.#pausedUntilMs = performance.now() + this.#pauseMs;
    this.#stateMs = -Infinity;
    if (data.retryable) return;
    const token = this.#asked?.name === name ? this.#asked.token : undefined;
    this.#refused = { name, token };
    this.#pausedUntilMs = -Infinity;
    if (token === undefined) return;
    try {
      writeFailed(this.#request.spool, { holder: this.#holder, token, error: data });
    } catch (failure) {
      this.#broken = failure;
    }
  }

  /** Answers that nobody took yet are of an archive as it was looked at a moment ago; those that nobody asks for are forgotten. */
  async #lookAgain(): Promise<void> {
    if (performance.now() - this.#askedMs > wantedMs) for (const name of [...this.#done.keys()]) this.#forget(name);
    // Whether it can be reached, who pushes next finds out: what is said was true.
    if (this.#done.size > 0) await this.#open().catch(() => undefined);
  }

  async #everySecond(): Promise<void> {
    await this.#lookAgain();
    if (Date.now() - this.#dangerMs > dangerMs && this.#waiting.length > 1) {
      const backlog = readBacklog(this.#request.walDirectory);
      if (dangerOf(backlog) !== undefined) {
        this.#danger = backlog;
        this.#dangerMs = Date.now();
      }
    }
    this.#writeState(false);
  }

  #writeState(ended: boolean): void {
    this.#stateMs = performance.now();
    const { spool, walDirectory, archive } = this.#request;
    try {
      writeState(spool, {
        format: 1,
        pid: process.pid,
        atMs: Date.now(),
        startedAtMs: this.#startedAtMs,
        archive,
        walDirectory: realpathSync(walDirectory),
        pushed: this.#pushed,
        last: this.#last,
        inFlight: [...this.#inFlight.keys()],
        trouble: this.#trouble,
        ended,
      });
    } catch {
      // It is for people only.
    }
  }
}

function factsOf(directory: string): string | undefined {
  const facts = statSync(directory, { throwIfNoEntry: false });
  return facts && `${facts.dev}:${facts.ino}`;
}
