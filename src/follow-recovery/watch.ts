import { existsSync, statfsSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { readDetail, readRecoveryLine, type KnownFailure, type RecoveryLogEvent } from '../server/recovery-log.ts';
import { SettingsFile } from '../server/settings-file.ts';
import { configuredSettings, textOf, type DataDirectory } from './data-directory.ts';
import type { RecoveryNews } from './events.ts';

/** With less no server writes a line of its log, or a page of a file. */
const leastFreeBytes = 8192;

/** So many different warnings are shown. */
const mostWarnings = 50;

/** What the log has said about a recovery so far. */
export class RecoveryWatch {
  readonly #tell: (news: RecoveryNews) => void;
  readonly #lastLines: string[] = [];
  #failure: { fatal: boolean; known: KnownFailure | undefined; text: string; detail?: string | undefined } | undefined;
  /** The line before told a failure that counts: its detail is that of the failure. */
  #awaitsDetail = false;
  readonly #warned = new Set<string>();
  /** What the server said it recovers to; undefined: nothing, or the end of the WAL. */
  target: string | undefined;
  /** Where it stopped: `before commit of transaction …`. */
  stoppedAt: string | undefined;
  isStandby = false;
  isConsistent = false;
  isPaused = false;
  isOpen = false;
  isShutDown = false;
  restoredSegments = 0;
  lastSegment: string | undefined;

  constructor(tell: (news: RecoveryNews) => void = () => undefined) {
    this.#tell = tell;
  }

  /** Whether it says something of the recovery. */
  line(text: string): boolean {
    if (text.trim() !== '') this.#lastLines.push(text);
    if (this.#lastLines.length > 10) this.#lastLines.shift();
    const event = readRecoveryLine(text);
    if (event === undefined) {
      this.#detail(text);
      return false;
    }
    this.#awaitsDetail = false;
    this.#note(event);
    if (event.kind === 'warning') this.#warn(event.text);
    else this.#tell({ type: 'log', event });
    return true;
  }

  #detail(text: string): void {
    if (!this.#awaitsDetail || this.#failure === undefined) return;
    this.#failure = { ...this.#failure, detail: readDetail(text) };
    this.#awaitsDetail = false;
  }

  /** Each sentence once: what is wrong with one page is often wrong with many. */
  #warn(text: string): void {
    if (this.#warned.has(text) || this.#warned.size >= mostWarnings) return;
    this.#warned.add(text);
    this.#tell({ type: 'warning', sentence: say('recovery.server-warns', { text }) });
  }

  /** The first failure that is understood counts, else the first that ended the server: what follows is its consequence. */
  #note(event: RecoveryLogEvent): void {
    switch (event.kind) {
      case 'begin':
        this.isPaused = this.isOpen = this.isStandby = this.isConsistent = this.isShutDown = false;
        this.target = this.stoppedAt = this.#failure = undefined;
        return;
      case 'target':
        this.target = event.text;
        return;
      case 'standby':
        this.isStandby = true;
        return;
      case 'restored':
        this.restoredSegments += 1;
        this.lastSegment = event.name;
        return;
      case 'consistent':
      case 'read-only':
        this.isConsistent = true;
        return;
      case 'stopping':
        this.stoppedAt = event.text;
        return;
      case 'paused':
        this.isPaused = true;
        return;
      case 'open':
        this.isOpen = true;
        return;
      case 'shut-down':
        this.isShutDown = true;
        return;
      case 'failure':
        if (this.#failure === undefined || (this.#failure.known === undefined && event.known !== undefined)) {
          this.#failure = event;
          this.#awaitsDetail = true;
        }
        return;
      case 'warning':
      case 'replaying':
      case 'working':
      case 'redo-done':
      case 'prepared':
      case 'complete':
    }
  }

  /**
   * Why the server ended, as far as its log tells.
   * @param freeBytes where a file is, what a server may still write there
   */
  failure(logFile: string | undefined, freeBytes: (file: string) => number = freeBytesAt): BackupError {
    const context = logFile === undefined ? {} : { log: logFile };
    const failure = this.#failure;
    if (failure?.known !== undefined) {
      const detail = failure.detail === undefined ? {} : { detail: failure.detail };
      return new BackupError(failure.known.code, failure.known.sentence, {
        hint: failure.known.hint,
        context: { ...context, ...detail },
      });
    }
    const text = failure?.text ?? this.#lastLines.at(-1) ?? '';
    // It could not even say so.
    if (text === '' && logFile !== undefined && freeBytes(logFile) < leastFreeBytes) {
      return new BackupError(
        'STORAGE_UNAVAILABLE',
        say('recovery-failure.space', { text: say('recovery.no-room-for-log') }),
        {
          hint: say('recovery-failure.space.hint'),
          context,
        },
      );
    }
    const sentence = text === '' ? say('recovery.ended-silently') : say('recovery.ended', { text });
    return new BackupError('SERVER_ERROR', sentence, { hint: say('recovery.ended.hint'), context });
  }

  /** What the log complains of although the server goes on. */
  get complaint(): Message | undefined {
    return this.#failure?.known?.sentence;
  }

  /** It cannot go on because it is configured smaller than its source. */
  get isTooSmall(): boolean {
    return this.#failure?.known?.key === 'smaller-host';
  }

  get hasFailed(): boolean {
    return this.#failure !== undefined;
  }
}

/** Where the servers' own log files are, by the configuration. */
export function logDirectories({ path, dialect }: DataDirectory, configFile?: string): string[] {
  const set = configuredSettings(path, configFile).get('log_directory');
  const directory = set === undefined || set === '' ? dialect.defaultLogDirectory : set;
  return [isAbsolute(directory) ? directory : join(path, directory)];
}

/** Where our start of the server lets it write until its own log is open. */
export function startLog({ path }: DataDirectory): string {
  return join(path, '.gausskeep.recover.log');
}

/**
 * Whether the directory is a standby, which replays for ever: by its configuration, or because somebody has started it
 * as one, which openGauss is told on its command line.
 */
export function isStandby({ path, dialect }: DataDirectory): boolean {
  if (dialect.standbyFile !== undefined) return existsSync(join(path, dialect.standbyFile));
  const conf = textOf(join(path, 'recovery.conf'));
  if (conf !== undefined) {
    const mode = new SettingsFile(fromText(conf)).value('standby_mode');
    if (/^(?:on|true|yes|1)$/i.test(mode ?? '')) return true;
  }
  return dialect.standbyOption?.test(textOf(join(path, 'postmaster.opts')) ?? '') === true;
}

function freeBytesAt(file: string): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(file));
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
