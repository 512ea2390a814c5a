import { display } from '../bytes/byte-string.ts';
import type { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { leafBlocks, leavesOf } from './block-size.ts';
import { isDamage } from './damage.ts';
import { packName } from './chunk-ref.ts';
import type { ContentMaps } from './content-maps.ts';
import type { DamagedBlocks } from './damaged-blocks.ts';
import type { LeafBlock } from './leaf.ts';
import type { FileRecord } from './record.ts';

/** What is wrong with a backup. */
export interface ContentFault {
  /** Undefined: files that are not known, because the record of them cannot be read. */
  readonly file: string | undefined;
  readonly sentence: Message;
}

/** The files of a backup that damage concerns, each with the first that is wrong with it. What of the maps cannot be read comes as well. */
export async function* damagedFiles(
  maps: ContentMaps,
  damaged: DamagedBlocks,
  { signal }: StorageOptions,
): AsyncGenerator<ContentFault, void, undefined> {
  for (const chunk of maps.root.chunks) {
    signal?.throwIfAborted();
    let records;
    try {
      records = await maps.records(chunk, signal);
    } catch (error) {
      yield { file: undefined, sentence: damageOf(error).sentence };
      continue;
    }
    for (const record of records) {
      if (record.kind !== 'file') continue;
      const sentence = await faultOf(maps, record, damaged, { signal });
      if (sentence !== undefined) yield { file: display(record.name), sentence };
    }
  }
}

async function faultOf(
  maps: ContentMaps,
  file: FileRecord,
  damaged: DamagedBlocks,
  { signal }: StorageOptions,
): Promise<Message | undefined> {
  for (let leaf = 0; leaf < leavesOf(file); leaf += 1) {
    let blocks: readonly LeafBlock[];
    try {
      ({ blocks } = await maps.leaf(file, leaf, signal));
    } catch (error) {
      return damageOf(error).sentence;
    }
    for (const [index, block] of blocks.entries()) {
      const offset = (leaf * leafBlocks + index) * file.blockBytes;
      const sentence =
        block === 'zeros' ? undefined : faultOfBlock(block, damaged, { file: display(file.name), offset });
      if (sentence !== undefined) return sentence;
    }
  }
  return undefined;
}

function faultOfBlock(
  { hash, slices }: Exclude<LeafBlock, 'zeros'>,
  damaged: DamagedBlocks,
  place: { readonly file: string; readonly offset: number },
): Message | undefined {
  for (const { chunk, start, length } of slices) {
    if (chunk === undefined) continue;
    const found = damaged.find(chunk, { start, length, hash });
    if (found === undefined) continue;
    return found === 'wrong' ? say('packs.wrong-block', { ...place, object: packName(chunk.pack) }) : found;
  }
  return undefined;
}

function damageOf(error: unknown): BackupError {
  if (isDamage(error)) return error;
  throw error;
}
