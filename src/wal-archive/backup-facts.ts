import { decompressDetected } from '../compression/decompress.ts';
import { BackupError } from '../errors/backup-error.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { readManifest } from '../manifest/reader.ts';
import { parseBackupLabel, type BackupLabel } from '../wal/backup-label.ts';
import { readControlFile } from '../server/control-file.ts';
import type { ServerFamily } from '../server/identity.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { readMembers } from '../tar/read-members.ts';
import type { Lsn } from '../wal/lsn.ts';
import { codecSuffixes } from './codec.ts';
import { damaged } from '../storage/sealed-json.ts';
import { readSmallObject } from '../storage/small-object.ts';

/** What a backup says about itself, read from it each time: no catalogue can be wrong about it. */
export interface BackupFacts {
  /** Folder in the storage: '' or ending in `/`. */
  readonly folder: string;
  readonly format: 'plain' | 'tar';
  readonly label: BackupLabel;
  /** From the manifest or pg_control; undefined where neither tells. */
  readonly systemIdentifier: bigint | undefined;
  /** Where the WAL that it needs ends; from the manifest only. */
  readonly stopLsn: Lsn | undefined;
  /** From pg_control; undefined where that was not read. */
  readonly family: ServerFamily | undefined;
  readonly segmentSizeBytes: number | undefined;
  /** From pg_control: where a backup of a standby is consistent. */
  readonly minRecoveryLsn: Lsn | undefined;
  /** From pg_control: tells the release. */
  readonly controlVersion: number | undefined;
}

export interface BackupFactsOptions extends StorageOptions {
  /**
   * How far to read. `label`: no further than the backup label, which says where its WAL begins. `all` (default): the
   * manifest, and pg_control even if it is the last member of a tar. `quick`: as `all`, but of a tar no further than the
   * label, unless the backup is of a standby and only pg_control tells where it is consistent.
   */
  readonly depth?: 'label' | 'quick' | 'all' | undefined;
}

/** Largest pg_control that is read, in bytes: the servers write 8192. */
const controlBytes = 8192;

/**
 * The folders of a folder that are backups: data directories or tar sets, of any tool. Others are passed over.
 * If the folder itself is one, it is the only one.
 */
export async function* findBackupFolders(
  storage: Storage,
  folder = '',
  options: StorageOptions = {},
): AsyncIterable<string> {
  if (await isBackup(storage, folder, options)) {
    yield folder;
    return;
  }
  for await (const child of storage.folders(folder, options)) {
    if (await isBackup(storage, child, options)) yield child;
  }
}

/** Files by which a folder is known as a backup: each has one of these. */
export const backupSigns: readonly string[] = [
  'backup_label',
  manifestFileName,
  ...codecSuffixes.map(([, suffix]) => `base.tar${suffix}`),
];

/** Whether anything there is as only a backup has it. */
export async function isBackup(storage: Storage, folder: string, options: StorageOptions): Promise<boolean> {
  for (const name of backupSigns) if ((await storage.stat(folder + name, options)) !== undefined) return true;
  return false;
}

/**
 * @throws BackupError `CORRUPT` when it cannot be read; `BACKUP_NOT_FOUND` when it has no backup label: without one a server
 * would recover it from the wrong place
 */
export async function readBackupFacts(
  storage: Storage,
  folder: string,
  options: BackupFactsOptions = {},
): Promise<BackupFacts> {
  const { depth = 'all', signal } = options;
  const plain = await readSmallObject(storage, `${folder}backup_label`, { signal });
  const tar = plain === undefined ? await findBaseTar(storage, folder, { signal }) : undefined;
  const read = (wantsControl: boolean): Promise<LabelAndControl> =>
    tar === undefined
      ? readFromDirectory(storage, folder, plain, wantsControl, { signal })
      : readFromTar(storage, tar, wantsControl, { signal });
  const manifest = depth === 'label' ? undefined : await readManifestFacts(storage, folder, { signal });
  let found = await read(depth === 'all' || (depth === 'quick' && tar === undefined));
  if (found.label === undefined) {
    throw new BackupError('BACKUP_NOT_FOUND', { key: 'archive.no-label', parameters: { name: folder } });
  }
  const label = parseBackupLabel(found.label.toString('utf8'));
  const needsControl = label.from === 'standby' && manifest?.stopLsn === undefined;
  if (depth === 'quick' && found.control === undefined && needsControl) found = await read(true);
  const control = found.control && readControlFile(found.control);
  return {
    folder,
    format: tar === undefined ? 'plain' : 'tar',
    label,
    systemIdentifier: manifest?.systemIdentifier ?? control?.systemIdentifier,
    stopLsn: manifest?.stopLsn,
    family: control?.family,
    segmentSizeBytes: control?.walSegmentSizeBytes,
    minRecoveryLsn: control?.minRecoveryPoint,
    controlVersion: control?.controlVersion,
  };
}

interface LabelAndControl {
  readonly label: Buffer | undefined;
  readonly control: Buffer | undefined;
}

async function readFromDirectory(
  storage: Storage,
  folder: string,
  label: Buffer | undefined,
  wantsControl: boolean,
  options: StorageOptions,
): Promise<LabelAndControl> {
  const control = wantsControl ? await readSmallObject(storage, `${folder}global/pg_control`, options) : undefined;
  return { label, control };
}

async function findBaseTar(storage: Storage, folder: string, options: StorageOptions): Promise<string | undefined> {
  for (const [, suffix] of codecSuffixes) {
    const name = `${folder}base.tar${suffix}`;
    if ((await storage.stat(name, options)) !== undefined) return name;
  }
  return undefined;
}

async function readFromTar(
  storage: Storage,
  name: string,
  wantsControl: boolean,
  options: StorageOptions,
): Promise<LabelAndControl> {
  let label: Buffer | undefined;
  let control: Buffer | undefined;
  const source = decompressDetected(storage.get(name, options), options);
  for await (const { header, content } of readMembers(source, 'detect', { ...options, terminated: false })) {
    if (header.name === 'backup_label') label = await collect(content, 64 * 1024, name);
    if (header.name === 'global/pg_control') control = await collect(content, controlBytes, name);
    if (label !== undefined && (control !== undefined || !wantsControl)) break;
  }
  return { label, control };
}

async function collect(content: AsyncIterable<Uint8Array>, limit: number, name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    if (size > limit) throw damaged(name);
    pieces.push(Buffer.from(piece));
  }
  return Buffer.concat(pieces);
}

async function readManifestFacts(
  storage: Storage,
  folder: string,
  { signal }: StorageOptions,
): Promise<{ systemIdentifier: bigint | undefined; stopLsn: Lsn | undefined } | undefined> {
  const name = folder + manifestFileName;
  if ((await storage.stat(name, { signal })) === undefined) return undefined;
  const { systemIdentifier, walRanges } = await readManifest(storage.get(name, { signal }), signal ? { signal } : {});
  let stopLsn: Lsn | undefined;
  for (const { endLsn } of walRanges) if (stopLsn === undefined || endLsn > stopLsn) stopLsn = endLsn;
  return { systemIdentifier, stopLsn };
}
