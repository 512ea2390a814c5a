import { say } from '../messages/message.ts';
import type { ServerFinding } from './server-finding.ts';
import { textOf, type ServerFacts, type Told, type WaitingSegments } from './server-facts.ts';
import { settingFix } from './setting-fix.ts';

/** In place of a program of the user's choice. */
const pushCommand = 'gausskeep wal push --archive DIR %p';

export function archiveMode(facts: ServerFacts): ServerFinding {
  const check = 'archive-mode';
  const mode = textOf(facts, 'archive_mode');
  if (mode === undefined) return { check, severity: 'unknown', what: say('doctor.archive-mode.unknown') };
  if (isIdleStandby(facts)) {
    return {
      check,
      severity: 'note',
      what: say('doctor.archive-mode.standby', { mode }),
      why: say('doctor.archive-mode.standby.why', { mode: facts.examination.standbyArchives ?? mode }),
    };
  }
  if (mode !== 'off') return { check, severity: 'ok', what: say('doctor.archive-mode.ok', { mode }) };
  return {
    check,
    severity: 'warning',
    what: say('doctor.archive-mode'),
    why: say('doctor.archive-mode.why'),
    fix: settingFix(facts, 'archive_mode', 'on'),
  };
}

/** A standby that archives nothing until it is promoted, although archiving is on. */
function isIdleStandby(facts: ServerFacts): boolean {
  const mode = textOf(facts, 'archive_mode');
  const { standbyArchives } = facts.examination;
  return facts.inRecovery === true && standbyArchives !== undefined && mode !== 'off' && mode !== standbyArchives;
}

/** What archives: a directory of the server's own before a module, a module before a command. */
export function archiveCommand(facts: ServerFacts): ServerFinding | undefined {
  const check = 'archive-command';
  const mode = textOf(facts, 'archive_mode');
  if (mode === undefined || mode === 'off') return undefined;
  const { archiveDirectory, archiveLibrary } = facts.examination;
  const directory = archiveDirectory === undefined ? '' : (textOf(facts, archiveDirectory) ?? '');
  const library = archiveLibrary === undefined ? '' : (textOf(facts, archiveLibrary) ?? '');
  const command = textOf(facts, 'archive_command');
  // A server shows "(disabled)" while archiving is off; it is on here.
  const hasCommand = command !== undefined && command !== '' && command !== '(disabled)';
  if (directory !== '' && hasCommand) {
    return {
      check,
      severity: 'error',
      what: say('doctor.archive-both', { directory, command }),
      why: say('doctor.archive-both.why'),
      fix: settingFix(facts, 'archive_dest', ''),
    };
  }
  if (directory !== '') {
    return {
      check,
      severity: 'note',
      what: say('doctor.archive-directory', { directory }),
      why: say('doctor.archive-directory.why'),
    };
  }
  if (library !== '') return { check, severity: 'note', what: say('doctor.archive-library', { library }) };
  const program = facts.host?.archiveProgram;
  if (hasCommand && (program === 'absent' || program === 'not-executable')) {
    return {
      check,
      severity: 'error',
      what:
        program === 'absent'
          ? say('doctor.archive-program.absent', { command })
          : say('doctor.archive-program.not-executable', { command }),
      why: say('doctor.archive-command.why'),
      fix: settingFix(facts, 'archive_command', pushCommand),
    };
  }
  const sign = facts.examination.archiveShell ? undefined : shellSigns.exec(command ?? '')?.[0];
  if (command !== undefined && sign !== undefined) {
    return {
      check,
      severity: 'error',
      what: say('doctor.archive-shell', { command, sign }),
      why: say('doctor.archive-shell.why'),
      fix: settingFix(facts, 'archive_command', pushCommand),
    };
  }
  if (hasCommand) return { check, severity: 'ok', what: say('doctor.archive-command.ok', { command }) };
  if (command === undefined) return { check, severity: 'unknown', what: say('doctor.archive-command.unknown') };
  return {
    check,
    severity: 'error',
    what: say('doctor.archive-command'),
    why: say('doctor.archive-command.why'),
    fix: settingFix(facts, 'archive_command', pushCommand),
  };
}

/** What only a shell understands. */
const shellSigns = /&&|\|\||>>|[;&|<>`$"'*?~]/;

/** A segment that waits for longer was tried many times: servers try again within a minute or two. */
const waitingLimitMs = 600_000;

/** Whether what archives succeeds. */
export function archiveFailures(facts: ServerFacts): ServerFinding | undefined {
  const check = 'archive-failures';
  const mode = textOf(facts, 'archive_mode');
  // What was archived before it became a standby says nothing.
  if (mode === undefined || mode === 'off' || isIdleStandby(facts)) return undefined;
  const { archiver } = facts;
  const waiting = facts.host?.waiting;
  if (archiver === undefined)
    return waitingSegments(waiting) ?? { check, severity: 'unknown', what: say('doctor.archive-failures.unknown') };
  const { failedCount, lastFailedName, lastFailedMs = 0, lastArchivedName, lastArchivedMs = 0 } = archiver;
  if (failedCount > 0n && lastFailedMs > lastArchivedMs) {
    return {
      check,
      severity: 'error',
      what: say('doctor.archive-failures', {
        name: lastFailedName ?? '',
        time: new Date(lastFailedMs).toISOString(),
        count: failedCount,
      }),
      why: say('doctor.archive-failures.why'),
      fix: say('doctor.archive-failures.fix'),
    };
  }
  const late = waitingSegments(waiting);
  if (late?.severity === 'warning') return late;
  if (lastArchivedName === undefined) return { check, severity: 'note', what: say('doctor.archive-nothing') };
  const done = { name: lastArchivedName, time: new Date(lastArchivedMs).toISOString(), count: failedCount };
  return { check, severity: 'ok', what: say('doctor.archive-failures.ok', done) };
}

/** By the WAL directory, where that can be read. */
function waitingSegments(waiting: Told<WaitingSegments>): ServerFinding | undefined {
  if (waiting === undefined) return undefined;
  const check = 'archive-failures';
  const { count, oldestMs } = waiting;
  if (oldestMs < waitingLimitMs) return { check, severity: 'ok', what: say('doctor.archive-waiting.ok', { count }) };
  return {
    check,
    severity: 'warning',
    what: say('doctor.archive-waiting', { count, minutes: Math.floor(oldestMs / 60_000) }),
    why: say('doctor.archive-failures.why'),
    fix: say('doctor.archive-failures.fix'),
  };
}
