import type { Message } from '../messages/message.ts';
import type { Backlog } from './backlog.ts';
import type { ServerIdentity } from '../server/identity.ts';
import type { Examination } from '../server/examination.ts';

/** What a server said, or undefined where it could not say it to this role, or knows no such thing. */
export type Told<Value> = Value | undefined;

/** A row of pg_settings. Source: chapter "pg_settings" of the manuals. */
export interface SettingRow {
  readonly value: string;
  /** `kB`, `8kB`, `MB`, `s`, `min` …; undefined for numbers without unit and everything else. */
  readonly unit: string | undefined;
  /** A change needs a restart of the server. */
  readonly needsRestart: boolean;
}

export interface SlotRow {
  readonly name: string;
  readonly active: boolean;
  readonly temporary: boolean;
  /** WAL that the server keeps for it, in bytes; undefined: none is reserved. */
  readonly heldBytes: bigint | undefined;
  /** The server has removed WAL that the slot was to keep; undefined: it does not tell. */
  readonly lost: Told<boolean>;
}

/** A row of pg_stat_archiver. Times in ms since 1970. */
export interface ArchiverRow {
  readonly archivedCount: bigint;
  readonly lastArchivedName: string | undefined;
  readonly lastArchivedMs: number | undefined;
  readonly failedCount: bigint;
  readonly lastFailedName: string | undefined;
  readonly lastFailedMs: number | undefined;
  /** How long these were counted; undefined: the server does not tell. */
  readonly countedSeconds: number | undefined;
  /** When the server was started, in ms since 1970. */
  readonly serverStartedMs?: number | undefined;
}

export interface TablespaceRow {
  readonly name: string;
  /** As the server says it: absolute, or relative to the data directory. */
  readonly path: string;
}

/**
 * `found`: our account may execute it; `unread`: our account cannot see that; `named`: no slash in it, but a directory of the usual PATH has it; `nowhere`: none has
 * it; `shell`: no program, the shell itself understands it; `unclear`: a path from the data directory on, or one that is not plainly to be seen.
 */
export type ProgramState = 'found' | 'absent' | 'not-executable' | 'unread' | 'named' | 'nowhere' | 'shell' | 'unclear';

export interface ArchiveProgram {
  readonly word: string;
  readonly state: ProgramState;
  /** Who we are, for `found` and `unread`. */
  readonly account: string;
}

/** What is wrong with the words of a command of ours: it refuses them, or it names a place by a path that is not full. */
export type CommandJudgement = { readonly refused: Message } | { readonly relative: string };

/** Whose WAL an archive holds: of this server's line as far as can be seen, none yet, of another line or instance, or nobody knows. */
export interface LookedAtArchive {
  readonly path: string;
  readonly line: 'own' | 'empty' | 'foreign' | 'unknown';
}

/** What was seen on this host. */
export interface HostFacts {
  /** Directories of tablespaces that hold something here; undefined: nobody asked. */
  readonly placesInUse: ReadonlySet<string> | undefined;
  /** What archive_command begins with; undefined: the server is on another host, or there is no command. */
  readonly archiveProgram: ArchiveProgram | undefined;
  /** What our own program says of the words of archive_command; undefined: nothing, or it is no command of ours. */
  readonly archiveWords?: CommandJudgement | undefined;
  /** The directory that archive_command plainly names; undefined: the server is on another host, or none is to be seen. */
  readonly archiveTarget: { readonly path: string; readonly isThere: Told<boolean> } | undefined;
  /** The archive that was named, or to which the settings lead; undefined: there is none on this host. */
  readonly archive: LookedAtArchive | undefined;
  /** An archive_command of ours for the archive that was named, with all paths in it; undefined: nobody can say it. */
  readonly pushCommand: string | undefined;
  /** The process that pushes for it, beside it, where that stands still. */
  readonly stoppedPusher?: number | undefined;
  /** Undefined: the server is on another host, or its WAL directory is not ours to read. */
  readonly waiting: Backlog | undefined;
}

/** Everything that checks judge: rows that were read before, no connection. */
export interface ServerFacts {
  readonly identity: ServerIdentity;
  readonly examination: Examination;
  /** As whom the questions were asked. */
  readonly user: string;
  /** Only those that the server told. */
  readonly settings: ReadonlyMap<string, SettingRow>;
  /** Sessions that count against max_wal_senders now, ours not among them. */
  readonly walSenders: Told<number>;
  readonly slots: Told<readonly SlotRow[]>;
  readonly archiver: Told<ArchiverRow>;
  /** archive_command as it will be once archiving is on; undefined: not told apart from the setting. */
  readonly archiveCommandWhenOn?: Told<string>;
  /** Backups that run now; ours is none. */
  readonly runningBackups: Told<number>;
  readonly tablespaces: Told<readonly TablespaceRow[]>;
  /** Of all tablespaces, in bytes. */
  readonly sizeBytes: Told<bigint>;
  /** It is a standby, or recovers. */
  readonly inRecovery: Told<boolean>;
  /** Undefined: nothing was looked at here. */
  readonly host?: HostFacts | undefined;
  /** Server's clock minus ours in ms, and how wrong that may be: half of what the question took. */
  readonly clock: Told<{ readonly aheadMs: number; readonly uncertaintyMs: number }>;
}

/** No setting was told at all. Where others were, one that is not among them may be none of that release. */
export function toldNoSettings({ settings }: ServerFacts): boolean {
  return settings.size === 0;
}

/** What is known of a server that nobody could ask: nothing, which no check takes for sound. */
export function untoldFacts(identity: ServerIdentity, examination: Examination, user: string): ServerFacts {
  return {
    ...{
      identity,
      examination,
      user,
      settings: new Map(),
      walSenders: undefined,
      slots: undefined,
      archiver: undefined,
    },
    ...{ runningBackups: undefined, tablespaces: undefined, sizeBytes: undefined, inRecovery: undefined },
    clock: undefined,
  };
}

/** A boolean setting; undefined where it was not told. */
export function switchOf({ settings }: ServerFacts, name: string): Told<boolean> {
  const value = settings.get(name)?.value;
  return value === undefined ? undefined : value === 'on';
}

/** A whole number; undefined where it was not told or is none. */
export function numberOf({ settings }: ServerFacts, name: string): Told<number> {
  const value = settings.get(name)?.value;
  return value !== undefined && /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

const unitBytes: Readonly<Record<string, number>> = { B: 1, kB: 1024, '8kB': 8192, MB: 1024 ** 2, GB: 1024 ** 3 };

/** A size in bytes, by the unit that the server gives; negative values (no limit) as they are. */
export function bytesOf(facts: ServerFacts, name: string): Told<number> {
  const value = numberOf(facts, name);
  if (value === undefined || value < 0) return value;
  const unit = facts.settings.get(name)?.unit;
  const factor = unit === undefined ? 1 : unitBytes[unit];
  return factor === undefined ? undefined : value * factor;
}

/** A text; undefined where it was not told. */
export function textOf({ settings }: Pick<ServerFacts, 'settings'>, name: string): Told<string> {
  return settings.get(name)?.value;
}

/** archive_command, also where archiving is off; undefined where that is not told. */
export function archiveCommandOf(facts: ServerFacts): Told<string> {
  const command = facts.archiveCommandWhenOn ?? textOf(facts, 'archive_command');
  // So a server shows it while archiving is off.
  return command === '(disabled)' ? undefined : command;
}

/** Size of a WAL segment in bytes. */
export function segmentBytesOf(facts: ServerFacts): number {
  return bytesOf(facts, 'wal_segment_size') ?? 16 * 1024 ** 2;
}

/** Counted shorter than this, what is archived says nothing of a day. */
const countedLongEnoughSeconds = 3600;

/**
 * WAL that is archived, uncompressed, in bytes per second on average; undefined where that is not known: counted for less than an hour, or archiving is off, has not
 * begun or fails, so that what comes is not what is archived.
 */
export function walRateOf(facts: ServerFacts): Told<number> {
  const { archivedCount = 0n, countedSeconds, lastArchivedMs = 0, lastFailedMs = 0 } = facts.archiver ?? {};
  if (countedSeconds === undefined || countedSeconds < countedLongEnoughSeconds) return undefined;
  if (textOf(facts, 'archive_mode') === 'off' || archivedCount === 0n || lastFailedMs > lastArchivedMs)
    return undefined;
  return (Number(archivedCount) * segmentBytesOf(facts)) / countedSeconds;
}
