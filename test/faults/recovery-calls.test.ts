/** As file-calls.test.ts, for gs_tar, for a restore to a point in time, and for the recovery behind it. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pathsBelow } from '../support/backups.ts';
import { readOutcomes } from '../support/gs-ctl/outcomes.ts';
import { installStandIn, type StandIn } from '../support/gs-ctl/stand-in.ts';
import { pictureOf } from '../support/killed-programs.ts';
import { writeRecordedArchive, writeRecordedBackup } from '../support/opengauss/recorded-backup.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { statusesOf } from './call-faults.ts';
import { everyFault } from './every-fault.ts';
import {
  brokenDisk,
  failEachCall,
  fullDisk,
  hintsOnly,
  unreadable,
  usedQuota,
  type Fault,
  type Scenario,
} from './file-calls.ts';

const env = { GAUSSKEEP_CACHE: '', GAUSSKEEP_CONFIG: '/dev/null' };
let backup: string;
let archive: string;
/** Of the backup, as a tar. */
let tar: string;

beforeAll(async () => {
  const home = temporaryDirectory('recorded');
  [backup, archive, tar] = [join(home, 'backup'), join(home, 'archive'), join(home, 'tar/base.tar.gz')];
  await writeRecordedBackup(backup);
  writeRecordedArchive(archive);
  mkdirSync(join(home, 'tar'));
  execFileSync('tar', ['--format=ustar', '-czf', tar, '-C', backup, ...readdirSync(backup)]);
});
afterAll(() => {
  runDirectory().clear();
});

function emptyDirectory(root: string): void {
  for (const name of readdirSync(root)) rmSync(join(root, name), { recursive: true });
}

/** @param from what counts: the directory that is filled, or the one that is read */
function unpack(counts: 'target' | 'source'): Scenario {
  const root = temporaryDirectory('unpacked');
  const target = join(root, 'into');
  return {
    roots: counts === 'target' ? [root] : [join(tar, '..')],
    reset() {
      emptyDirectory(root);
      mkdirSync(target);
    },
    run: (more) => runProgram('gs_tar', ['-D', target, '-F', tar], { env: more }),
    cleans: true,
    picture: () => pictureOf({ root: target }),
    leftOver: () => leftIn(target),
  };
}

function leftIn(target: string): ReturnType<Scenario['leftOver']> {
  if (!existsSync(target) || pathsBelow(target).length === 0) return undefined;
  return existsSync(join(target, 'global/pg_control')) ? 'looks finished' : 'unfinished';
}

function restoreTo(counts: 'target' | 'archive'): Scenario {
  const root = temporaryDirectory('copy');
  const target = join(root, 'new/data');
  const words = ['restore', '--from', backup, '-D', target, '--archive', archive, '--target-xid', '14244'];
  return {
    roots: counts === 'target' ? [root] : [archive],
    reset: () => emptyDirectory(root),
    run: (more) => runProgram('gausskeep', words, { env: { ...env, ...more } }),
    done: 3,
    cleans: true,
    harmless: counts === 'target' ? hintsOnly : { 'WAL that this restore does not need': /^stat \$0\/\*/ },
    picture: () => Object.entries(pictureOf({ root })).filter(([name]) => !name.endsWith('/.gausskeep.recovery')),
    leftOver: () => leftIn(target),
  };
}

/** Ends opened: the server that a recovery that failed leaves is stopped, and each begins with a directory of its own. */
function recover(): Scenario {
  const outcome = readOutcomes().find(({ name }) => name === 'nopause_time')!;
  let instance: StandIn;
  return {
    get roots() {
      return [instance.directory];
    },
    reset: () => void (instance = installStandIn(outcome)),
    async run(more) {
      const result = await instance.run('recover', [], more);
      await instance.stop();
      return result;
    },
    picture: () => '',
    leftOver: () => undefined,
    harmless: { 'it is the server that writes there': /^close .*\.recover\.log$/ },
  };
}

const scenarios: readonly [string, () => Scenario, readonly Fault[]][] = [
  ['gs_tar', () => unpack('target'), [fullDisk, usedQuota, brokenDisk]],
  ['restore to a point in time', () => restoreTo('target'), [fullDisk, usedQuota, brokenDisk]],
];

/** What a short run leaves out. */
const likeOthers: typeof scenarios = [
  ['gs_tar on a bad disk', () => unpack('source'), [unreadable]],
  ['restore to a point in time from a bad archive', () => restoreTo('archive'), [unreadable]],
  ['recover', () => recover(), [fullDisk, usedQuota, brokenDisk]],
];

describe('a call that fails', { timeout: everyFault ? 3_600_000 : 600_000 }, () => {
  it.each(everyFault ? [...scenarios, ...likeOthers] : scenarios)('%s', async (program, make, faults) => {
    const { failed, found } = await failEachCall(make(), faults, statusesOf(program));
    expect(failed).toBeGreaterThan(0);
    expect(found.join('\n')).toBe('');
  });
});
