import { say, type Message } from '../messages/message.ts';
import type { ServerFinding } from './server-finding.ts';
import type { LookedAtArchive, Told } from './server-facts.ts';

/** A directory where WAL of a server is archived, as it is on this host. */
export interface ArchivePlaceFacts {
  readonly path: string;
  /** Why it could not be looked at; undefined: it was. */
  readonly unread: Message | undefined;
  /** Why nothing can be archived there; undefined: nothing was found that says so. */
  readonly unusable: Told<{
    readonly reason: Message;
    readonly isDirectory: boolean;
    /** What helps, where the place is in an object store. */
    readonly fix?: Message | undefined;
  }>;
  /** How far the clock of an object store is ahead of that of this host, in ms, where it refused that; else undefined. */
  readonly clockOffMs?: number | undefined;
  /** In bytes. */
  readonly freeBytes: Told<bigint>;
  /** Whose WAL is in it; undefined: there is none yet. */
  readonly systemIdentifier: Told<bigint>;
  /** A whole segment of the server's timeline that ends behind what the server has written; undefined: there is none. */
  readonly ahead: string | undefined;
}

/** What the server itself is and has. */
export interface ServerPlace {
  readonly systemIdentifier: Told<bigint>;
  /** A standby may be behind what its primary archives. */
  readonly inRecovery: Told<boolean>;
  /** Flushed WAL, as text, asked for after the archive was read. */
  readonly position: Told<{ readonly lsn: string; readonly timeline: number }>;
  /** Archiving is on; undefined: that was not told. */
  readonly archives: Told<boolean>;
}

/** Whether nobody else archives to the same place: a restored copy beside its source, or another instance. */
export function archiveOwner(
  { path, unread, unusable, systemIdentifier: actual, ahead }: ArchivePlaceFacts,
  { systemIdentifier: expected, inRecovery, position, archives }: ServerPlace,
): ServerFinding {
  const check = 'archive-owner';
  if (unread !== undefined) return { check, severity: 'unknown', what: unread };
  if (unusable !== undefined) {
    const { reason, isDirectory, fix = say('doctor.archive-owner.unusable.fix') } = unusable;
    return isDirectory
      ? {
          ...{ check, severity: 'warning', what: say('doctor.archive-owner.foreign', { path, reason }) },
          ...{ why: say('doctor.archive-owner.foreign.why'), fix: say('doctor.archive-owner.foreign.fix') },
        }
      : {
          ...{ check, severity: 'error', what: say('doctor.archive-owner.unusable', { path, reason }) },
          ...{ why: say('doctor.archive-owner.unusable.why'), fix },
        };
  }
  if (actual !== undefined && expected !== undefined && actual !== expected) {
    const what = say('doctor.archive-owner.other', { path, actual, expected });
    if (archives === false) {
      const why = say('doctor.archive-owner.other.off.why');
      return { check, severity: 'warning', what, why, fix: say('doctor.archive-owner.other.fix') };
    }
    return {
      check,
      severity: 'error',
      what,
      why: say('doctor.archive-owner.other.why'),
      fix: say('doctor.archive-owner.other.fix'),
    };
  }
  if (expected === undefined || position === undefined || inRecovery !== false) {
    return { check, severity: 'unknown', what: say('doctor.archive-owner.unknown', { path }) };
  }
  if (actual === undefined) return { check, severity: 'ok', what: say('doctor.archive-owner.empty', { path }) };
  if (ahead === undefined) return { check, severity: 'ok', what: say('doctor.archive-owner.ok', { path }) };
  const what = say('doctor.archive-owner', { path, segment: ahead, ...position });
  if (archives === false) {
    const [why, fix] = [say('doctor.archive-owner.off.why'), say('doctor.archive-owner.off.fix')];
    return { check, severity: 'note', what, why, fix };
  }
  return {
    check,
    severity: 'error',
    what,
    why: say('doctor.archive-owner.why'),
    fix: say('doctor.archive-owner.fix'),
  };
}

/** Whether a server that archived there would write over the WAL of another. */
export function lineOf(
  { unread, unusable, systemIdentifier: actual, ahead }: ArchivePlaceFacts,
  { systemIdentifier: expected, inRecovery, position }: ServerPlace,
): LookedAtArchive['line'] {
  if (unread !== undefined || unusable !== undefined) return 'unknown';
  if (actual !== undefined && expected !== undefined && actual !== expected) return 'foreign';
  if (actual === undefined) return 'empty';
  if (expected === undefined || position === undefined || inRecovery !== false) return 'unknown';
  return ahead === undefined ? 'own' : 'foreign';
}

/** Of a server that did not tell whether it archives. */
export const archiveUntold: ServerFinding = {
  check: 'archive-owner',
  severity: 'unknown',
  what: say('doctor.archive-owner.untold'),
};

/** Of a server that archives, but nobody knows where. */
export const archiveElsewhere: ServerFinding = {
  check: 'archive-owner',
  severity: 'unknown',
  what: say('doctor.archive-owner.elsewhere'),
};

/** Days that an archive should have room for: over a weekend nobody looks. */
const daysToAct = 3;
const secondsOfDay = 86_400;
const mebibyte = 1024n ** 2n;

/** Room for WAL that comes. @param bytesPerSecond uncompressed; undefined: not known yet */
export function archiveSpace(
  { path, unread, freeBytes }: ArchivePlaceFacts,
  bytesPerSecond: Told<number>,
): ServerFinding | undefined {
  const check = 'archive-space';
  // That it could not be looked at is told once.
  if (unread !== undefined || freeBytes === undefined) return undefined;
  const free = freeBytes / mebibyte;
  if (bytesPerSecond === undefined) {
    return { check, severity: 'unknown', what: say('doctor.archive-space.unknown', { path, free }) };
  }
  const daily = Math.ceil((bytesPerSecond * secondsOfDay) / Number(mebibyte));
  const days = bytesPerSecond === 0 ? Infinity : Number(freeBytes) / (bytesPerSecond * secondsOfDay);
  if (days > 3650) return { check, severity: 'ok', what: say('doctor.archive-space.ample', { path, free, daily }) };
  const what = say('doctor.archive-space', { path, free, daily, days: days.toFixed(1) });
  if (days >= daysToAct) return { check, severity: 'ok', what };
  return {
    check,
    severity: 'warning',
    what,
    why: say('doctor.archive-space.why'),
    fix: say('doctor.archive-space.fix'),
  };
}

/** Whether an object store takes the time of this host; undefined: it does. */
export function archiveClock({ clockOffMs }: ArchivePlaceFacts): ServerFinding | undefined {
  if (clockOffMs === undefined) return undefined;
  const seconds = Math.round(Math.abs(clockOffMs) / 1000);
  return {
    ...{ check: 'archive-clock', severity: 'warning' },
    what: say(clockOffMs > 0 ? 'doctor.archive-clock.behind' : 'doctor.archive-clock.ahead', { seconds }),
    why: say('doctor.archive-clock.why'),
    fix: say('doctor.archive-clock.fix'),
  };
}
