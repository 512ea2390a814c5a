import {
  formatLsn,
  type NextStep,
  type PreparedTransaction,
  type RecoveryEvent,
  type RecoveryProgress,
  type ServerState,
} from '../index.ts';
import { render, say } from '../messages/message.ts';
import { showJob } from './progress-look.ts';
import { warningLine } from './error-text.ts';
import { speak } from './speech.ts';
import type { Terminal } from './terminal.ts';

const updateMs = { live: 500, lines: 10_000 } as const;

/** Shows what happens while a server recovers: warnings, what its log says, and progress, in place on a terminal. */
export class RecoveryTalk {
  readonly #program: string;
  readonly #terminal: Terminal;
  readonly #quiet: boolean;
  #shownMs = 0;
  #shown = '';

  constructor(program: string, terminal: Terminal, { quiet }: { readonly quiet: boolean }) {
    this.#program = program;
    this.#terminal = terminal;
    this.#quiet = quiet;
  }

  readonly onEvent = (event: RecoveryEvent): void => {
    if (event.type === 'warning') this.#terminal.line(warningLine(this.#program, event.sentence));
    if (this.#quiet) return;
    if (event.type === 'note') this.#terminal.line(`${this.#program}: ${speak(event.sentence)}`);
    if (event.type === 'log') this.#log(event.event);
    if (event.type === 'progress') this.#progress(event);
  };

  #log(event: Extract<RecoveryEvent, { type: 'log' }>['event']): void {
    const text = logText(event);
    if (text !== undefined) this.#terminal.line(`${this.#program}: ${speak(say('recovery.said', { text }))}`);
  }

  #progress(event: RecoveryProgress): void {
    const now = performance.now();
    if (now - this.#shownMs < (this.#terminal.isTerminal ? updateMs.live : updateMs.lines)) return;
    const line = progressLine(event);
    this.#shownMs = now;
    if (this.#terminal.isTerminal) this.#live(event, line);
    else if (line !== this.#shown) this.#terminal.line(`${this.#program}: ${line}`);
    this.#shown = line;
  }

  /** With a bar where the end is known: from where we saw replay first. */
  #live(event: RecoveryProgress, line: string): void {
    const { lsn, doneBytes: done, totalBytes, replayTime, bytesPerSecond, remainingSeconds } = event;
    if (lsn === undefined || totalBytes === undefined) {
      this.#terminal.live(line);
      return;
    }
    const total = Math.max(totalBytes, 1);
    const time = replayTime === undefined ? '' : ` (${replayTime})`;
    const percent = Math.floor((100 * done) / total);
    const text = speak(say('recovery.progress-live', { lsn: formatLsn(lsn), time, percent }));
    showJob(this.#terminal, { done, total, text, perSecond: bytesPerSecond, leftSeconds: remainingSeconds });
  }
}

function logText(event: Extract<RecoveryEvent, { type: 'log' }>['event']): string | undefined {
  switch (event.kind) {
    case 'begin':
    case 'failure':
      return event.text;
    case 'target':
      return event.text === undefined
        ? 'starting archive recovery'
        : `starting point-in-time recovery to ${event.text}`;
    case 'consistent':
      return `consistent recovery state reached at ${event.lsn}`;
    case 'stopping':
      return `recovery stopping ${event.text}`;
    case 'standby':
      return 'entering standby mode';
    case 'prepared':
      return `recovering prepared transaction ${event.xid}`;
    case 'warning':
    case 'restored':
    case 'read-only':
    case 'replaying':
    case 'working':
    case 'paused':
    case 'redo-done':
    case 'complete':
    case 'open':
    case 'shut-down':
      return undefined;
  }
}

function progressLine(progress: RecoveryProgress): string {
  const { lsn, replayTime, bytesPerSecond, remainingSeconds, filesDone, lastSegment } = progress;
  if (lsn === undefined) {
    return lastSegment === undefined
      ? speak(say('recovery.progress-waiting'))
      : speak(say('recovery.progress-segments', { count: filesDone, name: lastSegment }));
  }
  return speak(
    say('recovery.progress', {
      lsn: formatLsn(lsn),
      time: replayTime === undefined ? '' : ` (${replayTime})`,
      rate: bytesPerSecond === undefined ? '' : `, ${(bytesPerSecond / 1_048_576).toFixed(1)} MiB/s`,
      left:
        remainingSeconds === undefined ? '' : say('recovery.seconds-left', { seconds: Math.ceil(remainingSeconds) }),
    }),
  );
}

/** So many are shown each on its line. */
const mostPrepared = 10;

function preparedLine({ name, xid, owner, database, preparedAt }: PreparedTransaction): string {
  return owner === undefined
    ? speak(say('recovery.prepared-promised', { name, xid }))
    : speak(say('recovery.prepared', { name, xid, owner, database: database ?? '', time: preparedAt ?? '' }));
}

/** Where replay has come to; servers that are down, or have replayed no commit, tell no time. */
export function positionLine({ replayLsn, lastCommit }: Pick<ServerState, 'replayLsn' | 'lastCommit'>): string[] {
  if (replayLsn === undefined) return [];
  const lsn = formatLsn(replayLsn);
  return [
    lastCommit === undefined
      ? speak(say('recovery.result.position', { lsn }))
      : speak(say('recovery.result.position-time', { lsn, time: lastCommit })),
  ];
}

/** Prepared transactions and what remains to be done, each step with its command below it. */
export function closingLines(prepared: readonly PreparedTransaction[], steps: readonly NextStep[]): string[] {
  const lines = prepared.slice(0, mostPrepared).map(preparedLine);
  const more = prepared.length - lines.length;
  if (more > 0) lines.push(speak(say('recovery.prepared-more', { count: more })));
  if (steps.length === 0) return lines;
  return [
    ...lines,
    speak(say('recovery.next')),
    ...steps.flatMap(({ sentence, command }) => [
      `- ${speak(sentence)}`,
      ...(command === undefined ? [] : [`    ${command}`]),
    ]),
  ];
}

/** As JSON: steps and prepared transactions with text. */
export function closingRecord(
  prepared: readonly PreparedTransaction[],
  steps: readonly NextStep[],
): Record<string, unknown> {
  return {
    preparedTransactions: prepared,
    nextSteps: steps.map(({ sentence, command }) => ({ what: render(sentence), command })),
  };
}
