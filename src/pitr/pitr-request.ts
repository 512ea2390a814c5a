import type { Message } from '../messages/message.ts';
import type { Place } from '../storage/place.ts';
import type { IndexCache } from '../survey/index-cache.ts';
import type { FindPruned } from '../wal-archive/pruned-range.ts';
import type { SurveyListener } from '../survey/events.ts';
import type { WalSupply } from './supply-of.ts';
import type { TargetWords } from './target.ts';

/** The archive of an instance of a repository, or one in an object store, as a server gets at it. */
export interface RepositoryArchive {
  /** It is of no repository. */
  readonly isAlone: boolean;
  /** For people. */
  readonly name: string;
  /** Of the command line of `wal get`: they name it, whatever the environment is. */
  readonly words: readonly string[];
  /** Why the server could not fetch from it by these words; undefined: it can. */
  readonly outOfReach: Message | undefined;
}

/** What a point-in-time recovery is asked for. */
export interface PitrRequest {
  /** One backup; it goes before `backups`. */
  readonly from?: Place | undefined;
  /** Places whose folders are backups. */
  readonly backups?: readonly Place[] | undefined;
  /** Whether the user named the backup, so that another one may do better. Default: that `from` is given. */
  readonly isBackupNamed?: boolean | undefined;
  /** The WAL archive, of gausskeep or any other tool. A server fetches from a directory, or as `ofRepository` says: from another storage WAL is copied. */
  readonly archive?: Place | undefined;
  /** Where the archive is that of a repository, or in an object store. */
  readonly ofRepository?: RepositoryArchive | undefined;
  readonly generation?: number | undefined;
  /** What retention removed of the archive, where that is known beside it. */
  readonly pruned?: FindPruned | undefined;
  /** Further places with WAL: an old server's own, a receiver's; each file is judged by its content. */
  readonly walFrom?: readonly Place[] | undefined;
  readonly target: TargetWords;
  /** Default: by copy where only that ends exactly. */
  readonly supply?: WalSupply | undefined;
  /** The user's own text instead of the wrapper. */
  readonly restoreCommand?: string | undefined;
  readonly archiveCleanupCommand?: string | undefined;
  readonly recoveryEndCommand?: string | undefined;
  /** Refuse a target at which the server cannot pause. */
  readonly requirePause?: boolean | undefined;
  readonly allowEndOfWal?: boolean | undefined;
  readonly allowTablespaceReplay?: boolean | undefined;
  /** Makes the script that fetches WAL; called where WAL is not supplied by copy. */
  readonly wrapperText?:
    | ((place: {
        archive: string | readonly string[];
        generation: number | undefined;
        systemIdentifier: bigint;
      }) => string)
    | undefined;
  /** The command line that restores this directory again, for the record. */
  readonly commandLine?: string | undefined;
  readonly cache?: IndexCache | undefined;
  /** A plan only: the WAL is not read, so damage in it is not seen. */
  readonly quick?: boolean | undefined;
  /** Told while the WAL is read. */
  readonly onEvent?: SurveyListener | undefined;
}
