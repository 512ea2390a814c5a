import { spawn } from 'node:child_process';
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { projectRoot } from './project.ts';
import { runDirectory } from './run-directory.ts';
import { programDirectory } from './staged-programs.ts';
import type { ServerUser } from './postgres/server-user.ts';

export interface ProgramOptions {
  /** Added to an environment without any PG* variable; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input; nothing (end of file at once) unless given. */
  readonly input?: string;
  /** Another account than ours, only possible as root. */
  readonly asUser?: ServerUser;
  readonly cwd?: string;
  /** Then the program is killed and the call rejects. 120 s unless given. */
  readonly timeoutMs?: number;
  /** Calls the program through a link of this name: `pg_basebackup` to gs_basebackup. */
  readonly calledAs?: string;
}

export interface ProgramResult {
  /** `null` when a signal ended it. */
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way. */
export interface RunningProgram {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when standard output and standard error together match; rejects when the program ends before. */
  output(pattern: RegExp): Promise<void>;
  readonly result: Promise<ProgramResult>;
}

/** The built file of a program, or a link of another name to it. */
export function programPath(name: string, calledAs?: string): string {
  const built = join(programDirectory(), `${name}.js`);
  if (!existsSync(built)) throw new Error(`${built} is not there: run "npm run build"`);
  if (calledAs === undefined) return built;
  const link = join(runDirectory().make('link'), calledAs);
  symlinkSync(built, link);
  return link;
}

/** Runs one of our programs (`gs_basebackup`, `gs_tar`, `gausskeep`) to its end. Any status is a result, not a rejection. */
export async function runProgram(
  name: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const program = startProgram(name, args, options);
  program.stdin.end(options.input ?? '');
  return program.result;
}

export function startProgram(name: string, args: readonly string[], options: ProgramOptions = {}): RunningProgram {
  return startCommand(process.execPath, [programPath(name, options.calledAs), ...args], options);
}

/** One of our programs on a terminal: see `startOnTerminal`. */
export function startProgramOnTerminal(
  name: string,
  args: readonly string[],
  options: ProgramOptions = {},
): RunningProgram {
  return startOnTerminal(process.execPath, [programPath(name, options.calledAs), ...args], options);
}

/**
 * Runs a command with a terminal of its own for standard input, output and error, by `script` of util-linux. `result`
 * has all of it in `stdout`, with the terminal's line ends. The terminal echoes what is written to `stdin`, unless the
 * program forbids it. Ending `stdin` is the terminal's end of file; signals go to `script`, so write '\x03' for Ctrl-C.
 */
export function startOnTerminal(command: string, args: readonly string[], options: ProgramOptions): RunningProgram {
  const line = [command, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  return startCommand('script', ['--quiet', '--return', '--flush', '--command', `exec ${line}`, '/dev/null'], options);
}

export function startCommand(command: string, args: readonly string[], options: ProgramOptions): RunningProgram {
  const child = spawn(command, args, {
    ...options.asUser,
    cwd: options.cwd ?? projectRoot,
    env: programEnvironment(options.env ?? {}),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A program may end without reading its input.
  child.stdin.on('error', () => undefined);
  const watchers = new Set<() => void>();
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      texts[stream] += text;
      for (const watcher of watchers) watcher();
    });
  }
  const result = new Promise<ProgramResult>((resolve, reject) => {
    const timeoutMs = options.timeoutMs ?? 120_000;
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${command} ${args.join(' ')}: still running after ${timeoutMs} ms\n${texts.stderr}`));
    }, timeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...texts });
    });
  });
  return {
    pid: child.pid ?? -1,
    stdin: child.stdin,
    stdout: child.stdout,
    kill: (signal) => void child.kill(signal),
    output: (pattern) => waitForOutput(pattern, () => texts.stdout + texts.stderr, watchers, result),
    result,
  };
}

async function waitForOutput(
  pattern: RegExp,
  text: () => string,
  watchers: Set<() => void>,
  result: Promise<ProgramResult>,
): Promise<void> {
  let watcher: (() => void) | undefined;
  const seen = new Promise<boolean>((resolve) => {
    watcher = () => {
      if (pattern.test(text())) resolve(true);
    };
    watchers.add(watcher);
    watcher();
  });
  try {
    const found = await Promise.race([seen, result.then(() => pattern.test(text()))]);
    if (!found) throw new Error(`the program ended without ${String(pattern)}:\n${text()}`);
  } finally {
    if (watcher !== undefined) watchers.delete(watcher);
  }
}

function programEnvironment(extra: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('PG') && !name.startsWith('GAUSSKEEP_'));
  return { ...Object.fromEntries(own), LC_ALL: 'C.UTF-8', HOME: runDirectory().path, ...extra };
}

/** A new empty directory that disappears with the process. */
export function temporaryDirectory(name = 'tmp'): string {
  return runDirectory().make(name);
}
