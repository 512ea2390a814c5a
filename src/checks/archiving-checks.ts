import { say, type Message } from '../messages/message.ts';
import { dangerOf, type Backlog } from './backlog.ts';
import { natureOfCommand } from './archive-command-words.ts';
import type { ServerFinding } from './server-finding.ts';
import { archiveCommandOf, textOf, type ArchiverRow, type ServerFacts, type Told } from './server-facts.ts';
import { settingFix } from './setting-fix.ts';

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
    fix: archiveModeFix(facts),
  };
}

/** Archiving is not to be turned on into the archive of another: a restored copy has archiving off, and the archive_command of its source. */
function archiveModeFix(facts: ServerFacts): Message {
  const { archive } = facts.host ?? {};
  if (archive?.line === 'foreign') return say('doctor.archive-mode.foreign.fix', { path: archive.path });
  const on = settingFix(facts, 'archive_mode', 'on');
  const { archiveDirectory, archiveLibrary } = facts.examination;
  const isEmpty = (name: string | undefined): boolean => name === undefined || textOf(facts, name) === '';
  const leadsNowhere = archiveCommandOf(facts)?.trim() === '' && isEmpty(archiveDirectory) && isEmpty(archiveLibrary);
  return leadsNowhere ? on : say('doctor.archive-mode.only.fix', { fix: on });
}

/** A standby that archives nothing until it is promoted, although archiving is on. */
function isIdleStandby(facts: ServerFacts): boolean {
  const mode = textOf(facts, 'archive_mode');
  const { standbyArchives } = facts.examination;
  return facts.inRecovery === true && standbyArchives !== undefined && mode !== 'off' && mode !== standbyArchives;
}

/** A segment that waits for longer was tried many times: servers try again within a minute or two. */
const waitingLimitMs = 600_000;

/** Whether what archives succeeds. */
export function archiveFailures(facts: ServerFacts): ServerFinding | undefined {
  const check = 'archive-failures';
  const mode = textOf(facts, 'archive_mode');
  if (mode === undefined) return { check, severity: 'unknown', what: say('doctor.archive-failures.unknown') };
  // What was archived before it became a standby says nothing.
  if (mode === 'off' || isIdleStandby(facts)) return undefined;
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
  if (lastArchivedName === undefined) return nothingArchived(archiver);
  const done = { name: lastArchivedName, time: new Date(lastArchivedMs).toISOString(), count: failedCount };
  // What the server reports of such a command says nothing of an archive.
  const nature = natureOfCommand(textOf(facts, 'archive_command') ?? '', facts.examination.archiveShell);
  return { check, severity: nature === undefined ? 'ok' : 'note', what: say('doctor.archive-failures.ok', done) };
}

/** archive_mode is changed by a restart only, where there is such a view. */
function nothingArchived({ serverStartedMs }: ArchiverRow): ServerFinding {
  const check = 'archive-failures';
  if (serverStartedMs === undefined)
    return { check, severity: 'unknown', what: say('doctor.archive-failures.unknown') };
  const time = new Date(serverStartedMs).toISOString();
  return {
    check,
    severity: 'note',
    what: say('doctor.archive-nothing', { time }),
    why: say('doctor.archive-nothing.why'),
  };
}

/** Whether the server may stop for want of room for its WAL, by the WAL directory. */
export function archiveBacklog(facts: ServerFacts): ServerFinding | undefined {
  const waiting = facts.host?.waiting;
  const mode = textOf(facts, 'archive_mode');
  // Marks that nobody looks at keep no WAL.
  if (waiting === undefined || mode === undefined || mode === 'off' || isIdleStandby(facts)) return undefined;
  const check = 'archive-backlog';
  const inMiB = (bytes: number): number => Math.ceil(bytes / 1024 ** 2);
  const { count } = waiting;
  const words = { count, size: inMiB(waiting.bytes), free: inMiB(waiting.freeBytes), total: inMiB(waiting.totalBytes) };
  const danger = dangerOf(waiting);
  const pid = facts.host?.stoppedPusher;
  if (danger === undefined && pid !== undefined) {
    const [what, why] = [say('doctor.archive-stopped', { pid }), say('doctor.archive-stopped.why')];
    return { check, severity: 'warning', what, why, fix: say('doctor.archive-stopped.fix', { pid }) };
  }
  if (danger === undefined) return { check, severity: 'ok', what: say('doctor.archive-backlog.ok', words) };
  return {
    check,
    severity: 'error',
    what: say('doctor.archive-backlog', words),
    why: say('doctor.archive-backlog.why'),
    fix: say('doctor.archive-backlog.fix'),
  };
}

/** By the WAL directory, where that can be read. */
function waitingSegments(waiting: Told<Backlog>): ServerFinding | undefined {
  if (waiting === undefined) return undefined;
  const check = 'archive-failures';
  const { count } = waiting;
  const oldestMs = 1000 * (waiting.oldest?.seconds ?? 0);
  if (oldestMs < waitingLimitMs) return { check, severity: 'ok', what: say('doctor.archive-waiting.ok', { count }) };
  return {
    check,
    severity: 'warning',
    what: say('doctor.archive-waiting', { count, minutes: Math.floor(oldestMs / 60_000) }),
    why: say('doctor.archive-failures.why'),
    fix: say('doctor.archive-failures.fix'),
  };
}
