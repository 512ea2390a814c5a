import { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import type { ChunkRef } from './chunk-ref.ts';
import {
  impossible,
  readChunkRef,
  readPackId,
  UnknownForm,
  writeChunkRef,
  writePackId,
  type PackIndexes,
} from './chunk-ref-codec.ts';
import { hashBytes } from './block-hash.ts';
import { packKinds, PackTable, type RootPack } from './pack-table.ts';

/** What a backup uses and where its records are. */
export interface Root {
  /** The packs that hold content, leaves and records of the backup; the root itself is in others. */
  readonly packs: PackTable<RootPack>;
  /** Chunks of records, in order. */
  readonly chunks: readonly RecordChunk[];
  /** 'F' records. */
  readonly files: number;
  /** Sum of their sizes. */
  readonly logicalBytes: number;
  /** Content of the chunks that the backup stored itself. */
  readonly newRawBytes: number;
}

export interface RecordChunk {
  readonly chunk: ChunkRef;
  /** First 16 bytes of the SHA-256 of its content. */
  readonly hash: Uint8Array;
}

const magic = Buffer.from('GKRT');
const version = 1;
/** Longest root, in bytes: of more than two million packs. */
export const mostRootBytes = 64 * 1024 * 1024;
const largest = Number.MAX_SAFE_INTEGER;

export function encodeRoot({ packs, chunks, files, logicalBytes, newRawBytes }: Root): Uint8Array {
  const writer = new VariableWriter();
  writer.raw(magic);
  writer.byte(version);
  writer.count(packs.entries.length);
  for (const { pack, sizeBytes, rawBytes, usedBytes, kind } of packs.entries) {
    writePackId(writer, pack);
    writer.count(sizeBytes);
    writer.count(rawBytes);
    writer.count(usedBytes);
    writer.count(packKinds.indexOf(kind));
  }
  writer.count(chunks.length);
  for (const { chunk, hash } of chunks) {
    writeChunkRef(writer, chunk, ({ pack }) => packs.indexOf(pack) ?? impossible('no such pack'));
    writer.raw(hash);
  }
  writer.count(files);
  writer.count(logicalBytes);
  writer.count(newRawBytes);
  return writer.bytes();
}

/** Memory: about ten times the bytes. @throws RangeError for bytes that are no root; UnknownForm */
export function decodeRoot(bytes: Uint8Array): Root {
  const reader = new VariableReader(bytes);
  if (Buffer.compare(reader.raw(magic.length), magic) !== 0) impossible('no root');
  if (reader.byte() !== version) throw new UnknownForm('a root of another version');
  const packs = readPacks(reader);
  const chunks = readChunks(reader, packs.entries);
  const files = reader.count(largest);
  const logicalBytes = reader.count(largest);
  const newRawBytes = reader.count(largest);
  if (!reader.atEnd) impossible('more than a root');
  return { packs, chunks, files, logicalBytes, newRawBytes };
}

function readChunks(reader: VariableReader, packs: PackIndexes): RecordChunk[] {
  const chunks: RecordChunk[] = [];
  const count = reader.count(reader.remainingBytes);
  while (chunks.length < count) {
    const chunk = readChunkRef(reader, packs);
    chunks.push({ chunk, hash: reader.raw(hashBytes) });
  }
  return chunks;
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
    const kind = packKinds[reader.count(largest)];
    if (kind === undefined) throw new UnknownForm('a pack of a kind that is not known');
    const before = packs.entries.length;
    packs.add({ pack: { backup: id, number }, sizeBytes, rawBytes, usedBytes, kind });
    if (packs.entries.length === before) impossible('a pack that is named twice');
  }
  return packs;
}
