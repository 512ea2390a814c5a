import type { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import { mostChunkBytes, type ChunkCodec, type ChunkRef, type PackId } from './chunk-ref.ts';

/** A pack that chunks are read from. */
export interface ReadablePack {
  readonly pack: PackId;
  readonly sizeBytes: number;
}

const largest = Number.MAX_SAFE_INTEGER;

export function writeChunkRef(writer: VariableWriter, chunk: ChunkRef, packIndex: number): void {
  writer.count(packIndex);
  writer.count(chunk.offset);
  writer.count(chunk.storedBytes);
  writer.count(chunk.rawBytes);
  writer.byte(chunk.codec);
}

/** @param packs what pack indexes mean. @throws RangeError for what no chunk can be */
export function readChunkRef(reader: VariableReader, packs: readonly ReadablePack[]): ChunkRef {
  const { pack, sizeBytes } = packs[reader.count(largest)] ?? impossible('no such pack');
  const offset = reader.count(sizeBytes);
  const storedBytes = reader.count(mostChunkBytes);
  const rawBytes = reader.count(mostChunkBytes);
  const codec = reader.byte();
  if (!isPossible(storedBytes, rawBytes, codec)) impossible('impossible chunk');
  if (offset + storedBytes > sizeBytes) impossible('a chunk behind the end of its pack');
  return { pack, offset, storedBytes, rawBytes, codec: codec as ChunkCodec };
}

/** Whether a chunk can have these lengths: it is stored as it is where the codec does not make it smaller. */
function isPossible(storedBytes: number, rawBytes: number, codec: number): boolean {
  if (storedBytes < 1 || rawBytes > mostChunkBytes || codec > 3) return false;
  return codec === 0 ? storedBytes === rawBytes : storedBytes < rawBytes;
}

/** 16 bytes of an id and the number. */
export function writePackId(writer: VariableWriter, { backup, number }: PackId): void {
  writer.raw(Buffer.from(backup, 'hex'));
  writer.count(number);
}

/** @throws RangeError */
export function readPackId(reader: VariableReader): PackId {
  const backup = Buffer.from(reader.raw(16)).toString('hex');
  return { backup, number: reader.count(largest) };
}

export function impossible(what: string): never {
  throw new RangeError(what);
}
