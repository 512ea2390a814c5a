import type { BackupProgress } from '../index.ts';
import { render, say } from '../messages/message.ts';
import { Pace, showJob } from './progress-look.ts';
import type { Terminal } from './terminal.ts';

const updateMs = 1000;
const liveUpdateMs = 200;

/** Shows how far a backup is: in place with rate and ETA on a terminal, the original's line each second elsewhere, or JSON lines. */
export class ProgressView {
  readonly #terminal: Terminal;
  readonly #style: 'text' | 'json';
  readonly #verbose: boolean;
  readonly #startMs: number;
  readonly #pace = new Pace();
  #lastMs = 0;
  #last: BackupProgress | undefined;

  constructor(terminal: Terminal, style: 'text' | 'json', verbose: boolean) {
    this.#terminal = terminal;
    this.#style = style;
    this.#verbose = verbose;
    this.#startMs = Date.now();
  }

  update(progress: BackupProgress): void {
    const now = Date.now();
    this.#last = progress;
    const everyMs = this.#style === 'text' && this.#terminal.isTerminal ? liveUpdateMs : updateMs;
    if (now - this.#lastMs < everyMs) return;
    this.#lastMs = now;
    this.#show(progress, now);
  }

  /** The last state once more, so that the end is always shown. */
  finish(): void {
    if (this.#last === undefined) return;
    this.#show({ ...this.#last, totalBytes: this.#last.doneBytes }, Date.now(), true);
    this.#terminal.endLive();
  }

  #show(progress: BackupProgress, now: number, isEnd = false): void {
    const { doneBytes } = progress;
    // The estimate may be too small: never more than 100 %, never fewer bytes in all than there are already.
    const total = Math.max(progress.totalBytes, doneBytes);
    const pace = this.#pace.measure(doneBytes, total, now);
    const average = (doneBytes * 1000) / Math.max(now - this.#startMs, 1);
    const { perSecond, leftSeconds } = isEnd ? { perSecond: average, leftSeconds: 0 } : pace;
    if (this.#style === 'json') {
      this.#terminal.line(JSON.stringify(record(progress, total, perSecond ?? average, leftSeconds)));
      return;
    }
    const text = originalLine(progress, total, this.#verbose);
    if (!this.#terminal.isTerminal) this.#terminal.line(text);
    else showJob(this.#terminal, { done: doneBytes, total, text, perSecond, leftSeconds });
  }
}

function record(progress: BackupProgress, total: number, rate: number, etaSeconds: number | undefined): object {
  return {
    messageType: 'progress',
    doneBytes: progress.doneBytes,
    totalBytes: total,
    percent: total === 0 ? 0 : Math.floor((100 * progress.doneBytes) / total),
    bytesPerSecond: Math.round(rate),
    etaSeconds: etaSeconds === undefined ? null : Math.round(etaSeconds),
    tablespacesDone: progress.tablespacesDone,
    tablespaceCount: progress.tablespaceCount,
    current: progress.current,
  };
}

/** `12345/67890 kB (18%), 0/2 tablespaces`, with the file in verbose mode, as the original prints it. */
function originalLine(progress: BackupProgress, total: number, verbose: boolean): string {
  const parameters = {
    done: Math.floor(progress.doneBytes / 1024),
    total: Math.floor(total / 1024),
    percent: total === 0 ? 0 : Math.floor((100 * progress.doneBytes) / total),
    tablespaces: progress.tablespacesDone,
    count: progress.tablespaceCount,
  };
  const line = render(say('backup.progress', parameters));
  return verbose && progress.current !== '' ? `${line} (${shortened(progress.current)})` : line;
}

/** The last 30 characters, as the original shows a path. */
function shortened(path: string): string {
  return path.length > 30 ? `...${path.slice(-27)}` : path;
}
