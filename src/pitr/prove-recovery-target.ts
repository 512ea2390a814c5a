import { realpathSync } from 'node:fs';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { SettingsFile } from '../server/settings-file.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { openPlace } from '../storage/place.ts';
import type { Lsn } from '../wal/lsn.ts';
import { BackupWal } from '../survey/backup-wal.ts';
import { findBackups, openBackup, type FoundBackup, type FoundBackups } from '../survey/backups.ts';
import { takeInventory, type WalInventory } from '../survey/inventory.ts';
import { identityOf, proveRecovery, type ProvedRecovery, type ProveOptions } from './prove-recovery.ts';
import { SegmentReader } from '../survey/read-whole.ts';
import { WalKnowledge } from '../survey/wal-knowledge.ts';
import { openPlainPlace, openWalPlaces, type WalPlace } from '../survey/wal-place.ts';
import { parseTarget, type ParsedTarget } from './target.ts';
import { openBackupSource, realDirectory, type BackupLocation } from '../backup-source/open-backup.ts';
import { placeConfiguration } from '../backup-source/placed-configuration.ts';
import type { SourceConfiguration } from '../backup-source/source-facts.ts';
import { withHintFor } from './fitting-hint.ts';
import { isS3Place } from '../storage/s3/location.ts';
import type { PitrRequest } from './pitr-request.ts';

export interface ProvedTarget extends ProvedRecovery {
  readonly target: ParsedTarget;
  /** The archive that WAL can be fetched from while the server recovers. */
  readonly archive: WalPlace | undefined;
  /** WAL that the backup itself holds is needed. */
  readonly usesBackupWal: boolean;
  /** Files of all timelines that are known where WAL was looked for. */
  readonly historyFiles: WalInventory['historyFiles'];
}

/**
 * Looks at backups and WAL and proves that the target can be reached. Changes nothing.
 * @throws BackupError `USAGE`, `BACKUP_NOT_FOUND`, `WAL_MISSING`, `TARGET_UNREACHABLE`, `CORRUPT`
 */
export async function proveRecoveryTarget(request: PitrRequest, options: StorageOptions = {}): Promise<ProvedTarget> {
  const { cache, quick, onEvent } = request;
  const knowledge = new WalKnowledge(cache);
  const reader = quick === true ? undefined : new SegmentReader(knowledge, { ...options, onEvent });
  try {
    return await proveWith(request, { ...options, knowledge, reader });
  } catch (error) {
    const { from, isBackupNamed = from !== undefined, ofRepository } = request;
    throw withHintFor(error, { isRepository: ofRepository?.isAlone === false, isBackupNamed });
  } finally {
    await reader?.end();
    await knowledge.save();
  }
}

async function proveWith(request: PitrRequest, survey: ProveOptions): Promise<ProvedTarget> {
  const { knowledge, signal } = survey;
  const options = { signal };
  const { backups, unusable } = await backupsOf(request, options);
  const systemIdentifier = backups.find(({ facts }) => facts.systemIdentifier !== undefined)?.facts.systemIdentifier;
  const ours = backups.filter(
    ({ facts }) => facts.systemIdentifier === undefined || facts.systemIdentifier === systemIdentifier,
  );
  const { places, archive } = await placesOf(request, systemIdentifier, options);
  const from = earliestStart(ours);
  const named = await takeInventory(places, { ...options, from, knowledge });
  const wal = new BackupWal(ours, named, {
    ...survey,
    from,
    systemIdentifier: systemIdentifier ?? named?.systemIdentifier,
  });
  const identity = await identityOf({ backups: ours, wal }, survey);
  const target = await parseWithZone(request, identity, ours, options);
  const proved = await proveRecovery(
    {
      backups: ours,
      wal,
      generation: archive?.generation,
      target,
      supply: request.supply ?? (request.restoreCommand === undefined ? undefined : 'restore-command'),
      fetchesFrom: canFetch(request, archive) ? archive : undefined,
      outOfReach: request.ofRepository?.outOfReach,
      allWal: () => takeInventory(places, options),
      requirePause: request.requirePause,
      allowEndOfWal: request.allowEndOfWal ?? false,
    },
    survey,
  );
  const ownPlaces = await wal.placesOf(proved.backup);
  const usesBackupWal = proved.segments.some(({ found }) => ownPlaces.includes(found.place));
  refuseElsewhere(request, proved, archive);
  const passedOver = [...proved.passedOver, ...unusable];
  return { ...proved, passedOver, target, archive, usesBackupWal, historyFiles: proved.inventory.historyFiles };
}

/** A server runs a command on this host, which reads a directory, or opens the repository. */
function canFetch({ ofRepository }: PitrRequest, archive: ProvedTarget['archive']): boolean {
  return ofRepository === undefined ? archive?.directory !== undefined : ofRepository.outOfReach === undefined;
}

/** The wrapper fetches from the archive and from nowhere else. */
function refuseElsewhere(
  { restoreCommand, ofRepository }: PitrRequest,
  { supply, segments }: ProvedRecovery,
  archive: ProvedTarget['archive'],
): void {
  if (supply !== 'restore-command' || restoreCommand !== undefined) return;
  if (ofRepository?.outOfReach !== undefined) {
    const reason = ofRepository.outOfReach;
    throw new BackupError('USAGE', say('repository-wal.out-of-reach', { reason }), {
      hint: say('restore-recovery.not-in-archive.hint'),
    });
  }
  const stray = segments.find(({ found }) => found.place !== archive);
  if (stray === undefined) return;
  const values = { name: stray.name, from: stray.from };
  throw new BackupError('WAL_MISSING', say('restore-recovery.not-in-archive', values), {
    hint: say('restore-recovery.not-in-archive.hint'),
  });
}

async function backupsOf({ from, backups }: PitrRequest, options: StorageOptions): Promise<FoundBackups> {
  if (from !== undefined) {
    const place = typeof from === 'string' ? display(realDirectory(fromText(from))) : from;
    return { backups: [await openBackup(place, { ...options, depth: 'quick' })], unusable: [] };
  }
  const found = await findBackups(backups ?? [], { ...options, depth: 'quick' });
  const whole = found.backups.filter(({ facts }) => facts.label.incrementalFrom === undefined);
  if (whole.length > 0) return { ...found, backups: whole };
  const [incremental] = found.backups;
  if (incremental !== undefined) {
    throw new BackupError('BACKUP_NOT_FOUND', say('survey.only-incremental', { backup: incremental.name }), {
      hint: say('survey.only-incremental.hint'),
    });
  }
  const [damaged] = found.unusable;
  if (damaged !== undefined) throw new BackupError('CORRUPT', say('survey.none-usable', { ...damaged }));
  throw new BackupError('BACKUP_NOT_FOUND', say('survey.no-backup'), { hint: say('survey.no-backup.hint') });
}

interface Places {
  /** The archive first. */
  readonly places: readonly WalPlace[];
  readonly archive: ProvedTarget['archive'];
}

/** The places that were named. */
async function placesOf(
  { archive: named, generation, pruned, walFrom = [] }: PitrRequest,
  systemIdentifier: bigint | undefined,
  options: StorageOptions,
): Promise<Places> {
  let archive: ProvedTarget['archive'];
  if (named !== undefined) {
    [archive] = await openWalPlaces({ place: named, generation, one: true, systemIdentifier, pruned }, options);
  }
  const expected = systemIdentifier ?? archive?.source.systemIdentifier;
  const further: WalPlace[] = [];
  for (const place of walFrom) {
    const { storage, directory } = await openPlace(
      typeof place === 'string' && !isS3Place(place) ? realpathSync(place) : place,
    );
    further.push(await openPlainPlace(storage, directory, { ...options, systemIdentifier: expected }));
  }
  return { places: [...(archive === undefined ? [] : [archive]), ...further], archive };
}

function earliestStart(backups: readonly FoundBackup[]): Lsn | undefined {
  const starts = backups.map(({ facts }) => facts.label.startLsn);
  return starts.reduce<Lsn | undefined>(
    (least, start) => (least === undefined || start < least ? start : least),
    undefined,
  );
}

/** A time without zone is on the clocks of the backed-up server; its configuration is read only then. */
async function parseWithZone(
  { target }: PitrRequest,
  identity: Parameters<typeof capabilitiesOf>[0],
  backups: readonly FoundBackup[],
  { signal = new AbortController().signal }: StorageOptions,
): Promise<ParsedTarget> {
  const capabilities = capabilitiesOf(identity);
  try {
    return parseTarget(target, { capabilities, timezone: undefined });
  } catch (error) {
    if (!(error instanceof BackupError) || error.kind !== 'no-time-zone') throw error;
  }
  const newest = backups.toSorted((a, b) => (a.facts.label.startLsn < b.facts.label.startLsn ? 1 : -1))[0];
  const source = newest && (await openBackupSource(locationOf(newest), signal));
  const facts = await source?.facts({ identity: false, configuration: true, signal });
  const zone = facts?.configuration && timezoneOf(facts.configuration);
  return parseTarget(target, { capabilities, timezone: zone === undefined ? undefined : display(zone) });
}

/** The last one counts of postgresql.conf, what it includes, and the file of ALTER SYSTEM. */
function timezoneOf({ main, overriding, outside }: SourceConfiguration): ByteString | undefined {
  const placed = outside && placeConfiguration(outside);
  const texts = [placed?.main ?? main, ...(placed?.included.values() ?? []), overriding];
  const values = texts.map((text) => (text === undefined ? undefined : new SettingsFile(text).value('timezone')));
  return values.findLast((value) => value !== undefined);
}

/** Where a restore finds a backup. */
export function locationOf({ directory, storage, folder, name }: FoundBackup): BackupLocation {
  return directory === undefined ? { kind: 'storage', storage, folder } : { kind: 'directory', path: name };
}
