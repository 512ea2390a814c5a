import { languageOption } from './language.ts';
import { s3Options } from './object-store-options.ts';
import type { OptionGroup, OptionSpec } from './option-table.ts';
import { plainRepositoryGroup } from './repository-options.ts';

const target: readonly OptionSpec[] = [
  { long: 'directory', short: 'D', argument: 'DIR', help: 'receive-help.directory' },
];
const original = (ifNotExists: OptionSpec['help']): readonly OptionSpec[] => [
  { long: 'endpos', short: 'E', argument: 'LSN', help: 'receive-help.endpos' },
  { long: 'if-not-exists', help: ifNotExists },
  { long: 'no-loop', short: 'n', help: 'receive-help.no-loop' },
  { long: 'no-sync', help: 'receive-help.no-sync' },
  { long: 'status-interval', short: 's', argument: 'SECS', help: 'receive-help.status-interval' },
  { long: 'slot', short: 'S', argument: 'SLOTNAME', help: 'receive-help.slot' },
  { long: 'synchronous', help: 'receive-help.synchronous' },
  { long: 'verbose', short: 'v', help: 'receive-help.verbose' },
  { long: 'version', short: 'V', help: 'receive-help.version' },
  {
    long: 'compress',
    short: 'Z',
    argument: 'METHOD[:DETAIL]',
    values: ['none', 'gzip', 'lz4', 'zstd'],
    help: 'receive-help.compress',
  },
  languageOption,
  { long: 'help', short: '?', help: 'receive-help.help' },
];
/** Where to connect and as whom. */
export const connectionGroup: OptionGroup = {
  title: 'receive-help.connection',
  options: [
    { long: 'dbname', short: 'd', argument: 'CONNSTR', help: 'receive-help.dbname' },
    { long: 'host', short: 'h', argument: 'HOSTNAME', help: 'receive-help.host' },
    { long: 'port', short: 'p', argument: 'PORT', help: 'receive-help.port' },
    { long: 'ha-port', argument: 'PORT', help: 'receive-help.ha-port' },
    { long: 'username', short: 'U', argument: 'NAME', help: 'receive-help.username' },
    { long: 'rw-timeout', argument: 'SECS', help: 'receive-help.rw-timeout' },
    { long: 'no-password', short: 'w', help: 'receive-help.no-password' },
    { long: 'password', short: 'W', guardsSecret: true, help: 'receive-help.password' },
  ],
};
const actions: OptionGroup = {
  title: 'receive-help.actions',
  options: [
    { long: 'create-slot', help: 'receive-help.create-slot' },
    { long: 'drop-slot', help: 'receive-help.drop-slot' },
  ],
};
const watching: OptionGroup = {
  title: 'receive-help.watching',
  options: [
    { long: 'status-file', argument: 'FILE', help: 'receive-help.status-file' },
    { long: 'slot-warn', argument: 'SIZE', help: 'receive-help.slot-warn' },
    { long: 'slot-max', argument: 'SIZE', help: 'receive-help.slot-max' },
    { long: 'on-slot-max', argument: 'warn|stop|drop', help: 'receive-help.on-slot-max' },
    { long: 'on-gap', argument: 'stop|continue', help: 'receive-help.on-gap' },
    { long: 'on-fork', argument: 'stop|generation', help: 'receive-help.on-fork' },
    { long: 'on-unproved', argument: 'stop|continue', help: 'receive-help.on-unproved' },
  ],
};

/** Of `gausskeep wal receive`. */
export const walReceiveOptions: readonly OptionGroup[] = [
  {
    title: 'receive-help.options',
    options: [
      ...target,
      { long: 'archive', argument: 'DIR', help: 'receive-help.archive' },
      { long: 'generation', argument: 'NUMBER', help: 'receive-help.generation' },
      ...original('receive-help.make-slot'),
      // So that who names a store hears why it cannot be, not of an option.
      ...s3Options.map((option) => ({ ...option, hidden: true })),
    ],
  },
  plainRepositoryGroup,
  watching,
  connectionGroup,
  actions,
];

/** Of the programs under the names `pg_receivewal` and `pg_receivexlog`: they know directories only. */
export const receivewalOptions: readonly OptionGroup[] = [
  { title: 'receive-help.options', options: [...target, ...original('receive-help.if-not-exists')] },
  { ...watching, options: watching.options.filter(({ long }) => long !== 'on-fork') },
  connectionGroup,
  actions,
];

export const walStatusOptions: readonly OptionGroup[] = [
  {
    title: 'receive-help.options',
    options: [
      { long: 'spool', argument: 'DIRECTORY', help: 'wal-async.help.status-spool' },
      { long: 'json', help: 'receive-help.json' },
    ],
  },
];
