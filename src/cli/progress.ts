import type { BackupProgress } from '../index.ts';
import { render, say } from '../messages/message.ts';
import type { Terminal } from './terminal.ts';

const updateMs = 1000;
const liveUpdateMs = 200;

/** Shows how far a backup is: in place with rate and ETA on a terminal, the original's line each second elsewhere, or JSON lines. */
export class ProgressView {
  readonly #terminal: Terminal;
  readonly #style: 'text' | 'json';
  readonly #verbose: boolean;
  readonly #startMs: number;
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
    this.#show({ ...this.#last, totalBytes: this.#last.doneBytes }, Date.now());
    this.#terminal.endLive();
  }

  #show(progress: BackupProgress, now: number): void {
    const elapsedSeconds = Math.max((now - this.#startMs) / 1000, 0.001);
    const rate = progress.doneBytes / elapsedSeconds;
    // The estimate may be too small: never more than 100 %, never fewer bytes in all than there are already.
    const total = Math.max(progress.totalBytes, progress.doneBytes);
    const etaSeconds = rate > 0 ? (total - progress.doneBytes) / rate : undefined;
    if (this.#style === 'json') {
      this.#terminal.line(JSON.stringify(record(progress, total, rate, etaSeconds)));
      return;
    }
    const line = originalLine(progress, total, this.#verbose);
    if (!this.#terminal.isTerminal) {
      this.#terminal.line(line);
      return;
    }
    const pace = render(
      say('backup.progress-pace', {
        rate: byteText(rate),
        eta: etaSeconds === undefined ? '?' : durationText(etaSeconds),
      }),
    );
    this.#terminal.live(`${line}  ${pace}`);
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
  const line = render(
    progress.tablespaceCount === 1 ? say('backup.progress-one', parameters) : say('backup.progress-many', parameters),
  );
  return verbose && progress.current !== '' ? `${line} (${shortened(progress.current)})` : line;
}

/** The last 30 characters, as the original shows a path. */
function shortened(path: string): string {
  return path.length > 30 ? `...${path.slice(-27)}` : path;
}

function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** `1:02:03` or `2:03`. */
function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
