/**
 * The part of the library that keeps WAL: archive, get, clean up. An entry of its own because servers run these commands once
 * for each segment: what they load decides how long that takes. `index.ts` has all of it too.
 */
export { performCleanup, planCleanup, type CleanupPlan, type CleanupRequest } from './archive/cleanup-wal.ts';
export { checkArchiveOwner, giveArchiveToServer } from './archive/archive-owner.ts';
export { checkFirstPush } from './archive/first-push.ts';
export { getWal, type GetRequest, type GetResult } from './archive/get-wal.ts';
export { initWalArchive, type InitRequest } from './archive/init-archive.ts';
export { instanceOfTarget } from './archive/instance-of-target.ts';
export { openGeneration } from './archive/open-generation.ts';
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
export {
  chooseGeneration,
  closeGeneration,
  openArchive,
  readGenerations,
  reopenGeneration,
  type Archive,
} from './repository/archive.ts';
export type { ArchiveIdentity } from './repository/archive-identity.ts';
export { isCodec, type Codec } from './repository/codec.ts';
export type { Generation } from './repository/generation.ts';
export { releaseHold } from './repository/holds.ts';
export { ownerOfNewFiles } from './files/directory-owner.ts';
export { openLocalStorage } from './storage/local-storage.ts';
export { openRetrying } from './storage/retrying-storage.ts';
export type { RetryPlan } from './storage/retry.ts';
export type { Storage, StorageAbilities, StorageOptions, StoredObject } from './storage/storage.ts';
export { formatLsn, parseLsn } from './wal/lsn.ts';
