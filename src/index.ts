/**
 * gausskeep as a library: what the programs do, as functions. Everything is pulled, takes a `signal`, prints nothing,
 * reads no environment, and fails with `BackupError`.
 */
export {
  absentStatus,
  archiveCommandLine,
  closeGeneration,
  findShellRemains,
  getWal,
  instanceOfTarget,
  isCodec,
  openArchive,
  openGeneration,
  openLocalStorage,
  openRetrying,
  openWal,
  performCleanup,
  planCleanup,
  prefetchWal,
  pushWal,
  readGenerations,
  releaseHold,
  reopenGeneration,
  restoreCommandLine,
  restoreCommandWrapper,
  shellRemainsError,
  takePrefetched,
  type Archive,
  type ArchiveCommand,
  type ArchiveIdentity,
  type CleanupPlan,
  type CleanupRequest,
  type Codec,
  type Generation,
  type GetRequest,
  type GetResult,
  type ListOptions,
  type OpenedWal,
  type OpenWalRequest,
  type PushReport,
  type PushRequest,
  type RestoreWrapper,
  type Spool,
  type ReadOptions,
  type RetryPlan,
  type Storage,
  type StorageAbilities,
  type StoreFindings,
  type StorageOptions,
  type StoredObject,
  type WalObject,
  type WalSource,
} from './wal-archive.ts';
export { probePlace } from './storage/probe-place.ts';
export type { ProbedPlace, ProbeOptions, StorageLock } from './storage/storage.ts';
export { takeBackup } from './backup/take-backup.ts';
export { storeBackup, type StoreBackupRequest, type StoredBackup, type StoreOptions } from './storing/store-backup.ts';
export {
  importBackup,
  type ImportBackupRequest,
  type ImportedBackup,
  type ImportedWalPlace,
  type ImportOptions,
} from './storing/import-backup.ts';
export type { FileProof } from './storing/manifest-proof.ts';
export type { Pin } from './storing/storing-run.ts';
export {
  exportBackup,
  type ExportEvent,
  type ExportOptions,
  type ExportRequest,
  type ExportResult,
  type TarExport,
  type TarForm,
} from './exporting/export-backup.ts';
export type { PlainExport, PlainForm } from './exporting/export-plain.ts';
export { StoredBackups } from './backup-source/stored-backups.ts';
export type { Place } from './storage/place.ts';
export type { BackupEvent, BackupListener, BackupProgress } from './backup/events.ts';
export type { BackupOptions, BackupTarget, BackupRequest, BackupResult, SlotChoice } from './backup/request.ts';
export type { BackupPart, BackupSink } from './backup/sink.ts';
export type { TablespaceMapping } from './backup/tablespaces.ts';
export type { ByteSink, TarCompression } from './backup/request.ts';
export { needsPassword } from './connection/authenticate.ts';
export type { Abortable, Connection, Endpoint } from './connection/connection.ts';
export { ServerError } from './connection/server-error.ts';
export type { AuthenticationMethod, ChannelBinding, ConnectionSettings, SslMode } from './connection/settings.ts';
export type { TlsSettings, TlsVersion } from './connection/tls-settings.ts';
export type { ErrorFields } from './protocol/backend-messages.ts';
export {
  openReplicationSession,
  type ReplicationSession,
  type ReplicationSessionOptions,
  type SessionSettings,
  type TargetSessionAttrs,
} from './replication/open-session.ts';
export type { BaseBackupEvent, BaseBackupRequest, TablespaceRow } from './replication/base-backup.ts';
export { startBaseBackup, type BaseBackupOptions } from './replication/start-base-backup.ts';
export { startWalStream, type WalStreamOptions, type WalStreamRequest } from './replication/start-wal-stream.ts';
export type { WalEnding, WalStream } from './replication/wal-stream.ts';
export type { WalPiece } from './replication/wal-frames.ts';
export type { NextTimeline } from './replication/wal-timeline-end.ts';
export { startWalReceiver, type ReceiverEnd, type ReceiverOptions, type WalReceiver } from './wal-receiver/receiver.ts';
export { openWalArchive, type WalArchiveOptions } from './wal-receiver/archive-store.ts';
export { openWalDirectory, type WalDirectoryOptions } from './wal-receiver/directory-store.ts';
export type { ReceiveRequest, ReceiverSlot } from './wal-receiver/request.ts';
export type { ReceiverState, ReceiverStatus } from './wal-receiver/receiver-status.ts';
export type { ReceiverEvent, ReceiverListener, ReceiverNews } from './wal-receiver/events.ts';
export type {
  HeldSegment,
  OpenSegment,
  ReceivedInstance,
  SegmentPosition,
  WalFork,
  WalGap,
  WalStore,
} from './wal-receiver/wal-store.ts';
export type { TimelineId } from './wal/segment.ts';
export type { SystemIdentity } from './replication/identify.ts';
export type {
  BaseBackupCapabilities,
  Capabilities,
  CreatedFile,
  SlotCapabilities,
  WalStreamCapabilities,
} from './server/capabilities.ts';
export type { ServerFamily, ServerIdentity } from './server/identity.ts';
export type { Member, MemberHeader, MemberType, TarFormat } from './tar/member.ts';
export { readMembers, type ReadMembersOptions } from './tar/read-members.ts';
export type { ByteSource } from './bytes/byte-reader.ts';
export { fromText as pathFromText, display as pathToText, type ByteString } from './bytes/byte-string.ts';
export { unpackSentence, type UnpackEvent } from './unpack/events.ts';
export type { UnpackRequest } from './unpack/plan.ts';
export { unpackTar, type UnpackOptions, type UnpackResult } from './unpack/unpack-tar.ts';
export { BackupError, type ErrorContext } from './errors/backup-error.ts';
export { errorCodes, type ErrorCode, type ErrorKind } from './errors/codes.ts';
export { phases, type OperationName, type PhaseOf } from './events/phases.ts';
export type { PhaseBegun, Progress, Told } from './events/teller.ts';
export { loadCatalogue, type Language } from './messages/languages.ts';
export { render, type Catalogue, type Message } from './messages/message.ts';
export { recoverInstance, type RecoverReport, type RecoverRequest } from './follow-recovery/recover.ts';
export { resumeInstance, type ResumeReport, type ResumeRequest } from './follow-recovery/resume.ts';
export { recoveryStatus, type RecoveryPhase, type StatusReport } from './follow-recovery/status.ts';
export { controlProgramPlace } from './follow-recovery/find-programs.ts';
export type { FindLogin } from './follow-recovery/follow.ts';
export type { RecoveryEvent, RecoveryListener, RecoveryProgress } from './follow-recovery/events.ts';
export type { CommandReader, NextStep } from './follow-recovery/step-commands.ts';
export type { PreparedTransaction, ServerState } from './follow-recovery/server-state.ts';
export type { ChecksumAlgorithm } from './manifest/checksum.ts';
export { formatLsn, parseLsn, type Lsn } from './wal/lsn.ts';
export { actionAtTarget } from './pitr/action-at-target.ts';
export { commandsAs } from './restore/account.ts';
export type { ConfigurationOutcome } from './restore/configure.ts';
export type { RestoreEvent, RestoreListener } from './restore/events.ts';
export { prepareRestore, type PreparedRestore, type PrepareOptions } from './restore/prepare-restore.ts';
export type { BackupWalOptions, OwnWal } from './restore/prove-backup-wal.ts';
export { prepareRecovery, type PreparedRecovery } from './pitr/prepare-recovery.ts';
export { refusePruned } from './pitr/refuse-pruned.ts';
export { raisedLimits } from './pitr/raised-limits.ts';
export type { PitrRequest, RepositoryArchive } from './pitr/pitr-request.ts';
export { describeTarget } from './pitr/target.ts';
export { unusedMappings } from './restore/plan-tablespaces.ts';
export type { RestorePlan } from './restore/plan.ts';
export {
  findingLines as restoreFindings,
  ownWalLines,
  planHead,
  planSteps,
  uncheckedLine,
  backupLine,
  nextCommand,
  archiveAgainLines,
  configurationLines,
} from './restore/plan-sentences.ts';
export type { RestoreRequest, TablespaceTarget } from './restore/request.ts';
export type { BackupLocation } from './backup-source/open-backup.ts';
export type { RecoveryPreparation } from './pitr/recovery-preparation.ts';
export { performRestore, type RestoreOptions, type RestoreResult } from './restore/perform-restore.ts';
export { verifyBackup, type VerifyBackupContext } from './verify/verify-backup.ts';
export type { VerifyOptions } from './verify/plan.ts';
export { reportError, type PageReport, type VerifyReport } from './verify/report.ts';
export type { VerifyEvent, VerifyListener } from './verify/events.ts';
export type { Finding } from './verify/findings.ts';
export type { SurveyEvent, SurveyListener } from './survey/events.ts';
export { openIndexCache, type IndexCache } from './survey/index-cache.ts';
export {
  surveyTransactions,
  surveyWindow,
  type ListedTransaction,
  type RecoveryWindow,
  type SurveyOptions,
  type SurveyRequest,
} from './survey/survey-window.ts';
export type { BackupRange, LineWindow, RestorePoint, WalLine } from './window/recovery-window.ts';
export type { TransactionRange } from './window/list-transactions.ts';
export { adoptArchive, type AdoptRequest, type AdoptResult } from './adopting/adopt-archive.ts';
export { copyRepository } from './copying/copy-repository.ts';
export type {
  CopiedBackup,
  CopiedInstance,
  CopiedWal,
  CopyOutcome,
  CopyRequest,
  CopyResult,
  DamagedSegment,
  DamageOfSource,
} from './copying/copy-request.ts';
export type { CopyEvent, CopyListener } from './copying/events.ts';
export { checkRepository, type CheckRequest } from './inspecting/check-repository.ts';
export type { LookedAt, RepositoryFinding } from './inspecting/finding.ts';
export { readInstanceStats, sumOf, type Amount, type InstanceStats } from './inspecting/read-stats.ts';
export { cleanInstanceWal, type CleanWalRequest, type CleanWalResult } from './expire/clean-wal.ts';
export { performExpire } from './expire/perform-expire.ts';
export { rehearseExpire } from './expire/rehearse-expire.ts';
export type { ExpireRequest, ExpireResult } from './expire/expire-request.ts';
export type { WalCut } from './expire/cut-wal.ts';
export type { LockedObjects } from './expire/locked-objects.ts';
export type { WalRange } from './expire/wal-ranges.ts';
export type { Obstacle, WaitingRemoval } from './expire/judge-removals.ts';
export { planExpire, type PlannedBackup } from './expire/plan-expire.ts';
export { readPruned, standaloneBy } from './repository/pruned.ts';
export type { FindPruned, PrunedRange } from './wal-archive/pruned-range.ts';
export type { Catalogue as RepositoryCatalogue, ListedBackup as RepositoryBackup } from './repository/catalogue.ts';
export { compareListed as compareRepositoryBackups, readCatalogue } from './repository/catalogue.ts';
export { holdBackup } from './repository/hold-backup.ts';
export { readLiveHolds, type LiveHold } from './inspecting/live-holds.ts';
export { formatHoldName } from './repository/renew-hold.ts';
export type { KeptHold } from './repository/keep-hold.ts';
export type { Commit } from './repository/commit.ts';
export type { Instance as RepositoryInstance } from './repository/instance.ts';
export { choiceWarnings, passedOver } from './repository/tell-choice.ts';
export { chooseBackup, unreadNewer } from './repository/choose-backup.ts';
export { condemnBackup, liftMarks, noteBackup, pinBackup } from './repository/put-mark.ts';
export type { Mark } from './repository/mark.ts';
export { newestWal } from './repository/newest-wal.ts';
export { lostIdentity } from './repository/lost-identity.ts';
export { listInstances, openInstance, openKnownInstance } from './repository/open-instance.ts';
export { initRepository, type InitRepositoryOptions } from './repository/init-repository.ts';
export { openRepository, type OpenRepositoryOptions } from './repository/open-repository.ts';
export type { Repository } from './repository/repository.ts';
export {
  verifyStored,
  type CoverageVerdict,
  type StoredVerdict,
  type VerifyStoredRequest,
} from './verify/verify-stored.ts';
export type { ReadAmount, StoredCoverage } from './verify/choose-packs.ts';
export type { StoredFault } from './verify/stored-faults.ts';
export type { StoredWal } from './verify/stored-wal.ts';
export { addKey, listKeys, removeKey } from './repository/repository-keys.ts';
export type { RepositoryIdentity } from './repository/repository-identity.ts';
export {
  planRetention,
  type RetentionBackup,
  type RetentionDecision,
  type RetentionReason,
} from './retention/plan-retention.ts';
export type { RetentionRules } from './retention/rules.ts';
export { databaseZone, type TimeZone } from './pitr/time-zone.ts';
export { parseTargetTime } from './pitr/target-time.ts';
export { formatUtc } from './server/recovery-target.ts';
export {
  createReceiverSlot,
  dropReceiverSlot,
  type ReceiverSlotRequest,
  type SlotSources,
} from './wal-receiver/slot-commands.ts';
export { isProcessGone } from './files/process-start.ts';
export { readStatusFile, StatusFile, type StatusFileOptions } from './wal-receiver/status-file.ts';
export {
  parseReceiverRecord,
  receiverRecord,
  type ReceiverOutcome,
  type ReceiverRecord,
  type RecordFrame,
} from './wal-receiver/status-record.ts';
export type { ArchivePlace as ExaminedArchive } from './doctor/archive-place.ts';
export { examine, type Examination, type ExamineOptions, type ExamineRequest } from './doctor/examine.ts';
export type { CommandJudgement } from './checks/server-facts.ts';
export type { CheckName, ServerFinding, Severity } from './checks/server-finding.ts';
export { describeServer } from './server/identity.ts';
export { version } from './version.ts';
