import { resolve } from 'node:path';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Environment } from './environment.ts';
import type { GivenOptions, OptionGroup, OptionSpec } from './option-table.ts';
import { usage } from './parse-options.ts';

const pgdata: OptionSpec = { long: 'pgdata', short: 'D', argument: 'DIRECTORY', help: 'recovery-help.pgdata' };
const configFile: OptionSpec = { long: 'config-file', argument: 'FILE', help: 'recovery-help.config-file' };
const spool: OptionSpec = { long: 'spool', argument: 'DIRECTORY', help: 'wal-async.help.status-spool' };
const json: OptionSpec = { long: 'json', help: 'recovery-help.json' };
const quiet: OptionSpec = { long: 'quiet', short: 'q', help: 'recovery-help.quiet' };
const allowEndOfWal: OptionSpec = { long: 'allow-end-of-wal', help: 'recovery-help.allow-end-of-wal' };
const stallTimeout: OptionSpec = {
  long: 'stall-timeout',
  argument: 'SECONDS',
  help: 'recovery-help.stall-timeout',
};
const connection: OptionGroup = {
  title: 'recovery-help.connection',
  options: [
    { long: 'host', short: 'h', argument: 'HOSTNAME', help: 'recovery-help.host' },
    { long: 'username', short: 'U', argument: 'NAME', help: 'recovery-help.username' },
  ],
};

export const recoverOptions: readonly OptionGroup[] = [
  {
    title: 'recovery-help.options',
    options: [
      pgdata,
      { long: 'bindir', short: 'b', argument: 'DIRECTORY', help: 'recovery-help.bindir' },
      configFile,
      { long: 'log-file', argument: 'FILE', help: 'recovery-help.log-file' },
      allowEndOfWal,
      stallTimeout,
      quiet,
      json,
    ],
  },
  connection,
];

export const resumeOptions: readonly OptionGroup[] = [
  { title: 'recovery-help.options', options: [pgdata, configFile, allowEndOfWal, stallTimeout, quiet, json] },
  connection,
];

export const statusOptions: readonly OptionGroup[] = [
  { title: 'recovery-help.options', options: [pgdata, configFile, spool, json] },
  connection,
];

/** `--pgdata`, else PGDATA; absolute. @throws BackupError `USAGE` when neither is there */
export function dataDirectoryOption(given: GivenOptions, environment: Environment): string {
  const text = given.last('pgdata') ?? environment['PGDATA'];
  if (text !== undefined && text !== '') return resolve(text);
  throw new BackupError('USAGE', say('recovery-help.no-pgdata'), { hint: say('recovery-help.no-pgdata.hint') });
}

/** `--stall-timeout` in ms; undefined: not given. @throws BackupError `USAGE` */
export function stallTimeoutOption(program: string, given: GivenOptions): number | undefined {
  const text = given.last('stall-timeout');
  if (text === undefined) return undefined;
  if (/^\d{1,7}$/.test(text)) return Number(text) * 1000;
  throw usage(program, say('recovery-help.bad-stall-timeout', { text }));
}
