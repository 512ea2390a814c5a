import { say } from '../messages/message.ts';
import { untold, type ServerFinding } from './server-finding.ts';
import {
  bytesOf,
  numberOf,
  segmentBytesOf,
  switchOf,
  textOf,
  toldNoSettings,
  walRateOf,
  type ServerFacts,
} from './server-facts.ts';
import { settingFix } from './setting-fix.ts';

/** A backup that streams its WAL takes two sessions, one with fetched WAL a single one. */
const sessionsOfBackup = 2;
/** For standbys and tools that come back while the ended session of theirs still counts. */
const sparedSessions = 2;

export function walSenders(facts: ServerFacts): ServerFinding {
  const check = 'wal-senders';
  const limit = numberOf(facts, 'max_wal_senders');
  const { walSenders: used } = facts;
  if (limit === undefined || used === undefined) {
    return { check, severity: 'unknown', what: say('doctor.wal-senders.unknown') };
  }
  const free = Math.max(0, limit - used);
  if (free >= sessionsOfBackup) {
    return { check, severity: 'ok', what: say('doctor.wal-senders.ok', { limit, free }) };
  }
  return {
    check,
    severity: free === 0 ? 'error' : 'warning',
    what: say('doctor.wal-senders', { limit, free }),
    why: say('doctor.wal-senders.why'),
    fix: settingFix(facts, 'max_wal_senders', String(used + sessionsOfBackup + sparedSessions)),
  };
}

/** `archive` and `hot_standby` are names of earlier releases, which openGauss still has. */
const sufficientLevels: ReadonlySet<string> = new Set(['archive', 'hot_standby', 'replica', 'logical']);

export function walLevel(facts: ServerFacts): ServerFinding {
  const check = 'wal-level';
  const level = textOf(facts, 'wal_level');
  if (level === undefined) return { check, severity: 'unknown', what: say('doctor.wal-level.unknown') };
  if (sufficientLevels.has(level)) return { check, severity: 'ok', what: say('doctor.wal-level.ok', { level }) };
  return {
    check,
    severity: 'error',
    what: say('doctor.wal-level', { level }),
    why: say('doctor.wal-level.why'),
    fix: settingFix(facts, 'wal_level', facts.examination.walLevel),
  };
}

const mebibyte = 1024 ** 2;
/** What a backup is assumed to move in a second, in MiB: a network of 1 Gbit/s, or a disk that others use as well. */
const assumedSpeedMib = 100;

export interface FetchedWal {
  /** The setting that says how much WAL the server keeps. */
  readonly name: string;
  readonly keptBytes: number;
  readonly sizeBytes: number;
  /** What the backup is held to in a second; undefined: nothing. */
  readonly limitBytes: number | undefined;
  readonly checkpointSeconds: number;
}

/** Of a backup that fetches its WAL at the end, where nothing is kept for it and a checkpoint comes before that. */
export function fetchedWalFinding(wal: FetchedWal): ServerFinding | undefined {
  const speed = Math.min(wal.limitBytes ?? Infinity, assumedSpeedMib * mebibyte);
  if (wal.keptBytes > 0 || wal.sizeBytes / speed <= wal.checkpointSeconds) return undefined;
  const what = say('doctor.wal-keep', { name: wal.name, mebibytes: 0 });
  return { check: 'wal-keep', severity: 'note', what, why: say('doctor.wal-keep.why') };
}

/** Of a backup that fetches its WAL at the end: what the server keeps for it without a slot. */
export function walKeep(facts: ServerFacts): ServerFinding {
  const check = 'wal-keep';
  const { name, countsSegments } = facts.examination.walKeep;
  const value = countsSegments ? numberOf(facts, name) : bytesOf(facts, name);
  const segmentBytes = segmentBytesOf(facts);
  if (value === undefined) return { check, severity: 'unknown', what: say('doctor.wal-keep.unknown', { name }) };
  const keptBytes = countsSegments ? value * segmentBytes : value;
  const size = { name, mebibytes: Math.floor(keptBytes / mebibyte) };
  const why = say('doctor.wal-keep.why');
  const [rate, { sizeBytes }] = [walRateOf(facts), facts];
  if (rate === undefined || sizeBytes === undefined) {
    return { check, severity: 'note', what: say('doctor.wal-keep', size), why };
  }
  const seconds = Number(sizeBytes) / (assumedSpeedMib * mebibyte);
  const walBytes = rate * seconds;
  const expected = {
    ...size,
    size: Math.ceil(Number(sizeBytes) / mebibyte),
    speed: assumedSpeedMib,
    wal: Math.ceil(walBytes / mebibyte),
  };
  const what = say('doctor.wal-keep.expected', expected);
  if (walBytes <= keptBytes) return { check, severity: 'note', what, why };
  // Twice as much: the rate is an average.
  const wanted = countsSegments ? String(Math.ceil((2 * walBytes) / segmentBytes)) : `${2 * expected.wal}MB`;
  return { check, severity: 'note', what, why, fix: settingFix(facts, name, wanted) };
}

/** Names under which our programs log in. */
const ourNames = ['gs_basebackup', 'pg_basebackup', 'pg_receivewal', 'gausskeep'] as const;

/** A receiver that reports what it has on disk can become a synchronous standby: commits then wait for it. */
export function standbyNames(facts: ServerFacts): ServerFinding {
  const check = 'standby-names';
  const names = textOf(facts, 'synchronous_standby_names');
  if (names === undefined) return { check, severity: 'unknown', what: say('doctor.standby-names.unknown') };
  const own = ourNames.find((name) => isStandbyName(names, name));
  return own === undefined
    ? { check, severity: 'ok', what: say('doctor.standby-names.ok', { names }) }
    : standbyNamesFinding(names, own);
}

/** Whether a program of that name can become a synchronous standby. */
export function isStandbyName(names: string, name: string): boolean {
  const words = new Set(namesIn(names));
  return words.has('*') || words.has(name.toLowerCase());
}

/** @param own the name of ours that is among them */
export function standbyNamesFinding(names: string, own: string): ServerFinding {
  const matching = namesIn(names).includes('*') ? '*' : own;
  return {
    check: 'standby-names',
    severity: 'warning',
    what: say('doctor.standby-names', { names, matching }),
    why: say('doctor.standby-names.why'),
    fix: say('doctor.standby-names.fix'),
  };
}

/** The names of a list such as `FIRST 2 (a, "B", *)`, in lower case as servers compare them. */
function namesIn(list: string): string[] {
  const inner = /\((.*)\)/s.exec(list)?.[1] ?? list;
  return inner
    .split(',')
    .map((name) =>
      name
        .trim()
        .replace(/^"(.*)"$/s, '$1')
        .toLowerCase(),
    )
    .filter((name) => name !== '');
}

/** What a slot may hold before somebody should look: as much as a small disk has left. */
const slotLimitBytes = 1024n ** 3n;

/** Of a slot that nobody uses: more than the whole database is too much for a small one. */
function idleLimitOf({ sizeBytes }: ServerFacts): bigint {
  return sizeBytes !== undefined && sizeBytes < slotLimitBytes ? sizeBytes : slotLimitBytes;
}

export function slots(facts: ServerFacts): readonly ServerFinding[] {
  const check = 'slots';
  if (facts.slots === undefined) return [{ check, severity: 'unknown', what: say('doctor.slots.unknown') }];
  const limit = bytesOf(facts, 'max_slot_wal_keep_size');
  const idleLimit = idleLimitOf(facts);
  const found = facts.slots.flatMap(({ name, active, heldBytes = 0n, lost }): ServerFinding[] => {
    if (lost === true) {
      return [
        {
          check,
          severity: 'error',
          what: say('doctor.slot-lost', { name }),
          why: say('doctor.slot-lost.why'),
          fix: say('doctor.slot.fix', { name: sqlText(name) }),
        },
      ];
    }
    if (active || heldBytes <= idleLimit) return [];
    return [
      {
        check,
        severity: 'warning',
        what: say('doctor.slot-idle', { name, mebibytes: mebibytesOf(heldBytes), limit: mebibytesOf(idleLimit) }),
        why: limit === undefined || limit < 0 ? say('doctor.slot-idle.why') : say('doctor.slot-idle.limited'),
        fix: say('doctor.slot.fix', { name: sqlText(name) }),
      },
    ];
  });
  const places = numberOf(facts, 'max_replication_slots');
  if (places !== undefined && facts.slots.length >= places) {
    found.push({
      check,
      severity: 'warning',
      what: say('doctor.slots.full', { limit: places }),
      why: say('doctor.slots.full.why'),
      fix: settingFix(facts, 'max_replication_slots', String(places + sparedSessions)),
    });
  }
  if (found.length > 0) return found;
  const idle = facts.slots.flatMap(({ active, heldBytes }) => (active ? [] : (heldBytes ?? 0n)));
  const most = idle.reduce((left, right) => (left > right ? left : right), 0n);
  const held = { count: facts.slots.length, most: mebibytesOf(most), limit: mebibytesOf(idleLimit) };
  return [{ check, severity: 'ok', what: say('doctor.slots.ok', held) }];
}

function mebibytesOf(bytes: bigint): bigint {
  return bytes / 1024n ** 2n;
}

/** What is kept for a slot although it is behind. */
export function walPruning(facts: ServerFacts): ServerFinding | undefined {
  const [enabled, limitName] = facts.examination.walPruning ?? [];
  const check = 'wal-pruning';
  if (enabled !== undefined && toldNoSettings(facts)) return untold(check, enabled);
  if (enabled === undefined || limitName === undefined || switchOf(facts, enabled) !== true) return undefined;
  const limit = bytesOf(facts, limitName);
  if (limit === undefined) return undefined;
  const mebibytes = Math.floor(limit / 1024 ** 2);
  const what = say('doctor.wal-pruning', { name: limitName, mebibytes });
  // The default, 2 TB, is as good as none.
  if (BigInt(limit) >= slotLimitBytes * 1024n) return { check, severity: 'ok', what };
  return {
    check,
    severity: 'warning',
    what,
    why: say('doctor.wal-pruning.why'),
    fix: settingFix(facts, enabled, 'off'),
  };
}

/** As a text of SQL. */
function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
