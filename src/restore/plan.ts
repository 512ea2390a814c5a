import type { SyncMethod } from '../files/sync-file-system.ts';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { joinPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import { formatLsn } from '../wal/lsn.ts';
import { isAside } from './aside-name.ts';
import { planConfiguration, type ConfigurationPlan } from './configure.ts';
import type { PlaceFacts, TargetFacts } from './facts.ts';
import type { SourceFacts } from '../backup-source/source-facts.ts';
import type { ChecksumAlgorithm } from '../manifest/checksum.ts';
import { canContinue } from './marker.ts';
import type { PlacedTablespace } from './plan-tablespaces.ts';
import type { OwnWal } from './prove-backup-wal.ts';
import type { RestoreRequest } from './request.ts';
import type { Owner } from '../files/directory-owner.ts';

/** Something that is moved aside before the restore, and where it is then. */
export interface MovedAside {
  readonly what: 'data-directory' | 'tablespace';
  readonly oid: number | undefined;
  readonly from: ByteString;
  readonly to: ByteString;
  /** `rename` moves the directory; `entries` moves what is in it into a directory inside of it, which a mount point needs. */
  readonly how: 'rename' | 'entries';
}

/** What a restore will do. Plain data; made by `planRestore` from facts, carried out by `performRestore`. */
export interface RestorePlan {
  readonly source: SourceFacts;
  readonly directory: ByteString;
  readonly mode: 'fresh' | 'replace' | 'delta';
  readonly movedAside: readonly MovedAside[];
  readonly tablespaces: readonly PlacedTablespace[];
  /** Undefined: files belong to whoever runs this, who cannot give them away. */
  readonly owner: Owner | undefined;
  /** The owner is root, which no server runs as. */
  readonly ownerIsRoot: boolean;
  /** Bits that files and directories may have. */
  readonly modeMask: number;
  readonly configuration: ConfigurationPlan;
  readonly keepsBackupWal: boolean;
  /** What the copy starts with, without a recovery to a target. */
  readonly ownWal?: OwnWal | undefined;
  /** Files are compared with a manifest, but for those of `unchecked`. */
  readonly verify: boolean;
  /** Backups of which no file is compared with anything, as `SourceFacts.description`, oldest first. */
  readonly unchecked: readonly string[];
  readonly sync: boolean;
  /** Undefined: chosen by the places. */
  readonly syncMethod?: SyncMethod | undefined;
  /** The copy gets a manifest of its own, with checksums by this. */
  readonly manifestChecksums?: ChecksumAlgorithm | undefined;
}

export interface PlanFacts {
  readonly source: SourceFacts;
  readonly target: TargetFacts;
  /** As `planTablespaces` decided. */
  readonly tablespaces: readonly PlacedTablespace[];
  /** The state of each directory outside of the data directory that a tablespace goes to, by its path. */
  readonly places: ReadonlyMap<ByteString, PlaceFacts>;
  /** What this host is to the account that the server will run as; undefined: it is not looked at. */
  readonly hostOf?: ((owner: Owner) => Pick<ConfigurationPlan, 'host' | 'account'>) | undefined;
}

/**
 * Decides what a restore does, or refuses. Looks at nothing but its arguments.
 * @throws BackupError `TARGET_NOT_EMPTY`, `SYSTEM_MISMATCH`, `USAGE`, `CORRUPT`
 */
export function planRestore(request: RestoreRequest, facts: PlanFacts): RestorePlan {
  const { source, target } = facts;
  refuseIncremental(source);
  refuseNewManifest(request, source);
  refuseOverlap(source, target);
  refuseInsideInstance(target);
  refuseForeign(request, source, target);
  const mode = modeOf(request, facts);
  const movedAside = mode === 'replace' ? whatToMove(facts) : [];
  checkPlaces(facts, mode, movedAside);
  refuseReadPlaces(request, facts, mode);
  const owner = ownerOf(request, source, target);
  const runsAs = owner ?? { uid: target.ownUid, gid: target.ownGid };
  const unchecked = uncheckedOf(source, request.verify ?? true);
  const ownerIsRoot = runsAs.uid === 0;
  const host = facts.hostOf?.(runsAs) ?? { host: undefined, account: undefined };
  return {
    source,
    directory: target.path,
    mode,
    movedAside,
    tablespaces: facts.tablespaces,
    owner: owner?.uid === target.ownUid && owner.gid === target.ownGid ? undefined : owner,
    ownerIsRoot,
    modeMask: source.rules.groupAccess && source.groupAccess ? 0o750 : 0o700,
    configuration: planConfiguration(request, source, { directory: target.path, ...host }),
    keepsBackupWal: request.recovery?.keepsBackupWal ?? true,
    verify: unchecked.length <= (source.earlier ?? []).length,
    unchecked,
    sync: request.sync ?? true,
    syncMethod: request.syncMethod,
    manifestChecksums: request.manifestChecksums,
  };
}

function uncheckedOf(source: SourceFacts, isWanted: boolean): string[] {
  return [...(source.earlier ?? []), source]
    .filter(({ manifest }) => !isWanted || manifest === undefined)
    .map(({ description }) => description);
}

function refuseIncremental({ label, description, earlier }: SourceFacts): void {
  const from = label.incrementalFrom;
  if (from === undefined || earlier !== undefined) return;
  const values = { lsn: formatLsn(from.lsn), timeline: from.timeline };
  throw new BackupError('USAGE', say('restore.incremental', { backup: description }), {
    hint: say('restore.incremental.hint', values),
  });
}

/** No manifest for what is no backup, what nobody knows the end of, or what was compared with nothing: it would vouch for that. */
function refuseNewManifest({ manifestChecksums, recovery, verify = true }: RestoreRequest, source: SourceFacts): void {
  if (manifestChecksums === undefined) return;
  if (recovery !== undefined) throw new BackupError('USAGE', say('restore.manifest-and-target'));
  const hint = say('restore.manifest-unknown-end.hint');
  if (source.manifest === undefined) {
    throw new BackupError('USAGE', say('restore.manifest-unknown-end', { backup: source.description }), { hint });
  }
  if (!verify) throw new BackupError('USAGE', say('restore.manifest-unverified'));
  const [backup] = uncheckedOf(source, true);
  if (backup !== undefined) throw new BackupError('USAGE', say('restore.manifest-unchecked', { backup }), { hint });
}

/** Neither may the target lie in the backup nor the backup in the target: one would be moved or written over. */
function refuseOverlap(source: SourceFacts, target: TargetFacts): void {
  for (const path of source.localPaths) {
    if (!isWithin(path, target.path) && !isWithin(target.path, path)) continue;
    throw new BackupError('USAGE', say('restore.overlap', { backup: display(path), path: display(target.path) }), {
      hint: say('restore.overlap.hint'),
    });
  }
}

/**
 * What the recovery reads must not lie in what is written: an update would overwrite or remove it. WAL that is moved aside with
 * the rest is read from there; an archive would be gone from the place that the server is told.
 */
function refuseReadPlaces(
  { recovery }: RestoreRequest,
  { target, tablespaces }: PlanFacts,
  mode: RestorePlan['mode'],
): void {
  const outside = tablespaces.filter(({ isInside }) => !isInside).map(({ directory }) => directory);
  for (const { kind, path } of recovery?.readsFrom ?? []) {
    const written = [target.path, ...outside].find((directory) => isWithin(path, directory));
    if (written === undefined || mode === 'fresh') continue;
    if (kind === 'wal' && mode === 'replace' && written === target.path) continue;
    throw new BackupError('USAGE', say('restore.reads-from-target', { place: display(path), path: display(written) }), {
      hint: say(kind === 'wal' ? 'restore.reads-wal-from-target.hint' : 'restore.reads-from-target.hint'),
    });
  }
}

function refuseInsideInstance({ path, insideInstance }: TargetFacts): void {
  if (insideInstance === undefined) return;
  const values = { path: display(path), instance: display(insideInstance) };
  throw new BackupError('TARGET_NOT_EMPTY', say('restore.inside-instance', values));
}

function refuseForeign(request: RestoreRequest, source: SourceFacts, target: TargetFacts): void {
  const there = target.systemIdentifier;
  if (there === undefined || there === source.systemIdentifier) return;
  if (request.allowForeign === true && request.delta !== true) return;
  if (request.delta !== true && request.force !== true) return;
  const values = {
    path: display(target.path),
    actual: there,
    expected: source.systemIdentifier ?? '?',
  };
  throw new BackupError('SYSTEM_MISMATCH', say('restore.foreign', values), {
    hint: request.delta === true ? say('restore.foreign-delta.hint') : say('restore.foreign.hint'),
  });
}

function modeOf(request: RestoreRequest, facts: PlanFacts): RestorePlan['mode'] {
  const { target, source } = facts;
  const path = display(target.path);
  const begun = begunPlaces(facts).filter(({ place }) => place.unfinished !== undefined);
  const hasBegun = target.unfinished !== undefined || begun.length > 0;
  if (request.delta === true) {
    if (request.force === true) throw new BackupError('USAGE', say('restore.delta-and-force'));
    if (target.unfinished !== undefined && !target.hasControlFile && !canContinue(target.unfinished, source)) {
      throw new BackupError('SYSTEM_MISMATCH', say('restore.unfinished-other', { path }), {
        hint: say('restore.unfinished-other.hint'),
      });
    }
    if (target.state !== 'filled') return hasBegun ? 'delta' : 'fresh';
    if (target.systemIdentifier === undefined && target.unfinished === undefined) {
      throw new BackupError('SYSTEM_MISMATCH', say('restore.delta-unknown', { path }), {
        hint: say('restore.foreign-delta.hint'),
      });
    }
    return 'delta';
  }
  if (request.force === true && (target.state === 'filled' || begunPlaces(facts).length > 0)) return 'replace';
  if (target.state !== 'filled') return 'fresh';
  const unfinished = target.unfinished !== undefined && !target.hasControlFile;
  throw new BackupError('TARGET_NOT_EMPTY', say('files.not-empty', { path }), {
    hint: unfinished ? say('restore.unfinished.hint') : say('restore.not-empty.hint'),
  });
}

/** Directories of tablespaces that a restore began to fill and did not come to link. */
function begunPlaces({ tablespaces, places }: PlanFacts): { readonly oid: number; readonly place: PlaceFacts }[] {
  return tablespaces.flatMap(({ oid, directory, isInside }) => {
    const place = places.get(directory);
    return !isInside && place?.state === 'filled' && (place.unfinished !== undefined || place.hasOldCopiesOnly === true)
      ? [{ oid, place }]
      : [];
  });
}

function whatToMove(facts: PlanFacts): MovedAside[] {
  const { target, places, tablespaces } = facts;
  const suffix = target.asideSuffix;
  const aside = (path: ByteString, isMountPoint: boolean): Pick<MovedAside, 'to' | 'how'> =>
    isMountPoint
      ? { to: joinPath(path, `gausskeep${suffix}`), how: 'entries' }
      : { to: `${path}${suffix}` as ByteString, how: 'rename' };
  const moved: MovedAside[] = [];
  const seen = new Set<ByteString>();
  const add = (oid: number, real: ByteString, isMountPoint: boolean): void => {
    if (isWithin(real, target.path) || seen.has(real)) return;
    seen.add(real);
    moved.push({ what: 'tablespace', oid, from: real, ...aside(real, isMountPoint) });
  };
  const wanted = tablespaces.map(({ directory }) => places.get(directory)?.real ?? directory);
  for (const { oid, real } of target.links) {
    // Moved by a run that was killed before it came to the data directory.
    if (real === undefined || (isAside(real) && !wanted.includes(real))) continue;
    add(oid, real, places.get(real)?.isMountPoint ?? false);
  }
  for (const { oid, place } of begunPlaces(facts)) {
    if (place.hasOldCopiesOnly !== true) add(oid, place.real, place.isMountPoint);
  }
  if (target.state !== 'filled' || target.hasOldCopiesOnly === true) return moved;
  const own = aside(target.path, target.isMountPoint);
  return [...moved, { what: 'data-directory', oid: undefined, from: target.path, ...own }];
}

/** Every directory of a tablespace must be free, of its own, and nobody else's. */
function checkPlaces(facts: PlanFacts, mode: RestorePlan['mode'], movedAside: readonly MovedAside[]): void {
  const { tablespaces, places, target, source } = facts;
  const taken: { oid: number; real: ByteString }[] = [];
  for (const { oid, directory, isInside } of tablespaces) {
    const place = places.get(directory);
    const real = place?.real ?? directory;
    const other = taken.find((one) => isWithin(one.real, real) || isWithin(real, one.real));
    if (other !== undefined) {
      throw new BackupError('USAGE', say('restore.tablespace-shared', { oid, other: other.oid, path: display(real) }));
    }
    taken.push({ oid, real });
    if (isInside || place === undefined) continue;
    if (place.insideInstance !== undefined) {
      const values = { oid, path: display(directory), instance: display(place.insideInstance) };
      throw new BackupError('TARGET_NOT_EMPTY', say('restore.tablespace-in-instance', values), {
        hint: mappingHint(oid),
      });
    }
    const isLinkedInside = mode === 'delta' && target.links.some((link) => link.oid === oid && link.real === real);
    if (isWithin(real, target.path) && !isLinkedInside) {
      throw new BackupError('USAGE', say('restore.tablespace-inside', { oid, path: display(directory) }), {
        hint: mappingHint(oid),
      });
    }
    if (isWithin(target.path, real)) {
      throw new BackupError('USAGE', say('restore.tablespace-above', { oid, path: display(directory) }));
    }
    const inBackup = source.localPaths.some((path) => isWithin(real, path) || isWithin(path, real));
    const isMoved =
      movedAside.some(({ from }) => from === real) || (mode === 'replace' && place.hasOldCopiesOnly === true);
    // Linked from the directory, or begun by a restore of this instance that did not come to its links.
    const isLinked = target.links.some((link) => link.oid === oid && link.real === real);
    const isBegun = place.unfinished !== undefined && canContinue(place.unfinished, source);
    const isOwn = mode === 'delta' && (isLinked || isBegun);
    if (inBackup || (place.state === 'filled' && !isMoved && !isOwn)) {
      throw new BackupError('TARGET_NOT_EMPTY', say('restore.tablespace-filled', { oid, path: display(directory) }), {
        hint: place.unfinished === undefined || inBackup ? mappingHint(oid) : say('restore.unfinished.hint'),
      });
    }
  }
}

function mappingHint(oid: number): ReturnType<typeof say> {
  return say('restore.mapping.hint', { oid });
}

function ownerOf(request: RestoreRequest, source: SourceFacts, target: TargetFacts): Owner | undefined {
  const own = { uid: target.ownUid, gid: target.ownGid };
  if (request.owner !== undefined) {
    if (target.ownUid !== 0 && request.owner.uid !== target.ownUid) {
      throw new BackupError('USAGE', say('restore.owner-not-root', { uid: request.owner.uid }));
    }
    return request.owner;
  }
  if (target.ownUid !== 0) return own;
  return target.owner ?? source.owner ?? own;
}

/** Whether `path` is `directory` or below it. Both absolute, without links. */
function isWithin(path: ByteString, directory: ByteString): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`);
}
