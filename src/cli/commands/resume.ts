import { resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { usage } from '../../config/parse-options.ts';
import { dataDirectoryOption, resumeOptions, stallTimeoutOption } from '../../config/recovery-options.ts';
import { formatLsn, resumeInstance, type ResumeReport } from '../../index.ts';
import { render, say } from '../../messages/message.ts';
import { archiveCommandAfter } from '../archive-command.ts';
import { commandReader } from '../command-reader.ts';
import type { Command } from '../command.ts';
import { recoveryLogin } from '../recovery-login.ts';
import { closingLines, closingRecord, RecoveryTalk } from '../recovery-talk.ts';
import { runAsOwner } from '../run-as-owner.ts';

export const resumeCommand: Command = {
  synopsis: say('recovery-help.resume.synopsis'),
  summary: say('recovery-help.resume.what'),
  options: resumeOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [word] = given.operands;
    if (word !== undefined) throw usage(program, say('options.too-many', { word }));
    const asCalled = readEnvironment();
    const directory = dataDirectoryOption(given, asCalled);
    const named = given.last('config-file');
    const configFile = named === undefined ? undefined : resolve(named);
    const reader = commandReader(given, asCalled, directory);
    const environment = runAsOwner(directory, asCalled);
    const talk = new RecoveryTalk(program, terminal, { quiet: given.has('quiet') });
    const login = recoveryLogin(given, environment, context);
    const request = { directory, configFile, login, allowEndOfWal: given.has('allow-end-of-wal') };
    const report = await resumeInstance(
      { ...request, archiveCommand: archiveCommandAfter, reader },
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
  return [render(head), ...closingLines(prepared, nextSteps)];
}

function recordOf(report: ResumeReport): Record<string, unknown> {
  const { directory, server, wasOpen, state, prepared, nextSteps } = report;
  return {
    ...{ messageType: 'resume', directory, server, wasOpen },
    replayLsn: state?.replayLsn === undefined ? undefined : formatLsn(state.replayLsn),
    ...closingRecord(prepared, nextSteps),
  };
}
