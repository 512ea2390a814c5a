import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstanceFacts } from '../wal-archive/archive.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import { decodePageHeader, longPageHeaderBytes } from '../wal/page-header.ts';
import { parseSegmentName } from '../wal/segment.ts';
import { readLocal } from './local-bytes.ts';

/**
 * Whose WAL lies in a local directory: by the newest segment that holds what its name says. Undefined when there is none.
 * @throws Error of the system when the directory cannot be read
 */
export async function instanceOfWal(directory: string, signal?: AbortSignal): Promise<InstanceFacts | undefined> {
  const names = (await readdir(directory)).filter((name) => parseWalFileName(name)?.kind === 'segment').sort();
  for (const name of names.reverse()) {
    for await (const piece of readLocal(join(directory, name), signal)) {
      const header = piece.length < longPageHeaderBytes ? undefined : decodePageHeader(piece);
      if (header?.format === undefined || header.segment === undefined) break;
      const { systemIdentifier, segmentSizeBytes } = header.segment;
      // A segment kept for later use still holds what it was before.
      if (parseSegmentName(name, segmentSizeBytes)?.startLsn !== header.address) break;
      return { systemIdentifier, segmentSizeBytes, product: header.format.name, walMagic: header.magic };
    }
  }
  return undefined;
}
