import { ByteReader, type ByteSource } from '../bytes/byte-reader.ts';
import { notATar, truncatedMember } from './faults.ts';
import type { TarFormat, Member, MemberHeader } from './member.ts';
import { decodeOpengaussHeader, looksLikeOpengaussHeader, opengaussHeaderLength } from './opengauss-header.ts';
import { TarHeaders } from './tar-headers.ts';
import { blockLength, checksumHolds, isZeroBlock, paddingLength } from './ustar-header.ts';

export interface ReadMembersOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * False for a tar stream that may end without the two zero blocks, as the servers before PostgreSQL 15 send it; then
   * an end between two members is taken for the end. Default true. An openGauss archive never has an end mark.
   */
  readonly terminated?: boolean | undefined;
  /** Told once, before the first member, which format it is. */
  readonly onFormat?: ((format: TarFormat) => void) | undefined;
}

/**
 * Splits an archive into its members, in order. Read each `content` before asking for the next member; what is left of
 * it is skipped. Pieces of content are views into the pieces of `source`, valid until the next one is asked for. The member `./` is left out.
 * The source is read to its end. Memory: one piece of the source and one extended header (1 MiB at most).
 * @throws BackupError `CORRUPT` on damage, truncation, bytes behind the end, sparse files, or a name that could leave the target
 */
export async function* readMembers(
  source: ByteSource,
  format: TarFormat | 'detect',
  options: ReadMembersOptions = {},
): AsyncGenerator<Member, void, undefined> {
  const reader = new ByteReader(source);
  try {
    const headers = await chooseHeaders(reader, format, options.terminated ?? true);
    options.onFormat?.(headers instanceof TarHeaders ? 'tar' : 'opengauss');
    for (;;) {
      options.signal?.throwIfAborted();
      const header = await headers.next();
      if (header === undefined) return;
      const content = new MemberContent(reader, header, options.signal);
      if (header.name !== '') yield { header, content };
      await content.finish();
    }
  } finally {
    await reader.close();
  }
}

/** Yields the headers of one format. Before each call the reader stands behind the last member's padding. */
interface HeaderSource {
  next(): Promise<MemberHeader | undefined>;
}

async function chooseHeaders(
  reader: ByteReader,
  format: TarFormat | 'detect',
  terminated: boolean,
): Promise<HeaderSource> {
  if (format === 'opengauss') return new OpengaussHeaders(reader, undefined);
  if (format === 'tar') return new TarHeaders(reader, undefined, terminated);
  const block = await readBlock(reader, blockLength);
  if (block === undefined) throw notATar();
  if (checksumHolds(block) || isZeroBlock(block)) return new TarHeaders(reader, block, terminated);
  const rest = await readBlock(reader, opengaussHeaderLength - blockLength);
  const whole = rest === undefined ? block : Buffer.concat([block, rest]);
  if (!looksLikeOpengaussHeader(whole)) throw notATar();
  return new OpengaussHeaders(reader, whole);
}

/** `length` bytes, a copy; undefined at the end of the source. @throws BackupError `CORRUPT` when it ends within */
async function readBlock(reader: ByteReader, length: number): Promise<Uint8Array | undefined> {
  if (await reader.atEnd()) return undefined;
  return Uint8Array.from(await reader.readExactly(length, 'a member header'));
}

class OpengaussHeaders {
  readonly #reader: ByteReader;
  #first: Uint8Array | undefined;

  constructor(reader: ByteReader, first: Uint8Array | undefined) {
    this.#reader = reader;
    this.#first = first;
  }

  async next(): Promise<MemberHeader | undefined> {
    const first = this.#first;
    this.#first = undefined;
    if (first !== undefined) return decodeOpengaussHeader(first, 0);
    if (await this.#reader.atEnd()) return undefined;
    const offset = this.#reader.offset;
    return decodeOpengaussHeader(await this.#reader.readExactly(opengaussHeaderLength, 'a member header'), offset);
  }
}

/** The content of a member, as a view of the reader. One pass; what nobody read is skipped by `finish`. */
class MemberContent implements AsyncIterable<Uint8Array> {
  readonly #reader: ByteReader;
  readonly #header: MemberHeader;
  readonly #signal: AbortSignal | undefined;
  #left: number;

  constructor(reader: ByteReader, header: MemberHeader, signal: AbortSignal | undefined) {
    this.#reader = reader;
    this.#header = header;
    this.#signal = signal;
    this.#left = header.size;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#left > 0) {
      this.#signal?.throwIfAborted();
      const piece = await this.#reader.readSome(this.#left);
      if (piece === undefined) throw truncatedMember(this.#header.name, this.#left);
      this.#left -= piece.length;
      yield piece;
    }
  }

  async finish(): Promise<void> {
    let left = this.#left + paddingLength(this.#header.size);
    this.#left = 0;
    while (left > 0) {
      this.#signal?.throwIfAborted();
      const piece = await this.#reader.readSome(left);
      if (piece === undefined) throw truncatedMember(this.#header.name, left);
      left -= piece.length;
    }
  }
}
