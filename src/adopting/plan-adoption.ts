import { identityName } from '../wal-archive/archive-identity.ts';
import type { Archive } from '../wal-archive/archive.ts';
import { walFolder } from '../wal-archive/archive-wal.ts';
import { generationFolder } from '../wal-archive/generation.ts';
import { openFolder } from '../wal-archive/open-folder.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { compareGenerations, compareHistories } from './compare-archives.ts';
import { checkLinks, compareFolder } from './compare-segments.ts';
import { segmentFolders } from '../wal-archive/segment-folder.ts';

/** A segment that a receiver is at: it grows, or is about to be stored. */
export interface LeftBehind {
  readonly name: string;
  /** Of the object in the archive. */
  readonly storedName: string;
  readonly isGrowing: boolean;
}

/** What an adoption would do, as far as it can be known before. */
export interface AdoptionPlan {
  /** Of all objects that the other archive lacks. */
  readonly missingBytes: number;
  readonly left: readonly LeftBehind[];
  /** Names that are none of an archive; a folder ends in `/`. */
  readonly unknown: readonly string[];
}

/**
 * Compares all that both archives have. Nothing is written.
 * @param before what the instance has
 * @throws BackupError as `adoptArchive`
 */
export async function planAdoption(
  source: Archive,
  before: { readonly archive: Archive; readonly hasIdentity: boolean } | undefined,
  options: StorageOptions,
): Promise<AdoptionPlan> {
  const target = before?.archive;
  const { ofSource, ofTarget } = await compareGenerations(source, target, before?.hasIdentity === true, options);
  const left: LeftBehind[] = [];
  const unknown = await strangers(source, '', isOfArchive, options);
  let missingBytes = 0;
  for (const { number: generation } of ofSource) {
    const archives = { source, target, generations: ofTarget, generation };
    const histories = await compareHistories(source, target, generation, options);
    unknown.push(...histories.unknown);
    unknown.push(...(await strangers(source, generationFolder(generation), isOfGeneration, options)));
    const { folders, unknown: others } = await segmentFolders(source.storage, walFolder(generation), options);
    unknown.push(...others);
    for (const folder of folders) {
      const compared = await compareFolder(archives, folder, options);
      await checkLinks(archives, compared, options);
      unknown.push(...compared.unknown);
      missingBytes += compared.missing.reduce((sum, { data }) => sum + (data[0]?.sizeBytes ?? 0), 0);
    }
    left.push(...(await openSegments(source, generation, options)));
  }
  return { missingBytes, left, unknown };
}

const isOfArchive = (name: string): boolean =>
  [identityName, 'holds/'].includes(name) || name === 'generations/' || name.startsWith('.') || name === 'lost+found/';

const isOfGeneration = (name: string): boolean =>
  ['generation.json', 'closed.json', 'wal/', 'open/', 'gaps/'].includes(name);

/** What lies directly in a folder and is none of an archive. */
async function strangers(
  { storage }: Archive,
  folder: string,
  isKnown: (name: string) => boolean,
  options: StorageOptions,
): Promise<string[]> {
  const found: string[] = [];
  for await (const { name } of storage.list(folder, { ...options, recursive: false })) found.push(name);
  for await (const name of storage.folders(folder, options)) found.push(name);
  return found.filter((name) => !isKnown(name.slice(folder.length)));
}

async function openSegments({ storage }: Archive, generation: number, options: StorageOptions): Promise<LeftBehind[]> {
  const folder = openFolder(generation);
  const left: LeftBehind[] = [];
  for await (const { name: storedName } of storage.list(folder, { ...options, recursive: false })) {
    const file = parseWalFileName(storedName.slice(folder.length));
    if (file?.kind !== 'segment' && file?.kind !== 'partial') continue;
    left.push({ name: file.name, storedName, isGrowing: file.kind === 'partial' });
  }
  return left;
}
