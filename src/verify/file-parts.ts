import { joinCrc32c } from '../bytes/crc32c-join.ts';
import { crc32cHex, crc32cOfHex } from '../manifest/checksum.ts';
import { keptBadPages, type FileCheck, type FileCheckResult, type FileContent } from './check-file.ts';

/** Length of a part: whole pages of any size. */
const partBytes = 64 * 1024 * 1024;

/** A file's check as several that can be done at the same time, and its result from theirs, in their order. */
export interface DividedCheck {
  readonly parts: readonly FileCheck[];
  readonly join: (results: readonly FileCheckResult[]) => FileCheckResult;
  /** How many of the parts, from the first on, read all bytes of the file between them; the others read some again. */
  readonly readingParts: number;
}

/**
 * Divides the check of a large file where its checksum can be put together; where it cannot there is one part.
 * @param sizeBytes of the file as it was surveyed; the last part is read to the end of the file, wherever that is by then
 */
export function divideCheck(check: FileCheck, sizeBytes: number): DividedCheck {
  // The head of an incremental file says what all of it is.
  const isWhole = check.incremental !== undefined;
  const isJoinable = !isWhole && (check.algorithm === 'CRC32C' || check.algorithm === 'NONE');
  const parts = isJoinable ? rangesOf(check, sizeBytes) : [check];
  return { parts, join: joinResults, readingParts: parts.length };
}

/**
 * Divides the check of a file that one thread would be left alone with: one takes the checksum, which goes from byte to byte, the others
 * the pages, which they read a second time. Undefined where there is nothing to gain.
 * @param sizeBytes as of `divideCheck`
 */
export function takePagesApart(check: FileCheck, sizeBytes: number): DividedCheck | undefined {
  if (check.incremental !== undefined || check.pages === undefined) return undefined;
  if (check.algorithm === 'CRC32C' || check.algorithm === 'NONE') return undefined;
  const pages = rangesOf({ ...check, algorithm: 'NONE' }, sizeBytes);
  return { parts: [{ ...check, pages: undefined }, ...pages], join: joinPages, readingParts: 1 };
}

/** Parts of `partBytes`, the last of up to twice that. */
function rangesOf(check: FileCheck, sizeBytes: number): FileCheck[] {
  const count = Math.max(1, Math.floor(sizeBytes / partBytes));
  return Array.from({ length: count }, (_, index) => ({
    ...check,
    range: { start: index * partBytes, end: index === count - 1 ? undefined : (index + 1) * partBytes },
    pages: check.pages && {
      ...check.pages,
      firstBlock: check.pages.firstBlock + (index * partBytes) / check.pages.blockSizeBytes,
    },
  }));
}

/** The first failure, or the content of all. */
function joinResults(results: readonly FileCheckResult[]): FileCheckResult {
  const contents: FileContent[] = [];
  for (const result of results) {
    if (result.kind === 'failed') return result;
    contents.push(result.content);
  }
  return { kind: 'content', content: contents.reduce(joined) };
}

/** The first result has the checksum, and says how long the file is; the others have the pages. */
function joinPages([first, ...others]: readonly FileCheckResult[]): FileCheckResult {
  const pages = joinResults(others);
  if (first?.kind !== 'content') return first ?? pages;
  if (pages.kind === 'failed') return pages;
  const { sizeBytes, checksum } = first.content;
  return { kind: 'content', content: { ...pages.content, sizeBytes, checksum } };
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
