import {
  formatLsn,
  type LockedObjects,
  type ExpireResult,
  type RetentionDecision,
  type RetentionReason,
  type WaitingRemoval,
  type WalCut,
  type WalRange,
} from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { dueTime } from './due-time.ts';
import { wrap } from './help-text.ts';
import { shortNames } from './short-names.ts';
import { sizeText } from './size-text.ts';
import { speak } from './speech.ts';
import { padToWidth, textWidth } from './text-width.ts';

const columns = 80;

/** More ranges of WAL are counted, not shown. */
const shownRanges = 6;

type Plan = readonly RetentionDecision[];
export type ShownExpire = Omit<ExpireResult, 'plan'> & { readonly plan: Plan };

/** What retention decides about the backups of an instance, a line each, oldest first, and what it deletes. @param isDry nothing was done */
export function expireLines(name: string, result: ShownExpire, isDry: boolean): string[] {
  const { plan } = result;
  const kept = plan.filter(({ keep }) => keep).length;
  const counts = { name, kept, removed: plan.length - kept };
  return [
    speak(isDry ? say('expire-text.title-dry', counts) : say('expire-text.title', counts)),
    ...decisionLines(plan),
    ...deletedLines(result, isDry),
    ...result.wal.flatMap((cut) => walLines(cut, isDry)),
    ...deletionLines(result),
  ];
}

/** Of a dry run: that the run would refuse. */
function deletionLines({ deletion }: ShownExpire): string[] {
  return typeof deletion === 'object' ? [speak(say('deletion.dry', { folder: deletion.refusedIn }))] : [];
}

function decisionLines(plan: Plan): string[] {
  const names = shortNames(plan.map(({ backup }) => backup));
  const words = { keep: speak(say('expire-text.keep')), remove: speak(say('expire-text.remove')) };
  const width = Math.max(textWidth(words.keep), textWidth(words.remove));
  return plan.flatMap(({ backup, keep, reasons }, at) => {
    const name = names[at] ?? backup;
    const head = `  ${padToWidth(keep ? words.keep : words.remove, width)}  ${name}`;
    const text = reasons.map((reason) => speak(reasonWords(reason))).join(', ');
    const [first = '', ...rest] = wrap(text, textWidth(head) + 2, columns);
    return [`${head}  ${first.trimStart()}`.trimEnd(), ...rest];
  });
}

function reasonWords(reason: RetentionReason): Message {
  switch (reason.rule) {
    case 'daily':
    case 'weekly':
    case 'monthly':
    case 'yearly':
      return say(`expire-text.reason.${reason.rule}`, { period: reason.period });
    case 'pinned': {
      if (reason.untilMs === 'forever') return say('expire-text.reason.pinned');
      const until = new Date(reason.untilMs).toISOString().slice(0, 16).replace('T', ' ');
      return say('expire-text.reason.pinned-until', { until });
    }
    default:
      return say(`expire-text.reason.${reason.rule}`);
  }
}

function deletedLines({ deleted, waiting, packs, bytes, locked }: ShownExpire, isDry: boolean): string[] {
  const gone = { count: deleted.length, packs, bytes: sizeText(bytes) };
  const counts = { count: waiting.length };
  const names = shortNames(waiting.map(({ name }) => name));
  return [
    ...(deleted.length > 0 || packs > 0 ? [speak(say(isDry ? 'pruned.deleted-dry' : 'pruned.deleted', gone))] : []),
    ...(locked === undefined ? [] : [speak(lockedPacks(locked, isDry))]),
    ...(waiting.length > 0 ? [speak(say(isDry ? 'pruned.waiting-dry' : 'pruned.waiting', counts))] : []),
    ...waiting.map((removal, at) => `  ${names[at] ?? removal.name}  ${speak(waitsFor(removal))}`),
  ];
}

function lockedPacks({ count: packs, bytes, untilMs }: LockedObjects, isDry: boolean): Message {
  const words = { packs, bytes: sizeText(bytes), until: dueTime(untilMs) };
  return say(isDry ? 'lock.expire.packs-dry' : 'lock.expire.packs', words);
}

/** From when on, if that is known, and what else keeps it. */
function waitsFor({ dueAtMs, obstacles }: WaitingRemoval): Message {
  const others = obstacles.filter((obstacle) => obstacle !== 'grace' || dueAtMs === undefined);
  const items = others.map((obstacle) => say(obstacle === 'locked' ? 'lock.obstacle' : `pruned.obstacle.${obstacle}`));
  const reasons = say('pruned.reasons', { list: { items, separator: ', ' } });
  if (dueAtMs === undefined) return reasons;
  const at = dueTime(dueAtMs);
  return others.length === 0 ? say('pruned.due', { at }) : say('pruned.due-because', { at, reasons });
}

function walLines({ generation, before, between, locked }: WalCut, isDry: boolean): string[] {
  const line = (ranges: readonly WalRange[], key: 'pruned.cut' | 'pruned.cut-between'): string[] => {
    if (ranges.length === 0) return [];
    const segments = ranges.reduce((sum, range) => sum + range.segments, 0);
    const bytes = sizeText(ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
    const count = ranges.length - shownRanges;
    return [
      speak(say(isDry ? `${key}-dry` : key, { generation, segments, bytes })),
      ...ranges
        .slice(0, shownRanges)
        .map(
          ({ firstSegment: first, lastSegment: last }) =>
            `  ${first === last ? first : speak(say('pruned.cut-range', { first, last }))}`,
        ),
      ...(count > 0 ? [`  ${speak(say('pruned.cut-more', { count }))}`] : []),
    ];
  };
  const kept = locked && { segments: locked.count, bytes: sizeText(locked.bytes), until: dueTime(locked.untilMs) };
  return [
    ...line(before, 'pruned.cut'),
    ...line(between, 'pruned.cut-between'),
    ...(kept === undefined ? [] : [speak(say('lock.expire.wal', { generation, ...kept }))]),
  ];
}

/** The same as JSON. Fields are only ever added. */
export function expireRecord(instance: string, result: ShownExpire, isDry: boolean): Record<string, unknown> {
  const { plan, deletedNames: deleted, waiting, packs, bytes, locked, wal, passedOver, deletion } = result;
  return {
    messageType: 'expire',
    instance,
    dryRun: isDry,
    backups: plan.map(({ backup, keep, reasons }) => ({ id: backup, keep, reasons: reasons.map(reasonRecord) })),
    deleted,
    waiting: waiting.map(({ name }) => name),
    waitingFor: waiting.map(({ name, dueAtMs, obstacles }) => ({
      id: name,
      dueAt: dueAtMs === undefined ? null : new Date(dueAtMs).toISOString(),
      obstacles,
    })),
    packs,
    bytes,
    lockedPacks: lockedRecord(locked),
    wal: wal.map(({ generation, cutoff, before, between, locked: kept }) => ({
      generation,
      cutoff,
      unneeded: before.map(rangeRecord),
      behindOlderBackups: between.map(rangeRecord),
      lockedFiles: lockedRecord(kept),
    })),
    passedOver,
    mayDelete: deletion === undefined ? null : deletion === 'allowed',
  };
}

function lockedRecord(locked: LockedObjects | undefined): Record<string, unknown> | null {
  if (locked === undefined) return null;
  return { count: locked.count, bytes: locked.bytes, lockedUntil: new Date(locked.untilMs).toISOString() };
}

function rangeRecord({ beginLsn, endLsn, ...range }: WalRange): Record<string, unknown> {
  const { timeline, firstSegment, lastSegment, segments, sizeBytes } = range;
  const positions = { beginLsn: formatLsn(beginLsn), endLsn: formatLsn(endLsn) };
  return { timeline, firstSegment, lastSegment, segments, bytes: sizeBytes, ...positions };
}

function reasonRecord(reason: RetentionReason): Record<string, unknown> {
  if ('period' in reason) return { rule: reason.rule, period: reason.period };
  if (reason.rule !== 'pinned') return { rule: reason.rule };
  const until = reason.untilMs === 'forever' ? null : new Date(reason.untilMs).toISOString();
  return { rule: reason.rule, until };
}
