import { formatLsn, type Lsn, type ReceiverEnd, type ReceiverEvent, type ReceiverStatus } from '../index.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { errorLines, warningLine } from './error-text.ts';
import type { ProgramContext } from './program.ts';
import { speak } from './speech.ts';

/** What a WAL receiver says on stderr while it runs, in the words of pg_receivewal. */
export class ReceiveTalk {
  readonly #context: ProgramContext;
  readonly #verbose: boolean;
  /** Where a timeline ended whose next has not begun. */
  #timelineEnd: Lsn | undefined;
  #wasDisconnected = false;
  /** Where it began to stream. */
  #startLsn: Lsn | undefined;
  readonly #originalOnly: boolean;

  /** @param options.originalOnly the program bears the name of the original, and says what that says */
  constructor(context: ProgramContext, options: { readonly verbose: boolean; readonly originalOnly: boolean }) {
    this.#context = context;
    this.#verbose = options.verbose;
    this.#originalOnly = options.originalOnly;
  }

  /** WAL was streamed at least once: who asks for a password now asks nobody. */
  get hasStarted(): boolean {
    return this.#startLsn !== undefined;
  }

  readonly listener = (event: ReceiverEvent): void => {
    switch (event.type) {
      case 'started':
        this.#started(event);
        return;
      case 'segment':
        if (this.#verbose) this.say(say('receive.segment', { lsn: formatLsn(event.lsn), timeline: event.timeline }));
        return;
      case 'timeline':
        this.#timelineEnd = event.lsn;
        return;
      case 'disconnected':
        this.#disconnected(event);
        return;
      case 'gap': {
        const { timeline, beginLsn, endLsn, reason } = event.gap;
        const place = { timeline, beginLsn: formatLsn(beginLsn), endLsn: formatLsn(endLsn), reason };
        this.warn(say('receive.gap', place));
        return;
      }
      case 'step':
        if (this.#verbose) this.say(event.sentence);
        return;
      case 'warning':
        this.warn(event.sentence);
        return;
      case 'phase':
        return;
    }
  };

  /** @throws BackupError `SERVER_UNREACHABLE` where the server ended it */
  finish({ reason }: ReceiverEnd, { durableLsn, timeline }: ReceiverStatus): void {
    if (reason === 'server-ended') throw new BackupError('SERVER_UNREACHABLE', say('receive.disconnected'));
    if (!this.#verbose) return;
    if (reason === 'stopped') this.say(say('receive.interrupted'));
    else {
      // Nothing is received where it begins behind the position at which it is to end.
      const lsn = durableLsn ?? this.#startLsn;
      if (lsn !== undefined) this.say(say('receive.stopped', { lsn: formatLsn(lsn), timeline: timeline ?? 0 }));
    }
  }

  say(sentence: Message): void {
    this.#context.terminal.line(`${this.#context.program}: ${speak(sentence)}`);
  }

  warn(sentence: Message): void {
    this.#context.terminal.line(warningLine(this.#context.program, sentence));
  }

  #disconnected({ error, retryInMs }: Extract<ReceiverEvent, { type: 'disconnected' }>): void {
    this.#wasDisconnected = true;
    // A server that ended the stream in order is no error.
    const lines = error === undefined ? [] : errorLines(this.#context.program, error);
    for (const line of lines) this.#context.terminal.line(line);
    const seconds = secondsText(retryInMs);
    this.say(seconds === '0' ? say('receive.retry-at-once') : say(this.#retryKey(error), { seconds }));
  }

  /** What never was cannot be lost. */
  #retryKey(error: unknown): 'receive.retry' | 'receive.retry-connect' | 'receive.retry-start' {
    if (this.#originalOnly || this.hasStarted) return 'receive.retry';
    const isUnreachable = error instanceof BackupError && error.code === 'SERVER_UNREACHABLE';
    return isUnreachable && error.kind !== 'connection-lost' ? 'receive.retry-connect' : 'receive.retry-start';
  }

  #started({ lsn, timeline }: Extract<ReceiverEvent, { type: 'started' }>): void {
    // Whoever was told that it is gone is told that it is back.
    if (this.#verbose || this.#wasDisconnected) {
      const ended = this.#timelineEnd;
      const sentence = ended === undefined ? 'receive.starting' : 'receive.switched';
      this.say(say(sentence, { lsn: formatLsn(ended ?? lsn), timeline }));
    }
    this.#startLsn = lsn;
    this.#timelineEnd = undefined;
    this.#wasDisconnected = false;
  }
}

/** Whole seconds, below ten with one decimal. */
function secondsText(ms: number): string {
  return ms >= 10_000 ? String(Math.round(ms / 1000)) : String(Math.round(ms / 100) / 10);
}
