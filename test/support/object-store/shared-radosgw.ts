import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { guardBelow } from '../run-directory.ts';
import { isAlive, missingRadosgwPrograms, radosgwPackages, startRadosgw } from './radosgw.ts';

/** Names the directory in which the processes of one vitest run find their radosgw. */
const variable = 'GAUSSKEEP_TEST_RADOSGW';

/** For the global setup: the first test that wants it starts radosgw in `directory`, which `make` of a run directory made. */
export function shareRadosgw(directory: string): void {
  if (process.env[variable] !== undefined) return;
  process.env[variable] = directory;
  mkdirSync(join(directory, 'pids'));
  const missing = missingRadosgwPrograms();
  if (missing.length === 0) return;
  const packages = radosgwPackages.join(' ');
  process.stdout.write(
    `object storage: tests run on the in-process S3 server alone, there is no ${missing.join(', ')} (apt-get install ${packages})\n`,
  );
}

/** For the global teardown. Nothing of it is needed any more: memory only. */
export function stopRadosgw(): void {
  const directory = process.env[variable];
  if (directory === undefined || !existsSync(directory)) return;
  const pids = join(directory, 'pids');
  for (const pid of readdirSync(pids).map(Number)) {
    if (isAlive(pid) && nameOf(pid) === readFileSync(join(pids, String(pid)), 'utf8')) process.kill(pid, 'SIGKILL');
    rmSync(join(dirname(directory), 'pids', String(pid)), { force: true });
  }
}

/** What the system calls it: a number that was given out again is somebody else. */
function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The endpoint of the radosgw of this run, started by whoever asks first; the others wait. @throws Error where it cannot be started */
export async function sharedRadosgw(): Promise<string> {
  const directory = process.env[variable];
  if (directory === undefined) throw new Error('radosgw is for projects with the global setup of test/support');
  const endpoint = join(directory, 'endpoint');
  const failure = join(directory, 'failure');
  if (isFirst(directory)) {
    try {
      const first = startIn(directory, 'ceph');
      // A port may have been taken in between, or the machine may be busy: once more, then it is a failure.
      const again = (error: unknown): Promise<string> => {
        process.stderr.write(`radosgw is started once more: ${String(error)}\n`);
        return startIn(directory, 'ceph-again');
      };
      publish(endpoint, await first.catch(again));
    } catch (error) {
      publish(failure, String(error));
    }
  }
  const end = Date.now() + 240_000;
  for (;;) {
    if (existsSync(endpoint)) return readFileSync(endpoint, 'utf8');
    if (existsSync(failure)) throw new Error(`radosgw for the tests: ${readFileSync(failure, 'utf8')}`);
    if (Date.now() > end) throw new Error('radosgw for the tests: whoever was to start it did not');
    await pause(100);
  }
}

async function startIn(directory: string, name: string): Promise<string> {
  const place = join(directory, name);
  mkdirSync(place);
  return startRadosgw(place, (one) => {
    guardBelow(dirname(directory), one.pid, one.name);
    writeFileSync(join(directory, 'pids', String(one.pid)), one.name);
  });
}

function isFirst(directory: string): boolean {
  try {
    mkdirSync(join(directory, 'begun'));
    return true;
  } catch {
    return false;
  }
}

/** The whole text at once: others look for it. */
function publish(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
