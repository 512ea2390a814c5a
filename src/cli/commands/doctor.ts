import { resolve } from 'node:path';
import { resolveConnections, type ResolvedConnection } from '../../config/connection-settings.ts';
import { doctorOptions } from '../../config/doctor-options.ts';
import { readEnvironment } from '../../config/environment.ts';
import { inactivityTimeoutOf } from '../../config/gs-basebackup-settings.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { readPlaces } from '../../config/places.ts';
import { haPortsOf } from '../../config/wal-receive-settings.ts';
import {
  describeServer,
  examine,
  type ExaminedArchive,
  type Examination,
  type ServerFinding,
  type SessionSettings,
} from '../../index.ts';
import { render, say } from '../../messages/message.ts';
import { stoppedPusherFor } from '../archiving-status.ts';
import { archiveCommandTo } from '../archive-command.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import { judgePush } from '../judge-push.ts';
import { archiveOfCommand, archiveOfNamed } from '../looked-at-archive.ts';
import type { ProgramContext } from '../program.ts';
import { speak } from '../speech.ts';
import { withPassword } from '../with-password.ts';

/** As of what was done with warnings. */
const warned = 3;
const notReady = 4;

export const doctorCommand: Command = {
  synopsis: say('doctor.help.synopsis'),
  summary: say('doctor.help.what'),
  options: doctorOptions,
  run: async (given, context) => {
    const { program, terminal, signal } = context;
    const [operand] = given.operands;
    if (operand !== undefined) throw extraWord(program, operand);
    const backupDirectory = directoryOf(given, 'backup-directory', program);
    const restoreDirectory = directoryOf(given, 'restore-directory', program);
    const sources = await sourcesOf(given, context);
    const { archive, words } = await archiveNamed(given, context);
    if (given.has('generation') && archive === undefined) throw usage(program, say('doctor.generation-alone'));
    const verbose = given.has('verbose');
    const examination = await withPassword(given, context, async (password) =>
      examine(
        {
          sources: withKnown(sources, password),
          backupDirectory,
          restoreDirectory,
          archive,
          archiveOfCommand: (words) => archiveOfCommand(words, given, context),
          stoppedPusher: stoppedPusherFor,
          judgeCommand: (words) => judgePush(words, 'gausskeep wal push'),
          pushCommand: archive === undefined ? undefined : await pushCommandTo(archive, words),
        },
        {
          signal,
          onAttempt: (sentence) => {
            if (verbose) terminal.line(`${program}: ${speak(sentence)}`);
          },
        },
      ),
    );
    const lines = given.has('json') ? [JSON.stringify(recordOf(examination))] : linesOf(examination, verbose);
    await terminal.data(`${lines.join('\n')}\n`);
    return statusOf(examination);
  },
};

/** The archive to look at: one by itself, or that of an instance of a repository, which `words` name. */
async function archiveNamed(
  given: GivenOptions,
  context: ProgramContext,
): Promise<{ readonly archive: ExaminedArchive | undefined; readonly words?: readonly string[] | undefined }> {
  const isNamed = given.has('repo') || given.has('instance');
  if (isNamed) return (await archiveOfNamed(given, context)) ?? { archive: undefined };
  const { archive, generation } = await readPlaces(given, readEnvironment(), ['archive', 'generation']);
  return { archive: archive === undefined ? undefined : { path: archive, generation } };
}

async function pushCommandTo(
  { path, generation, open }: ExaminedArchive,
  words?: readonly string[],
): Promise<string | undefined> {
  return archiveCommandTo((await open?.())?.place ?? path, generation, words);
}

/** Absolute; undefined where it was not asked about. `-` is standard output to gs_basebackup, and no directory. */
function directoryOf(
  given: GivenOptions,
  option: 'backup-directory' | 'restore-directory',
  program: string,
): string | undefined {
  const path = given.last(option);
  if (path === '') throw usage(program, say('doctor.empty-directory', { option }));
  if (path === '-') throw usage(program, say('doctor.no-directory', { option }));
  return path === undefined ? undefined : resolve(path);
}

function statusOf({ worst }: Examination): number {
  if (worst === 'error') return notReady;
  return worst === 'ok' || worst === 'note' ? 0 : warned;
}

function linesOf({ findings, server, host, port }: Examination, verbose: boolean): string[] {
  const shown = verbose ? findings : findings.filter(({ severity }) => severity !== 'ok');
  const count = (wanted: ServerFinding['severity']): number =>
    findings.filter(({ severity }) => severity === wanted).length;
  const summary = say('doctor.summary', {
    ...{ server: describeServer(server), host, port },
    ...{ errors: count('error'), warnings: count('warning'), sound: count('ok'), unknown: count('unknown') },
  });
  return [...shown.flatMap(linesOfFinding), speak(summary)];
}

function linesOfFinding({ severity, what, why, fix }: ServerFinding): string[] {
  const lines = [speak(say('doctor.line', { severity: severityWord(severity), what }))];
  if (why !== undefined) lines.push(speak(say('doctor.why', { why })));
  if (fix !== undefined) lines.push(speak(say('doctor.fix', { fix })));
  return lines;
}

function severityWord(severity: ServerFinding['severity']): string {
  return speak(say(`doctor.severity.${severity}`));
}

function recordOf({ server, host, port, worst, findings }: Examination): Record<string, unknown> {
  return {
    ...{ messageType: 'doctor', server: describeServer(server), host, port, worst },
    findings: findings.map(({ check, severity, what, why, fix }) => ({
      ...{ check, severity, what: render(what) },
      why: why === undefined ? undefined : render(why),
      fix: fix === undefined ? undefined : render(fix),
    })),
  };
}

type Sources = readonly [SessionSettings, ...SessionSettings[]];

async function sourcesOf(given: GivenOptions, { program, terminal }: ProgramContext): Promise<Sources> {
  const inactivityTimeoutMs = inactivityTimeoutOf(given);
  const { connections, warnings, notes } = await resolveConnections(
    {
      host: given.last('host'),
      port: given.last('port'),
      user: given.last('username'),
      connectionString: given.last('dbname'),
      haPorts: haPortsOf(given),
    },
    readEnvironment(),
  );
  for (const warning of warnings) terminal.line(warningLine(program, warning));
  for (const note of given.has('verbose') ? notes : []) terminal.line(`${program}: ${speak(note)}`);
  const [first, ...others] = connections;
  const of = (connection: ResolvedConnection): SessionSettings => ({ ...sourceOf(connection), inactivityTimeoutMs });
  return [of(first), ...others.map(of)];
}

/** Under the name of a backup, whatever PGAPPNAME says: openGauss lets other roles in under other names. */
function sourceOf({ haPort, applicationName: _, ...connection }: ResolvedConnection): SessionSettings {
  return {
    ...connection,
    parameters: { ...connection.parameters, application_name: 'gs_basebackup' },
    replicationPort: haPort,
    advisesReplicationPort: true,
  };
}

function withKnown([first, ...others]: Sources, password: string | undefined): Sources {
  if (password === undefined) return [first, ...others];
  const known = (source: SessionSettings): SessionSettings => ({ ...source, password, passwordFile: undefined });
  return [known(first), ...others.map(known)];
}
