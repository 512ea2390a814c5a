import { resumeOptions, stallTimeoutOption } from '../../config/recovery-options.ts';
import { formatLsn, resumeInstance, type ResumeReport } from '../../index.ts';
import { say } from '../../messages/message.ts';
import { archiveCommandAfter } from '../archive-command.ts';
import type { Command } from '../command.ts';
import { recoveryInstance } from '../recovery-instance.ts';
import { closingLines, closingRecord, RecoveryTalk } from '../recovery-talk.ts';
import { speak } from '../speech.ts';

export const resumeCommand: Command = {
  synopsis: say('recovery-help.resume.synopsis'),
  summary: say('recovery-help.resume.what'),
  options: resumeOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const { directory, configFile, reader, environment, login } = recoveryInstance(given, context);
    const talk = new RecoveryTalk(program, terminal, { quiet: given.has('quiet') });
    const request = { directory, configFile, login, allowEndOfWal: given.has('allow-end-of-wal') };
    const report = await resumeInstance(
      { ...request, archiveCommand: archiveCommandAfter, environment, reader },
      { signal, onEvent: talk.onEvent, stallTimeoutMs: stallTimeoutOption(program, given) },
    );
    terminal.endLive();
    if (given.has('json')) await terminal.data(`${JSON.stringify(recordOf(report))}\n`);
    else for (const line of linesOf(report)) await terminal.data(`${line}\n`);
    return 0;
  },
};

function linesOf({ wasOpen, prepared, nextSteps }: ResumeReport): string[] {
  const head = wasOpen ? say('recovery.result.was-open') : say('recovery.result.open', { stop: '' });
  return [speak(head), ...closingLines(prepared, nextSteps)];
}

function recordOf(report: ResumeReport): Record<string, unknown> {
  const { directory, server, wasOpen, state, prepared, nextSteps } = report;
  return {
    ...{ messageType: 'resume', directory, server, wasOpen },
    replayLsn: state?.replayLsn === undefined ? undefined : formatLsn(state.replayLsn),
    ...closingRecord(prepared, nextSteps),
  };
}
