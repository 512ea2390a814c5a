import { resolve } from 'node:path';
import type { GivenOptions } from '../../config/option-table.ts';
import { recoverOptions, stallTimeoutOption } from '../../config/recovery-options.ts';
import { BackupError, formatLsn, recoverInstance, type RecoverReport } from '../../index.ts';
import { say } from '../../messages/message.ts';
import { archiveCommandAfter } from '../archive-command.ts';
import type { Command } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { recoveryInstance } from '../recovery-instance.ts';
import { closingLines, closingRecord, positionLine, RecoveryTalk } from '../recovery-talk.ts';
import { speak } from '../speech.ts';

export const recoverCommand: Command = {
  synopsis: say('recovery-help.recover.synopsis'),
  summary: say('recovery-help.recover.what'),
  options: recoverOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const places = { bindir: absolute(given, 'bindir'), logFile: absolute(given, 'log-file') };
    const { directory, configFile, reader, environment, login } = recoveryInstance(given, context);
    const talk = new RecoveryTalk(program, terminal, { quiet: given.has('quiet') });
    const report = await recoverInstance(
      {
        directory,
        ...places,
        configFile,
        allowEndOfWal: given.has('allow-end-of-wal'),
        login,
        environment,
        archiveCommand: archiveCommandAfter,
        reader,
      },
      { signal, onEvent: talk.onEvent, stallTimeoutMs: stallTimeoutOption(program, given) },
    );
    terminal.endLive();
    if (report.problem !== undefined) throw report.problem;
    if (given.has('json')) await terminal.data(`${JSON.stringify(recordOf(report))}\n`);
    else for (const line of linesOf(report)) await terminal.data(`${line}\n`);
    return report.isPartial ? exitStatus(new BackupError('PARTIAL', say('recovery.not-asked')), 'by-code') : 0;
  },
};

function absolute(given: GivenOptions, option: string): string | undefined {
  const text = given.last(option);
  return text === undefined ? undefined : resolve(text);
}

function linesOf(report: RecoverReport): string[] {
  const { outcome, stoppedAt, state, prepared, nextSteps } = report;
  const stop = stoppedAt === undefined ? '' : speak(say('recovery.result.stop', { text: stoppedAt }));
  const lines = [
    outcome === 'standby' ? speak(say('recovery.result.standby')) : speak(say(`recovery.result.${outcome}`, { stop })),
  ];
  if (state !== undefined) lines.push(...positionLine(state));
  if (report.archiveMode !== undefined) lines.push(speak(say('recovery.archive-mode', { mode: report.archiveMode })));
  return [...lines, ...closingLines(prepared, nextSteps)];
}

function recordOf(report: RecoverReport): Record<string, unknown> {
  const { directory, server, outcome, target, stoppedAt, postmaster, state, prepared, nextSteps, logFile } = report;
  return {
    ...{ messageType: 'recover', directory, server, outcome, target, stoppedAt, logFile },
    port: postmaster?.port,
    replayLsn: state?.replayLsn === undefined ? undefined : formatLsn(state.replayLsn),
    lastCommit: state?.lastCommit,
    archiveMode: report.archiveMode,
    ...closingRecord(prepared, nextSteps),
  };
}
