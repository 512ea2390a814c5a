import { joinCrc32c } from '../bytes/crc32c-join.ts';
import { crc32cHex, crc32cOfHex } from '../manifest/checksum.ts';
import { keptBadPages, type FileCheck, type FileCheckResult, type FileContent } from './check-file.ts';

/** Length of a part: whole pages of any size. */
const partBytes = 64 * 1024 * 1024;

/**
 * Parts of a large file that can be checked apart from one another; the file as a whole where its checksum cannot be put together.
 * @param sizeBytes of the file as it was surveyed; the last part is read to the end of the file, wherever that is by then
 */
export function partsOf(check: FileCheck, sizeBytes: number): FileCheck[] {
  // The head of an incremental file says what all of it is.
  const isWhole = check.incremental !== undefined;
  const isJoinable = !isWhole && (check.algorithm === 'CRC32C' || check.algorithm === 'NONE');
  const count = isJoinable ? Math.max(1, Math.floor(sizeBytes / partBytes)) : 1;
  return Array.from({ length: count }, (_, index) => ({
    ...check,
    range: { start: index * partBytes, end: index === count - 1 ? undefined : (index + 1) * partBytes },
    pages: check.pages && {
      ...check.pages,
      firstBlock: check.pages.firstBlock + (index * partBytes) / check.pages.blockSizeBytes,
    },
  }));
}

/** The result of a file from those of its parts, in their order: the first failure, or the content of all. */
export function joinResults(results: readonly FileCheckResult[]): FileCheckResult {
  const contents: FileContent[] = [];
  for (const result of results) {
    if (result.kind === 'failed') return result;
    contents.push(result.content);
  }
  return { kind: 'content', content: contents.reduce(joined) };
}

function joined(first: FileContent, second: FileContent): FileContent {
  const [a, b] = [first.pages, second.pages];
  return {
    sizeBytes: first.sizeBytes + second.sizeBytes,
    checksum:
      first.checksum === ''
        ? ''
        : crc32cHex(joinCrc32c(crc32cOfHex(first.checksum), crc32cOfHex(second.checksum), second.sizeBytes)),
    pages: a &&
      b && {
        ok: a.ok + b.ok,
        bad: a.bad + b.bad,
        empty: a.empty + b.empty,
        partialBytes: a.partialBytes + b.partialBytes,
      },
    badPages: [...first.badPages, ...second.badPages].slice(0, keptBadPages),
  };
}
