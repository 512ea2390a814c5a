import { formatLsn, type BackupEvent, type BackupProgress } from '../index.ts';
import { say } from '../messages/message.ts';
import { Pace, showJob } from './progress-look.ts';
import { speak } from './speech.ts';
import type { Terminal } from './terminal.ts';

const updateMs = 1000;
const liveUpdateMs = 200;

/** What is shown: before the first bytes nothing has numbers. */
type ShownState = Omit<BackupProgress, 'type' | 'atMs' | 'tablespaceCount'> & {
  readonly tablespaceCount: number | undefined;
};

const nothingYet = {
  doneBytes: 0,
  totalBytes: undefined,
  filesDone: 0,
  tablespacesDone: 0,
  tablespaceCount: undefined,
  current: '',
} as const;

/** Shows how far a backup is: in place with rate and ETA on a terminal, the original's line each second elsewhere, or JSON lines. */
export class ProgressView {
  readonly #terminal: Terminal;
  readonly #style: 'text' | 'json';
  readonly #verbose: boolean;
  readonly #startMs: number;
  readonly #pace = new Pace();
  #lastMs = -Infinity;
  #last: BackupProgress | undefined;
  #phase: BackupEvent['phase'] = 'connect';

  constructor(terminal: Terminal, style: 'text' | 'json', verbose: boolean) {
    this.#terminal = terminal;
    this.#style = style;
    this.#verbose = verbose;
    this.#startMs = performance.now();
  }

  update(progress: BackupProgress): void {
    // No clock: one that is put back would stop the lines, or tell of rates below zero.
    const now = performance.now();
    this.#last = progress;
    this.#phase = progress.phase;
    const everyMs = this.#style === 'text' && this.#terminal.isTerminal ? liveUpdateMs : updateMs;
    if (now - this.#lastMs < everyMs) return;
    this.#lastMs = now;
    this.#show(progress, now);
  }

  /** A phase begins: whoever reads JSON hears it at once, with its first numbers where it has any of its own. */
  begin(phase: BackupEvent['phase']): void {
    this.#phase = phase;
    if (this.#style !== 'json') return;
    if (phase === 'copy' || phase === 'wal') this.#lastMs = -Infinity;
    else this.#show(this.#state, performance.now());
  }

  /** The last state once more, so that the end is always shown. */
  finish(): void {
    if (this.#last === undefined) return;
    this.#show({ ...this.#state, totalBytes: this.#last.doneBytes }, performance.now(), true);
    this.#terminal.endLive();
  }

  get #state(): ShownState {
    return { ...(this.#last ?? nothingYet), phase: this.#phase };
  }

  #show(progress: ShownState, now: number, isEnd = false): void {
    const { doneBytes } = progress;
    // The estimate may be too small: never more than 100 %, never fewer bytes in all than there are already.
    const total = Math.max(progress.totalBytes ?? 0, doneBytes);
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

function record(progress: ShownState, total: number, rate: number, etaSeconds: number | undefined): object {
  return {
    messageType: 'progress',
    phase: progress.phase,
    at: new Date().toISOString(),
    doneBytes: progress.doneBytes,
    totalBytes: total,
    percent: total === 0 ? 0 : Math.floor((100 * progress.doneBytes) / total),
    bytesPerSecond: Math.round(rate),
    etaSeconds: etaSeconds === undefined ? null : Math.round(etaSeconds),
    filesDone: progress.filesDone,
    tablespace: progress.tablespace ?? null,
    tablespacesDone: progress.tablespacesDone,
    tablespaceCount: progress.tablespaceCount ?? null,
    lsn: progress.lsn === undefined ? null : formatLsn(progress.lsn),
    current: progress.current,
  };
}

/** `12345/67890 kB (18%), 0/2 tablespaces`, with the file in verbose mode, as the original prints it. */
function originalLine(progress: ShownState, total: number, verbose: boolean): string {
  const parameters = {
    done: Math.floor(progress.doneBytes / 1024),
    total: Math.floor(total / 1024),
    percent: total === 0 ? 0 : Math.floor((100 * progress.doneBytes) / total),
    tablespaces: progress.tablespacesDone,
    count: progress.tablespaceCount ?? 1,
  };
  const line = speak(say('backup.progress', parameters));
  return verbose && progress.current !== '' ? `${line} (${shortened(progress.current)})` : line;
}

/** The last 30 characters, as the original shows a path. */
function shortened(path: string): string {
  return path.length > 30 ? `...${path.slice(-27)}` : path;
}
