import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { failCall, noteCalls, type FaultCode, type NotedCall } from '../support/faulty-calls.ts';
import { everyFault } from './every-fault.ts';
import type { ProgramResult } from '../support/programs.ts';

type LeftOver = 'unfinished' | 'looks finished' | undefined;

/** A program at work on directories, again and again. */
export interface Scenario {
  /** Directories, which exist: calls below them count, in the order $0, $1, … */
  readonly roots: readonly string[];
  /** Puts everything as it was before the first run. */
  reset(): void;
  run(env: Readonly<Record<string, string>>): Promise<ProgramResult>;
  /** What a run without a fault ends with. */
  readonly done?: number;
  /** The result, file by file: what differs from run to run is left out. May be a promise. */
  picture(): unknown;
  /** What of a failed run can be seen: `undefined` for nothing, else whether a user or a server can tell that it is not finished. */
  leftOver(): LeftOver | Promise<LeftOver>;
  /** A failed run removes everything that it made. */
  readonly cleans?: boolean;
  /** Calls whose failure changes nothing for the user, and why. */
  readonly harmless?: Readonly<Record<string, RegExp>>;
}

export interface Fault {
  readonly code: FaultCode;
  /** The kinds of calls that can fail so. */
  readonly kinds: RegExp;
  /** As a full disk does. */
  readonly stays: boolean;
}

export const fullDisk: Fault = { code: 'ENOSPC', kinds: /^(?:create|write|mkdir|link|rename) /, stays: true };
export const usedQuota: Fault = { code: 'EDQUOT', kinds: /^(?:create|write|mkdir|link|close) /, stays: true };
export const brokenDisk: Fault = {
  code: 'EIO',
  kinds: /^(?:create|write|mkdir|link|rename|truncate|sync|mode|owner|times|close) /,
  stays: false,
};
/** As a bad sector does: what could not be read once is not read later. */
export const unreadable: Fault = { code: 'EIO', kinds: /^(?:open|read|list|stat) /, stays: true };

/** Of a new file, empty as it is: see src/files/write-at-close.ts. */
export const hintsOnly = { 'a hint to the file system': /^truncate / };

const said: Readonly<Record<FaultCode, RegExp>> = {
  ENOSPC: /no space left on device/i,
  EDQUOT: /disk quota exceeded/i,
  EIO: /i(?:nput)?\/o(?:utput)? error/i,
  EPERM: /operation not permitted/i,
};

/**
 * Lets one call after the other fail: one at each place of the program that makes such calls, or only one for each fault.
 * @param statuses of a run that met a fault
 * @returns how many did, and what was not as it should be
 */
export async function failEachCall(
  scenario: Scenario,
  faults: readonly Fault[],
  statuses: readonly number[],
): Promise<{ failed: number; found: string[] }> {
  // Threads make them in another order each time: a short run is to choose the same ones.
  const calls = (await callsOf(scenario)).sort((a, b) => (a.call < b.call ? -1 : a.call > b.call ? 1 : a.nth - b.nth));
  const expected = await scenario.picture();
  const outcomes: Outcome[] = [];
  for (const [index, fault] of faults.entries()) {
    const able = oneOfEachSite(calls.filter(({ call }) => fault.kinds.test(call)));
    const chosen = everyFault ? able : able.slice((index * 7) % able.length).slice(0, 1);
    for (const call of chosen) outcomes.push(await failOne(scenario, call, fault, { statuses, expected }));
  }
  return {
    failed: outcomes.filter(({ struck }) => struck).length,
    found: outcomes.flatMap(({ problem }) => problem ?? []),
  };
}

function oneOfEachSite(calls: readonly NotedCall[]): NotedCall[] {
  const first = new Map<string, NotedCall>();
  for (const call of calls) {
    const key = `${call.call.split(' ')[0]!} ${call.site}`;
    if (!first.has(key)) first.set(key, call);
  }
  return [...first.values()];
}

async function callsOf(scenario: Scenario): Promise<NotedCall[]> {
  scenario.reset();
  const note = noteCalls(scenario.roots);
  const result = await scenario.run(note.env);
  expect(result.status, result.stderr).toBe(scenario.done ?? 0);
  return note.calls();
}

interface Outcome {
  /** How much WAL there is and how a stream is cut differs from run to run: a call may not come again. */
  readonly struck: boolean;
  readonly problem: string | undefined;
}

async function failOne(
  scenario: Scenario,
  { call, nth, site }: NotedCall,
  { code, stays }: Fault,
  { statuses, expected }: { readonly statuses: readonly number[]; readonly expected: unknown },
): Promise<Outcome> {
  scenario.reset();
  const fault = failCall(scenario.roots, { call, nth }, { code, stays });
  const result = await scenario.run(fault.env);
  const struck = fault.struck();
  const problems: string[] = [];
  if (result.status === (scenario.done ?? 0)) {
    const isHarmless =
      Object.values(scenario.harmless ?? {}).some((pattern) => pattern.test(call)) || asksForNothing(scenario, call);
    if (struck && !isHarmless) problems.push('the fault was passed over');
    if (!isSame(await scenario.picture(), expected)) problems.push('success is told, and the result is another');
  } else {
    const left = await scenario.leftOver();
    problems.push(...judgeFailure(scenario, result, { call, code, statuses, left }));
    // What left nothing has nothing that could be in the way of the next run.
    if (left !== undefined) problems.push(...(await judgeNextRun(scenario, expected)));
  }
  const where = `${code}, ${call} (${String(nth)}) at ${site}`;
  const problem = `${where}: ${problems.join('; ')}\n${result.stdout}${result.stderr}`;
  return { struck, problem: problems.length === 0 ? undefined : problem };
}

/** Whether it looks for something that is not there: what is not there needs not be read. */
function asksForNothing({ roots }: Scenario, call: string): boolean {
  const [, kind = '', at = '', rest = ''] = /^(\w+) \$(\d+)(.*)$/.exec(call) ?? [];
  return kind === 'stat' && !rest.includes('*') && !existsSync(`${roots[Number(at)] ?? ''}${rest}`);
}

async function judgeNextRun(scenario: Scenario, expected: unknown): Promise<string[]> {
  const { status, stderr } = await scenario.run({});
  if (status !== (scenario.done ?? 0)) return [`the next run: status ${String(status)} ${stderr}`];
  return isSame(await scenario.picture(), expected) ? [] : ['the next run gives something else'];
}

interface FailedCall {
  readonly call: string;
  readonly code: FaultCode;
  readonly statuses: readonly number[];
  readonly left: LeftOver;
}

function* judgeFailure(
  scenario: Scenario,
  { status, stderr, stdout }: ProgramResult,
  { call, code, statuses, left }: FailedCall,
): Generator<string> {
  if (!statuses.includes(status ?? -1)) yield `status ${String(status)}`;
  const told = stderr + stdout;
  if (!said[code].test(told)) yield `the reason is not told`;
  // By its path, or as a member of what is read: a tablespace may be named by its link. The name itself may be a random one.
  const name = /[^/*]*$/.exec(call.replace(/^\w+ \$\d+/, ''))?.[0] ?? '';
  if (![...scenario.roots, name].some((one) => told.includes(one))) yield 'the file is not named';
  if (/\n\s+at .*:\d+|internal error|Unknown system error/.test(told))
    yield 'a stack trace, or told as a defect of ours';
  if (left === 'looks finished') yield 'what is left looks finished';
  if (left !== undefined && scenario.cleans === true) yield 'something is left';
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
