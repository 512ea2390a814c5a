import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { checkInstance, readGenerations, type Archive } from '../wal-archive/archive.ts';
import { largestHistoryBytes, walFolder } from '../wal-archive/archive-wal.ts';
import type { Generation } from '../wal-archive/generation.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { conflict } from './compare-segments.ts';

/**
 * Refuses what cannot be one archive: other servers, or generations that are not the same lines of WAL.
 * @param hasIdentity the target is an archive, and not what an adoption left that did not come to its end
 * @param options `readable`: those of the target, where others of it are about to be put anew
 * @throws BackupError `SYSTEM_MISMATCH`, `OBJECT_EXISTS`
 */
export async function compareGenerations(
  source: Archive,
  target: Archive | undefined,
  hasIdentity: boolean,
  { readable, ...options }: StorageOptions & { readonly readable?: readonly Generation[] | undefined },
): Promise<{ readonly ofSource: readonly Generation[]; readonly ofTarget: readonly Generation[] }> {
  const ofSource = await readGenerations(source, options);
  if (target === undefined) return { ofSource, ofTarget: [] };
  checkInstance(target, source.identity);
  const ofTarget = readable ?? (await readGenerations(target, options));
  const isOther = target.identity.archive !== source.identity.archive;
  for (const { number, parent, forkLsn } of ofSource) {
    const there = ofTarget.find((one) => one.number === number);
    // An archive that was begun by itself gave its first number to whatever line the server was on then.
    const isUnknown = there === undefined && hasIdentity && isOther;
    const isSame = there === undefined || (there.parent === parent && there.forkLsn === forkLsn);
    if (isSame && !isUnknown) continue;
    throw new BackupError('OBJECT_EXISTS', say('adopt.other-generations', { generation: number }), {
      hint: say('adopt.conflict.hint'),
      context: { archive: target.storage.description },
    });
  }
  return { ofSource, ofTarget };
}

/** Small files of a generation that the other archive lacks, and what is none of an archive. */
export interface ComparedHistories {
  readonly missing: readonly { readonly name: string; readonly sizeBytes: number }[];
  readonly unknown: readonly string[];
}

/** Compares history and backup history files. @throws BackupError `OBJECT_EXISTS` when one has other content there */
export async function compareHistories(
  source: Archive,
  target: Archive | undefined,
  generation: number,
  options: StorageOptions,
): Promise<ComparedHistories> {
  const folder = walFolder(generation);
  const missing: { name: string; sizeBytes: number }[] = [];
  const unknown: string[] = [];
  for await (const { name, sizeBytes } of source.storage.list(folder, { ...options, recursive: false })) {
    const kind = parseWalFileName(name.slice(folder.length))?.kind;
    if (kind !== 'history' && kind !== 'backup-history') {
      unknown.push(name);
      continue;
    }
    const read = ({ storage }: Archive) => readSmallObject(storage, name, { ...options, limit: largestHistoryBytes });
    const there = target && (await read(target));
    if (there === undefined) missing.push({ name, sizeBytes });
    else if ((await read(source))?.equals(there) !== true)
      throw conflict(name.slice(folder.length), generation, target);
  }
  return { missing, unknown };
}
