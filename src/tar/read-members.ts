import { say } from '../messages/message.ts';
import { ByteReader, type ByteSource } from '../bytes/byte-reader.ts';
import type { SkippedBytes } from '../bytes/skipped-bytes.ts';
import type { ReadySource } from '../bytes/ready-source.ts';
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
  /** Shared with `source`, where that need not make the content that nobody reads: such content is not checked either. */
  readonly skipped?: SkippedBytes | undefined;
  /** Told once, before the first member, which format it is. */
  readonly onFormat?: ((format: TarFormat) => void) | undefined;
  /** Members come with the bytes of their headers, and the member `./` comes too (its name is ''). Default false. */
  readonly verbatim?: boolean | undefined;
}

/**
 * Splits an archive into its members, in order. Read each `content` before asking for the next member; what is left of
 * it is skipped. Pieces of content are views into the pieces of `source`, valid until the next one is asked for. The member `./` is left out, unless `verbatim`.
 * The source is read to its end. Memory: one piece of the source and one extended header (1 MiB at most).
 * @throws BackupError `CORRUPT` on damage, truncation, bytes behind the end, sparse files, or a name that could leave the target
 */
export async function* readMembers(
  source: ByteSource,
  format: TarFormat | 'detect',
  options: ReadMembersOptions = {},
): AsyncGenerator<Member, void, undefined> {
  const reader = new ByteReader(source, options.skipped);
  try {
    const verbatim = options.verbatim ?? false;
    const headers = await chooseHeaders(reader, format, { terminated: options.terminated ?? true, verbatim });
    options.onFormat?.(headers instanceof TarHeaders ? 'tar' : 'opengauss');
    for (;;) {
      options.signal?.throwIfAborted();
      const header = await headers.next();
      if (header === undefined) return;
      const content = new MemberContent(reader, header, options.signal);
      if (verbatim) yield { header, content, verbatim: headers.verbatim };
      else if (header.name !== '') yield { header, content };
      await content.finish();
    }
  } finally {
    await reader.close();
  }
}

/** Yields the headers of one format. Before each call the reader stands behind the last member's padding. */
interface HeaderSource {
  next(): Promise<MemberHeader | undefined>;
  /** The bytes of the last header, where they are wanted. */
  readonly verbatim: Uint8Array | undefined;
}

async function chooseHeaders(
  reader: ByteReader,
  format: TarFormat | 'detect',
  options: { readonly terminated: boolean; readonly verbatim: boolean },
): Promise<HeaderSource> {
  if (format === 'opengauss') return new OpengaussHeaders(reader, undefined, options);
  if (format === 'tar') return new TarHeaders(reader, undefined, options);
  const block = await readBlock(reader, blockLength);
  if (block === undefined) throw notATar();
  if (checksumHolds(block) || isZeroBlock(block)) return new TarHeaders(reader, block, options);
  const rest = await readBlock(reader, opengaussHeaderLength - blockLength);
  const whole = rest === undefined ? block : Buffer.concat([block, rest]);
  if (!looksLikeOpengaussHeader(whole)) throw notATar();
  return new OpengaussHeaders(reader, whole, options);
}

/** `length` bytes, a copy; undefined at the end of the source. @throws BackupError `CORRUPT` when it ends within */
async function readBlock(reader: ByteReader, length: number): Promise<Uint8Array | undefined> {
  if (await reader.atEnd()) return undefined;
  return Uint8Array.from(await reader.readExactly(length, say('bytes.member-header')));
}

class OpengaussHeaders implements HeaderSource {
  readonly #reader: ByteReader;
  readonly #verbatim: boolean;
  #first: Uint8Array | undefined;
  verbatim: Uint8Array | undefined;

  constructor(reader: ByteReader, first: Uint8Array | undefined, { verbatim }: { readonly verbatim: boolean }) {
    this.#reader = reader;
    this.#first = first;
    this.#verbatim = verbatim;
  }

  async next(): Promise<MemberHeader | undefined> {
    const first = this.#first;
    this.#first = undefined;
    const offset = first === undefined ? this.#reader.offset : 0;
    const atHand = first ?? this.#reader.readExactlyNow(opengaussHeaderLength);
    if (atHand === undefined && (await this.#reader.atEnd())) return undefined;
    const bytes = atHand ?? (await this.#reader.readExactly(opengaussHeaderLength, say('bytes.member-header')));
    if (this.#verbatim) this.verbatim = Uint8Array.from(bytes);
    return decodeOpengaussHeader(bytes, offset);
  }
}

/** The content of a member, as a view of the reader. One pass; what nobody read is skipped by `finish`. */
class MemberContent implements ReadySource, AsyncIterator<Uint8Array> {
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

  [Symbol.asyncIterator](): this {
    return this;
  }

  takeNow(): Uint8Array | undefined {
    if (this.#left === 0) return undefined;
    const piece = this.#reader.readSomeNow(this.#left);
    if (piece !== undefined) this.#left -= piece.length;
    return piece;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#left === 0) return { done: true, value: undefined };
    this.#signal?.throwIfAborted();
    const piece = await this.#reader.readSome(this.#left);
    if (piece === undefined) throw truncatedMember(this.#header.name, this.#left);
    this.#left -= piece.length;
    return { done: false, value: piece };
  }

  async finish(): Promise<void> {
    let left = this.#left + paddingLength(this.#header.size);
    this.#left = 0;
    while (left > 0) {
      const piece = this.#reader.readSomeNow(left);
      if (piece !== undefined) {
        left -= piece.length;
        continue;
      }
      this.#signal?.throwIfAborted();
      const count = await this.#reader.skipSome(left);
      if (count === 0) throw truncatedMember(this.#header.name, left);
      left -= count;
    }
  }
}
