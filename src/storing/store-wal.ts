import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pushWal } from '../archiving/push-wal.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { readPieces } from '../files/read-file.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import type { Storage } from '../storage/storage.ts';
import type { Lsn } from '../wal/lsn.ts';
import { parseSegmentName, segmentEndLsn } from '../wal/segment.ts';

export interface WalToStore {
  /** Where the WAL of the backup was streamed to. */
  readonly directory: string;
  readonly archive: Storage;
  readonly generation: number | undefined;
  readonly codec: Codec;
  readonly level: number | undefined;
  /** WAL came up to here; behind it a segment is filled up with zeros. */
  readonly endLsn: Lsn;
  readonly segmentSizeBytes: number;
}

/** WAL that no archive takes, because it is the beginning of a segment: it goes into the backup itself. */
export interface UnfinishedWal {
  readonly name: ByteString;
  readonly path: string;
  readonly sizeBytes: number;
}

export interface StoredWal {
  /** Of the archive, into which the WAL went; undefined: none went there. */
  readonly generation: number | undefined;
  readonly unfinished: readonly UnfinishedWal[];
}

/** Puts the WAL of a backup into the archive, as archive_command would: what is there already is compared. */
export async function storeWal(wal: WalToStore, { signal }: { readonly signal: AbortSignal }): Promise<StoredWal> {
  const { directory, archive, codec, level, endLsn, segmentSizeBytes } = wal;
  const names = (await readdir(directory)).filter((name) => parseWalFileName(name) !== undefined);
  const unfinished: UnfinishedWal[] = [];
  let generation = wal.generation;
  // Segments before histories: they say whose archive it is.
  const isHistory = (name: string): number => Number(name.endsWith('.history'));
  for (const name of names.sort((a, b) => isHistory(a) - isHistory(b) || (a < b ? -1 : 1))) {
    const path = join(directory, name);
    const start = parseSegmentName(name, segmentSizeBytes)?.startLsn;
    // A busy server had begun the next one when the stream was ended: the backup does not need it.
    if (start !== undefined && start >= endLsn) continue;
    if (start !== undefined && segmentEndLsn(start, segmentSizeBytes) > endLsn) {
      const { size: sizeBytes } = await stat(path);
      unfinished.push({ name: fromText(name), path, sizeBytes });
      continue;
    }
    const pushed = await pushWal({ storage: archive, path, generation, codec, level }, { signal });
    ({ generation } = pushed);
  }
  return { generation, unfinished };
}

/** The content of such a file. */
export function contentOf({ path }: UnfinishedWal, signal: AbortSignal): AsyncIterable<Uint8Array> {
  return readPieces(fromText(path), { signal });
}
