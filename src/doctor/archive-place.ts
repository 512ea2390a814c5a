import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { optionOfCommand, wordsOfCommand } from '../checks/archive-command-words.ts';
import type { ArchivePlaceFacts } from '../checks/archive-place-checks.ts';
import { BackupError, reasonFor } from '../errors/backup-error.ts';
import { freeSpace } from '../files/free-space.ts';
import { say } from '../messages/message.ts';
import type { SystemIdentity } from '../replication/identify.ts';
import { openPlace, type Place } from '../storage/place.ts';
import type { Storage } from '../storage/storage.ts';
import { isS3Place, shownPlace } from '../storage/s3/location.ts';
import { openWalPlaces } from '../survey/wal-place.ts';
import { refuseForeign } from '../wal-archive/archive.ts';
import { segmentEnd } from '../wal-archive/wal-file-name.ts';
import type { WalSource } from '../wal-archive/wal-source.ts';
import { parseSegmentName } from '../wal/segment.ts';

/** Where a server archives, as far as its settings tell. */
export interface ArchivePlace {
  /** Absolute; or a place in an object store; with `open` for people only. */
  readonly path: string;
  readonly generation: number | undefined;
  /** Opens that of an instance of a repository. @throws BackupError why nothing can be archived there (`REPOSITORY_NOT_FOUND`, `BACKUP_NOT_FOUND`), or it cannot be looked at */
  readonly open?: (() => Promise<OpenedArchive>) | undefined;
}

export interface OpenedArchive {
  readonly place: Place;
  /** A directory of this host in whose file system it lies; undefined: it lies elsewhere. */
  readonly directory: string | undefined;
  /** Of the instance that it belongs to. */
  readonly systemIdentifier: bigint;
}

/**
 * The directory in an archive_command: that of `--archive`, else the one that `%f` is put into. Undefined for everything that is not
 * plainly to be seen, such as a script.
 */
export function placeOfCommand(command: string): ArchivePlace | undefined {
  const words = wordsOfCommand(command);
  const generation = optionOfCommand(words, '--generation');
  const named = optionOfCommand(words, '--archive');
  const target = words.findLast((word) => word.endsWith('/%f'));
  const path = named ?? (target === undefined ? undefined : dirname(target));
  if (path?.startsWith('/') !== true || /[$`%]/.test(path)) return undefined;
  return { path, generation: generation === undefined ? undefined : Number(generation) };
}

/**
 * Looks at a place with WAL: room where it is a directory, whose WAL, and whether it has more of the timeline than the server.
 * @param isNamed to us; else a server of this host names it
 * @param askPosition what the server has written, asked once the archive was read: what comes meanwhile is no more than that
 */
export async function lookAtArchive(
  archive: ArchivePlace,
  askPosition: () => Promise<SystemIdentity | undefined>,
  { isNamed, signal }: { readonly isNamed: boolean; readonly signal: AbortSignal | undefined },
): Promise<{ readonly facts: ArchivePlaceFacts; readonly position: SystemIdentity | undefined }> {
  const options = signal === undefined ? {} : { signal };
  const { generation, open } = archive;
  const path = open === undefined ? shownPlace(archive.path) : archive.path;
  const facts = {
    path,
    unread: undefined,
    clockOffMs: undefined,
    freeBytes: undefined,
    systemIdentifier: undefined,
    ahead: undefined,
    unusable: undefined,
  };
  let storage: Storage | undefined;
  let of: OpenedArchive | undefined;
  try {
    of = await open?.();
    const place = of?.place ?? archive.path;
    if (typeof place !== 'string' || isS3Place(place)) ({ storage } = await openPlace(place, options));
    const [opened] = await openWalPlaces({ place: storage ?? place, generation, one: true }, options);
    const freeBytes = await roomOf(archive, of);
    const source = opened?.source;
    const names = source === undefined ? [] : await segmentsOf(source, options);
    const position = await askPosition();
    const { systemIdentifier = of?.systemIdentifier } = source ?? {};
    const ahead = source && position && (await aheadOf(source, names, position, options));
    return { facts: { ...facts, clockOffMs: storage?.clockOffMs, freeBytes, systemIdentifier, ahead }, position };
  } catch (error) {
    signal?.throwIfAborted();
    const unusable =
      ofWords(error, archive, isNamed) ??
      (open === undefined ? await whyUnusable(archive.path, error, options) : ofNothing(error, archive, of));
    const { clockOffMs } = storage ?? {};
    if (unusable !== undefined) return { facts: { ...facts, clockOffMs, unusable }, position: undefined };
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') {
      // Nothing was archived yet.
      const freeBytes = await roomOf(archive, of);
      const { systemIdentifier } = of ?? {};
      return { facts: { ...facts, clockOffMs, freeBytes, systemIdentifier }, position: await askPosition() };
    }
    const unread = say('doctor.archive-owner.unread', { path, reason: reasonFor(error) });
    return { facts: { ...facts, unread }, position: undefined };
  }
}

/** In bytes; a store does not say how much it has. */
async function roomOf({ path }: ArchivePlace, of: OpenedArchive | undefined): Promise<bigint | undefined> {
  const directory = of === undefined ? path : of.directory;
  if (directory === undefined || isS3Place(directory)) return undefined;
  return (await freeSpace(fromText(directory), 'server')).freeBytes;
}

/** Why no WAL can be archived by the words that name the place: no such generation, or, said by a server of this host, no credentials in the file. */
function ofWords(error: unknown, { generation }: ArchivePlace, isNamed: boolean): ArchivePlaceFacts['unusable'] {
  if (!(error instanceof BackupError)) return undefined;
  const isGeneration = error.code === 'USAGE' && generation !== undefined && error.context['generation'] === generation;
  const fix = isGeneration ? say('doctor.archive-owner.generation.fix') : error.hint;
  const isFile = !isNamed && error.kind === 'no-credentials-file';
  return isGeneration || isFile ? { reason: error.sentence, isDirectory: false, fix } : undefined;
}

/** Why no WAL can be archived into an instance of a repository: there is no repository, or nothing was stored of the instance yet. */
function ofNothing(
  error: unknown,
  { path }: ArchivePlace,
  of: OpenedArchive | undefined,
): ArchivePlaceFacts['unusable'] {
  if (of !== undefined || !(error instanceof BackupError)) return undefined;
  if (error.code !== 'REPOSITORY_NOT_FOUND' && error.code !== 'BACKUP_NOT_FOUND') return undefined;
  // In a store there is no directory to be made.
  const ofStore = isS3Place(path) ? error.hint : undefined;
  const fix = error.code === 'BACKUP_NOT_FOUND' ? say('repository-wal.doctor-no-instance') : ofStore;
  return { reason: error.sentence, isDirectory: false, fix };
}

/**
 * Why no WAL can be archived there, as `wal push` refuses it: no such directory, no directory, or one without WAL in which other things are.
 * @param error of the attempt to read WAL there
 */
async function whyUnusable(place: string, error: unknown, options: Options): Promise<ArchivePlaceFacts['unusable']> {
  if (!(error instanceof BackupError) || error.code !== 'REPOSITORY_NOT_FOUND') return undefined;
  let storage: Storage | undefined;
  try {
    ({ storage } = await openPlace(place, options));
    await refuseForeign(storage, options);
    return undefined;
  } catch (refusal) {
    if (!(refusal instanceof BackupError) || refusal.code !== 'REPOSITORY_NOT_FOUND') return undefined;
    // A store was opened already: what is refused there is what lies in it.
    const isDirectory = isS3Place(place)
      ? storage !== undefined
      : await stat(place).then(
          (found) => found.isDirectory(),
          () => false,
        );
    return { reason: refusal.sentence, isDirectory, fix: isS3Place(place) ? refusal.hint : undefined };
  }
}

type Options = { readonly signal?: AbortSignal };

/** Whole segments, by name. */
async function segmentsOf(source: WalSource, options: Options): Promise<string[]> {
  const names: string[] = [];
  const isKnown = (): Promise<boolean> => Promise.resolve(true);
  for await (const { file, isOpen, isUnsound } of source.list({ ...options, isKnown })) {
    if (file.kind === 'segment' && isOpen !== true && isUnsound !== true) names.push(file.name);
  }
  return names;
}

/** The newest segment of the server's timeline that ends behind what the server has written. */
async function aheadOf(
  source: WalSource,
  names: readonly string[],
  { timeline, flushLsn }: SystemIdentity,
  options: Options,
): Promise<string | undefined> {
  const { segmentSizeBytes } = source;
  const later = names.filter((name) => {
    const end = segmentEnd(name, segmentSizeBytes);
    return end !== undefined && end > flushLsn && parseSegmentName(name, segmentSizeBytes)?.timeline === timeline;
  });
  // A file that is only named so is none.
  for (const name of later.reverse()) if ((await source.find(name, options)) !== undefined) return name;
  return undefined;
}
