import type { BackupError } from '../errors/backup-error.ts';
import { isDamage } from '../packs/damage.ts';
import { holdBackup } from '../repository/hold-backup.ts';
import { decodeMark, marksFolder, parseMarkName } from '../repository/mark.ts';
import { removalObject } from '../repository/names.ts';
import { putIfAbsent, readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { cannotReplace } from './replace-object.ts';

/**
 * Copies what was said about backups: pins, notes, condemnations, and what takes them back, which names what it takes back and so counts in the target too.
 * @param isThere whether a backup is in the catalogue of the target, or about to be
 * @returns how many came
 */
export async function copyMarks(
  source: Storage,
  target: Storage,
  isThere: (backup: string) => boolean,
  { only, dryRun, ...options }: StorageOptions & { readonly only?: string; readonly dryRun?: boolean } = {},
): Promise<number> {
  const folder = only === undefined ? marksFolder : `${marksFolder}${only}/`;
  const known = new Set<string>();
  for await (const { name } of target.list(folder, options)) known.add(name);
  let copied = 0;
  for await (const { name } of source.list(folder, options)) {
    const mark = parseMarkName(name);
    if (mark === undefined || known.has(name) || !isThere(mark.backup)) continue;
    if (dryRun === true || (await copyMark(source, target, name, mark, options))) copied += 1;
  }
  return copied;
}

/** Half of the handshake: whoever pins looks for the removal afterwards, and takes the pin back (docs/design/repository.md). */
async function copyMark(
  source: Storage,
  target: Storage,
  name: string,
  mark: NonNullable<ReturnType<typeof parseMarkName>>,
  options: StorageOptions,
): Promise<boolean> {
  const bytes = await readSmallObject(source, name, options).catch(nothingIfDamaged);
  if (bytes === undefined || !isMark(bytes, mark)) return false;
  const isPut = await putIfAbsent(target, name, bytes, options);
  if (!isPut || (await target.stat(removalObject(mark.backup), options)) === undefined) return isPut;
  await target.delete(name, options);
  return false;
}

/** What cannot be read is told with the catalogue. */
function isMark(bytes: Buffer, mark: NonNullable<ReturnType<typeof parseMarkName>>): boolean {
  try {
    decodeMark(bytes, mark);
    return true;
  } catch (error) {
    nothingIfDamaged(error);
    return false;
  }
}

/**
 * Puts a mark of the target anew that cannot be read there, where the source has it: names of marks are never given twice. Until it is back a hold keeps its backup, as a pin may be missing meanwhile.
 * @returns whether it was
 * @throws BackupError `CORRUPT` where it cannot be deleted
 */
export async function mendMark(
  source: Storage,
  target: Storage,
  name: string,
  options: StorageOptions = {},
): Promise<boolean> {
  const mark = parseMarkName(name);
  const bytes = mark && (await readSmallObject(source, name, options).catch(nothingIfDamaged));
  if (mark === undefined || bytes === undefined || !isMark(bytes, mark)) return false;
  const hold = await holdBackup(target, mark.backup, options).catch(goneIfRemoved);
  if (hold === 'gone') return false;
  try {
    if (!(await isUnreadable(target, name, mark, options))) return false;
    await target.delete(name, options).catch(cannotReplace(name));
    return await copyMark(source, target, name, mark, options);
  } finally {
    await hold?.release().catch(() => undefined);
  }
}

function goneIfRemoved(error: BackupError): 'gone' {
  if (error.code === 'BACKUP_NOT_FOUND') return 'gone';
  throw error;
}

/** Of what is there and no regular file nobody knows what it is: it stays. */
async function isUnreadable(
  target: Storage,
  name: string,
  mark: NonNullable<ReturnType<typeof parseMarkName>>,
  options: StorageOptions,
): Promise<boolean> {
  if ((await target.stat(name, options)) === undefined) return false;
  try {
    const bytes = await readSmallObject(target, name, options);
    return bytes !== undefined && !isMark(bytes, mark);
  } catch (error) {
    nothingIfDamaged(error);
    return true;
  }
}

function nothingIfDamaged(error: unknown): undefined {
  if (isDamage(error)) return undefined;
  throw error;
}
