import { closeSync, readSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { openCrc32cStream } from '../bytes/crc32c.ts';
import { openRegularSync } from '../files/open-regular.ts';
import { fsPath } from '../files/path.ts';
import { crc32cHex, createChecksum, type ChecksumAlgorithm } from '../manifest/checksum.ts';
import type { Message, MessageValue } from '../messages/message.ts';
import { PageChecker, type BadPage, type PageCounts } from '../pages/page-checker.ts';
import { IncrementalCheck } from './check-incremental.ts';
import type { PageRule } from './page-rule.ts';
import { systemReason } from './system-reason.ts';

/** One file whose content is to be read. Plain data: it travels to a worker thread. */
export interface FileCheck {
  readonly path: ByteString;
  readonly algorithm: ChecksumAlgorithm;
  readonly pages: PageRule | undefined;
  /** Only these bytes; `end` undefined: to the end of the file. Default: all. */
  readonly range?: { readonly start: number; readonly end: number | undefined } | undefined;
  /** Its path in the backup, of an incremental file: it holds some of the pages of another. */
  readonly incremental?: string | undefined;
}

/** What the content of a file is. */
export interface FileContent {
  readonly sizeBytes: number;
  /** Lower-case hex, `''` for NONE. */
  readonly checksum: string;
  readonly pages: PageCounts | undefined;
  /** The first `keptBadPages` pages that fail; `pages.bad` counts all. */
  readonly badPages: readonly BadPage[];
  /** What is wrong with it as an incremental file. */
  readonly fault?: Message | undefined;
}

export type FileCheckResult =
  | { readonly kind: 'content'; readonly content: FileContent }
  | { readonly kind: 'failed'; readonly action: 'open' | 'read'; readonly reason: MessageValue };

/** A file of 1 GiB has 131 072 pages; more than these tell nothing new. */
export const keptBadPages = 4096;

/** A buffer that stays in the second cache is filled four times as fast as one of 256 KiB (measured on x86-64). */
const bufferBytes = 128 * 1024;
let buffer: Buffer | undefined;

/** Takes the content of one file, in whatever way it arrives. */
export class ContentCheck {
  readonly #checksum;
  readonly #pages: PageChecker | undefined;
  readonly #incremental: IncrementalCheck | undefined;
  readonly #badPages: BadPage[] = [];
  #sizeBytes = 0;

  constructor({ algorithm, pages, incremental }: Omit<FileCheck, 'path'>) {
    this.#checksum = createChecksum(algorithm);
    const onBadPage = (page: BadPage): void => {
      if (this.#badPages.length < keptBadPages) this.#badPages.push(page);
    };
    if (incremental !== undefined) this.#incremental = new IncrementalCheck(incremental, pages, onBadPage);
    else if (pages !== undefined) this.#pages = new PageChecker({ ...pages, onBadPage });
  }

  update(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.length;
    this.#checksum.update(bytes);
    this.#pages?.update(bytes);
    this.#incremental?.update(bytes);
  }

  finish(): FileContent {
    const incremental = this.#incremental?.finish();
    return {
      sizeBytes: this.#sizeBytes,
      checksum: this.#checksum.digestHex(),
      pages: incremental === undefined ? this.#pages?.finish() : incremental.pages,
      badPages: this.#badPages,
      fault: incremental?.fault,
    };
  }
}

/**
 * Reads a file and checks what it holds, blocking the thread: this runs on worker threads. Memory: one buffer of 128 KiB per
 * thread.
 * @param onBytes told of the bytes read, as they are
 */
export function checkFile(check: FileCheck, onBytes: (count: number) => void = () => undefined): FileCheckResult {
  let descriptor: number;
  try {
    descriptor = openRegularSync(fsPath(check.path));
  } catch (error) {
    return { kind: 'failed', action: 'open', reason: systemReason(error) };
  }
  try {
    return { kind: 'content', content: readContent(descriptor, check, onBytes) };
  } catch (error) {
    return { kind: 'failed', action: 'read', reason: systemReason(error) };
  } finally {
    closeSync(descriptor);
  }
}

function readContent(descriptor: number, check: FileCheck, onBytes: (count: number) => void): FileContent {
  const { algorithm, pages, range, incremental } = check;
  // Bytes of a CRC are read to where it is computed.
  const stream = algorithm === 'CRC32C' ? openCrc32cStream() : undefined;
  const content = new ContentCheck({ algorithm: stream === undefined ? algorithm : 'NONE', pages, incremental });
  let position = range?.start ?? 0;
  const end = range?.end ?? Number.POSITIVE_INFINITY;
  for (;;) {
    const target = stream?.target ?? (buffer ??= Buffer.allocUnsafeSlow(bufferBytes));
    const count = readSync(descriptor, target, 0, Math.min(target.length, end - position), position);
    if (count === 0) break;
    position += count;
    content.update(target.subarray(0, count));
    stream?.take(count);
    onBytes(count);
  }
  const found = content.finish();
  return stream === undefined ? found : { ...found, checksum: crc32cHex(stream.finish()) };
}
