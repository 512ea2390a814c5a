import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runningAsRoot } from './postgres/server-user.ts';

/**
 * Where everything that this process makes on disk lives: `/tmp/gausskeep-XXXXXX`, open to the account of the servers.
 * It disappears with the process, whatever ends it, and so do the servers recorded here.
 */
export interface RunDirectory {
  readonly path: string;
  /** Makes a new directory in it, mode 0755, owned by us. Kept short: paths of Unix sockets end at 107 bytes. */
  make(name: string): string;
  /** Records a process that must not outlive us, by what the system calls it (`postgres` unless given). */
  guard(pid: number, name?: string): void;
  release(pid: number): void;
  /** Removes everything that `make` made so far. Stop the servers before. */
  clear(): void;
  /** Removes the whole directory now. Stop the servers before. */
  remove(): void;
  /** Lets everything outlive this process: what runs goes on, what lies there stays. */
  keep(): void;
}

let current: RunDirectory | undefined;

export function runDirectory(): RunDirectory {
  current ??= create();
  return current;
}

/**
 * Waits for the end of its input, which is the end of our process (SIGKILL included: the kernel closes the pipe), then
 * stops what we left running and removes what we left lying. SIGQUIT ends a postmaster and its children at once.
 */
const watchdogScript = `
cat >/dev/null
stop() {
  for file in "$1"/pids/*; do
    pid=\${file##*/}
    if [ -e "/proc/$pid" ] && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$(cat "$file")" ]; then
      kill "-$2" "$pid" 2>/dev/null
      left=1
    fi
  done
}
for try in 1 2 3 4 5 6 7 8 9 10; do
  left=
  if [ "$try" -lt 6 ]; then stop "$1" QUIT; else stop "$1" KILL; fi
  [ -n "$left" ] || break
  sleep 0.5
done
rm -rf "$1"
`;

function create(): RunDirectory {
  const path = mkdtempSync(join(temporaryRoot(), 'gausskeep-'));
  chmodSync(path, 0o755);
  mkdirSync(join(path, 'pids'));
  const watchdog = startWatchdog(path);
  let count = 0;
  const made = new Set<string>();
  return {
    path,
    make(name) {
      count += 1;
      const directory = join(path, `${count}-${name}`);
      mkdirSync(directory);
      chmodSync(directory, 0o755);
      made.add(directory);
      return directory;
    },
    // The watchdog compares the name, so that a process number that was given out again is left alone.
    guard: (pid, name = 'postgres') => guardBelow(path, pid, name),
    release: (pid) => rmSync(join(path, 'pids', String(pid)), { force: true }),
    clear: () => {
      for (const directory of made) rmSync(directory, { recursive: true, force: true });
      made.clear();
    },
    remove: () => {
      current = undefined;
      rmSync(path, { recursive: true, force: true });
    },
    keep: () => {
      watchdog.kill('SIGKILL');
    },
  };
}

/** Records a process that must not outlive whoever made this run directory: our own process or another. */
export function guardBelow(path: string, pid: number, name: string): void {
  writeFileSync(join(path, 'pids', String(pid)), name);
}

function startWatchdog(path: string): ChildProcess {
  // A session of its own: Ctrl-C at a terminal must not end it before us.
  const watchdog = spawn('/bin/sh', ['-c', watchdogScript, 'gausskeep-test-watchdog', path], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
  });
  watchdog.unref();
  unrefPipe(watchdog);
  return watchdog;
}

/** Lets our process end while the pipe to the watchdog is open. */
function unrefPipe(watchdog: ChildProcess): void {
  const pipe = watchdog.stdin as unknown as { unref(): void };
  pipe.unref();
}

/** The system's temporary directory; /tmp instead when it is root's alone, as the account of the servers must reach it. */
function temporaryRoot(): string {
  const wanted = tmpdir();
  return runningAsRoot && !openToAll(wanted) ? '/tmp' : wanted;
}

function openToAll(path: string): boolean {
  if ((statSync(path).mode & 0o001) === 0) return false;
  return dirname(path) === path || openToAll(dirname(path));
}
