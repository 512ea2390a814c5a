import type { ByteString } from '../bytes/byte-string.ts';
import type { Member, MemberHeader } from '../tar/member.ts';
import type { Lsn } from '../wal/lsn.ts';
import { segmentName, segmentOffset, segmentStart, type TimelineId } from '../wal/segment.ts';

/** A run of WAL bytes; `bytes` is a view, valid until the next piece is asked for. */
export interface WalPiece {
  readonly startLsn: Lsn;
  readonly bytes: Uint8Array;
}

export interface SegmentMembersOptions {
  /** Start of a segment. */
  readonly startLsn: Lsn;
  readonly timeline: TimelineId;
  readonly segmentSizeBytes: number;
  readonly fileMode: number;
}

/**
 * Cuts contiguous WAL of one timeline into segment files of full size, each followed by its empty `archive_status/<segment>.done`,
 * which keeps a server from archiving it again. The last segment is filled with zeros, as a server expects it.
 */
export async function* segmentMembers(
  pieces: AsyncIterable<WalPiece>,
  { startLsn, timeline, segmentSizeBytes, fileMode }: SegmentMembersOptions,
): AsyncGenerator<Member, void, undefined> {
  const cursor = new WalCursor(pieces, startLsn);
  while (!(await cursor.atEnd())) {
    const name = segmentName(timeline, segmentStart(cursor.position, segmentSizeBytes), segmentSizeBytes);
    yield { header: fileHeader(name, segmentSizeBytes, fileMode), content: cursor.segment(segmentSizeBytes) };
    yield textMember(`archive_status/${name}.done`, '', fileMode);
  }
}

/** A member whose content is text, for example a timeline history file. */
export function textMember(name: string, text: string, fileMode: number): Member {
  const content = Buffer.from(text, 'utf8');
  return {
    header: fileHeader(name, content.length, fileMode),
    content: (async function* () {
      if (content.length > 0) yield await Promise.resolve(content);
    })(),
  };
}

function fileHeader(name: string, size: number, mode: number): MemberHeader {
  return {
    name: name as ByteString,
    type: 'file',
    mode,
    size,
    mtime: Math.floor(Date.now() / 1000),
    linkName: '' as ByteString,
  };
}

const zeros = new Uint8Array(64 * 1024);

/** Reads pieces up to the ends of segments, whatever their sizes. */
class WalCursor {
  readonly #iterator: AsyncIterator<WalPiece>;
  #bytes: Uint8Array = new Uint8Array(0);
  #position: Lsn;

  constructor(pieces: AsyncIterable<WalPiece>, startLsn: Lsn) {
    this.#iterator = pieces[Symbol.asyncIterator]();
    this.#position = startLsn;
  }

  get position(): Lsn {
    return this.#position;
  }

  async atEnd(): Promise<boolean> {
    while (this.#bytes.length === 0) {
      const next = await this.#iterator.next();
      if (next.done === true) return true;
      this.#bytes = next.value.bytes;
    }
    return false;
  }

  /** The rest of the segment at the position, filled up with zeros where the WAL ends in it. */
  async *segment(segmentSizeBytes: number): AsyncGenerator<Uint8Array> {
    let left = segmentSizeBytes - segmentOffset(this.#position, segmentSizeBytes);
    while (left > 0 && !(await this.atEnd())) {
      const piece = this.#bytes.subarray(0, left);
      this.#bytes = this.#bytes.subarray(piece.length);
      this.#position = (this.#position + BigInt(piece.length)) as Lsn;
      left -= piece.length;
      yield piece;
    }
    for (; left > 0; left -= Math.min(left, zeros.length)) yield zeros.subarray(0, left);
  }
}
