import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fromBytes } from '../bytes/byte-string.ts';
import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { readRegular } from '../files/open-regular.ts';
import { say } from '../messages/message.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { readControlFile, type ControlFile } from '../server/control-file.ts';
import { identifyOpengauss, identifyPostgresql, type ServerIdentity } from '../server/identity.ts';
import { recoveryDialectOf, type RecoveryDialect } from '../server/recovery-dialect.ts';
import { decodeRecoveryRecord, recoveryRecordName, type RecoveryRecord } from '../server/recovery-record.ts';
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
  /** What a restore of gausskeep left. */
  readonly record: RecoveryRecord | undefined;
}

/**
 * @throws BackupError `CONFIG_INVALID` for a directory that is no data directory, or not a whole one; `CORRUPT`
 */
export function openDataDirectory(path: string): DataDirectory {
  const version = textOf(join(path, 'PG_VERSION'))?.trim();
  if (version === undefined) throw new BackupError('CONFIG_INVALID', say('recovery.no-data-directory', { path }));
  const controlFile = bytesOf(join(path, 'global', 'pg_control'));
  if (controlFile === undefined) {
    throw new BackupError('CONFIG_INVALID', say('recovery.unfinished', { path }), {
      hint: say('recovery.unfinished.hint'),
    });
  }
  const control = readControlFile(controlFile);
  const recordBytes = bytesOf(join(path, recoveryRecordName));
  const record = recordBytes === undefined ? undefined : decodeRecoveryRecord(recordBytes);
  const identity =
    control.family === 'postgresql'
      ? identifyPostgresql(version)
      : identifyOpengauss(
          record?.version === undefined ? undefined : `(${record.product ?? 'openGauss'} ${record.version} )`,
        );
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
  };
}

/** Which files of a recovery are there: they say how far it has come. */
export function recoveryFiles({ path, dialect }: DataDirectory): string[] {
  const names = ['backup_label', 'backup_label.old', 'tablespace_map', 'tablespace_map.old'];
  const own = [...dialect.configurationFiles, dialect.doneFile, dialect.standbyFile];
  return [...names, ...own].filter((name) => name !== undefined && existsSync(join(path, name))) as string[];
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

/** What postmaster.pid says of a running server. Source: miscinit.h, "pidfile.h". */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** undefined: it listens on no Unix socket. */
  readonly socketDirectory: string | undefined;
  readonly listenAddress: string | undefined;
  /** `starting`, `stopping`, `ready` or `standby`; openGauss does not say. */
  readonly status: string | undefined;
}

/** The running server of a data directory; undefined when there is none. */
export function runningPostmaster(path: string): Postmaster | undefined {
  const lines = textOf(join(path, 'postmaster.pid'))
    ?.split('\n')
    .map((line) => line.trim());
  // A negative number is a server in single-user mode.
  const pid = Math.abs(Number(lines?.[0]));
  if (lines === undefined || !Number.isInteger(pid) || pid === 0 || !isAlive(pid)) return undefined;
  const [, , , port, socketDirectory, listenAddress, , status] = lines;
  return {
    pid,
    port: Number(port),
    socketDirectory: nonEmpty(socketDirectory),
    listenAddress: listenAddress === '*' ? '127.0.0.1' : nonEmpty(listenAddress),
    status: nonEmpty(status),
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
  // A child of ours that has ended is there until it is waited for.
  return !/^\d+ \(.*\) Z/s.test(textOf(`/proc/${pid}/stat`) ?? '');
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function textOf(path: string): string | undefined {
  return bytesOf(path)?.toString('utf8');
}

/** The content of a small file; undefined when it is not there. @throws BackupError `STORAGE_UNAVAILABLE` */
export function bytesOf(path: string): Buffer | undefined {
  try {
    return readRegular(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ESRCH'].includes(systemCodeOf(error) ?? '')) return undefined;
    throw new BackupError('STORAGE_UNAVAILABLE', say('files.failed-read', { path, reason: reasonOf(error) }), {
      cause: error,
    });
  }
}
