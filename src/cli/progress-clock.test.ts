import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { BackupProgress } from '../index.ts';
import { PhaseProgress } from './phase-progress.ts';
import { ProgressView } from './progress.ts';
import type { Terminal } from './terminal.ts';

const hourMs = 3_600_000;
let lines: string[];
let terminal: Terminal;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  lines = [];
  terminal = {
    isTerminal: false,
    columns: 80,
    line: (text: string) => lines.push(text),
    endLive: () => undefined,
  } as unknown as Terminal;
});
afterEach(() => void vi.useRealTimers());

/** Two seconds pass, and the clock of the host is put. */
function passAndPut(byMs: number): void {
  vi.advanceTimersByTime(2000);
  vi.setSystemTime(Date.now() + byMs);
}

it.each([-hourMs, hourMs])('the rate of a backup is what it is when the clock is put by %d ms', (byMs) => {
  const view = new ProgressView(terminal, 'json', false);
  const progress = (doneBytes: number): BackupProgress => ({
    type: 'progress',
    phase: 'copy',
    atMs: Date.now(),
    doneBytes,
    totalBytes: 100_000,
    filesDone: 1,
    tablespacesDone: 0,
    tablespaceCount: 1,
    current: 'base.tar',
  });
  for (const done of [10_000, 20_000, 30_000]) {
    view.update(progress(done));
    passAndPut(byMs);
  }
  view.finish();
  const told = lines.map((line) => JSON.parse(line) as { bytesPerSecond: number; etaSeconds: number | null });
  expect(told.map(({ bytesPerSecond, etaSeconds }) => [bytesPerSecond, etaSeconds])).toEqual([
    [10_000_000, null],
    [5000, 16],
    [5000, 14],
    [5000, 0],
  ]);
});

it('the progress of a restore goes on when the clock is put back', () => {
  const shown = new PhaseProgress(terminal, { copy: 'restore.progress' });
  for (const doneBytes of [1024, 2048, 3072]) {
    shown.update({ phase: 'copy', doneBytes, totalBytes: 4096 }, false);
    passAndPut(-hourMs);
  }
  expect(lines.map((line) => /^\d+\/4 kB/.exec(line)?.[0])).toEqual(['1/4 kB', '2/4 kB', '3/4 kB']);
});
