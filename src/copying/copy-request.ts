import type { BackupError } from '../errors/backup-error.ts';
import type { Message } from '../messages/message.ts';
import type { DamagedObject } from '../repository/read-objects.ts';
import type { ReadAmount } from '../verify/choose-packs.ts';
import type { Repository } from '../repository/repository.ts';

export interface CopyRequest {
  readonly source: Repository;
  /** Another one, made with `repo init`. */
  readonly target: Repository;
  /** Default: all that the source has something of. */
  readonly instances?: readonly string[] | undefined;
  /** Content of the target to read as well, of what was there before: what is damaged inside is copied anew. WAL is read where all is. Default `none`. */
  readonly read?: ReadAmount | undefined;
  /** An existing or new directory of this host in which is kept what was read when; undefined: nothing is kept. */
  readonly cacheDirectory?: string | undefined;
  /** Nothing is written, on either side: what would be copied is told. */
  readonly dryRun?: boolean | undefined;
}

/**
 * What became of a backup of the source. `copied`: it is in the target now (of a dry run: it would be). `present`: it was, with all packs that it needs, by their names and sizes. `mended`: it was,
 * and its commit or packs were missing or damaged there: they are there again. `expired`: it was once, and retention took it off there. `condemned`: somebody said that it is bad, and the target does not have it. `damaged`: something that it needs could not be read, or is wrong. `busy`: it
 * cannot be copied as long as an `expire` is at work in the target. `removed`: the source lost it while this ran.
 */
export type CopyOutcome = 'copied' | 'present' | 'mended' | 'expired' | 'condemned' | 'damaged' | 'busy' | 'removed';

export interface CopiedBackup {
  /** Its id. */
  readonly backup: string;
  /** The id where its commit cannot be read. */
  readonly name: string;
  readonly outcome: CopyOutcome;
  /** It is in the catalogue of the target, and what is damaged is what it lacks there. */
  readonly wasThere?: boolean | undefined;
  /** What is wrong, where something is: at least one. */
  readonly reasons: readonly Message[];
  /** Packs that were stored for it in this run, and their bytes. */
  readonly packs: number;
  readonly bytes: number;
}

/** Something that backups of the source need, and that it has lost: a pack by its listing, or a root that cannot be read. */
export interface DamageOfSource {
  /** Names the object. */
  readonly reason: Message;
  /** Names of the backups that need it, of those that were to come or to be compared: at least one. */
  readonly backups: readonly string[];
}

/** WAL that cannot be copied. */
export interface DamagedSegment {
  /** Of the object in the source, or of the segment. */
  readonly name: string;
  readonly generation: number;
  readonly reason: Message;
}

/** A pack of the target that is damaged inside, and was not mended. */
export interface DamagedPack {
  readonly name: string;
  readonly reason: Message;
}

/** What was read of the target, besides what was copied into it. */
export interface CopiedRead {
  /** Packs that were there and that backups of both repositories need. */
  readonly packs: number;
  readonly bytes: number;
  readonly readPacks: number;
  readonly readBytes: number;
  /** Those that were damaged inside, and were copied anew. */
  readonly mended: number;
  readonly damaged: readonly DamagedPack[];
}

export interface CopiedWal {
  /** Segments and partial segments that were copied, and their bytes as they are stored. */
  readonly segments: number;
  readonly bytes: number;
  /** Those of them that had been there, and of which an object was missing or of no use. */
  readonly mended: number;
  /** That were there, by name and size. */
  readonly present: number;
  /** That no backup of the target needs, or that its retention removed. */
  readonly unneeded: number;
  readonly damaged: readonly DamagedSegment[];
  /** Segments that were there and were read; 0 unless all was to be read. */
  readonly read: number;
  /** Names of segments without a receipt, which are followed by others: their push did not come to its end. */
  readonly unfinished: readonly string[];
  /** Names in the archive of what says whose it is, and was missing in the target or could not be read there: it was put anew. */
  readonly renewed: readonly string[];
}

export interface CopiedInstance {
  readonly instance: string;
  /** Oldest first, those whose commit cannot be read behind the others. */
  readonly backups: readonly CopiedBackup[];
  /** `instance.json` was missing in the target or could not be read there, and was put anew. */
  readonly isIdentityRenewed: boolean;
  /** What the source has lost, whether the target has it or not. */
  readonly harmed: readonly DamageOfSource[];
  /** Undefined: nothing of the target was to be read, or it was not come to. */
  readonly read: CopiedRead | undefined;
  /** Undefined: the source has no WAL archive of it, or it was not come to. */
  readonly wal: CopiedWal | undefined;
  /** Pins, notes and what else was said about backups, that came. */
  readonly marks: number;
  /** Marks and removals of the source that cannot be read. */
  readonly unreadable: readonly DamagedObject[];
  /** False: the source could not be written to, so nothing kept `expire` there from removing what was read. */
  readonly isHeld: boolean;
  /** Why the instance as a whole was not copied to its end; the others were. */
  readonly failure: BackupError | undefined;
}

export interface CopyResult {
  readonly instances: readonly CopiedInstance[];
}
