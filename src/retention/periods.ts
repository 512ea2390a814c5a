import type { RetentionZone } from './rules.ts';

export type PeriodKind = 'daily' | 'weekly' | 'monthly' | 'yearly';

const dayMs = 86_400_000;

/** The day, ISO week, month or year of a moment on the calendar of `zone`: `2026-11-22`, `2026-W47`, `2026-11`, `2026`. */
export function periodOf(kind: PeriodKind, timeMs: number, zone: RetentionZone | undefined): string {
  const offsetSeconds = zone?.offsetAt(Math.floor(timeMs / 1000)) ?? 0;
  const local = new Date(timeMs + offsetSeconds * 1000);
  if (kind === 'weekly') return isoWeek(local);
  const [day = ''] = local.toISOString().split('T');
  // Years are of four digits or, with a sign, of six.
  return kind === 'daily' ? day : day.slice(0, kind === 'monthly' ? -3 : -6);
}

/** The week that has the Thursday next to `local`, in the year that has that Thursday. */
function isoWeek(local: Date): string {
  const day = Math.floor(local.getTime() / dayMs);
  // 1970-01-01, day 0, was a Thursday.
  const thursday = day - ((((day + 3) % 7) + 7) % 7) + 3;
  const year = new Date(thursday * dayMs).getUTCFullYear();
  const newYear = Date.UTC(year, 0, 1) / dayMs;
  return `${year}-W${String(Math.floor((thursday - newYear) / 7) + 1).padStart(2, '0')}`;
}
