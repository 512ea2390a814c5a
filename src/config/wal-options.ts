import { repositoryGroup } from './repository-options.ts';
import { s3Options } from './object-store-options.ts';
import type { OptionGroup, OptionSpec } from './option-table.ts';

const archive: OptionSpec = { long: 'archive', argument: 'PLACE', help: 'wal-commands.help.archive' };
const generation: OptionSpec = { long: 'generation', argument: 'NUMBER', help: 'wal-commands.help.generation' };
const systemIdentifier: OptionSpec = {
  long: 'system-identifier',
  argument: 'NUMBER',
  help: 'wal-commands.help.system-identifier',
};
const prefetch: OptionSpec = { long: 'prefetch', argument: 'COUNT', help: 'wal-commands.help.prefetch' };
const spool: OptionSpec = { long: 'spool', argument: 'DIRECTORY', help: 'wal-commands.help.spool' };
const json: OptionSpec = { long: 'json', help: 'wal-commands.help.json' };

/** Of what works on an archive, by itself or that of an instance of a repository. */
function inRepository(...options: OptionSpec[]): readonly OptionGroup[] {
  return [...group(...options), repositoryGroup];
}

function group(...options: OptionSpec[]): readonly OptionGroup[] {
  return [{ title: 'wal-commands.help.options', options }];
}

export const walInitOptions = group(archive, ...s3Options, json);

export const walPushOptions = inRepository(
  archive,
  generation,
  {
    long: 'compress',
    short: 'Z',
    argument: 'METHOD[:LEVEL]',
    values: ['none', 'gzip', 'lz4', 'zstd'],
    help: 'wal-commands.help.compress',
  },
  { long: 'async', help: 'wal-async.help.async' },
  { long: 'at-once', argument: 'NUMBER', help: 'wal-async.help.at-once' },
  { long: 'timeout', argument: 'SECONDS', help: 'wal-async.help.timeout' },
  { long: 'spool', argument: 'DIRECTORY', help: 'wal-async.help.spool' },
  { long: 'push-ahead', hidden: true, help: 'wal-async.help.async' },
  { long: 'verbose', short: 'v', help: 'wal-commands.help.verbose' },
  json,
);

export const walGetOptions = inRepository(
  archive,
  generation,
  systemIdentifier,
  { long: 'absent-status', argument: 'STATUS', help: 'wal-commands.help.absent-status' },
  { long: 'retry-for', argument: 'SECONDS', help: 'wal-commands.help.retry-for' },
  { long: 'no-partial', help: 'wal-commands.help.no-partial' },
  prefetch,
  spool,
  { long: 'log-file', argument: 'FILE', help: 'wal-commands.help.log-file' },
  { long: 'hold', argument: 'BACKUP/RUN', help: 'repository-wal.help.get-hold' },
  { long: 'prefetch-only', hidden: true, help: 'wal-commands.help.prefetch' },
);

export const walCleanupOptions = inRepository(
  archive,
  generation,
  { long: 'backups', argument: 'DIRECTORY', repeatable: true, help: 'wal-commands.help.backups' },
  { long: 'hold', argument: 'NAME', help: 'wal-commands.help.hold' },
  { long: 'release-hold', argument: 'NAME', help: 'wal-commands.help.release-hold' },
  { long: 'grace', argument: 'TIME', help: 'repository-wal.help.grace' },
  { long: 'dry-run', short: 'n', help: 'wal-commands.help.dry-run' },
  { long: 'clean-backup-history', short: 'b', help: 'wal-commands.help.clean-backup-history' },
  { long: 'strip-extension', short: 'x', argument: 'EXTENSION', help: 'wal-commands.help.strip-extension' },
  { long: 'debug', short: 'd', help: 'wal-commands.help.debug' },
  json,
);

export const walWrapperOptions = inRepository(archive, generation, systemIdentifier, prefetch, spool, {
  long: 'output',
  short: 'o',
  argument: 'FILE',
  help: 'wal-commands.help.output',
});

export const walGenerationOptions = inRepository(
  archive,
  { long: 'open', help: 'wal-commands.help.open' },
  { long: 'parent', argument: 'NUMBER', help: 'wal-commands.help.parent' },
  { long: 'fork-lsn', argument: 'LSN', help: 'wal-commands.help.fork-lsn' },
  { long: 'close', argument: 'NUMBER', help: 'wal-commands.help.close' },
  { long: 'reopen', argument: 'NUMBER', help: 'wal-commands.help.reopen' },
  json,
);
