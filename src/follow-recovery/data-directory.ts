import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromBytes } from '../bytes/byte-string.ts';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { say } from '../messages/message.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { readControlFile, type ControlFile } from '../server/control-file.ts';
import type { ServerIdentity } from '../server/identity.ts';
import { identityOfDirectory } from '../server/installed-release.ts';
import { recoveryDialectOf, type RecoveryDialect } from '../server/recovery-dialect.ts';
import {
  decodeRecoveryRecord,
  pastRecordName,
  recoveryRecordName,
  type RecoveryRecord,
} from '../server/recovery-record.ts';
import { SettingsFile } from '../server/settings-file.ts';

/** An instance as its data directory shows it, without asking the server. */
export interface DataDirectory {
  /** Absolute. */
  readonly path: string;
  readonly identity: ServerIdentity;
  readonly capabilities: Capabilities;
  readonly dialect: RecoveryDialect;
  readonly control: ControlFile;
  readonly owner: { readonly uid: number; readonly gid: number };
  /** What a restore of gausskeep left, until the recovery is over. */
  readonly record: RecoveryRecord | undefined;
  /** The same of the last recovery that is over. */
  readonly past: RecoveryRecord | undefined;
}

/**
 * @throws BackupError `CONFIG_INVALID` for a directory that is no data directory, or not a whole one; `CORRUPT`
 */
export function openDataDirectory(path: string): DataDirectory {
  if (path.includes('\n'))
    throw new BackupError('CONFIG_INVALID', say('files.line-feed', { path }), { hint: say('files.line-feed.hint') });
  const version = textOf(join(path, 'PG_VERSION'))?.trim();
  if (version === undefined) throw new BackupError('CONFIG_INVALID', say('recovery.no-data-directory', { path }));
  const controlFile = bytesOf(join(path, 'global', 'pg_control'));
  if (controlFile === undefined) {
    throw new BackupError('CONFIG_INVALID', say('recovery.unfinished', { path }), {
      hint: say('recovery.unfinished.hint'),
    });
  }
  const control = readControlFile(controlFile);
  const record = recordIn(join(path, recoveryRecordName));
  const identity = identityOfDirectory(control.family, version, record);
  const capabilities = capabilitiesOf(identity);
  const { uid, gid } = statSync(path);
  return {
    path,
    identity,
    capabilities,
    dialect: recoveryDialectOf(capabilities),
    control,
    owner: { uid, gid },
    record,
    past: recordIn(join(path, pastRecordName)),
  };
}

function recordIn(file: string): RecoveryRecord | undefined {
  const bytes = bytesOf(file);
  return bytes === undefined ? undefined : decodeRecoveryRecord(bytes);
}

/** Which files of a recovery are there: they say how far it has come. */
export function recoveryFiles({ path, dialect }: DataDirectory): string[] {
  const names = ['backup_label', 'backup_label.old', 'tablespace_map', 'tablespace_map.old'];
  const own = [...dialect.configurationFiles, dialect.doneFile, dialect.standbyFile];
  return [...names, ...own].filter((name) => name !== undefined && existsSync(join(path, name))) as string[];
}

/** Whether a server that starts here goes through archive recovery, or is a standby; else it replays its own WAL, if any. */
export function isConfiguredToRecover({ path, dialect, control }: DataDirectory): boolean {
  if (control.state === 'in archive recovery' || control.state === 'shut down in recovery') return true;
  return [...dialect.configurationFiles, dialect.standbyFile].some(
    (name) => name !== undefined && existsSync(join(path, name)),
  );
}

/** Settings in force by the configuration files: includes are followed, later ones win, and so does ALTER SYSTEM. */
export function configuredSettings(
  path: string,
  configFile = join(path, 'postgresql.conf'),
): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  readInto(settings, configFile, path, 0);
  readInto(settings, join(path, 'postgresql.auto.conf'), path, 0);
  return settings;
}

/** The servers follow ten levels of include. */
const deepestInclude = 10;

function readInto(settings: Map<string, string>, file: string, base: string, depth: number): void {
  const bytes = bytesOf(file);
  if (bytes === undefined || depth > deepestInclude) return;
  for (const { kind, name, value } of new SettingsFile(fromBytes(bytes)).lines()) {
    const text = Buffer.from(value, 'latin1').toString('utf8');
    if (kind === 'setting') settings.set(name, text);
    // include_dir needs a listing; what recovery asks for is hardly ever there, and the log shows the rest.
    else if (name !== 'include_dir')
      readInto(settings, text.startsWith('/') ? text : join(base, text), base, depth + 1);
  }
}

/** The text of a small file; undefined when it is not there. @throws BackupError `STORAGE_UNAVAILABLE` */
export function textOf(path: string): string | undefined {
  return bytesOf(path)?.toString('utf8');
}

/** The content of a small file; undefined when it is not there. @throws BackupError `CONFIG_INVALID` when we may not read it; `STORAGE_UNAVAILABLE` */
export function bytesOf(path: string): Buffer | undefined {
  try {
    return readRegular(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].includes(systemCodeOf(error) ?? '')) return undefined;
    if (systemCodeOf(error) === 'EACCES') {
      throw new BackupError('CONFIG_INVALID', say('recovery.not-ours', { path }), {
        hint: say('recovery.not-ours.hint'),
        cause: error,
      });
    }
    throw new BackupError('STORAGE_UNAVAILABLE', say('files.failed-read', { path, reason: reasonFor(error) }), {
      cause: error,
    });
  }
}
