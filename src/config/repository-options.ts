import { s3Options } from './object-store-options.ts';
import type { OptionGroup, OptionSpec } from './option-table.ts';

const repo: OptionSpec = { long: 'repo', argument: 'PLACE', help: 'repo.help.repo' };
const passwords: readonly OptionSpec[] = [
  { long: 'password-file', argument: 'FILE', help: 'repo.help.password-file' },
  { long: 'password-command', argument: 'COMMAND', help: 'repo.help.password-command' },
];

const instance: OptionSpec = { long: 'instance', argument: 'NAME', help: 'repo.help.instance' };

/** Which instance of which repository, for what works on one. */
export const repositoryGroup: OptionGroup = {
  title: 'repo.help.repository',
  options: [repo, instance, ...passwords, ...s3Options],
};

/** The same, for what works on an unencrypted one only. */
export const plainRepositoryGroup: OptionGroup = { title: 'repo.help.repository', options: [repo, instance] };

/** Of `gausskeep repo init`. */
export const repoInitOptions: readonly OptionGroup[] = [
  {
    title: 'wal-commands.help.options',
    options: [
      repo,
      { long: 'encrypt', help: 'repo.help.encrypt' },
      ...passwords,
      ...s3Options,
      { long: 'lock', argument: 'DAYS', help: 'lock.help.lock' },
      { long: 'lock-mode', argument: 'MODE', help: 'lock.help.lock-mode' },
      { long: 'json', help: 'wal-commands.help.json' },
    ],
  },
];

/** Of `gausskeep repo probe`. */
export const repoProbeOptions: readonly OptionGroup[] = [
  {
    title: 'wal-commands.help.options',
    options: [
      repo,
      { long: 'take-over', inlineArgument: 'HOST', help: 'store.probe.help.take-over' },
      ...s3Options,
      { long: 'json', help: 'store.probe.help.json' },
    ],
  },
];

/** Of `gausskeep repo key`. */
export const repoKeyOptions: readonly OptionGroup[] = [
  {
    title: 'wal-commands.help.options',
    options: [
      repo,
      ...passwords,
      { long: 'new-password-file', argument: 'FILE', help: 'repo-key.help.new-password-file' },
      { long: 'note', argument: 'TEXT', help: 'repo-key.help.note' },
      ...s3Options,
      { long: 'json', help: 'repo-key.help.json' },
    ],
  },
];

/** Of `gausskeep repo adopt`. */
export const repoAdoptOptions: readonly OptionGroup[] = [
  repositoryGroup,
  {
    title: 'wal-commands.help.options',
    options: [
      { long: 'copy', help: 'adopt-help.copy' },
      { long: 'json', help: 'wal-commands.help.json' },
    ],
  },
];

/** Of `gausskeep repo copy`. */
export const repoCopyOptions: readonly OptionGroup[] = [
  {
    title: 'copy-help.source',
    options: [repo, { long: 'instance', argument: 'NAME', repeatable: true, help: 'copy-help.instance' }, ...passwords],
  },
  {
    title: 'copy-help.target',
    options: [
      { long: 'to', argument: 'PLACE', help: 'copy-help.to' },
      { long: 'to-password-file', argument: 'FILE', help: 'copy-help.to-password-file' },
      { long: 'to-password-command', argument: 'COMMAND', help: 'copy-help.to-password-command' },
    ],
  },
  {
    title: 'wal-commands.help.options',
    options: [
      ...s3Options,
      { long: 'read-data', inlineArgument: 'AMOUNT', help: 'copy-help.read-data' },
      { long: 'dry-run', short: 'n', help: 'copy-help.dry-run' },
      { long: 'progress', short: 'P', help: 'copy-help.progress' },
      { long: 'json', help: 'copy-help.json' },
    ],
  },
];

/** Of what looks at a repository, or at one instance of it. */
function lookingOptions(json: OptionSpec['help']): readonly OptionGroup[] {
  const instance: OptionSpec = { long: 'instance', argument: 'NAME', help: 'repo.help.only-instance' };
  return [
    {
      title: 'wal-commands.help.options',
      options: [repo, instance, ...passwords, ...s3Options, { long: 'json', help: json }],
    },
  ];
}

/** Of `gausskeep repo stats`. */
export const repoStatsOptions = lookingOptions('stats-help.json');

/** Of `gausskeep repo check`. */
export const repoCheckOptions = lookingOptions('check-help.json');

/** Of `gausskeep list`. */
export const listOptions = lookingOptions('repo.help.list-json');
