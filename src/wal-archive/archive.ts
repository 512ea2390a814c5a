import { randomBytes } from 'node:crypto';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { placeWords } from '../messages/place-words.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { decodeIdentity, encodeIdentity, identityName, type ArchiveIdentity } from './archive-identity.ts';
import {
  closedName,
  decodeGeneration,
  encodeClosed,
  encodeGeneration,
  generationName,
  generationNumbers,
  type Generation,
} from './generation.ts';
import { noArchive } from './no-archive.ts';
import { damaged, damagedIn } from '../storage/sealed-json.ts';
import { putIfAbsent, readSmallObject } from '../storage/small-object.ts';

/** A WAL archive that was opened: its identity was there and is sound. */
export interface Archive {
  readonly storage: Storage;
  readonly identity: ArchiveIdentity;
}

/** What the first push knows about the instance. */
export type InstanceFacts = Pick<ArchiveIdentity, 'systemIdentifier' | 'product' | 'walMagic' | 'segmentSizeBytes'>;

/** The archive in `storage`, or undefined when it holds no identity. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export async function findArchive(storage: Storage, options: StorageOptions = {}): Promise<Archive | undefined> {
  try {
    const bytes = await readSmallObject(storage, identityName, options);
    return bytes && { storage, identity: decodeIdentity(bytes) };
  } catch (error) {
    throw damagedIn(error, { archive: storage.description }, say('archive.damaged-identity.hint'));
  }
}

/** As `findArchive`. @throws BackupError `REPOSITORY_NOT_FOUND` when there is none */
export async function openArchive(storage: Storage, options: StorageOptions = {}): Promise<Archive> {
  const archive = await findArchive(storage, options);
  if (archive !== undefined) return archive;
  throw noArchive(storage);
}

export interface InitOptions extends StorageOptions {
  /** Called before an empty storage becomes an archive, with what it would be of: its rejection keeps it from that. */
  readonly beforeCreation?: ((facts: InstanceFacts) => Promise<void>) | undefined;
  /** Why there is an archive, for people. */
  readonly reason?: string | undefined;
}

/**
 * Opens the archive in `storage`, or makes an empty storage one, with generation 1. Many at once make one archive.
 * @throws BackupError `REPOSITORY_NOT_FOUND` when other things are in it; `SYSTEM_MISMATCH` as `checkInstance`
 */
export async function initArchive(storage: Storage, facts: InstanceFacts, options: InitOptions = {}): Promise<Archive> {
  let archive = await findArchive(storage, options);
  if (archive === undefined) {
    await refuseForeign(storage, options);
    await options.beforeCreation?.(facts);
    const { systemIdentifier, product, walMagic, segmentSizeBytes } = facts;
    const identity = {
      archive: randomBytes(16).toString('hex'),
      systemIdentifier,
      product,
      walMagic,
      segmentSizeBytes,
    };
    await putIfAbsent(storage, identityName, encodeIdentity({ ...identity, createdAt: now() }), options);
    // Another first push may have been quicker: what counts is what is there.
    archive = await openArchive(storage, options);
  }
  checkInstance(archive, facts);
  if ((await readSmallObject(storage, generationName(1), options)) === undefined) {
    const { reason = 'first push' } = options;
    const first = { number: 1, parent: undefined, forkLsn: undefined, createdAt: now(), reason };
    await putIfAbsent(storage, generationName(1), encodeGeneration(first), options);
  }
  return archive;
}

/** Refuses to make a storage an archive that holds other things. @throws BackupError `REPOSITORY_NOT_FOUND` */
export async function refuseForeign(storage: Storage, options: StorageOptions = {}): Promise<void> {
  const found = await firstForeignName(storage, options);
  if (found === undefined) return;
  throw new BackupError(
    'REPOSITORY_NOT_FOUND',
    say('archive.not-empty', { storage: placeWords(storage.description), found }),
    {
      hint: say('archive.not-empty.hint'),
    },
  );
}

/** Something in a storage that is neither ours nor of the file system (`lost+found`, `.snapshot`, …). */
async function firstForeignName(storage: Storage, options: StorageOptions): Promise<string | undefined> {
  const harmless = (name: string): boolean => name.startsWith('.') || name === 'lost+found/' || name === identityName;
  for await (const { name } of storage.list('', { ...options, recursive: false })) if (!harmless(name)) return name;
  for await (const name of storage.folders('', options)) {
    if (!harmless(name) && !(name === 'generations/' && (await isReceivers(storage, options)))) return name;
  }
  return undefined;
}

/** Whether the generations are what a receiver makes before the first WAL arrives: its folder, and what it noted of gaps. */
async function isReceivers(storage: Storage, options: StorageOptions): Promise<boolean> {
  for await (const { name } of storage.list('generations/', options)) {
    if (!/^generations\/1\/(?:open\/\.gausskeep\.lock[^/]*|gaps\/[^/]+\.json)$/.test(name)) return false;
  }
  return true;
}

/** @throws BackupError `SYSTEM_MISMATCH` when the archive holds the WAL of another instance */
export function checkInstance(archive: Archive, facts: Partial<InstanceFacts>): void {
  for (const member of ['systemIdentifier', 'product', 'segmentSizeBytes'] as const) {
    const [expected, actual] = [archive.identity[member], facts[member]];
    if (actual === undefined || actual === expected) continue;
    throw new BackupError('SYSTEM_MISMATCH', say(`archive.other-${member}`, { expected, actual }), {
      hint: say('archive.other.hint'),
      context: { archive: archive.storage.description },
    });
  }
}

/** All generations, by number. */
export async function readGenerations(archive: Archive, options: StorageOptions = {}): Promise<Generation[]> {
  const generations: Generation[] = [];
  for await (const number of generationNumbers(archive.storage, options)) {
    const generation = await readGeneration(archive.storage, number, options);
    if (generation !== undefined) generations.push(generation);
  }
  return generations.sort((a, b) => a.number - b.number);
}

/** Undefined: there is only a folder of that number. @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export async function readGeneration(
  storage: Storage,
  number: number,
  options: StorageOptions = {},
): Promise<Generation | undefined> {
  const bytes = await readSmallObject(storage, generationName(number), options);
  if (bytes === undefined) return undefined;
  const closed = (await storage.stat(closedName(number), options)) !== undefined;
  return decodeGeneration(bytes, number, closed);
}

/**
 * The generation that a command works on: the one named, else the only open one; to read, the only one at all will do.
 * @throws BackupError `USAGE`
 */
export function chooseGeneration(
  generations: readonly Generation[],
  named: number | undefined,
  to: 'push' | 'read',
): Generation {
  const hint = say('archive.generations.hint', { list: generations.map(describeGeneration).join('; ') });
  const fail = (key: 'archive.unknown-generation' | 'archive.closed-generation', generation: number): BackupError =>
    new BackupError('USAGE', say(key, { generation }), { hint, context: { generation } });
  if (named !== undefined) {
    const found = generations.find(({ number }) => number === named);
    if (found === undefined) throw fail('archive.unknown-generation', named);
    if (to === 'push' && found.closed) throw fail('archive.closed-generation', named);
    return found;
  }
  const open = generations.filter(({ closed }) => !closed);
  const candidates = to === 'read' && open.length === 0 ? generations : open;
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  throw new BackupError('USAGE', say('archive.which-generation', { open: open.length }), { hint });
}

function describeGeneration({ number, parent, forkLsn, closed }: Generation): string {
  const origin = parent === undefined || forkLsn === undefined ? '' : ` (from ${parent} at ${formatLsn(forkLsn)})`;
  return `${number}${origin}${closed ? ', closed' : ''}`;
}

export interface NewGeneration {
  readonly parent: number;
  /** First byte of WAL that differs from the parent's. */
  readonly forkLsn: Lsn;
  readonly reason: string;
}

/** Opens the next generation. Two at once get two numbers. @throws BackupError `USAGE` when there is no such parent */
export async function openGeneration(
  archive: Archive,
  { parent, forkLsn, reason }: NewGeneration,
  options: StorageOptions = {},
): Promise<Generation> {
  const generations = await readGenerations(archive, options);
  chooseGeneration(generations, parent, 'read');
  for (let number = (generations.at(-1)?.number ?? 0) + 1; ; number += 1) {
    const generation = { number, parent, forkLsn, createdAt: now(), reason };
    const created = await putIfAbsent(archive.storage, generationName(number), encodeGeneration(generation), options);
    if (created) return { ...generation, closed: false };
  }
}

/** Closes a generation: what was pushed into it stays readable. That it is closed already is no error. */
export async function closeGeneration(
  archive: Archive,
  number: number,
  reason: string,
  options: StorageOptions = {},
): Promise<void> {
  chooseGeneration(await readGenerations(archive, options), number, 'read');
  await putIfAbsent(archive.storage, closedName(number), encodeClosed(number, now(), reason), options);
}

/** Takes a closing back. That the generation is open is no error. */
export async function reopenGeneration(archive: Archive, number: number, options: StorageOptions = {}): Promise<void> {
  chooseGeneration(await readGenerations(archive, options), number, 'read');
  await archive.storage.delete(closedName(number), options);
}

/** A generation and those it inherits from, with the position up to which each counts (exclusive). */
export interface LineagePart {
  readonly generation: number;
  readonly end: Lsn | undefined;
}

/** From the generation itself up to its oldest ancestor. */
export function lineageOf(generations: readonly Generation[], number: number): LineagePart[] {
  const parts: LineagePart[] = [];
  let end: Lsn | undefined;
  for (let next: number | undefined = number; next !== undefined;) {
    const generation = generations.find((one) => one.number === next);
    if (generation === undefined) throw damaged(generationName(next));
    parts.push({ generation: generation.number, end });
    const { parent, forkLsn } = generation;
    if (forkLsn !== undefined && (end === undefined || forkLsn < end)) end = forkLsn;
    next = parent;
  }
  return parts;
}

function now(): string {
  return new Date().toISOString();
}
