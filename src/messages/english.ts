import { adoptingMessages } from './english/adopting.ts';
import { archiveMessages } from './english/archive.ts';
import { backupHelpMessages } from './english/backup-help.ts';
import { backupMessages } from './english/backup.ts';
import { backupOptionsMessages } from './english/backup-options.ts';
import { bytesMessages } from './english/bytes.ts';
import { cliMessages } from './english/cli.ts';
import { commonMessages } from './english/common.ts';
import { configurationMessages } from './english/configuration.ts';
import { completionMessages } from './english/completion.ts';
import { contentMessages } from './english/content.ts';
import { connectionMessages } from './english/connection.ts';
import { compressionMessages } from './english/compression.ts';
import { copyingMessages } from './english/copying.ts';
import { deletionMessages } from './english/deletion.ts';
import { doctorMessages } from './english/doctor.ts';
import { expireCommandsMessages } from './english/expire-commands.ts';
import { filesMessages } from './english/files.ts';
import { markCommandsMessages } from './english/mark-commands.ts';
import { manifestMessages } from './english/manifest.ts';
import { incrementalMessages } from './english/incremental.ts';
import { inspectingMessages } from './english/inspecting.ts';
import { optionsMessages } from './english/options.ts';
import { receiveHelpMessages } from './english/receive-help.ts';
import { receiveOptionsMessages } from './english/receive-options.ts';
import { receiveTalkMessages } from './english/receive-talk.ts';
import { recoveryFailureMessages } from './english/recovery-failure.ts';
import { recoveryHelpMessages } from './english/recovery-help.ts';
import { recoveryMessages } from './english/recovery.ts';
import { recoverySettingsMessages } from './english/recovery-settings.ts';
import { receiverMessages } from './english/receiver.ts';
import { refusalMessages } from './english/refusals.ts';
import { replicationMessages } from './english/replication.ts';
import { repositoryCommandsMessages } from './english/repository-commands.ts';
import { repositoryMessages } from './english/repository.ts';
import { repositoryWalMessages } from './english/repository-wal.ts';
import { storingMessages } from './english/storing.ts';
import { exportingMessages } from './english/exporting.ts';
import { prunedMessages } from './english/pruned.ts';
import { importingMessages } from './english/importing.ts';
import { restoreHelpMessages } from './english/restore-help.ts';
import { lockMessages } from './english/lock.ts';
import { s3Messages } from './english/s3.ts';
import { storeMessages } from './english/store.ts';
import { restoreMessages } from './english/restore.ts';
import { restorePlanMessages } from './english/restore-plan.ts';
import { serverMessages } from './english/server.ts';
import { settingsMessages } from './english/settings.ts';
import { storageMessages } from './english/storage.ts';
import { systemMessages } from './english/system.ts';
import { targetMessages } from './english/target.ts';
import { tarMessages } from './english/tar.ts';
import { protocolMessages } from './english/protocol.ts';
import { packsMessages } from './english/packs.ts';
import { verifyHelpMessages } from './english/verify-help.ts';
import { verifyMessages } from './english/verify.ts';
import { verifyStoredMessages } from './english/verify-stored.ts';
import { unpackMessages } from './english/unpack.ts';
import { unpackHelpMessages } from './english/unpack-help.ts';
import { walAsyncMessages } from './english/wal-async.ts';
import { walCommandsMessages } from './english/wal-commands.ts';
import { walDirectoryMessages } from './english/wal-directory.ts';
import { walMessages } from './english/wal.ts';
import { restoreRecoveryMessages } from './english/restore-recovery.ts';
import { surveyMessages } from './english/survey.ts';
import { windowMessages } from './english/window.ts';

/**
 * Every sentence that a user can read, in English, by key. `{name}` is a named parameter.
 * First lines of errors: lower case, no period. Hints: whole sentences. One file per area in `english/`.
 */
export const english = {
  ...adoptingMessages,
  ...copyingMessages,
  ...archiveMessages,
  ...backupHelpMessages,
  ...backupMessages,
  ...backupOptionsMessages,
  ...cliMessages,
  ...commonMessages,
  ...configurationMessages,
  ...completionMessages,
  ...contentMessages,
  ...connectionMessages,
  ...bytesMessages,
  ...compressionMessages,
  ...deletionMessages,
  ...doctorMessages,
  ...expireCommandsMessages,
  ...filesMessages,
  ...incrementalMessages,
  ...inspectingMessages,
  ...markCommandsMessages,
  ...manifestMessages,
  ...optionsMessages,
  ...packsMessages,
  ...settingsMessages,
  ...storageMessages,
  ...systemMessages,
  ...targetMessages,
  ...tarMessages,
  ...protocolMessages,
  ...unpackMessages,
  ...unpackHelpMessages,
  ...walAsyncMessages,
  ...walCommandsMessages,
  ...walDirectoryMessages,
  ...walMessages,
  ...restoreRecoveryMessages,
  ...surveyMessages,
  ...windowMessages,
  ...receiveHelpMessages,
  ...receiveOptionsMessages,
  ...receiveTalkMessages,
  ...recoveryFailureMessages,
  ...recoveryHelpMessages,
  ...recoveryMessages,
  ...recoverySettingsMessages,
  ...receiverMessages,
  ...refusalMessages,
  ...replicationMessages,
  ...repositoryMessages,
  ...lockMessages,
  ...s3Messages,
  ...storeMessages,
  ...repositoryWalMessages,
  ...repositoryCommandsMessages,
  ...storingMessages,
  ...verifyStoredMessages,
  ...exportingMessages,
  ...prunedMessages,
  ...importingMessages,
  ...restoreHelpMessages,
  ...restoreMessages,
  ...restorePlanMessages,
  ...serverMessages,
  ...verifyMessages,
  ...verifyHelpMessages,
} as const;
