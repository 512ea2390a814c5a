import type { Storage, StoreFindings } from '../wal-archive.ts';
import { say, type Message } from '../messages/message.ts';
import { warningLine } from './error-text.ts';
import type { ProgramContext } from './program.ts';

/** Of `--json`. */
export function storeRecord({ putOnce, host, lock }: StoreFindings): Record<string, unknown> {
  const { mode, days } = lock ?? {};
  const record = mode === undefined || days === undefined ? null : { mode: mode.toLowerCase(), days };
  return { putOnce, host: host?.name ?? null, lock: record };
}

/** How objects are locked; undefined: they are not. */
export function lockSentence({ lock }: StoreFindings): Message | undefined {
  if (lock?.days === undefined) return undefined;
  return say('lock.told', { days: lock.days, mode: lock.mode.toLowerCase() });
}

/** That a store refused the time of this host; the request was made again with the right one. */
export function clockSentence({ clockOffMs }: Pick<Storage, 'clockOffMs'>): Message | undefined {
  if (clockOffMs === undefined) return undefined;
  const seconds = Math.round(Math.abs(clockOffMs) / 1000);
  return say(clockOffMs > 0 ? 'store.clock.behind' : 'store.clock.ahead', { seconds });
}

/** Tells that as a warning. */
export function tellClock(storage: Storage, { program, terminal }: Pick<ProgramContext, 'program' | 'terminal'>): void {
  const sentence = clockSentence(storage);
  if (sentence !== undefined) terminal.line(warningLine(program, sentence));
}
