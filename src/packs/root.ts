import { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import type { ChunkRef } from './chunk-ref.ts';
import { impossible, readChunkRef, readPackId, writeChunkRef, writePackId } from './chunk-ref-codec.ts';
import { PackTable, type RootPack } from './pack-table.ts';

/** What a backup uses and where its records are. */
export interface Root {
  /** The packs that hold content and maps of the backup; the root itself is in others. */
  readonly packs: PackTable<RootPack>;
  /** Chunks of records, in order. */
  readonly chunks: readonly ChunkRef[];
  /** 'F' records. */
  readonly files: number;
  /** Sum of their sizes. */
  readonly logicalBytes: number;
}

const magic = Buffer.from('GKRT');
const version = 1;
const largest = Number.MAX_SAFE_INTEGER;

export function encodeRoot({ packs, chunks, files, logicalBytes }: Root): Uint8Array {
  const writer = new VariableWriter();
  writer.raw(magic);
  writer.byte(version);
  writer.count(packs.entries.length);
  for (const { pack, sizeBytes, rawBytes, usedBytes, kind } of packs.entries) {
    writePackId(writer, pack);
    writer.count(sizeBytes);
    writer.count(rawBytes);
    writer.count(usedBytes);
    writer.count(kind === 'content' ? 0 : 1);
  }
  writer.count(chunks.length);
  for (const chunk of chunks) writeChunkRef(writer, chunk, packs.indexOf(chunk.pack) ?? impossible('no such pack'));
  writer.count(files);
  writer.count(logicalBytes);
  return writer.bytes();
}

/** Memory: about ten times the bytes. @throws RangeError for bytes that are no root */
export function decodeRoot(bytes: Uint8Array): Root {
  const reader = new VariableReader(bytes);
  if (Buffer.compare(reader.raw(magic.length), magic) !== 0 || reader.byte() !== version) impossible('no root');
  const packs = readPacks(reader);
  const chunks: ChunkRef[] = [];
  const count = reader.count(reader.remainingBytes);
  while (chunks.length < count) chunks.push(readChunkRef(reader, packs.entries));
  const files = reader.count(largest);
  const logicalBytes = reader.count(largest);
  if (!reader.atEnd) impossible('more than a root');
  return { packs, chunks, files, logicalBytes };
}

function readPacks(reader: VariableReader): PackTable<RootPack> {
  const packs = new PackTable<RootPack>();
  const count = reader.count(reader.remainingBytes);
  // One text for each backup, not for each pack.
  const ids = new Map<string, string>();
  while (packs.entries.length < count) {
    const { backup, number } = readPackId(reader);
    const id = ids.get(backup) ?? backup;
    ids.set(id, id);
    const sizeBytes = reader.count(largest);
    const rawBytes = reader.count(largest);
    const usedBytes = reader.count(largest);
    const kind = reader.count(1) === 0 ? 'content' : 'map';
    const before = packs.entries.length;
    packs.add({ pack: { backup: id, number }, sizeBytes, rawBytes, usedBytes, kind });
    if (packs.entries.length === before) impossible('a pack that is named twice');
  }
  return packs;
}
