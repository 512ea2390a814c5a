import { BackupError } from '../errors/backup-error.ts';
import { namedFailure } from '../errors/system-failure.ts';
import { say } from '../messages/message.ts';
import { errorLines, errorRecord } from './error-text.ts';
import { exitStatus, type StatusRule } from './exit-status.ts';
import { hideWords } from './hidden-words.ts';
import { Terminal } from './terminal.ts';

export interface ProgramContext {
  readonly program: string;
  readonly terminal: Terminal;
  /** Aborted by the first SIGINT, SIGTERM, SIGQUIT or SIGHUP; a second one ends the process at once. */
  readonly signal: AbortSignal;
  /** A line of talk that comes behind all others, an error's included. */
  readonly lastLine: (line: string) => void;
  /** The line that a second signal leaves behind, because nothing else can be done then; undefined: none any more. */
  readonly owedLine: (line: string | undefined) => void;
}

export interface ProgramOptions {
  readonly program: string;
  readonly statusRule: StatusRule;
  /** Most that goes to stderr, in bytes; default no limit. */
  readonly talkLimitBytes?: number | undefined;
  /** Errors as one JSON line on stdout as well. */
  readonly json?: () => boolean;
}

/** As of a program that SIGPIPE ended. */
const readerGoneStatus = 128 + 13;
/** Two of the same signal that come so close together, in ms, are one: timeout(1) sends its own to the program and to its whole group. */
const sameSignalMs = 50;
const signalNumbers = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;
type EndSignal = keyof typeof signalNumbers;

/**
 * Runs a program: one abort signal, one place where errors become text and statuses. Sets `process.exitCode` and lets the
 * event loop drain, so that nothing written is lost.
 */
export async function runProgram(
  options: ProgramOptions,
  run: (context: ProgramContext) => Promise<number>,
): Promise<void> {
  hideWords();
  const terminal = new Terminal(options.talkLimitBytes);
  const controller = new AbortController();
  const lastLines: string[] = [];
  const lastLine = (line: string): void => void lastLines.push(line);
  let owed: string | undefined;
  const owedLine = (line: string | undefined): void => void (owed = line);
  let endedBy: EndSignal | undefined;
  let endedAtMs = 0;
  const onSignal = (name: EndSignal): void => {
    if (endedBy !== undefined) {
      if (name === endedBy && performance.now() - endedAtMs < sameSignalMs) return;
      if (owed !== undefined) {
        terminal.endLive();
        terminal.line(owed);
      }
      process.removeAllListeners(name);
      process.kill(process.pid, name);
      return;
    }
    endedBy = name;
    endedAtMs = performance.now();
    controller.abort(new BackupError('ABORTED', say('common.aborted', { signal: name })));
  };
  const names = Object.keys(signalNumbers) as EndSignal[];
  for (const name of names) process.on(name, onSignal);
  // What nobody waited for (threads, open files, memory that the system refuses): one sentence, no trace.
  const onUncaught = (error: unknown): void => {
    for (const line of errorLines(options.program, error)) terminal.line(line);
    // eslint-disable-next-line no-restricted-properties -- nothing that goes on now may give another answer
    process.exit(exitStatus(error, options.statusRule));
  };
  if (process.listenerCount('uncaughtException') === 0) process.once('uncaughtException', onUncaught);
  try {
    process.exitCode = await run({ program: options.program, terminal, signal: controller.signal, lastLine, owedLine });
  } catch (error) {
    terminal.endLive();
    // `gausskeep window | head`: the reader has what it wanted. A server that runs a command knows its own statuses only.
    if (terminal.readerIsGone && endedBy === undefined) {
      const { statusRule } = options;
      process.exitCode = typeof statusRule === 'function' ? statusRule(error) : readerGoneStatus;
      return;
    }
    const shown: unknown = endedBy === undefined ? namedFailure(error) : controller.signal.reason;
    for (const line of errorLines(options.program, shown)) terminal.line(line);
    // Whoever reads no more has it on stderr.
    if (options.json?.() === true)
      await terminal.data(`${JSON.stringify(errorRecord(shown))}\n`).catch(() => undefined);
    process.exitCode = exitStatus(
      shown,
      options.statusRule,
      endedBy === undefined ? undefined : signalNumbers[endedBy],
    );
  } finally {
    for (const line of lastLines) terminal.line(line);
    for (const name of names) process.removeListener(name, onSignal);
    process.removeListener('uncaughtException', onUncaught);
  }
}
