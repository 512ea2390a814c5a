/**
 * `2026-11-22 03:15:41` in UTC: when something may be removed, which it may not a moment before.
 * @param ms since 1970
 */
export function dueTime(ms: number): string {
  const second = new Date(Math.ceil(ms / 1000) * 1000);
  return second.toISOString().slice(0, 19).replace('T', ' ');
}
