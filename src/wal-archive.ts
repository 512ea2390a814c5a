/**
 * The part of the library that keeps WAL: archive, get, clean up. An entry of its own (`gausskeep/wal-archive`) because servers run
 * these commands once for each segment: what they load decides how long that takes.
 */
export { performCleanup, planCleanup, type CleanupPlan, type CleanupRequest } from './archiving/cleanup-wal.ts';
export { askPusher, type AskRequest } from './archiving/ask-pusher.ts';
export { pushAhead } from './archiving/push-ahead.ts';
export type { PusherRequest, PushHow, PushTarget } from './archiving/pusher-request.ts';
export { readBacklog } from './archiving/push-backlog.ts';
export { dangerOf, isBehind, type Backlog } from './checks/backlog.ts';
export {
  defaultSpool,
  openPushSpool,
  readStates,
  type CallWords,
  type DonePush,
  type PushBinding,
  type SeenPusher,
  type PushSpool,
} from './archiving/push-spool.ts';
export { dataDirectoryOf, isReady } from './archiving/ready-wal.ts';
export { openForPush, type OpenedArchive } from './wal-archive/push-segment.ts';
export type { PushAhead, PushTurn } from './wal-archive/push-turn.ts';
export { checkArchiveOwner, giveArchiveToServer } from './archiving/archive-owner.ts';
export { refuseArchiveInData } from './archiving/archive-place.ts';
export { checkFirstPush } from './archiving/first-push.ts';
export { getWal, type GetRequest, type GetResult } from './archiving/get-wal.ts';
export { initWalArchive, type InitRequest } from './archiving/init-archive.ts';
export { refuseNested } from './repository/refuse-nested.ts';
export { instanceOfTarget } from './archiving/instance-of-target.ts';
export { openGeneration } from './archiving/open-generation.ts';
export { openWal, type OpenedWal, type OpenWalRequest } from './archiving/open-wal.ts';
export type { AheadFor } from './archiving/ahead-note.ts';
export { prefetchWal, type PrefetchOptions } from './archiving/prefetch-wal.ts';
export { isRecoveryOver, serverRunOf } from './archiving/server-run.ts';
export { emptySpool, isRunningLow, isSpoolOurs, noteAsked, takePrefetched, type Spool } from './archiving/spool.ts';
export { pushWal, type PushReport, type PushRequest } from './archiving/push-wal.ts';
export { absentStatus, restoreCommandWrapper, type RestoreWrapper } from './archiving/restore-wrapper.ts';
export {
  archiveCommandLine,
  findShellRemains,
  restoreCommandLine,
  shellRemainsError,
  type ArchiveCommand,
} from './archiving/shell-remains.ts';
export {
  chooseGeneration,
  closeGeneration,
  openArchive,
  readGenerations,
  reopenGeneration,
  type Archive,
} from './wal-archive/archive.ts';
export type { ArchiveIdentity } from './wal-archive/archive-identity.ts';
export { isCodec, type Codec } from './wal-archive/codec.ts';
export type { Generation } from './wal-archive/generation.ts';
export { releaseHold } from './wal-archive/holds.ts';
export { ownerOfNewFiles } from './files/directory-owner.ts';
export { openLocalStorage } from './storage/local-storage.ts';
export { isS3Place, s3PlaceBelow, s3SecretsOf, shownPlace } from './storage/s3/location.ts';
export { openPlace, type OpenedPlace, type Place } from './storage/place.ts';
export { openRetrying } from './storage/retrying-storage.ts';
export type { RetryPlan } from './storage/retry.ts';
export type {
  ListOptions,
  ReadOptions,
  Storage,
  StorageAbilities,
  StoreFindings,
  StorageOptions,
  StoredObject,
} from './storage/storage.ts';
export type { FindPruned, PrunedRange } from './wal-archive/pruned-range.ts';
export type { WalObject, WalSource } from './wal-archive/wal-source.ts';
export type { ByteSource } from './bytes/byte-reader.ts';
export { formatLsn, parseLsn } from './wal/lsn.ts';
