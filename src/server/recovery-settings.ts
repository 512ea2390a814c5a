import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { Capabilities } from './capabilities.ts';
import { checkRecoveryCommand, type RecoveryCommandName } from './recovery-commands.ts';
import { formatUtc, type RecoverySettings, type RecoveryTarget } from './recovery-target.ts';
import { quoteSetting } from './settings-file.ts';

/** One setting as it is written; the value without quotes. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** How a server is told about a recovery: files to make, and lines to add to one that is there. */
export interface RecoveryConfiguration {
  /** Files made anew in the data directory; a file of that name is replaced. */
  readonly files: readonly { readonly name: 'recovery.conf' | 'recovery.signal'; readonly text: ByteString }[];
  /** Settings for the end of postgresql.auto.conf (see `addSettings`), to be taken out again after the recovery. */
  readonly autoConfiguration: readonly Setting[];
  /** Files of the data directory that must not be there: each would start another kind of recovery, or forbid the start. */
  readonly absentFiles: readonly string[];
}

/** What PostgreSQL does at its target. */
export const targetActionSetting = 'recovery_target_action';

/** Where the WAL is in the data directory already: a program that always fails, which a server must be given nevertheless. */
const noMoreWal = '/bin/false';

/**
 * What to write for a recovery.
 * @throws BackupError `USAGE` for what the server cannot do or would silently ignore
 */
export function recoveryConfiguration(settings: RecoverySettings, capabilities: Capabilities): RecoveryConfiguration {
  checkSettings(settings, capabilities);
  switch (capabilities.recoveryConfiguration) {
    case 'opengauss-recovery-conf':
      return opengaussConfiguration(settings);
    case 'recovery-conf':
      return {
        files: [recoveryConf([...commands(settings), ...targetLines(settings.target), ...behaviour(settings)])],
        autoConfiguration: [],
        absentFiles: ['recovery.done'],
      };
    case 'signal-files':
      return {
        files: [{ name: 'recovery.signal', text: '' as ByteString }],
        autoConfiguration: [
          ...commands(settings),
          // Empty ones too: another target in postgresql.conf would make the server refuse to start.
          ...allTargets(settings.target),
          ...behaviour(settings),
        ],
        absentFiles: ['recovery.conf', 'recovery.done', 'standby.signal'],
      };
  }
}

function checkSettings(settings: RecoverySettings, capabilities: Capabilities): void {
  const { target, inclusive, action, timeline } = settings;
  if (inclusive !== undefined && !['time', 'xid', 'lsn'].includes(target.kind)) {
    throw new BackupError('USAGE', say('recovery-settings.inclusive', { kind: target.kind }));
  }
  if (action === 'shutdown' && !capabilities.shutdownAtTarget) {
    throw new BackupError('USAGE', say('recovery-settings.no-shutdown'), {
      hint: say('recovery-settings.no-shutdown.hint'),
    });
  }
  if (typeof timeline === 'number' && !(Number.isInteger(timeline) && timeline >= 1 && timeline <= 0xffff_ffff)) {
    throw new BackupError('USAGE', say('target.bad-timeline', { text: String(timeline) }));
  }
  for (const { name, value } of commands(settings)) {
    if (value !== noMoreWal) checkRecoveryCommand(name, value, capabilities);
  }
}

/**
 * openGauss has neither `immediate` nor an action but to pause or not. A backup with its own WAL recovers to its own end
 * without any recovery.conf. Source: readRecoveryCommandFile, xlog.cpp.
 */
function opengaussConfiguration(settings: RecoverySettings): RecoveryConfiguration {
  const { target, inclusive, timeline, action } = settings;
  if (target.kind === 'immediate') {
    return { files: [], autoConfiguration: [], absentFiles: ['recovery.conf', 'recovery.done'] };
  }
  const lines: Setting[] = [...commands(settings), ...targetLines(target)];
  if (target.kind !== 'latest') {
    if (inclusive !== undefined) lines.push({ name: 'recovery_target_inclusive', value: String(inclusive) });
    lines.push({ name: 'pause_at_recovery_target', value: String(action === 'pause') });
  }
  // A number is the only timeline that is not looked up in the archive.
  if (timeline !== undefined) lines.push({ name: 'recovery_target_timeline', value: String(timeline) });
  return { files: [recoveryConf(lines)], autoConfiguration: [], absentFiles: ['recovery.done'] };
}

function recoveryConf(lines: readonly Setting[]): { name: 'recovery.conf'; text: ByteString } {
  return { name: 'recovery.conf', text: `${lines.map(settingLine).join('\n')}\n` as ByteString };
}

/** `name = 'value'`, in the bytes of the file. */
export function settingLine({ name, value }: Setting): ByteString {
  return `${name} = ${quoteSetting(fromText(value))}` as ByteString;
}

function commands(settings: RecoverySettings): { readonly name: RecoveryCommandName; readonly value: string }[] {
  const { restoreCommand = noMoreWal, archiveCleanupCommand, recoveryEndCommand } = settings;
  return [
    { name: 'restore_command', value: restoreCommand },
    ...(archiveCleanupCommand === undefined
      ? []
      : [{ name: 'archive_cleanup_command' as const, value: archiveCleanupCommand }]),
    ...(recoveryEndCommand === undefined ? [] : [{ name: 'recovery_end_command' as const, value: recoveryEndCommand }]),
  ];
}

function targetLines(target: RecoveryTarget): Setting[] {
  switch (target.kind) {
    case 'time':
      return [{ name: 'recovery_target_time', value: formatUtc(target.timeUs) }];
    case 'lsn':
      return [{ name: 'recovery_target_lsn', value: formatLsn(target.lsn) }];
    case 'xid':
      return [{ name: 'recovery_target_xid', value: target.xid.toString() }];
    case 'name':
      return [{ name: 'recovery_target_name', value: target.name }];
    case 'immediate':
      return [{ name: 'recovery_target', value: 'immediate' }];
    case 'latest':
      return [];
  }
}

const targetNames = [
  'recovery_target',
  'recovery_target_time',
  'recovery_target_lsn',
  'recovery_target_xid',
  'recovery_target_name',
];

function allTargets(target: RecoveryTarget): Setting[] {
  const given = targetLines(target);
  const others = targetNames.filter((name) => given.every((line) => line.name !== name));
  return [...others.map((name) => ({ name, value: '' })), ...given];
}

/** PostgreSQL: what goes with a target. Always explicit, as postgresql.conf may say otherwise. */
function behaviour({ target, inclusive, timeline, action }: RecoverySettings): Setting[] {
  const lines: Setting[] = [];
  if (inclusive !== undefined) lines.push({ name: 'recovery_target_inclusive', value: inclusive ? 'on' : 'off' });
  if (target.kind !== 'latest') lines.push({ name: targetActionSetting, value: action });
  if (timeline !== undefined) lines.push({ name: 'recovery_target_timeline', value: String(timeline) });
  return lines;
}
