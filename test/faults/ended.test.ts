/** Programs that somebody ends: by a signal, by two, and by kill -9 before each of their steps. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathsBelow } from '../support/backups.ts';
import { readOutcomes } from '../support/gs-ctl/outcomes.ts';
import { installStandIn, type StandIn } from '../support/gs-ctl/stand-in.ts';
import { writeFixtureWal } from '../support/fixture-wal.ts';
import { killBeforeStep, noteSteps, pictureOf } from '../support/killed-programs.ts';
import { writeRecordedArchive, writeRecordedBackup } from '../support/opengauss/recorded-backup.ts';
import {
  runProgram,
  startProgram,
  temporaryDirectory,
  type ProgramOptions,
  type ProgramResult,
} from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { signalStopped, stopAtOpen } from '../support/stopped-programs.ts';
import { everyFault } from './every-fault.ts';

const settings = { GAUSSKEEP_CACHE: '', GAUSSKEEP_CONFIG: '/dev/null' };
const segment = (digits: string): string => `0000000100000000000000${digits}`;

/** Places that all programs work on; what they make is below `made`, which each begins without. */
let home: string;
let made: string;

beforeAll(async () => {
  home = temporaryDirectory('ended');
  made = join(home, 'made');
  await writeRecordedBackup(join(home, 'backup'));
  writeRecordedArchive(join(home, 'foreign'));
  execFileSync('tar', ['--format=ustar', '-czf', join(home, 'base.tar.gz'), '-C', join(home, 'backup'), ...topNames()]);
  await writeFixtureWal(join(home, 'data/pg_xlog'));
  mkdirSync(join(home, 'filled'));
  const pushed = await runProgram('gausskeep', ['wal', 'push', `pg_xlog/${segment('26')}`, ...archiveOf('filled')], {
    env: settings,
    cwd: join(home, 'data'),
  });
  expect(pushed.status, pushed.stderr).toBe(0);
});
afterAll(() => {
  runDirectory().clear();
});

const topNames = (): string[] => readdirSync(join(home, 'backup'));
const archiveOf = (name: string): string[] => ['--archive', join(home, name), '-Z', 'none'];

/** A program with what it is to do, again and again. */
interface Job {
  readonly program: 'gausskeep' | 'gs_tar';
  readonly words: () => string[];
  /** It is in the middle when it opens this. */
  readonly middle: string;
  /** Status of a run that nobody ends, and of one that a SIGTERM ends. */
  readonly done: number;
  readonly terminated: number;
  /** What of a run that was ended is there; undefined: nothing. */
  readonly left: () => 'complete' | 'unfinished' | undefined;
  /** What the next run needs where something unfinished was left. */
  readonly clear?: () => void;
  /** Options for that. */
  readonly again?: readonly string[];
}

const copy = (): string => join(made, 'data');
/** With its control file a directory would be started. The lock of a run that is gone is in nobody's way. */
function leftIn(path: string): ReturnType<Job['left']> {
  const names = existsSync(path) ? pathsBelow(path).filter((name) => !name.startsWith('.gausskeep.lock')) : [];
  if (names.length === 0) return undefined;
  return existsSync(join(path, 'global/pg_control')) ? 'complete' : 'unfinished';
}

const jobs: Readonly<Record<string, Job>> = {
  restore: {
    program: 'gausskeep',
    words: () => ['restore', '--from', join(home, 'backup'), '-D', copy()],
    middle: `/${segment('27')}`,
    done: 3,
    terminated: 143,
    left: () => leftIn(copy()),
    again: ['--force'],
  },
  verify: {
    program: 'gausskeep',
    words: () => ['verify', join(home, 'backup')],
    middle: '/postgresql.conf',
    done: 3,
    terminated: 143,
    left: () => undefined,
  },
  'wal push': {
    program: 'gausskeep',
    words: () => ['wal', 'push', `pg_xlog/${segment('27')}`, '--archive', join(made, 'archive'), '-Z', 'none'],
    middle: `/${segment('27')}`,
    done: 0,
    terminated: 1,
    left: () => storedIn(join(made, 'archive')),
  },
  'wal get': {
    program: 'gausskeep',
    words: () => ['wal', 'get', segment('26'), join(made, 'RECOVERYXLOG'), '--archive', join(home, 'filled')],
    middle: `/${segment('26')}`,
    done: 0,
    terminated: 126,
    left: () => (existsSync(join(made, 'RECOVERYXLOG')) ? 'complete' : undefined),
  },
  gs_tar: {
    program: 'gs_tar',
    words: () => ['-D', copy(), '-F', join(home, 'base.tar.gz')],
    middle: '/base.tar.gz',
    done: 0,
    terminated: 1,
    left: () => leftIn(copy()),
    clear: () => rmSync(copy(), { recursive: true }),
  },
};

/** A receipt is the last of a push: with it, the segment is whole. */
function storedIn(archive: string): ReturnType<Job['left']> {
  const paths = existsSync(archive) ? pathsBelow(archive) : [];
  const receipt = paths.some((path) => path.endsWith(`/${segment('27')}.receipt`));
  return receipt ? 'complete' : 'unfinished';
}

function begin(job: Job): void {
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made);
  if (job.program === 'gs_tar') mkdirSync(copy());
  if (job === jobs['wal push']) cpSync(join(home, 'filled'), join(made, 'archive'), { recursive: true });
}

const optionsOf = (env: Readonly<Record<string, string>>): ProgramOptions => ({
  env: { ...settings, ...env },
  cwd: join(home, 'data'),
});

/** What a run makes, as a server or a user sees it. */
function pictureOfMade(): Record<string, string> {
  const shown = Object.entries(pictureOf({ made })).map(([name, what]): [string, string] => [
    name,
    /\/[0-9A-F]{24}$|RECOVERYXLOG$|\/data\//.test(name) ? what : '',
  ]);
  return Object.fromEntries(shown.filter(([name]) => !name.includes('.gausskeep') && !name.includes('before-restore')));
}

async function runToEnd(job: Job, more: readonly string[] = []): Promise<ProgramResult> {
  const result = await runProgram(job.program, [...job.words(), ...more], optionsOf({}));
  expect(result.status, result.stdout + result.stderr).toBe(job.done);
  return result;
}

/** The next run makes what one makes that nobody ended. */
async function expectNextRun(job: Job, expected: Record<string, string>): Promise<void> {
  const isUnfinished = job.left() === 'unfinished';
  if (isUnfinished && job.clear !== undefined) {
    // It does not take for its own what is left.
    const refused = await runProgram(job.program, job.words(), optionsOf({}));
    expect(refused.status, refused.stderr).toBe(1);
    job.clear();
    mkdirSync(copy());
  }
  const isThere = job.left() !== undefined;
  if (job.program !== 'gs_tar' || !isThere) await runToEnd(job, isThere ? job.again : []);
  expect(pictureOfMade()).toEqual(expected);
}

/** By the second signal; or in order, where that was done before it came. Which of two that wait comes first is up to the system. */
function expectAtOnce({ status, signal, stderr }: ProgramResult, terminated: number): void {
  if (signal === null) expect(terminated === 143 ? [130, 143] : [terminated], stderr).toContain(status);
  else expect(['SIGINT', 'SIGTERM'], stderr).toContain(signal);
}

async function wholePicture(job: Job): Promise<Record<string, string>> {
  begin(job);
  await runToEnd(job);
  return pictureOfMade();
}

describe.each(Object.entries(jobs))('%s', (_, job) => {
  it('ends in order by a signal, and at once by a second one', async () => {
    const expected = await wholePicture(job);
    for (const signals of [['SIGTERM'], ['SIGINT', 'SIGTERM']] as const) {
      begin(job);
      const program = startProgram(job.program, job.words(), optionsOf(stopAtOpen(job.middle)));
      const ended = await signalStopped(program, signals);
      if (signals.length === 1) {
        expect([ended.status, ended.signal], ended.stderr).toEqual([job.terminated, null]);
        expect(ended.stderr).toMatch(/SIGTERM/);
        // What belongs to the archive itself is no part of a segment.
        if (job !== jobs['wal push']) expect(job.left()).toBeUndefined();
      } else {
        expectAtOnce(ended, job.terminated);
      }
      expect(job.left()).not.toBe('complete');
      await expectNextRun(job, expected);
    }
  });

  if (job === jobs['verify'] || job === jobs['restore'] || (job !== jobs['gs_tar'] && !everyFault)) return;
  it('that is killed before any of its steps is complete or can be told from that', async () => {
    const expected = await wholePicture(job);
    begin(job);
    const note = noteSteps();
    await runProgram(job.program, job.words(), optionsOf(note.env));
    const count = note.steps().length;
    expect(count).toBeGreaterThan(1);
    const all = Array.from({ length: count }, (_, index) => index + 1);
    for (const at of everyFault ? all : all.slice(-3, -2)) {
      begin(job);
      const killed = await runProgram(job.program, job.words(), optionsOf(killBeforeStep(at)));
      expect(killed.signal, `step ${String(at)} of ${String(count)}`).toBe('SIGKILL');
      if (job.left() === 'complete') expect(pictureOfMade(), `step ${String(at)}`).toEqual(expected);
      await expectNextRun(job, expected);
    }
  });
});

it('a restore whose WAL is cleaned up meanwhile says what is gone, and leaves nothing', async () => {
  rmSync(made, { recursive: true, force: true });
  mkdirSync(made);
  const archive = join(made, 'archive');
  cpSync(join(home, 'foreign'), archive, { recursive: true });
  const words = ['restore', '--from', join(home, 'backup'), '-D', copy(), '--archive', archive];
  const target = ['--target-xid', '14244'];
  // It has proved its target, and begins to copy the WAL.
  const options = optionsOf(stopAtOpen(`/data/pg_xlog/${segment('27')}`));
  const program = startProgram('gausskeep', [...words, ...target], options);
  const ended = await signalStopped(program, [], async () => {
    const cleaned = await runProgram(
      'gausskeep',
      ['wal', 'cleanup', segment('29'), '--archive', archive],
      optionsOf({}),
    );
    expect(cleaned.status, cleaned.stderr).toBe(0);
  });
  expect(ended.status, ended.stderr).toBe(15);
  expect(ended.stderr).toMatch(/00000001000000000000002[78] is no longer where it was/);
  expect(leftIn(copy())).toBeUndefined();
  const again = await runProgram('gausskeep', [...words, ...target], optionsOf({}));
  expect(again.status, again.stderr).toBe(16);
});

async function standOf(instance: StandIn): Promise<unknown> {
  const { status, stdout, stderr } = await instance.run('status', ['--json']);
  expect(status, stderr).toBe(0);
  return (JSON.parse(stdout) as { phase: unknown }).phase;
}

describe('recover', () => {
  let instance: StandIn | undefined;
  const outcome = readOutcomes().find(({ name }) => name === 'nopause_time')!;

  it('that is ended before it starts the server has started nothing', async () => {
    instance = installStandIn(outcome);
    for (const signals of [['SIGTERM'], ['SIGINT', 'SIGTERM']] as const) {
      const ended = await signalStopped(instance.start('recover', stopAtOpen('/postmaster.pid')), signals);
      if (signals.length === 1) expect(ended.status, ended.stderr).toBe(143);
      else expectAtOnce(ended, 143);
      expect(existsSync(join(instance.directory, 'postmaster.pid'))).toBe(false);
    }
    const done = await instance.run('recover');
    expect(done.status, done.stderr).toBe(0);
    await instance.stop();
  });

  if (!everyFault) return;
  it('that is killed before any of its steps is found where it stands', async () => {
    instance = installStandIn(outcome);
    const note = noteSteps();
    const whole = await instance.run('recover', [], note.env);
    expect(whole.status, whole.stderr).toBe(0);
    const expected = await standOf(instance);
    await instance.stop();
    for (let at = 1; at <= note.steps().length; at += 1) {
      instance = installStandIn(outcome);
      const killed = await instance.run('recover', [], killBeforeStep(at));
      expect(killed.signal).toBe('SIGKILL');
      const again = await instance.run('recover');
      // Where the server runs already, it is another command that tells.
      expect([0, 11], `step ${String(at)}: ${again.stderr}`).toContain(again.status);
      if (again.status === 11) expect(again.stderr).toMatch(/See where it stands with: gausskeep status/);
      while ((await standOf(instance)) === 'starting' || (await standOf(instance)) === 'replaying') continue;
      expect(await standOf(instance), `step ${String(at)}`).toBe(expected);
      await instance.stop();
    }
  });
});
