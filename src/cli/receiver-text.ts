import type { ReceiverRecord } from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import { durationText } from './duration-text.ts';
import { sizeText } from './size-text.ts';
import { speak } from './speech.ts';

/** After that long without a new status the receiver may be dead, in seconds: it writes one each second. */
const silentSeconds = 10;

export interface ReceiverVerdict {
  /** Since the file was written; at least 0. */
  readonly ageSeconds: number;
  /** How far ahead of this clock it is dated: the clock was put back since, or is another's; at least 0. */
  readonly aheadSeconds: number;
  /** It writes its status no more, as far as can be seen, and has not said that it ended. */
  readonly isSilent: boolean;
  /** Its process is there no more, and it has not said that it ended. */
  readonly isGone: boolean;
  /** It receives, or ended as it was told to, and misses no WAL that it knows of. */
  readonly isWell: boolean;
}

/** @param hasProcess false: the process of the receiver is known not to run */
export function judgeReceiver(
  { at, outcome, gaps }: ReceiverRecord,
  nowMs: number,
  hasProcess: boolean,
): ReceiverVerdict {
  const ageSeconds = Math.max(0, Math.floor((nowMs - Date.parse(at)) / 1000));
  const aheadSeconds = Math.max(0, Math.floor((Date.parse(at) - nowMs) / 1000));
  const isSilent = outcome === null && Math.max(ageSeconds, aheadSeconds) > silentSeconds;
  const isGone = outcome === null && !hasProcess;
  const endedWell = outcome === null || outcome === 'stopped' || outcome === 'end-position';
  return { ageSeconds, aheadSeconds, isSilent, isGone, isWell: !isSilent && !isGone && endedWell && gaps.length === 0 };
}

/** One screen about how a receiver stands. */
export function receiverLines(record: ReceiverRecord, verdict: ReceiverVerdict): string[] {
  const { slot, lagBytes, lagSeconds, problem, code } = record;
  const unknown = speak(say('receive-status.unknown'));
  const text = (value: string | number | null): string => (value === null ? unknown : String(value));
  const lines: Message[] = [
    say('receive-status.head', {
      destination: placeWords(record.destination),
      state: speak(conditionOf(record, verdict)),
    }),
    say('receive-status.server', {
      server: text(record.server),
      systemIdentifier: text(record.systemIdentifier),
      timeline: text(record.timeline),
    }),
    say('receive-status.received', { lsn: text(record.receivedLsn) }),
    say('receive-status.durable', { lsn: text(record.durableLsn) }),
    say('receive-status.acknowledged', { lsn: record.acknowledgedLsn ?? speak(say('receive-status.none')) }),
    say('receive-status.server-end', { lsn: text(record.serverEndLsn) }),
    say('receive-status.lag', {
      size: lagBytes === null ? unknown : sizeText(lagBytes),
      time: lagSeconds === null ? unknown : durationText(lagSeconds),
    }),
  ];
  if (slot !== null) {
    const size = slot.retainedBytes === null ? unknown : sizeText(slot.retainedBytes);
    lines.push(say('receive-status.slot', { slot: slot.name, size }));
  }
  const { receivedBytes, startedAt, reconnects, gaps } = record;
  lines.push(say('receive-status.amount', { size: sizeText(receivedBytes), startedAt, reconnects }));
  for (const gap of gaps) lines.push(say('receive-status.gap', { ...gap }));
  if (problem !== null) {
    lines.push(
      code === null
        ? say('receive-status.problem', { text: problem })
        : say('receive-status.problem-with-code', { text: problem, code }),
    );
  }
  return lines.map((line) => speak(line));
}

/** What it is at, or how it ended. */
function conditionOf(record: ReceiverRecord, { ageSeconds, aheadSeconds, isSilent, isGone }: ReceiverVerdict): Message {
  const { outcome, state, at, pid, host, receivedLsn } = record;
  if (isGone) return say('receive-status.gone', { pid, host, at });
  if (isSilent && aheadSeconds > 0) return say('receive-status.ahead', { at, ahead: durationText(aheadSeconds) });
  if (isSilent) return say('receive-status.dead', { at, age: durationText(ageSeconds) });
  if (outcome === null && state !== 'ended') return say(`receive-status.${state}`);
  // WAL that begins behind the position that was asked for is not what was asked for.
  if (outcome === 'end-position' && receivedLsn === null) return say('receive-status.nothing-received');
  return say(`receive-status.${outcome ?? 'failed'}`);
}
