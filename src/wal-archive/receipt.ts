import { formatLsn, parseLsn, type Lsn } from '../wal/lsn.ts';
import { isCodec, type Codec } from './codec.ts';
import { isLsnText } from './generation.ts';
import type { UnfinishedRecord } from './record-border.ts';
import { damaged, decodeSealed, encodeSealed, isFields } from '../storage/sealed-json.ts';

/** How a segment hangs together with its neighbours. Positions of records are those of their first byte. */
export interface SegmentLinks {
  /** Bytes of a record of the segment before that this one begins with. */
  readonly continuation: number;
  /** The first record that starts here, and the record before it by its own word (`xl_prev`). */
  readonly first: Lsn | undefined;
  readonly previous: Lsn | undefined;
  /** The last record that starts here, and the last that ends here. */
  readonly last: Lsn | undefined;
  readonly lastComplete: Lsn | undefined;
  /** Bytes of `last` that lie in the next segment. */
  readonly missing: number;
  /** End of the last whole record; where none ends here, the start of the segment. */
  readonly end: Lsn;
  /** The first page gives up the record before it (PostgreSQL, overwrite-contrecord). */
  readonly overwrites: boolean;
  /** What there is of the record that goes on in the next segment; undefined where its beginning was not seen. */
  readonly unfinished: UnfinishedRecord | undefined;
}

/** Says that a segment is in the archive, and what it is. Written last. Format: docs/design/wal-archive.md. */
export interface Receipt {
  /** `SEGMENT` or `SEGMENT.partial`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the uncompressed segment, 64 hex digits. */
  readonly sha256: string;
  readonly codec: Codec;
  readonly storedBytes: number;
  /** ISO 8601, UTC. */
  readonly pushedAt: string;
  readonly links: SegmentLinks | undefined;
}

export function encodeReceipt(receipt: Receipt): Buffer {
  return encodeSealed({ format: 1, ...receipt, links: receipt.links === undefined ? null : plainLinks(receipt.links) });
}

function plainLinks(links: SegmentLinks) {
  const text = (position: Lsn | undefined) => (position === undefined ? null : formatLsn(position));
  return {
    continuation: links.continuation,
    first: text(links.first),
    previous: text(links.previous),
    last: text(links.last),
    lastComplete: text(links.lastComplete),
    missing: links.missing,
    end: formatLsn(links.end),
    overwrites: links.overwrites,
    unfinished: links.unfinished === undefined ? null : plainRecord(links.unfinished),
  };
}

function plainRecord({ header, bodyCrc }: UnfinishedRecord) {
  return { header: Buffer.from(header).toString('hex'), crc32c: bodyCrc.toString(16).padStart(8, '0') };
}

/** @throws BackupError `CORRUPT`, `REPOSITORY_VERSION` */
export function decodeReceipt(bytes: Uint8Array, name: string): Receipt {
  const fields = decodeSealed(bytes, name);
  const { sizeBytes, sha256, codec, storedBytes, pushedAt } = fields;
  if (
    fields['name'] !== name ||
    !isCount(sizeBytes) ||
    typeof sha256 !== 'string' ||
    !/^[0-9a-f]{64}$/.test(sha256) ||
    !isCodec(codec) ||
    !isCount(storedBytes) ||
    typeof pushedAt !== 'string'
  ) {
    throw damaged(name);
  }
  const links = fields['links'] === null ? undefined : decodeLinks(fields['links'], name);
  return { name, sizeBytes, sha256, codec, storedBytes, pushedAt, links };
}

function decodeLinks(value: unknown, name: string): SegmentLinks {
  if (!isFields(value)) throw damaged(name);
  const position = (member: string): Lsn | undefined => {
    const text = value[member];
    if (text === null) return undefined;
    if (!isLsnText(text)) throw damaged(name);
    return parseLsn(text);
  };
  const { continuation, missing, overwrites } = value;
  const end = position('end');
  if (!isCount(continuation) || !isCount(missing) || typeof overwrites !== 'boolean' || end === undefined) {
    throw damaged(name);
  }
  return {
    continuation,
    first: position('first'),
    previous: position('previous'),
    last: position('last'),
    lastComplete: position('lastComplete'),
    missing,
    end,
    overwrites,
    unfinished: decodeRecord(value['unfinished'], name),
  };
}

function decodeRecord(value: unknown, name: string): UnfinishedRecord | undefined {
  if (value === null || value === undefined) return undefined;
  const { header, crc32c } = isFields(value) ? value : {};
  if (typeof header !== 'string' || !/^(?:[0-9a-f]{2}){0,64}$/.test(header)) throw damaged(name);
  if (typeof crc32c !== 'string' || !/^[0-9a-f]{8}$/.test(crc32c)) throw damaged(name);
  return { header: Buffer.from(header, 'hex'), bodyCrc: Number.parseInt(crc32c, 16) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/**
 * Whether `next` goes on where `before` ends; a reason for people where it does not.
 * Of two receipts one of which knows nothing of its links, nothing can be said against them.
 */
export function findFork(before: SegmentLinks | undefined, next: SegmentLinks | undefined): ForkEvidence | undefined {
  if (before === undefined || next === undefined) return undefined;
  if (next.overwrites) {
    return differ('previous', before.lastComplete, next.previous);
  }
  if (before.missing !== next.continuation) {
    return { what: 'continuation', expected: before.missing.toString(), found: next.continuation.toString() };
  }
  return differ('previous', before.last, next.previous);
}

/** What does not fit: the length of the record that crosses the border, or the link to the record before. */
export interface ForkEvidence {
  readonly what: 'continuation' | 'previous';
  readonly expected: string;
  readonly found: string;
}

function differ(what: 'previous', expected: Lsn | undefined, found: Lsn | undefined): ForkEvidence | undefined {
  // A segment in which no record starts knows no such position.
  if (expected === undefined || found === undefined || expected === found) return undefined;
  return { what, expected: formatLsn(expected), found: formatLsn(found) };
}
