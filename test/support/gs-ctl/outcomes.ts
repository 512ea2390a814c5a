import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../project.ts';

/** What a server was observed to be at one moment. */
export interface ObservedState {
  readonly recovery: 'paused' | 'not paused' | 'over';
  /** Text of `pg_last_xlog_replay_location()`: `(1,0/28000530)`. */
  readonly replay: string;
  readonly lastCommit: string | null;
  readonly files: readonly string[];
  readonly rows: string | undefined;
}

/** One recovery of a live openGauss, from outcomes.md. */
export interface Outcome {
  readonly name: string;
  /** Text of recovery.conf; undefined: there was none. */
  readonly recoveryConf: string | undefined;
  /** Status of `gs_ctl start`. */
  readonly exit: number;
  /** Log lines as the server writes them, with severity. */
  readonly log: readonly string[];
  /** undefined: the server did not start. */
  readonly started: ObservedState | undefined;
  readonly resumed: ObservedState | undefined;
  /** After the server was stopped while paused and started again. */
  readonly restarted: ObservedState | undefined;
  readonly filesAfterStart: readonly string[];
}

/** The 32 recorded recoveries, in the order of the file. */
export function readOutcomes(): Outcome[] {
  const text = readFileSync(join(projectRoot, 'test/fixtures/opengauss/pitr/outcomes.md'), 'utf8');
  return text
    .split(/^## /m)
    .slice(1)
    .map((section) => readSection(section));
}

function readSection(section: string): Outcome {
  const name = /^(\S+) - /.exec(section)?.[1] ?? '';
  const conf = /```\n([^]*?)```/.exec(section)?.[1];
  const [beforeResume = '', afterResume] = section.split(/^- after `select pg_xlog_replay_resume/m);
  const [first = '', again] = beforeResume.split(/^- gs_ctl start again/m);
  const started = readState(first);
  return {
    name,
    recoveryConf: conf,
    exit: Number(/gs_ctl start: exit (\d+)/.exec(section)?.[1]),
    log: (/^- log: (.*)$/m.exec(section)?.[1] ?? '').split(' / ').flatMap(asLogLines),
    started,
    resumed: afterResume === undefined ? undefined : readState(afterResume),
    restarted: again === undefined ? undefined : readState(again),
    filesAfterStart: filesOf(first),
  };
}

function readState(text: string): ObservedState | undefined {
  const found =
    /^ {2}- (in recovery, paused|in recovery, not paused|not in recovery, read-write); replay location (\S+); last replayed commit (.+)$/m.exec(
      text,
    );
  if (found === null) return undefined;
  const [, recovery = '', replay = '', lastCommit = ''] = found;
  return {
    recovery: recovery.startsWith('not') ? 'over' : recovery.endsWith('not paused') ? 'not paused' : 'paused',
    replay,
    lastCommit: lastCommit === 'none' ? null : lastCommit,
    files: filesOf(text),
    rows: /^ {2}- rows: (.+)$/m.exec(text)?.[1],
  };
}

function filesOf(text: string): string[] {
  return (/^ {2}- files: (.+)$/m.exec(text)?.[1] ?? '').split(' ');
}

/** The file shortens what the server says of restored segments, and leaves out the severity LOG. */
function asLogLines(line: string): string[] {
  if (line.startsWith('restored ')) {
    const names = line.split(' ').slice(1);
    return names.map((name) => `LOG:  restored log file "0000000100000000000000${name}" from archive`);
  }
  const severe = /^(FATAL|PANIC|ERROR): (.*)$/.exec(line);
  return [severe === null ? `LOG:  ${line}` : `${severe[1] ?? ''}:  ${severe[2] ?? ''}`];
}
