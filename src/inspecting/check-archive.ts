import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Catalogue } from '../repository/catalogue.ts';
import type { Instance } from '../repository/instance.ts';
import { openPlace } from '../storage/place.ts';
import type { Storage, StorageOptions, StoredObject } from '../storage/storage.ts';
import { identityName } from '../wal-archive/archive-identity.ts';
import { findArchive, readGenerations, type Archive } from '../wal-archive/archive.ts';
import { walFolder } from '../wal-archive/archive-wal.ts';
import { readGaps } from '../wal-archive/gaps.ts';
import { closedName, generationFolder, generationName } from '../wal-archive/generation.ts';
import { openFiles, openFolder } from '../wal-archive/open-folder.ts';
import { segmentFolders } from '../wal-archive/segment-folder.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import { checkSegments, type SegmentBefore } from './check-segments.ts';
import type { Findings } from './finding.ts';

/** The form of the WAL archive of an instance: identity, generations, receipts and what they are about. Of WAL no more is read than the first page of a segment without a receipt. */
export async function checkArchiveForm(
  instance: Instance,
  { backups }: Catalogue,
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  const storage = await openWal(instance);
  if (storage === undefined) {
    findings.note('wal/', say('repo-check.no-wal'));
    return;
  }
  const archive = await readArchive(storage, backups.length > 0, findings, options);
  if (archive === undefined) return;
  const { systemIdentifier: actual } = archive.identity;
  const expected = instance.identity?.systemIdentifier ?? actual;
  if (actual !== expected) {
    const words = { expected, actual };
    findings.damage(
      `wal/${identityName}`,
      say('repo-check.other-archive', words),
      say('repo-check.other-archive.action'),
    );
  }
  const numbers = new Set<number>();
  try {
    for (const { number } of await readGenerations(archive, options)) numbers.add(number);
  } catch (error) {
    findings.unreadable('wal/generations/', error, say('repo-check.put-back.action'));
    return;
  }
  await checkTop(archive, numbers, findings, options);
  for (const number of numbers) await checkGeneration(archive, number, findings, options);
  for (const { commit } of backups) {
    if (numbers.has(commit.generation)) continue;
    const words = { name: commit.name, generation: commit.generation };
    findings.damage(commit.name, say('repo-check.no-generation', words), say('repo-check.put-back.action'));
  }
}

async function openWal({ wal }: Instance): Promise<Storage | undefined> {
  try {
    return (await openPlace(wal)).storage;
  } catch (error) {
    if (error instanceof BackupError && error.code === 'REPOSITORY_NOT_FOUND') return undefined;
    throw error;
  }
}

async function readArchive(
  storage: Storage,
  hasBackups: boolean,
  findings: Findings,
  options: StorageOptions,
): Promise<Archive | undefined> {
  const identity = `wal/${identityName}`;
  try {
    const archive = await findArchive(storage, options);
    if (archive !== undefined) return archive;
  } catch (error) {
    findings.unreadable(identity, error, say('repo-check.put-back.action'));
    return undefined;
  }
  if (await isEmpty(storage, options)) findings.note('wal/', say('repo-check.no-wal'));
  else if (hasBackups) {
    // What an adoption into a new instance leaves where it is interrupted has no backups.
    findings.damage(identity, say('repo-check.lost-identity'), say('repo-check.put-back.action'));
  } else findings.warn(identity, say('repo-check.no-archive'), say('repo-check.no-archive.action'));
  return undefined;
}

async function isEmpty(storage: Storage, options: StorageOptions): Promise<boolean> {
  for await (const _ of storage.list('', options)) return false;
  return true;
}

/** What lies beside the generations, and folders of generations that are none. */
async function checkTop(
  { storage }: Archive,
  numbers: ReadonlySet<number>,
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  const isKnown = (name: string): boolean =>
    [identityName, 'generations/', 'holds/'].includes(name) || name.startsWith('.');
  await tellStrangers(storage, '', isKnown, findings, options);
  for await (const object of storage.list('holds/', options)) listed(object, findings);
  for await (const folder of storage.folders('generations/', options)) {
    const number = Number(/^generations\/([1-9][0-9]{0,8})\/$/.exec(folder)?.[1]);
    if (numbers.has(number)) continue;
    findings.warn(`wal/${folder}`, say('repo-check.half-generation'), say('repo-check.half-generation.action'));
  }
}

async function checkGeneration(
  { storage, identity }: Archive,
  generation: number,
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  const folder = generationFolder(generation);
  const wal = walFolder(generation);
  const own = [generationName(generation), closedName(generation), wal, openFolder(generation), `${folder}gaps/`];
  await tellStrangers(storage, folder, (name) => own.includes(name), findings, options);
  const isHistory = (name: string): boolean => {
    const kind = parseWalFileName(name.slice(wal.length))?.kind;
    return kind === 'history' || kind === 'backup-history' || /^[0-9A-F]{16}\/$/.test(name.slice(wal.length));
  };
  await tellStrangers(storage, wal, isHistory, findings, options);
  const { folders } = await segmentFolders(storage, wal, options);
  let before: SegmentBefore | undefined;
  for (const one of folders)
    before = await checkSegments({ storage, identity, generation, folder: one, before }, findings, options);
  await checkGaps(storage, generation, findings, options);
  for await (const object of storage.list(openFolder(generation), options)) listed(object, findings);
  const open = await openFiles(storage, generation, options);
  if (open.length > 0) {
    findings.note(`wal/${openFolder(generation)}`, say('repo-check.open', { count: open.length }));
  }
}

/** Records of WAL that a server no longer had: readers pass over those that they cannot read. */
async function checkGaps(
  storage: Storage,
  generation: number,
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  const names: string[] = [];
  for await (const object of storage.list(`${generationFolder(generation)}gaps/`, options)) {
    listed(object, findings);
    names.push(object.name);
  }
  const readable = new Set((await readGaps(storage, generation, options)).map(({ storedName }) => storedName));
  for (const name of names.filter((one) => !readable.has(one))) {
    findings.warn(`wal/${name}`, say('repo-check.gap-record'), say('repo-check.put-back.action'));
  }
}

function listed(object: StoredObject, findings: Findings): void {
  findings.listed({ ...object, name: `wal/${object.name}` });
}

/** What lies directly in a folder and is none of an archive. */
async function tellStrangers(
  storage: Storage,
  folder: string,
  isKnown: (name: string) => boolean,
  findings: Findings,
  options: StorageOptions,
): Promise<void> {
  const found: string[] = [];
  for await (const object of storage.list(folder, { ...options, recursive: false })) {
    listed(object, findings);
    found.push(object.name);
  }
  for await (const name of storage.folders(folder, options)) found.push(name);
  for (const name of found.filter((one) => !isKnown(one))) {
    findings.warn(
      `wal/${name}`,
      say('repo-check.stranger', { name: `wal/${name}` }),
      say('repo-check.stranger.action'),
    );
  }
}
