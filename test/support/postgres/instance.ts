import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runDirectory } from '../run-directory.ts';
import type { ServerVersion } from './binaries.ts';
import { giveToServerUser } from './server-user.ts';
import { createDataDirectory } from './template.ts';

export type SettingValue = string | number | boolean;
export type Settings = Readonly<Record<string, SettingValue>>;

export interface InstanceOptions {
  readonly version: ServerVersion;
  /** Data checksums; on unless false. */
  readonly checksums?: boolean;
  /** `--wal-segsize`, in MiB. 16 unless given. */
  readonly walSegmentSizeMib?: number;
  /** Directories 0750 and files 0640 instead of 0700 and 0600. */
  readonly groupAccess?: boolean;
  /** How passwords are stored. The superuser always enters without one, through the private socket. */
  readonly passwordEncryption?: 'md5' | 'scram-sha-256';
  /** Further settings, written to postgresql.conf. */
  readonly config?: Settings;
  /** All lines of pg_hba.conf but the superuser's local one; unless given, everybody is trusted. */
  readonly hba?: readonly string[];
}

/** Small and quick: many of them share two cores. Nothing here changes what a backup contains. */
const testSettings: Settings = {
  fsync: false,
  shared_buffers: '32MB',
  max_connections: 40,
  wal_level: 'replica',
  max_wal_senders: 10,
  max_replication_slots: 10,
  hot_standby: true,
  jit: false,
  huge_pages: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %q%a ',
  lc_messages: 'C',
};

const trustEverybody = [
  'host all all 127.0.0.1/32 trust',
  'local all all trust',
  'host replication all 127.0.0.1/32 trust',
  'local replication all trust',
];

/** Creates an instance, as initdb does, in a directory of its own, and returns that directory; the data is in `data`. */
export function createInstance(options: InstanceOptions): string {
  const home = runDirectory().make(`pg${options.version}`);
  const dataDirectory = join(home, 'data');
  giveToServerUser(home);
  createDataDirectory(options.version, initdbArguments(options), dataDirectory);
  const encryption: Settings =
    options.passwordEncryption === undefined ? {} : { password_encryption: options.passwordEncryption };
  appendSettings(dataDirectory, { ...testSettings, ...encryption, ...options.config });
  writeHba(dataDirectory, options.hba ?? trustEverybody);
  return home;
}

function initdbArguments(options: InstanceOptions): string[] {
  const { version, checksums = true, groupAccess = false, walSegmentSizeMib } = options;
  return [
    ...['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    ...(checksums ? ['--data-checksums'] : version >= 18 ? ['--no-data-checksums'] : []),
    ...(groupAccess ? ['--allow-group-access'] : []),
    ...(walSegmentSizeMib === undefined ? [] : [`--wal-segsize=${walSegmentSizeMib}`]),
  ];
}

export function appendSettings(dataDirectory: string, settings: Settings): void {
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoteSetting(value)}\n`);
  appendFileSync(join(dataDirectory, 'postgresql.conf'), lines.join(''));
}

/** A value as configuration files take it. */
export function quoteSetting(value: SettingValue): string {
  return `'${String(value).replaceAll("'", "''")}'`;
}

/** Replaces pg_hba.conf. The first line keeps our own way in, whatever the test does with the others. */
export function writeHba(dataDirectory: string, lines: readonly string[]): void {
  const all = ['local all postgres trust', 'local replication postgres trust', ...lines];
  writeFileSync(join(dataDirectory, 'pg_hba.conf'), `${all.join('\n')}\n`);
}

/** The major version that a data directory belongs to. */
export function versionOf(dataDirectory: string): number {
  return Number.parseInt(readFileSync(join(dataDirectory, 'PG_VERSION'), 'utf8'), 10);
}
