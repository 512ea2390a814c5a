import { adoptingMessages } from './chinese/adopting.ts';
import { archiveMessages } from './chinese/archive.ts';
import { backupHelpMessages } from './chinese/backup-help.ts';
import { backupOptionsMessages } from './chinese/backup-options.ts';
import { backupMessages } from './chinese/backup.ts';
import { bytesMessages } from './chinese/bytes.ts';
import { cliMessages } from './chinese/cli.ts';
import { commonMessages } from './chinese/common.ts';
import { compressionMessages } from './chinese/compression.ts';
import { configurationMessages } from './chinese/configuration.ts';
import { connectionMessages } from './chinese/connection.ts';
import { completionMessages } from './chinese/completion.ts';
import { contentMessages } from './chinese/content.ts';
import { copyingMessages } from './chinese/copying.ts';
import { deletionMessages } from './chinese/deletion.ts';
import { doctorMessages } from './chinese/doctor.ts';
import { expireCommandsMessages } from './chinese/expire-commands.ts';
import { filesMessages } from './chinese/files.ts';
import { incrementalMessages } from './chinese/incremental.ts';
import { inspectingMessages } from './chinese/inspecting.ts';
import { markCommandsMessages } from './chinese/mark-commands.ts';
import { manifestMessages } from './chinese/manifest.ts';
import { optionsMessages } from './chinese/options.ts';
import { packsMessages } from './chinese/packs.ts';
import { protocolMessages } from './chinese/protocol.ts';
import { receiveHelpMessages } from './chinese/receive-help.ts';
import { receiveOptionsMessages } from './chinese/receive-options.ts';
import { receiveTalkMessages } from './chinese/receive-talk.ts';
import { receiverMessages } from './chinese/receiver.ts';
import { recoveryFailureMessages } from './chinese/recovery-failure.ts';
import { recoveryHelpMessages } from './chinese/recovery-help.ts';
import { recoverySettingsMessages } from './chinese/recovery-settings.ts';
import { recoveryMessages } from './chinese/recovery.ts';
import { refusalMessages } from './chinese/refusals.ts';
import { replicationMessages } from './chinese/replication.ts';
import { repositoryCommandsMessages } from './chinese/repository-commands.ts';
import { repositoryMessages } from './chinese/repository.ts';
import { repositoryWalMessages } from './chinese/repository-wal.ts';
import { storingMessages } from './chinese/storing.ts';
import { exportingMessages } from './chinese/exporting.ts';
import { prunedMessages } from './chinese/pruned.ts';
import { importingMessages } from './chinese/importing.ts';
import { restoreHelpMessages } from './chinese/restore-help.ts';
import { restorePlanMessages } from './chinese/restore-plan.ts';
import { restoreRecoveryMessages } from './chinese/restore-recovery.ts';
import { lockMessages } from './chinese/lock.ts';
import { s3Messages } from './chinese/s3.ts';
import { storeMessages } from './chinese/store.ts';
import { restoreMessages } from './chinese/restore.ts';
import { serverMessages } from './chinese/server.ts';
import { settingsMessages } from './chinese/settings.ts';
import { storageMessages } from './chinese/storage.ts';
import { surveyMessages } from './chinese/survey.ts';
import { tarMessages } from './chinese/tar.ts';
import { systemMessages } from './chinese/system.ts';
import { targetMessages } from './chinese/target.ts';
import { unpackHelpMessages } from './chinese/unpack-help.ts';
import { unpackMessages } from './chinese/unpack.ts';
import { verifyHelpMessages } from './chinese/verify-help.ts';
import { verifyMessages } from './chinese/verify.ts';
import { verifyStoredMessages } from './chinese/verify-stored.ts';
import { walAsyncMessages } from './chinese/wal-async.ts';
import { walCommandsMessages } from './chinese/wal-commands.ts';
import { walDirectoryMessages } from './chinese/wal-directory.ts';
import { walMessages } from './chinese/wal.ts';
import { windowMessages } from './chinese/window.ts';
import type { english } from './english.ts';
import type { Translation } from './translation.ts';

/** Every sentence in Chinese, by the keys of `english`: none may be missing. One file per area in `chinese/`, called as in `english/`. */
export const chinese: Translation<typeof english> = {
  ...adoptingMessages,
  ...copyingMessages,
  ...archiveMessages,
  ...backupHelpMessages,
  ...backupOptionsMessages,
  ...backupMessages,
  ...bytesMessages,
  ...cliMessages,
  ...commonMessages,
  ...compressionMessages,
  ...configurationMessages,
  ...connectionMessages,
  ...completionMessages,
  ...contentMessages,
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
  ...protocolMessages,
  ...receiveHelpMessages,
  ...receiveOptionsMessages,
  ...receiveTalkMessages,
  ...receiverMessages,
  ...recoveryFailureMessages,
  ...recoveryHelpMessages,
  ...recoverySettingsMessages,
  ...recoveryMessages,
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
  ...restorePlanMessages,
  ...restoreRecoveryMessages,
  ...restoreMessages,
  ...serverMessages,
  ...settingsMessages,
  ...storageMessages,
  ...surveyMessages,
  ...tarMessages,
  ...systemMessages,
  ...targetMessages,
  ...unpackHelpMessages,
  ...unpackMessages,
  ...verifyHelpMessages,
  ...verifyMessages,
  ...walAsyncMessages,
  ...walCommandsMessages,
  ...walDirectoryMessages,
  ...walMessages,
  ...windowMessages,
};
