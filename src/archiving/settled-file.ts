import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until the times of a file are so old that a change from now on gives it others: file systems keep them to the tick of a clock,
 * of 4 or 10 ms, or to the second, or two.
 * @throws what the system says where the file cannot be looked at
 */
export async function settled(path: string): Promise<void> {
  const { mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  const second = 1_000_000_000n;
  const tickMs = mtimeNs % second === 0n && ctimeNs % second === 0n ? 2000 : 20;
  const ageMs = Date.now() - Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
  if (ageMs < tickMs) await delay(Math.min(tickMs, tickMs - ageMs));
}
