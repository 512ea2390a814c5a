import { languageOption } from './language.ts';
import { manifestAlgorithms } from './manifest-algorithm.ts';
import type { OptionGroup, OptionSpec } from './option-table.ts';

const methods = ['gzip', 'lz4', 'zstd'];
const compressions = ['none', ...['', 'client-', 'server-'].flatMap((side) => methods.map((method) => side + method))];

/** Options of gs_basebackup: those of its manual, and of pg_basebackup what is not marked as coming later. */
export const gsBasebackupOptions: readonly OptionGroup[] = [
  {
    title: 'backup.help.output',
    options: [
      { long: 'pgdata', short: 'D', argument: 'DIRECTORY', help: 'backup.help.pgdata' },
      { long: 'format', short: 'F', argument: 'p|t', values: ['plain', 'tar'], help: 'backup.help.format' },
      {
        long: 'tablespace-mapping',
        short: 'T',
        argument: 'OLDDIR=NEWDIR',
        repeatable: true,
        help: 'backup.help.mapping',
      },
      { long: 'xlog', short: 'x', help: 'backup.help.xlog' },
      {
        long: 'xlog-method',
        aliases: ['wal-method'],
        short: 'X',
        argument: 'METHOD',
        values: ['none', 'fetch', 'stream'],
        help: 'backup.help.xlog-method',
      },
      { long: 'waldir', aliases: ['xlogdir'], argument: 'WALDIR', help: 'backup.help.waldir' },
      { long: 'gzip', short: 'z', help: 'backup.help.gzip' },
      { long: 'compress', short: 'Z', argument: 'METHOD', values: compressions, help: 'backup.help.compress' },
      { long: 'incremental', short: 'i', argument: 'OLDMANIFEST', help: 'backup.help.incremental' },
      { long: 'write-recovery-conf', short: 'R', help: 'backup.help.write-recovery-conf' },
      { long: 'target', argument: 'TARGET', values: ['server:', 'blackhole'], help: 'backup.help.target' },
      { long: 'max-rate', short: 'r', argument: 'RATE', help: 'backup.help.max-rate' },
      { long: 'tar-format', argument: 'FORMAT', values: ['standard', 'opengauss'], help: 'backup.help.tar-format' },
    ],
  },
  {
    title: 'backup.help.general',
    options: [
      { long: 'checkpoint', short: 'c', argument: 'fast|spread', help: 'backup.help.checkpoint' },
      { long: 'label', short: 'l', argument: 'LABEL', help: 'backup.help.label' },
      { long: 'slot', short: 'S', argument: 'SLOTNAME', help: 'backup.help.slot' },
      { long: 'create-slot', short: 'C', help: 'backup.help.create-slot' },
      { long: 'no-slot', help: 'backup.help.no-slot' },
      { long: 'no-manifest', help: 'backup.help.no-manifest' },
      {
        long: 'manifest-checksums',
        argument: 'ALGORITHM',
        values: manifestAlgorithms,
        help: 'backup.help.manifest-checksums',
      },
      { long: 'manifest-force-encode', help: 'backup.help.manifest-force-encode' },
      { long: 'no-estimate-size', help: 'backup.help.no-estimate-size' },
      { long: 'no-verify-checksums', help: 'backup.help.no-verify-checksums' },
      { long: 'no-clean', short: 'n', aliases: ['noclean'], help: 'backup.help.no-clean' },
      { long: 'no-sync', short: 'N', aliases: ['nosync'], help: 'backup.help.no-sync' },
      { long: 'sync-method', argument: 'METHOD', values: ['fsync', 'syncfs'], help: 'backup.help.sync-method' },
      { long: 'config-dir', argument: 'DIR', help: 'backup.help.config-dir' },
      { long: 'allow-missing-config', help: 'backup.help.allow-missing-config' },
      { long: 'progress', short: 'P', inlineArgument: 'json', help: 'backup.help.progress' },
      { long: 'verbose', short: 'v', help: 'backup.help.verbose' },
      languageOption,
      { long: 'version', short: 'V', help: 'backup.help.version' },
      { long: 'help', short: '?', help: 'backup.help.help' },
    ],
  },
  {
    title: 'backup.help.connection',
    options: [
      { long: 'dbname', short: 'd', argument: 'CONNSTR', help: 'backup.help.dbname' },
      { long: 'host', short: 'h', argument: 'HOSTNAME', help: 'backup.help.host' },
      { long: 'port', short: 'p', argument: 'PORT', help: 'backup.help.port' },
      { long: 'ha-port', argument: 'PORT', help: 'backup.help.ha-port' },
      { long: 'username', short: 'U', argument: 'USERNAME', help: 'backup.help.username' },
      { long: 'status-interval', short: 's', argument: 'SECONDS', help: 'backup.help.status-interval' },
      { long: 'rw-timeout', short: 't', argument: 'SECONDS', help: 'backup.help.rw-timeout' },
      { long: 'no-password', short: 'w', help: 'backup.help.no-password' },
      { long: 'password', short: 'W', guardsSecret: true, help: 'backup.help.password' },
      { long: 'max-auth-iterations', argument: 'COUNT', help: 'backup.help.max-auth-iterations' },
    ],
  },
];

/** The same under the name pg_basebackup, where -t is the target. */
export const pgBasebackupOptions: readonly OptionGroup[] = gsBasebackupOptions.map((group) => ({
  ...group,
  options: group.options.map(({ short, ...spec }): OptionSpec => {
    if (spec.long === 'rw-timeout') return spec;
    if (spec.long === 'target') return { ...spec, short: 't', help: 'backup.help.target-original' };
    return short === undefined ? spec : { ...spec, short };
  }),
}));
