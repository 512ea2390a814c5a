import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { fromBytes } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { say, type Message } from '../messages/message.ts';
import { readRecoveryLine, type KnownFailure, type RecoveryLogEvent } from '../server/recovery-log.ts';
import { SettingsFile } from '../server/settings-file.ts';
import { configuredSettings, type DataDirectory } from './data-directory.ts';
import type { RecoveryListener } from './events.ts';

/** What the log has said about a recovery so far. */
export class RecoveryWatch {
  readonly #onEvent: RecoveryListener;
  readonly #lastLines: string[] = [];
  #failure: { fatal: boolean; known: KnownFailure | undefined; text: string } | undefined;
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

  constructor(onEvent: RecoveryListener = () => undefined) {
    this.#onEvent = onEvent;
  }

  /** Whether it says something that decides what comes next. */
  line(text: string): void {
    if (text.trim() !== '') this.#lastLines.push(text);
    if (this.#lastLines.length > 10) this.#lastLines.shift();
    const event = readRecoveryLine(text);
    if (event === undefined) return;
    this.#note(event);
    this.#onEvent({ type: 'log', event });
  }

  /** The first failure that is understood counts, else the first that ended the server: what follows is its consequence. */
  #note(event: RecoveryLogEvent): void {
    switch (event.kind) {
      case 'begin':
        this.isPaused = this.isOpen = false;
        this.#failure = undefined;
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
        }
        return;
      case 'replaying':
      case 'redo-done':
      case 'prepared':
      case 'complete':
    }
  }

  /** Why the server ended, as far as its log tells. */
  failure(logFile: string | undefined): BackupError {
    const context = logFile === undefined ? {} : { log: logFile };
    const failure = this.#failure;
    if (failure?.known !== undefined) {
      return new BackupError(failure.known.code, failure.known.sentence, { hint: failure.known.hint, context });
    }
    const text = failure?.text ?? this.#lastLines.at(-1) ?? '';
    const sentence = text === '' ? say('recovery.ended-silently') : say('recovery.ended', { text });
    return new BackupError('SERVER_ERROR', sentence, { hint: say('recovery.ended.hint'), context });
  }

  /** What the log complains of although the server goes on. */
  get complaint(): Message | undefined {
    return this.#failure?.known?.sentence;
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

/** Whether the directory is configured as a standby, which replays for ever. */
export function isStandby({ path, dialect }: DataDirectory): boolean {
  if (dialect.standbyFile !== undefined) return existsSync(join(path, dialect.standbyFile));
  const file = join(path, 'recovery.conf');
  if (!existsSync(file)) return false;
  return /^(?:on|true|yes|1)$/i.test(new SettingsFile(fromBytes(readRegular(file))).value('standby_mode') ?? '');
}
