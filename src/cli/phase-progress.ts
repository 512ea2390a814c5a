import { say } from '../messages/message.ts';
import { Pace, showJob } from './progress-look.ts';
import { speak } from './speech.ts';
import type { Terminal } from './terminal.ts';

const updateMs = 1000;
const liveUpdateMs = 200;

/** What may be done in a moment is shown only if it takes longer than this. */
export const laterMs = 500;

type Sentence =
  | 'copy.progress-packs'
  | 'copy.progress-wal'
  | 'verify.progress'
  | 'verify.progress-wal'
  | 'restore.progress'
  | 'restore.progress-wal'
  | 'window.progress';

/** How far a phase is, as events tell it. */
export interface PhaseState {
  readonly phase: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/** `12345/67890 kB (18%) verified`, once a second and at the end, as pg_verifybackup shows it; in place with all else on a terminal. */
export class PhaseProgress {
  readonly #terminal: Terminal;
  readonly #sentences: Readonly<Partial<Record<string, Sentence>>>;
  readonly #pace = new Pace();
  /** When it was first told of. */
  #startMs: number | undefined;
  readonly #silentMs: number;
  #shownMs = -Infinity;

  /**
   * @param sentences by phase: phases without one are not shown
   * @param silentMs nothing is shown of what takes no longer than this
   */
  constructor(terminal: Terminal, sentences: Readonly<Partial<Record<string, Sentence>>>, silentMs = 0) {
    this.#terminal = terminal;
    this.#sentences = sentences;
    this.#silentMs = silentMs;
  }

  update({ phase, doneBytes, totalBytes }: PhaseState, finished: boolean): void {
    const sentence = this.#sentences[phase];
    if (sentence === undefined) return;
    // No clock: one that is put back would stop the lines, or tell of rates below zero.
    const now = performance.now();
    this.#startMs ??= now;
    if (this.#shownMs === -Infinity && now - this.#startMs < this.#silentMs) return;
    if (!finished && now - this.#shownMs < (this.#terminal.isTerminal ? liveUpdateMs : updateMs)) return;
    this.#shownMs = now;
    const total = String(Math.floor(totalBytes / 1024));
    const done = String(Math.floor(doneBytes / 1024)).padStart(total.length);
    const percent = totalBytes === 0 ? 0 : Math.floor((100 * doneBytes) / totalBytes);
    const line = speak(say(sentence, { done, total, percent }));
    if (finished || !this.#terminal.isTerminal) this.#terminal.line(line);
    else {
      const pace = this.#pace.measure(doneBytes, totalBytes, now);
      showJob(this.#terminal, { done: doneBytes, total: totalBytes, text: line.trimStart(), ...pace });
    }
  }
}
