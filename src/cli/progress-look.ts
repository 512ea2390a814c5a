import { say } from '../messages/message.ts';
import { speak } from './speech.ts';
import type { Terminal } from './terminal.ts';
import { textWidth } from './text-width.ts';

/** Before that a rate is a guess: a job of a minute would be told as one of hours. */
const settleMs = 2000;
/** A rate is that of the last while, so that a slow part shows. */
const windowMs = 15_000;

/** Rate and time left of a job, from what was done when. The clock is the caller's, in milliseconds. */
export class Pace {
  readonly #samples: { readonly atMs: number; readonly done: number }[] = [];

  /** @returns undefined until it can be told */
  measure(
    done: number,
    total: number,
    nowMs: number,
  ): { readonly perSecond: number | undefined; readonly leftSeconds: number | undefined } {
    const last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= 100) this.#samples.push({ atMs: nowMs, done });
    while ((this.#samples[1]?.atMs ?? nowMs) < nowMs - windowMs) this.#samples.shift();
    const first = this.#samples[0];
    if (first === undefined || nowMs - first.atMs < settleMs) return { perSecond: undefined, leftSeconds: undefined };
    const perSecond = ((done - first.done) * 1000) / (nowMs - first.atMs);
    return { perSecond, leftSeconds: perSecond > 0 ? Math.max(total - done, 0) / perSecond : undefined };
  }
}

export interface JobState {
  readonly done: number;
  readonly total: number;
  /** The counts in words, with the percentage. */
  readonly text: string;
  readonly perSecond: number | undefined;
  readonly leftSeconds: number | undefined;
}

/** The line in place of every long job: bar, counts, rate, time left. As wide as the terminal, the bar in colour where that has any. */
export function showJob(terminal: Terminal, { done, total, text, perSecond, leftSeconds }: JobState): void {
  const eta = leftSeconds === undefined ? '?' : durationText(leftSeconds);
  const rate = perSecond === undefined ? '? B' : byteText(perSecond);
  const rest = ` ${text}  ${speak(say('common.pace', { rate, eta }))}`;
  const width = Math.min(24, terminal.columns - textWidth(rest) - 3);
  if (width < 5) {
    terminal.live(rest.trimStart());
    return;
  }
  const filled = total > 0 ? Math.min(width, Math.floor((width * done) / total)) : 0;
  const [front, back] = ['#'.repeat(filled), '-'.repeat(width - filled)];
  terminal.live(`[${front}${back}]${rest}`, (line) => line.replace(`[${front}`, `[\u001b[32m${front}\u001b[39m`));
}

/** `1.5 MB`: three digits or fewer, and a unit of 1024. */
function byteText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(value < 10 && unit > 0 ? 1 : 0)} ${units[unit] ?? ''}`;
}

/** `1:02:03` or `2:03`. */
export function durationText(seconds: number): string {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':');
}
