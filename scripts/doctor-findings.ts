import type { CheckName, Severity } from '../src/index.ts';
import type { MessageKey } from '../src/messages/message.ts';

/** A sentence that `gausskeep doctor` can say of a server. */
export interface KnownFinding {
  readonly what: MessageKey;
  /** In the order from the best; which one depends on what was found. */
  readonly severity: readonly [Severity, ...Severity[]];
  /** One of these, by what the server is set to. */
  readonly why?: readonly MessageKey[] | undefined;
  /** One of these, by server; with `doctor.login.fix` among them, else what the server refused it with says it. */
  readonly fix?: readonly MessageKey[] | undefined;
}

const ok = (what: MessageKey): KnownFinding => ({ what, severity: ['ok'] });
const unknown = (what: MessageKey): KnownFinding => ({ what, severity: ['unknown'] });
const note = (what: MessageKey, why?: MessageKey, fix?: readonly MessageKey[]): KnownFinding => ({
  ...{ what, severity: ['note'], why: why && [why], fix },
});
const warning = (what: MessageKey, why: MessageKey, ...fix: readonly MessageKey[]): KnownFinding => ({
  ...{ what, severity: ['warning'], why: [why], fix },
});
const error = (what: MessageKey, why: MessageKey, ...fix: readonly MessageKey[]): KnownFinding => ({
  ...{ what, severity: ['error'], why: [why], fix },
});

const restart = ['doctor.alter-restart.fix', 'doctor.restart-setting.fix'] as const;
const reload = ['doctor.alter-reload.fix', 'doctor.setting.fix'] as const;
/** What archives, with all paths; else how to make it. */
const command = [...reload, 'doctor.archive-command.fix'] as const;
const release = (what: MessageKey) => warning(what, 'doctor.release.why', 'doctor.release.fix');
const tornPages = warning('doctor.torn-pages', 'doctor.torn-pages.why', ...restart, ...reload);
const ofSpace = (use: 'backup' | 'restore', why: MessageKey, fix: MessageKey): readonly KnownFinding[] => [
  ok('doctor.space.ok'),
  unknown('doctor.space.unknown'),
  warning('doctor.space.tight', why, fix),
  warning('doctor.space.perhaps', why, fix),
  error('doctor.space', why, fix),
  warning('doctor.target.filled', `doctor.target.filled.${use}-why`, `doctor.target.filled.${use}-fix`),
  error(`doctor.target.${use}`, 'doctor.target.why', 'doctor.target.fix'),
];

/** Everything that `doctor` can find, by check, in the order in which it is told. A test compares it with the catalogue of sentences, and with the tests that provoke it. */
export const doctorFindings: Readonly<Record<CheckName, readonly KnownFinding[]>> = {
  'replication-login': [
    ok('doctor.replication-login.ok'),
    error('doctor.replication-login', 'doctor.replication-login.why', 'doctor.login.fix', 'doctor.login.other.fix'),
  ],
  'sql-login': [
    ok('doctor.sql-login.ok'),
    warning('doctor.sql-login', 'doctor.sql-login.why', 'doctor.login.fix', 'doctor.login.other.fix'),
  ],
  release: [
    ok('doctor.release.ok'),
    unknown('doctor.release.unknown'),
    release('doctor.release.partial-record'),
    release('doctor.release.concurrent-index'),
    release('doctor.release.database-replay'),
    release('doctor.release.template-database'),
    release('doctor.release.truncation'),
    release('doctor.release.multixact-replay'),
    release('doctor.release.hash-index'),
  ],
  'wal-summaries': [warning('doctor.wal-summaries', 'doctor.wal-summaries.why', 'doctor.wal-summaries.fix')],
  'wal-level': [
    ok('doctor.wal-level.ok'),
    unknown('doctor.wal-level.unknown'),
    error('doctor.wal-level', 'doctor.wal-level.why', ...restart),
  ],
  'wal-senders': [
    ok('doctor.wal-senders.ok'),
    unknown('doctor.wal-senders.unknown'),
    { ...error('doctor.wal-senders', 'doctor.wal-senders.why', ...restart), severity: ['warning', 'error'] },
  ],
  'replication-port': [
    unknown('doctor.setting.unknown'),
    note('doctor.replication-port', 'doctor.replication-port.why'),
  ],
  'running-backups': [
    ok('doctor.running.ok'),
    unknown('doctor.running.unknown'),
    warning('doctor.running', 'doctor.running.why', 'doctor.running.fix'),
    error('doctor.running.sessions', 'doctor.running.shared', 'doctor.running.fix'),
  ],
  slots: [
    ok('doctor.slots.ok'),
    unknown('doctor.slots.unknown'),
    error('doctor.slot-lost', 'doctor.slot-lost.why', 'doctor.slot.fix'),
    {
      ...warning('doctor.slot-idle', 'doctor.slot-idle.why', 'doctor.slot.fix'),
      why: ['doctor.slot-idle.why', 'doctor.slot-idle.limited'],
    },
    warning('doctor.slots.full', 'doctor.slots.full.why', ...restart),
  ],
  'standby-names': [
    ok('doctor.standby-names.ok'),
    unknown('doctor.standby-names.unknown'),
    warning('doctor.standby-names', 'doctor.standby-names.why', 'doctor.standby-names.fix'),
  ],
  'wal-keep': [
    unknown('doctor.wal-keep.unknown'),
    note('doctor.wal-keep', 'doctor.wal-keep.why'),
    note('doctor.wal-keep.expected', 'doctor.wal-keep.why', reload),
  ],
  'wal-pruning': [
    unknown('doctor.setting.unknown'),
    { ...warning('doctor.wal-pruning', 'doctor.wal-pruning.why', ...reload), severity: ['ok', 'warning'] },
  ],
  'archive-mode': [
    ok('doctor.archive-mode.ok'),
    unknown('doctor.archive-mode.unknown'),
    note('doctor.archive-mode.standby', 'doctor.archive-mode.standby.why'),
    warning(
      ...(['doctor.archive-mode', 'doctor.archive-mode.why'] as const),
      ...restart,
      ...reload,
      ...(['doctor.archive-mode.only.fix', 'doctor.archive-mode.foreign.fix'] as const),
    ),
  ],
  'archive-command': [
    ok('doctor.archive-command.ok'),
    unknown('doctor.archive-command.unknown'),
    note('doctor.archive-library'),
    note('doctor.archive-directory', 'doctor.archive-directory.why'),
    error('doctor.archive-both', 'doctor.archive-both.why', ...reload),
    note('doctor.archive-command.elsewhere'),
    unknown('doctor.archive-program.named'),
    unknown('doctor.archive-program.shell'),
    unknown('doctor.archive-program.unclear'),
    unknown('doctor.archive-program.unread'),
    warning('doctor.archive-program.nowhere', 'doctor.archive-command.why', 'doctor.archive-program.nowhere.fix'),
    warning('doctor.archive-relative', 'doctor.archive-placeholder.why', 'doctor.archive-relative.fix'),
    warning('doctor.archive-succeeds', 'doctor.archive-succeeds.why', ...command),
    error('doctor.archive-refused', 'doctor.archive-command.why', 'doctor.archive-refused.fix'),
    error('doctor.archive-program.absent', 'doctor.archive-command.why', ...command),
    error('doctor.archive-program.not-executable', 'doctor.archive-command.why', ...command),
    error('doctor.archive-target', 'doctor.archive-command.why', 'doctor.archive-target.fix'),
    error('doctor.archive-masked', 'doctor.archive-masked.why', 'doctor.archive-masked.fix'),
    error('doctor.archive-fails', 'doctor.archive-command.why', ...command),
    error('doctor.archive-placeholder', 'doctor.archive-placeholder.why', ...command),
    error('doctor.archive-shell', 'doctor.archive-shell.why', ...command),
    {
      ...error('doctor.archive-blank', 'doctor.archive-succeeds.why', ...command),
      why: ['doctor.archive-succeeds.why', 'doctor.archive-command.why'],
    },
    error('doctor.archive-command', 'doctor.archive-command.why', ...command),
  ],
  'archive-failures': [
    { what: 'doctor.archive-failures.ok', severity: ['ok', 'note'] },
    ok('doctor.archive-waiting.ok'),
    unknown('doctor.archive-failures.unknown'),
    note('doctor.archive-nothing', 'doctor.archive-nothing.why'),
    warning('doctor.archive-waiting', 'doctor.archive-failures.why', 'doctor.archive-failures.fix'),
    error('doctor.archive-failures', 'doctor.archive-failures.why', 'doctor.archive-failures.fix'),
  ],
  'archive-backlog': [
    ok('doctor.archive-backlog.ok'),
    warning('doctor.archive-stopped', 'doctor.archive-stopped.why', 'doctor.archive-stopped.fix'),
    error('doctor.archive-backlog', 'doctor.archive-backlog.why', 'doctor.archive-backlog.fix'),
  ],
  fsync: [ok('doctor.fsync.ok'), unknown('doctor.fsync.unknown'), error('doctor.fsync', 'doctor.fsync.why', ...reload)],
  'incremental-checkpoint': [
    ok('doctor.torn-pages.ok'),
    unknown('doctor.torn-pages.unknown'),
    { ...tornPages, why: ['doctor.incremental-checkpoint.why'] },
  ],
  'full-page-writes': [ok('doctor.torn-pages.ok'), unknown('doctor.torn-pages.unknown'), tornPages],
  checksums: [
    ok('doctor.checksums.ok'),
    unknown('doctor.checksums.unknown'),
    warning('doctor.checksums', 'doctor.checksums.why', 'doctor.checksums.fix', 'doctor.checksums.new.fix'),
  ],
  'configuration-files': [
    ok('doctor.configuration.ok'),
    unknown('doctor.configuration.unknown'),
    note('doctor.configuration', 'doctor.configuration.why'),
  ],
  tablespaces: [
    ok('doctor.tablespaces.ok'),
    unknown('doctor.tablespaces.unknown'),
    note('doctor.tablespaces', 'doctor.tablespaces.why'),
    warning('doctor.tablespaces.in-use', 'doctor.tablespaces.in-use.why', 'doctor.tablespaces.in-use.fix'),
  ],
  clock: [
    ok('doctor.clock.ok'),
    unknown('doctor.clock.unknown'),
    warning('doctor.clock', 'doctor.clock.why', 'doctor.clock.fix'),
  ],
  'login-limit': [unknown('doctor.setting.unknown'), note('doctor.login-limit', 'doctor.login-limit.why')],
  space: ofSpace('backup', 'doctor.space.why', 'doctor.space.fix'),
  'restore-space': ofSpace('restore', 'doctor.restore-space.why', 'doctor.restore-space.fix'),
  'archive-owner': [
    ok('doctor.archive-owner.ok'),
    ok('doctor.archive-owner.empty'),
    unknown('doctor.archive-owner.untold'),
    unknown('doctor.archive-owner.elsewhere'),
    unknown('doctor.archive-owner.unread'),
    unknown('doctor.archive-owner.unknown'),
    warning('doctor.archive-owner.foreign', 'doctor.archive-owner.foreign.why', 'doctor.archive-owner.foreign.fix'),
    error(
      'doctor.archive-owner.unusable',
      'doctor.archive-owner.unusable.why',
      'doctor.archive-owner.unusable.fix',
      'doctor.archive-owner.generation.fix',
    ),
    {
      ...error('doctor.archive-owner.other', 'doctor.archive-owner.other.why', 'doctor.archive-owner.other.fix'),
      severity: ['warning', 'error'],
      why: ['doctor.archive-owner.other.off.why', 'doctor.archive-owner.other.why'],
    },
    {
      ...error('doctor.archive-owner', 'doctor.archive-owner.why', 'doctor.archive-owner.fix'),
      severity: ['note', 'error'],
      why: ['doctor.archive-owner.off.why', 'doctor.archive-owner.why'],
      fix: ['doctor.archive-owner.off.fix', 'doctor.archive-owner.fix'],
    },
  ],
  'archive-space': [
    ok('doctor.archive-space.ample'),
    unknown('doctor.archive-space.unknown'),
    {
      ...warning('doctor.archive-space', 'doctor.archive-space.why', 'doctor.archive-space.fix'),
      severity: ['ok', 'warning'],
    },
  ],
  'archive-clock': [
    warning('doctor.archive-clock.ahead', 'doctor.archive-clock.why', 'doctor.archive-clock.fix'),
    warning('doctor.archive-clock.behind', 'doctor.archive-clock.why', 'doctor.archive-clock.fix'),
  ],
};

/** Sentences of `doctor` that are no part of a finding, or are those of other programs. */
export const otherSentences: readonly RegExp[] = [
  /^doctor\.(?:help|severity)\./,
  /^doctor\.(?:line|why|fix|summary|told)$/,
  // Of gs_basebackup, restore and recover.
  /^doctor\.(?:space|restore-space)\.refused$/,
  /^doctor\.recovery-space\.(?:why|fix)$/,
  // Parts of other sentences, and of usage errors.
  /^doctor\.(?:space|restore-space|copy-space|files-space|recovery-space)\.counted$/,
  /^doctor\.target\.not-writable$/,
  /^doctor\.(?:generation-alone|empty-directory|no-directory)$/,
];
