import { join } from 'node:path';
import { say, shellWord } from '../messages/message.ts';
import type { RecoveryRecord } from '../server/recovery-record.ts';
import type { DataDirectory } from './data-directory.ts';
import type { NextStep, StepCommands } from './step-commands.ts';

/**
 * Makes the archive_command for an archive of ours. `newGeneration`: for the one that is opened next, after `generation`;
 * `like`: with the further options of this one, which the source had. undefined: none that could be pasted.
 */
export type ArchiveCommand = (
  archive: NonNullable<RecoveryRecord['archive']>,
  options: { readonly newGeneration: boolean; readonly like: string | undefined },
) => Promise<string | undefined>;

export interface ArchivingFacts {
  /** Of the server, as it is in force; undefined: not asked. */
  readonly archiveMode: string | undefined;
  /** Of the server, as it is configured; '' or undefined: none that is known. */
  readonly archiveCommand: string | undefined;
  /** It went through archive recovery, which gives PostgreSQL a timeline of its own. */
  readonly archiveRecovery: boolean;
  /** One for the archive that it was recovered from; undefined: that is not known, or none of ours. */
  readonly ours: string | undefined;
}

/** openGauss copies have no archive_command any more: a restore makes a comment of that of the source. */
export function archivingOfOpengauss(data: DataDirectory, commands: StepCommands, ours: string | undefined): NextStep {
  if (ours === undefined) return { sentence: say('recovery.next.archiving-own'), command: undefined };
  const setting = `archive_command = '${ours.replaceAll("'", "''")}'`;
  const quoted = /["$`\\!]/.test(setting) ? shellWord(setting) : `"${setting}"`;
  const reload = `${commands.program('gs_guc')} reload -D ${shellWord(data.path)} -c ${quoted} -c "archive_mode = on"`;
  return { sentence: say('recovery.next.archiving'), command: commands.asServer(reload) };
}

/** What to do about archiving, and which backup is needed. No command is given that could put WAL into another's archive. */
export function archivingOfPostgresql(data: DataDirectory, commands: StepCommands, facts: ArchivingFacts): NextStep[] {
  const { archiveMode, archiveRecovery } = facts;
  const { timeline } = data.control.checkpoint;
  if (archiveMode !== undefined && archiveMode !== 'off') {
    const show = `${commands.sql('postgres')} -c 'SHOW archive_mode' -c 'SHOW archive_command'`;
    const sentence = archiveRecovery
      ? say('recovery.next.archiving-postgresql')
      : say('recovery.next.archiving-shared', { timeline });
    return [{ sentence, command: commands.asServer(show) }];
  }
  return [
    archiveRecovery
      ? takesOver(commands, facts)
      : { sentence: say('recovery.next.takes-over-shared', { timeline }), command: undefined },
    stopAndStart(data, commands),
  ];
}

/** What the copy has stays: it is what its source archived with, and nobody knows better. */
function takesOver(commands: StepCommands, { archiveCommand = '', ours }: ArchivingFacts): NextStep {
  const turnOn = `-c 'ALTER SYSTEM SET archive_mode = on'`;
  const sql = (words: string): string => commands.asServer(`${commands.sql('postgres')} ${words}`);
  if (archiveCommand !== '') {
    return { sentence: say('recovery.next.takes-over-kept', { command: archiveCommand }), command: sql(turnOn) };
  }
  if (ours === undefined) return { sentence: say('recovery.next.takes-over-unset'), command: undefined };
  const set = `ALTER SYSTEM SET archive_command = '${ours.replaceAll("'", "''")}'`;
  return { sentence: say('recovery.next.takes-over'), command: sql(`-c ${shellWord(set)} ${turnOn}`) };
}

/** A restart by pg_ctl would take over our command line, which says off. */
function stopAndStart({ path }: DataDirectory, commands: StepCommands): NextStep {
  const control = shellWord(join(commands.programDirectory, 'pg_ctl'));
  const log = shellWord(join(path, 'start.log'));
  const start = `${control} start -D ${shellWord(path)}${commands.outsideOptions} -l ${log}`;
  return {
    sentence: say('recovery.next.stop-start'),
    command: commands.asServer(`${control} stop -m fast -D ${shellWord(path)} && ${start}`),
  };
}
