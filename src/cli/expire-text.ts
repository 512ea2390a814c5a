import type { ExpireResult, RetentionDecision, RetentionReason } from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { wrap } from './help-text.ts';
import { shortNames } from './short-names.ts';
import { sizeText } from './size-text.ts';
import { speak } from './speech.ts';
import { padToWidth, textWidth } from './text-width.ts';

const columns = 80;

type Plan = readonly RetentionDecision[];
type Done = Pick<ExpireResult, 'deleted' | 'waiting' | 'packs' | 'bytes'>;

/** What retention decides about the backups of an instance, a line each, oldest first. @param done undefined: nothing was done */
export function expireLines(name: string, plan: Plan, done: Done | undefined): string[] {
  const kept = plan.filter(({ keep }) => keep).length;
  const counts = { name, kept, removed: plan.length - kept };
  const title = done === undefined ? say('expire-text.title-dry', counts) : say('expire-text.title', counts);
  return [
    speak(title),
    ...decisionLines(plan),
    ...(done === undefined ? [] : doneLines(done).map((line) => speak(line))),
  ];
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

function doneLines({ deleted, waiting, packs, bytes }: Done): Message[] {
  const gone = say('expire-text.deleted', { count: deleted.length, packs, bytes: sizeText(bytes) });
  return [
    ...(deleted.length > 0 || packs > 0 ? [gone] : []),
    ...(waiting.length > 0 ? [say('expire-text.waiting', { count: waiting.length })] : []),
  ];
}

/** The same as JSON. */
export function expireRecord(instance: string, plan: Plan, done: Done | undefined): Record<string, unknown> {
  const backups = plan.map(({ backup, keep, reasons }) => ({ id: backup, keep, reasons: reasons.map(reasonRecord) }));
  return {
    messageType: 'expire',
    instance,
    dryRun: done === undefined,
    backups,
    deleted: done?.deleted ?? null,
    waiting: done?.waiting ?? null,
    packs: done?.packs ?? null,
    bytes: done?.bytes ?? null,
  };
}

function reasonRecord(reason: RetentionReason): Record<string, unknown> {
  if ('period' in reason) return { rule: reason.rule, period: reason.period };
  if (reason.rule !== 'pinned') return { rule: reason.rule };
  const until = reason.untilMs === 'forever' ? null : new Date(reason.untilMs).toISOString();
  return { rule: reason.rule, until };
}
