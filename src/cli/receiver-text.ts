import type { ReceiverRecord } from '../index.ts';
import { render, say, type Message } from '../messages/message.ts';

/** After that long without a new status the receiver may be dead, in seconds: it writes one each second. */
const silentSeconds = 10;

export interface ReceiverVerdict {
  /** Since the file was written; at least 0. */
  readonly ageSeconds: number;
  /** It writes its status no more, and has not said that it ended. */
  readonly isSilent: boolean;
  /** It receives, or ended as it was told to, and misses no WAL that it knows of. */
  readonly isWell: boolean;
}

export function judgeReceiver({ at, outcome, gaps }: ReceiverRecord, nowMs: number): ReceiverVerdict {
  const ageSeconds = Math.max(0, Math.floor((nowMs - Date.parse(at)) / 1000));
  const isSilent = outcome === null && ageSeconds > silentSeconds;
  const endedWell = outcome === null || outcome === 'stopped' || outcome === 'end-position';
  return { ageSeconds, isSilent, isWell: !isSilent && endedWell && gaps.length === 0 };
}

/** One screen about how a receiver stands. */
export function receiverLines(record: ReceiverRecord, { ageSeconds, isSilent }: ReceiverVerdict): string[] {
  const { slot, lagBytes, lagSeconds, outcome, state, problem, code } = record;
  const unknown = render(say('receive-status.unknown'));
  const text = (value: string | number | null): string => (value === null ? unknown : String(value));
  const condition =
    isSilent && outcome === null
      ? say('receive-status.dead', { at: record.at, age: durationText(ageSeconds) })
      : say(
          outcome === null && state !== 'ended' ? `receive-status.${state}` : `receive-status.${outcome ?? 'failed'}`,
        );
  const lines: Message[] = [
    say('receive-status.head', { destination: record.destination, state: render(condition) }),
    say('receive-status.server', {
      server: text(record.server),
      systemIdentifier: text(record.systemIdentifier),
      timeline: text(record.timeline),
    }),
    say('receive-status.received', { lsn: text(record.receivedLsn) }),
    say('receive-status.durable', { lsn: text(record.durableLsn) }),
    say('receive-status.acknowledged', { lsn: record.acknowledgedLsn ?? render(say('receive-status.none')) }),
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
  return lines.map((line) => render(line));
}

function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? String(Math.round(value)) : value.toFixed(1)} ${units[unit] ?? ''}`;
}

/** The two largest units. */
function durationText(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  const shown = first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([count]) => count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}
