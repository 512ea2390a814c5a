// Runs commands in alternation and compares them: wall, CPU and peak memory, medians and spread.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Runs a shell command: wall seconds, CPU seconds of its children, peak memory of any of its processes (from /proc). */
export async function measure(command, { env = {} } = {}) {
  const started = process.hrtime.bigint();
  const child = spawn('/bin/sh', ['-c', command], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  let talk = '';
  child.stderr.on('data', (piece) => (talk += piece));
  let peakKib = 0;
  let cpuSeconds = 0;
  const timer = setInterval(() => {
    for (const pid of [child.pid, ...childrenOf(child.pid)]) {
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        peakKib = Math.max(peakKib, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
      } catch {
        // It ended between listing and reading.
      }
    }
  }, 50);
  const status = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (status !== 0) throw new Error(`${command}: status ${status}\n${talk}`);
  // The shell's last words (see `timed`): user and system time of itself, then of its children.
  const times = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(talk);
  if (times) cpuSeconds = Number(times[1]) * 60 + Number(times[2]) + Number(times[3]) * 60 + Number(times[4]);
  return { seconds, cpuSeconds, peakMib: peakKib / 1024 };
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A shell command that ends with its children's CPU times on stderr (the second line of POSIX `times`). */
export const timed = (command) => `${command}; s=$?; times >&2; exit $s`;

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length % 2 === 1
    ? sorted[(sorted.length - 1) / 2]
    : (sorted[sorted.length / 2 - 1] + sorted[sorted.length / 2]) / 2;
};

/**
 * Runs `ours` and `native` in alternation, `rounds` times each, `clean` before every run.
 * @returns medians, the ratio of wall and CPU, and the spread (lowest and highest ratio of a round)
 */
export async function compare(name, { ours, native, clean = () => undefined, rounds = 7 }) {
  const results = { ours: [], native: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const [who, command] of round % 2 === 0
      ? [
          ['native', native],
          ['ours', ours],
        ]
      : [
          ['ours', ours],
          ['native', native],
        ]) {
      clean();
      results[who].push(await measure(timed(command)));
    }
  }
  clean();
  const pick = (who, field) => results[who].map((result) => result[field]);
  const ratios = results.ours.map((result, index) => result.seconds / results.native[index].seconds);
  return {
    name,
    ours: median(pick('ours', 'seconds')),
    native: median(pick('native', 'seconds')),
    ratio: median(pick('ours', 'seconds')) / median(pick('native', 'seconds')),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
    cpu: median(pick('ours', 'cpuSeconds')) / Math.max(0.001, median(pick('native', 'cpuSeconds'))),
    peakMib: Math.max(...pick('ours', 'peakMib')),
    rounds,
  };
}

/** A Markdown row per comparison, with the goal beside the ratio. */
export function table(rows) {
  const head =
    '| case | ours s | native s | wall ratio (low … high) | goal | CPU ratio | peak MiB |\n|---|---|---|---|---|---|---|';
  const lines = rows.map(
    (row) =>
      `| ${row.name} | ${row.ours.toFixed(2)} | ${row.native.toFixed(2)} | **${row.ratio.toFixed(2)}** (${row.low.toFixed(2)} … ${row.high.toFixed(2)}) | ${row.goal ?? 'report'} | ${row.cpu.toFixed(2)} | ${row.peakMib.toFixed(0)} |`,
  );
  return [head, ...lines].join('\n');
}
