import { createHash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { display } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { openContent, type ContentReader } from '../packs/content-reader.ts';
import { missingPacks } from '../packs/missing-packs.ts';
import type { FileRecord } from '../packs/record.ts';
import { readCatalogue, type ListedBackup } from '../repository/catalogue.ts';
import type { Instance } from '../repository/instance.ts';
import type { StorageOptions } from '../storage/storage.ts';

/** Something that is wrong with a backup of a repository. */
export interface StoredFault {
  /** The file of the backup that it concerns, where it is known. */
  readonly file: string | undefined;
  readonly sentence: Message;
}

export interface StoredVerdict {
  /** Name of the backup; of one whose commit cannot be read its id; of a mark or removal that cannot be read the name of the object. */
  readonly backup: string;
  /** `sound`: nothing was found wrong in what was looked at. */
  readonly state: 'sound' | 'damaged';
  readonly faults: readonly StoredFault[];
  /** Files whose content was read, here or for an earlier backup of this run that has the same. 0 where only packs were looked for. */
  readonly filesRead: number;
}

export interface VerifyStoredRequest {
  readonly instance: Pick<Instance, 'storage'>;
  /** Read all content and compare each block with its hash. Else: the roots, the records, and whether each pack is there and of its size. */
  readonly readData: boolean;
}

/** More faults of one backup say nothing new. */
const mostFaults = 20;

/**
 * Looks at every backup of an instance, oldest first; each verdict is told when it is there. Nothing is written.
 * The WAL that a backup needs is not looked at.
 * @throws BackupError when the repository cannot be read at all
 */
export async function* verifyStored(
  { instance: { storage }, readData }: VerifyStoredRequest,
  options: StorageOptions = {},
): AsyncGenerator<StoredVerdict, void, undefined> {
  const { backups, damagedBackups, damaged } = await readCatalogue(storage, options);
  const known = new KnownContent();
  for (const id of damagedBackups) {
    const faults = [{ file: undefined, sentence: say('repo.damaged-commit', { name: id }) }];
    yield { backup: id, state: 'damaged', faults, filesRead: 0 };
  }
  // What was said of a backup, or took it off: it may be a pin.
  for (const { name, error } of damaged.filter((object) => !object.name.startsWith('commits/'))) {
    yield { backup: name, state: 'damaged', faults: [{ file: undefined, sentence: error.sentence }], filesRead: 0 };
  }
  for (const listed of backups) {
    const faults: StoredFault[] = [];
    let filesRead = 0;
    const note = (error: unknown, file?: string): void => {
      if (!(error instanceof BackupError) || (error.code !== 'CORRUPT' && error.code !== 'OBJECT_NOT_FOUND'))
        throw error;
      if (faults.length < mostFaults) faults.push({ file, sentence: error.sentence });
    };
    try {
      const reader = await openContent(storage, listed.commit.root, options);
      for (const name of await lostPacks(listed, reader)) {
        if (faults.length < mostFaults)
          faults.push({ file: undefined, sentence: say('packs.missing', { object: name }) });
      }
      for await (const record of reader.records(options)) {
        if (record.kind !== 'file' || !readData || faults.length >= mostFaults) continue;
        if (!known.isNew(record)) {
          filesRead += 1;
          continue;
        }
        try {
          await readToEnd(reader.content(record, options));
          known.add(record);
          filesRead += 1;
        } catch (error) {
          note(error, display(record.name));
        }
      }
    } catch (error) {
      note(error);
    }
    yield { backup: listed.commit.name, state: faults.length === 0 ? 'sound' : 'damaged', faults, filesRead };
  }

  async function lostPacks({ commit }: ListedBackup, { root }: ContentReader): Promise<string[]> {
    const rootPacks = commit.rootPacks;
    return missingPacks(storage, [...root.packs.entries, ...rootPacks], options);
  }
}

async function readToEnd(content: ByteSource): Promise<void> {
  const pieces = content[Symbol.asyncIterator]();
  while ((await pieces.next()).done !== true);
}

/** Contents that were read: of what is stored once and used by many backups once. 16 bytes each; small files are read every time. */
class KnownContent {
  readonly #sums = new Set<string>();

  isNew(file: FileRecord): boolean {
    const sum = sumOf(file);
    return sum === undefined || !this.#sums.has(sum);
  }

  add(file: FileRecord): void {
    const sum = sumOf(file);
    if (sum !== undefined) this.#sums.add(sum);
  }
}

/** Where the leaves of a file are: of equal content in equal places only it is the same. Undefined: its leaf lies in the record. */
function sumOf({ leaves, sizeBytes, blockBytes }: FileRecord): string | undefined {
  if ('inline' in leaves) return undefined;
  const text = JSON.stringify([sizeBytes, blockBytes, leaves]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
