import { statusOptions } from '../../config/recovery-options.ts';
import { formatLsn, recoveryStatus, type StatusReport } from '../../index.ts';
import { render, say } from '../../messages/message.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { BackupError, systemCodeOf } from '../../errors/backup-error.ts';
import { archivingRecord, readArchivingStatus, type ArchivingStatus } from '../archiving-status.ts';
import { archivingLines } from '../backlog-text.ts';
import { spoolDirectory } from '../push-async.ts';
import type { Command } from '../command.ts';
import { recoveryInstance } from '../recovery-instance.ts';
import { closingLines, closingRecord, positionLine } from '../recovery-talk.ts';
import { warningLine } from '../error-text.ts';
import { speak } from '../speech.ts';

export const statusCommand: Command = {
  synopsis: say('recovery-help.status.synopsis'),
  summary: say('recovery-help.status.what'),
  options: statusOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const instance = recoveryInstance(given, context);
    const report = await recoveryStatus(instance, { signal });
    const archiving = lookAtArchiving(report.directory, given);
    if (given.has('json')) {
      await terminal.data(
        `${JSON.stringify({ ...recordOf(report), archiving: archiving && archivingRecord(archiving) })}\n`,
      );
      return 0;
    }
    for (const note of report.notes) terminal.line(warningLine(program, note));
    for (const line of linesOf(report)) await terminal.data(`${line}\n`);
    if (archiving !== undefined && isOfInterest(archiving)) {
      for (const line of archivingLines(archiving)) await terminal.data(`${speak(line)}\n`);
    }
    return 0;
  },
};

/** As `wal status` of it; undefined where the marks of the server cannot be looked at. */
function lookAtArchiving(directory: string, given: GivenOptions): ArchivingStatus | undefined {
  try {
    return readArchivingStatus(directory, spoolDirectory(given, directory));
  } catch (error) {
    if (error instanceof BackupError || systemCodeOf(error) !== undefined) return undefined;
    throw error;
  }
}

/** Where nothing waits and nothing ever pushed, there is nothing to tell. */
function isOfInterest({ backlog, pushers }: ArchivingStatus): boolean {
  return backlog.count > 0 || pushers.length > 0;
}

function linesOf(report: StatusReport): string[] {
  const { server, directory, phase, postmaster, target, stoppedAt, state, record, files, failure, prepared } = report;
  const phaseText = speak(say(`recovery.status.${phase}`));
  const lines = [speak(say('recovery.status.line', { server, path: directory, phase: phaseText }))];
  if (postmaster !== undefined) {
    lines.push(speak(say('recovery.status.process', { pid: postmaster.pid, port: postmaster.port })));
  }
  if (target !== undefined) lines.push(speak(say('recovery.status.target', { target })));
  if (record?.endLsn !== undefined)
    lines.push(speak(say('recovery.status.promised', { lsn: formatLsn(record.endLsn) })));
  if (stoppedAt !== undefined) lines.push(speak(say('recovery.status.stopped-at', { text: stoppedAt })));
  if (state !== undefined) lines.push(...positionLine(state));
  if (files.length > 0) lines.push(speak(say('recovery.status.files', { files: files.join(' ') })));
  if (report.controlState !== undefined)
    lines.push(speak(say('recovery.status.control', { state: report.controlState })));
  if (failure !== undefined) lines.push(speak(say('recovery.status.failure', { text: failure.message })));
  return [...lines, ...closingLines(prepared, report.nextSteps)];
}

function recordOf(report: StatusReport): Record<string, unknown> {
  const { directory, server, phase, postmaster, state, record, files, target, stoppedAt, failure, prepared } = report;
  return {
    ...{ messageType: 'status', directory, server, phase, target, stoppedAt, files },
    controlState: report.controlState,
    pid: postmaster?.pid,
    port: postmaster?.port,
    inRecovery: state?.inRecovery,
    paused: state?.paused,
    replayLsn: state?.replayLsn === undefined ? undefined : formatLsn(state.replayLsn),
    lastCommit: state?.lastCommit,
    promisedLsn: record?.endLsn === undefined ? undefined : formatLsn(record.endLsn),
    failure: failure?.message,
    ...closingRecord(prepared, report.nextSteps),
    notes: report.notes.map((note) => render(note)),
  };
}
