import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { formatUtc, type RecoveryTarget, type TargetAction } from '../server/recovery-target.ts';
import { formatLsn, parseLsn, type Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { parseTargetTime, type TargetTime } from './target-time.ts';

/** What the user said about the target, still as text; undefined where nothing was said. */
export interface TargetWords {
  readonly time?: string | undefined;
  readonly lsn?: string | undefined;
  readonly xid?: string | undefined;
  readonly name?: string | undefined;
  readonly immediate?: boolean | undefined;
  readonly inclusive?: boolean | undefined;
  readonly exclusive?: boolean | undefined;
  readonly timeline?: string | undefined;
  readonly action?: string | undefined;
}

/** A target that may be looked for: its form is right; whether it is in the WAL is another question. */
export interface ParsedTarget {
  readonly target: RecoveryTarget;
  /** undefined: not given, or it does not apply. */
  readonly inclusive: boolean | undefined;
  /** undefined: that of the backup. */
  readonly timeline: TimelineId | 'latest' | undefined;
  readonly action: TargetAction;
  /** For the echo of a time. */
  readonly time: TargetTime | undefined;
}

/** NAMEDATALEN less the closing zero (MAXFNAMELEN). */
const longestNameBytes = 63;

/**
 * Reads what the user wants, before anything else is done.
 * @param timezone the setting in the backed-up configuration, for a time without offset
 * @throws BackupError `USAGE`
 */
export function parseTarget(
  words: TargetWords,
  { capabilities, timezone }: { readonly capabilities: Capabilities; readonly timezone: string | undefined },
): ParsedTarget {
  const kind = onlyTarget(words);
  const inclusive = parseInclusive(words, kind);
  // What servers do at the end of the WAL is to open; anything else would have no effect, without a word.
  if (kind === 'latest' && (words.action === 'pause' || words.action === 'shutdown')) {
    throw new BackupError('USAGE', say('target.action-without', { action: words.action }), {
      hint: say('target.action-without.hint'),
    });
  }
  const time = words.time === undefined ? undefined : parseTargetTime(words.time, timezone);
  return {
    target: targetOf(words, time, capabilities),
    inclusive,
    timeline: words.timeline === undefined ? undefined : parseTimeline(words.timeline),
    action: parseAction(words.action ?? 'pause', capabilities),
    time,
  };
}

type TargetKind = RecoveryTarget['kind'];

function onlyTarget(words: TargetWords): TargetKind {
  const given = (['time', 'lsn', 'xid', 'name'] as const).filter((kind) => words[kind] !== undefined);
  const kinds: TargetKind[] = words.immediate === true ? [...given, 'immediate'] : given;
  const [first, second] = kinds;
  if (first !== undefined && second !== undefined) {
    throw new BackupError('USAGE', say('target.two', { first: `--target-${first}`, second: `--target-${second}` }), {
      hint: say('target.two.hint'),
    });
  }
  return first ?? 'latest';
}

function parseInclusive({ inclusive, exclusive }: TargetWords, kind: TargetKind): boolean | undefined {
  if (inclusive === true && exclusive === true) {
    throw new BackupError('USAGE', say('target.inclusive-and-exclusive'));
  }
  if (inclusive !== true && exclusive !== true) return undefined;
  if (!['time', 'xid', 'lsn'].includes(kind)) {
    const option = inclusive === true ? '--target-inclusive' : '--target-exclusive';
    throw new BackupError('USAGE', say('target.inclusive-without', { option }));
  }
  return inclusive === true;
}

function targetOf(words: TargetWords, time: TargetTime | undefined, capabilities: Capabilities): RecoveryTarget {
  if (time !== undefined) return { kind: 'time', timeUs: time.timeUs };
  if (words.lsn !== undefined) return { kind: 'lsn', lsn: parseTargetLsn(words.lsn) };
  if (words.xid !== undefined) return { kind: 'xid', xid: parseTargetXid(words.xid, capabilities) };
  if (words.name !== undefined) return { kind: 'name', name: parseTargetName(words.name) };
  return { kind: words.immediate === true ? 'immediate' : 'latest' };
}

/** @throws BackupError `USAGE` */
export function parseTargetLsn(text: string): Lsn {
  const position = parseLsn(text.trim());
  if (position === 0n) throw new BackupError('USAGE', say('target.bad-lsn', { text }));
  return position;
}

/**
 * openGauss numbers transactions with 64 bits; PostgreSQL with 32, and an epoch above them, which it ignores here.
 * 0 to 2 are no transactions. @throws BackupError `USAGE`
 */
function parseTargetXid(text: string, capabilities: Capabilities): bigint {
  const trimmed = text.trim();
  const xid = /^\d{1,20}$/.test(trimmed) ? BigInt(trimmed) : -1n;
  if (xid < 3n || xid >= 1n << 64n) {
    throw new BackupError('USAGE', say('target.bad-xid', { text, lowest: 3, highest: (1n << 64n) - 1n }));
  }
  if (!capabilities.wideTransactionIds && (xid & 0xffff_ffffn) < 3n) {
    throw new BackupError('USAGE', say('target.xid-special', { text }));
  }
  return xid;
}

/** @throws BackupError `USAGE` */
function parseTargetName(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes >= 1 && bytes <= longestNameBytes && !/[\u0000-\u001f\u007f]/.test(text)) return text;
  throw new BackupError('USAGE', say('target.bad-name', { limit: longestNameBytes }));
}

/** `current` is the default: that of the backup. @throws BackupError `USAGE` */
function parseTimeline(text: string): TimelineId | 'latest' | undefined {
  const trimmed = text.trim();
  if (trimmed === 'latest') return 'latest';
  if (trimmed === 'current') return undefined;
  const value = /^\d{1,10}$/.test(trimmed) ? Number(trimmed) : 0;
  if (value >= 1 && value <= 0xffff_ffff) return value;
  throw new BackupError('USAGE', say('target.bad-timeline', { text }));
}

function parseAction(text: string, capabilities: Capabilities): TargetAction {
  if (text !== 'pause' && text !== 'promote' && text !== 'shutdown') {
    throw new BackupError('USAGE', say('target.bad-action', { text }));
  }
  if (text === 'shutdown' && !capabilities.shutdownAtTarget) {
    throw new BackupError('USAGE', say('recovery-settings.no-shutdown'), {
      hint: say('recovery-settings.no-shutdown.hint'),
    });
  }
  return text;
}

/** The target in the words of the options, for plans and reports: `--target-xid 14244`. */
export function describeTarget(target: RecoveryTarget): string {
  switch (target.kind) {
    case 'time':
      return `--target-time '${formatUtc(target.timeUs)}'`;
    case 'lsn':
      return `--target-lsn ${formatLsn(target.lsn)}`;
    case 'xid':
      return `--target-xid ${target.xid.toString()}`;
    case 'name':
      return `--target-name '${target.name}'`;
    case 'immediate':
      return '--target-immediate';
    case 'latest':
      return '';
  }
}
