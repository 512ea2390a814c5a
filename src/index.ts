/**
 * gausskeep as a library: what the programs do, as functions. Everything is pulled, takes a `signal`, prints nothing,
 * reads no environment, and fails with `BackupError`.
 */
export { performCleanup, planCleanup, type CleanupPlan, type CleanupRequest } from './archive/cleanup-wal.ts';
export { getWal, type GetRequest, type GetResult } from './archive/get-wal.ts';
export { instanceOfTarget } from './archive/instance-of-target.ts';
export { openWal, type OpenedWal, type OpenWalRequest } from './archive/open-wal.ts';
export { prefetchWal, takePrefetched, type Spool } from './archive/prefetch-wal.ts';
export { pushWal, type PushReport, type PushRequest } from './archive/push-wal.ts';
export { absentStatus, restoreCommandWrapper, type RestoreWrapper } from './archive/restore-wrapper.ts';
export {
  archiveCommandLine,
  findShellRemains,
  restoreCommandLine,
  shellRemainsError,
  type ArchiveCommand,
} from './archive/shell-remains.ts';
export { closeGeneration, openArchive, openGeneration, readGenerations, type Archive } from './repository/archive.ts';
export type { ArchiveIdentity } from './repository/archive-identity.ts';
export { isCodec, type Codec } from './repository/codec.ts';
export type { Generation } from './repository/generation.ts';
export { releaseHold } from './repository/holds.ts';
export { openLocalStorage } from './storage/local-storage.ts';
export type { Storage } from './storage/storage.ts';
export { takeBackup, type BackupOptions } from './backup/run.ts';
export type { BackupEvent, BackupListener, BackupProgress } from './backup/events.ts';
export type { BackupOutput, BackupRequest, BackupResult, SlotChoice } from './backup/request.ts';
export type { TablespaceMapping } from './backup/tablespaces.ts';
export type { ByteSink, TarCompression } from './backup/tar-output.ts';
export { needsPassword } from './connection/authenticate.ts';
export type { ConnectionSettings, SslMode } from './connection/settings.ts';
export type { ErrorFields } from './protocol/backend-messages.ts';
export { openReplicationSession, type ReplicationSession, type SessionSettings } from './replication/open-session.ts';
export { fromText as pathFromText, display as pathToText, type ByteString } from './bytes/byte-string.ts';
export { unpackSentence, type UnpackEvent } from './unpack/events.ts';
export type { UnpackRequest } from './unpack/plan.ts';
export { unpackArchive, type UnpackOptions, type UnpackResult } from './unpack/run.ts';
export { BackupError, type ErrorContext } from './errors/backup-error.ts';
export { errorCodes, type ErrorCode } from './errors/codes.ts';
export { render, type Catalogue, type Message } from './messages/message.ts';
export type { ChecksumAlgorithm } from './manifest/checksum.ts';
export { formatLsn, parseLsn, type Lsn } from './wal/lsn.ts';
export { verifyBackup } from './verify/run.ts';
export type { VerifyOptions } from './verify/plan.ts';
export { reportError, type PageReport, type VerifyReport } from './verify/report.ts';
export type { VerifyEvent, VerifyListener } from './verify/events.ts';
export type { Finding } from './verify/findings.ts';
export { version } from './version.ts';
