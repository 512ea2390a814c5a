import { hostname } from 'node:os';
import { isProcessGone, type LiveHold } from '../index.ts';
import { holderWords } from '../messages/hold-words.ts';
import { say } from '../messages/message.ts';
import { dueTime } from './due-time.ts';
import { wrap } from './help-text.ts';
import { speak } from './speech.ts';

const columns = 80;

/** Who keeps what from being deleted, and until when. */
export function holdLines(holds: readonly LiveHold[]): string[] {
  return holds.flatMap(({ kind, backup, host, pid, sinceMs, renewedAtMs, untilMs }) => {
    const words = { kind: holderWords(kind), backup, host, pid, since: minute(sinceMs), renewed: minute(renewedAtMs) };
    const sentence =
      untilMs === undefined ? say('holds.copy', words) : say('holds.live', { ...words, until: dueTime(untilMs) });
    const gone = isGone(host, pid) ? [say('holds.gone')] : [];
    return wrap([sentence, ...gone].map(speak).join(' '), 2, columns);
  });
}

/** Whether a process of this host is not there any more. Containers may share the name of a host, so that more is not known. */
function isGone(host: string, pid: number): boolean {
  return host === hostname() && isProcessGone(pid);
}

/** As JSON. */
export function holdRecord({ kind, backup, host, pid, sinceMs, renewedAtMs, untilMs }: LiveHold): unknown {
  const time = (ms: number): string => new Date(ms).toISOString();
  return {
    ...{ command: kind, backup, host, pid, since: time(sinceMs), renewedAt: time(renewedAtMs) },
    until: untilMs === undefined ? null : time(untilMs),
  };
}

/** `2026-11-22 03:15` in UTC. */
function minute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
}
