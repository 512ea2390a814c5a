import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** A process that has ended, and whose parent does not look: it is still in the table of processes until `bury`. */
export async function startDeadProcess(): Promise<{
  readonly pid: number;
  /** As the kernel tells it. */
  readonly started: string;
  readonly bury: () => void;
}> {
  const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [text] = (await once(parent.stdout, 'data')) as [Buffer];
  const pid = Number(text.toString());
  const fields = (): string[] =>
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
  await expect.poll(() => fields()[0], { timeout: 120_000 }).toBe('Z');
  return { pid, started: fields()[19]!, bury: () => parent.kill('SIGKILL') };
}
