import { gunzip } from 'node:zlib';
import { onePiece } from '../bytes/one-piece.ts';
import { damagedData, impossibleSize } from '../compression/faults.ts';
import { unlz4Frames } from '../compression/lz4-frames.ts';
import { ZstdFrameDecoder } from '../compression/zstd-frame-decoder.ts';
import { reasonOf } from '../errors/backup-error.ts';
import type { ChunkCodec } from './chunk-ref.ts';

/**
 * The content of a chunk, of exactly `rawBytes`; that is as much memory as it takes, whatever the chunk would decompress to.
 * @throws BackupError `CORRUPT` when it is damaged or has another length; `CONFIG_INVALID` when the codec's package is not installed
 */
export async function decodeChunk(stored: Uint8Array, codec: ChunkCodec, rawBytes: number): Promise<Uint8Array> {
  switch (codec) {
    case 0:
      if (stored.length !== rawBytes) throw new RangeError('a chunk of two lengths');
      // What was read may be a part of something longer.
      return Uint8Array.from(stored);
    case 1:
      return gunzipChunk(stored, rawBytes);
    case 2:
      return unlz4Chunk(stored, rawBytes);
    case 3:
      return (await (decoder ??= ZstdFrameDecoder.load())).decode(stored, rawBytes);
  }
}

/** The same, into memory of the chunk's own length, which holds anything when it fails. */
export async function decodeChunkInto(stored: Uint8Array, codec: ChunkCodec, content: Uint8Array): Promise<void> {
  if (codec === 3) (await (decoder ??= ZstdFrameDecoder.load())).decodeInto(stored, content);
  else if (codec === 0 && stored.length === content.length) content.set(stored);
  else content.set(await decodeChunk(stored, codec, content.length));
}

/** Of this thread. */
let decoder: Promise<ZstdFrameDecoder> | undefined;

/** What `info` makes zlib return. */
interface WithEngine {
  readonly buffer: Uint8Array;
  readonly engine: { readonly bytesWritten: number };
}

function gunzipChunk(stored: Uint8Array, rawBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    // One byte more, so that zlib sees the end of the data without a second buffer.
    const room = Math.max(64, rawBytes + 1);
    gunzip(stored, { chunkSize: room, maxOutputLength: room, info: true }, (error, result) => {
      if (error !== null) {
        reject(damagedData('gzip', reasonOf(error), error));
        return;
      }
      const { buffer, engine } = result as unknown as WithEngine;
      // Behind the end of a member zlib passes over what is none.
      if (buffer.length === rawBytes && engine.bytesWritten === stored.length) resolve(buffer);
      else reject(impossibleSize('gzip'));
    });
  });
}

async function unlz4Chunk(stored: Uint8Array, rawBytes: number): Promise<Uint8Array> {
  const content = new Uint8Array(rawBytes);
  let filled = 0;
  for await (const piece of unlz4Frames(onePiece(stored))) {
    if (piece.length > rawBytes - filled) throw impossibleSize('lz4');
    content.set(piece, filled);
    filled += piece.length;
  }
  if (filled !== rawBytes) throw impossibleSize('lz4');
  return content;
}
