import { createHash } from 'node:crypto';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { InstanceFacts } from './archive.ts';
import type { SegmentLinks } from './receipt.ts';
import { formatLsn, type Lsn } from '../wal/lsn.ts';
import { decodePageHeader, longPageHeaderBytes, pageFlag, type PageHeader } from '../wal/page-header.ts';
import { checkSegmentSize, parseSegmentName } from '../wal/segment.ts';
import { encodeSegmentIndex } from '../wal/segment-index-codec.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { SegmentIndexer } from '../wal/segment-indexer.ts';

/** What one reading of a segment tells. */
export interface InspectedSegment {
  readonly instance: InstanceFacts;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly links: SegmentLinks;
  /** What it holds, as `src/wal` encodes it. */
  readonly index: Uint8Array;
}

export interface InspectOptions {
  /** 24 digits: which position the content must be of. */
  readonly segment: string;
  /** True: the WAL may end anywhere, as in the last segment of a timeline that was left. */
  readonly isPartial: boolean;
}

/** Reads a segment once, from `source`. @throws BackupError as `SegmentInspector` */
export async function inspectSegment(
  source: ByteSource,
  { signal, ...options }: InspectOptions & { readonly signal?: AbortSignal | undefined },
): Promise<InspectedSegment> {
  const inspector = new SegmentInspector(options);
  for await (const piece of source) {
    signal?.throwIfAborted();
    inspector.push(piece);
  }
  return inspector.end();
}

/**
 * Takes the bytes of a segment as they pass: size, page headers, record lengths, links and CRCs, content hash. Memory: one piece.
 * Not checked here: the CRC of the record that the segment before began, see check-neighbours.ts.
 * @throws BackupError `CORRUPT` naming the position
 */
export class SegmentInspector {
  readonly #options: InspectOptions;
  readonly #hash = createHash('sha256');
  #sizeBytes = 0;
  #head = Buffer.alloc(0);
  #opened: ReturnType<typeof open> | undefined;
  #wanted = true;

  constructor(options: InspectOptions) {
    this.#options = options;
  }

  push(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#sizeBytes += piece.length;
    if (this.#opened !== undefined) {
      this.#wanted = this.#wanted && this.#opened.indexer.push(piece);
      return;
    }
    this.#head = Buffer.concat([this.#head, piece]);
    if (this.#head.length < longPageHeaderBytes) return;
    this.#opened = open(this.#head, this.#options.segment);
    this.#wanted = this.#opened.indexer.push(this.#head);
  }

  /** When all bytes have passed. */
  end(): InspectedSegment {
    const { segment, isPartial } = this.#options;
    const sizeBytes = this.#sizeBytes;
    if (this.#opened === undefined) throw unsound(segment, 'archive.too-short', { size: sizeBytes });
    const { instance, start, indexer, header } = this.#opened;
    const expected = instance.segmentSizeBytes;
    if (sizeBytes !== expected && !(isPartial && sizeBytes < expected)) {
      throw unsound(segment, 'archive.segment-size', { size: sizeBytes, expected });
    }
    const index = indexer.endSegment();
    if (index.end.kind === 'partial' && !isPartial) {
      const { lsn, reason } = index.end;
      throw unsound(segment, 'archive.unsound-records', { lsn: formatLsn(lsn), reason });
    }
    const links = linksOf(index, header, start);
    return { instance, sizeBytes, sha256: this.#hash.digest('hex'), links, index: encodeSegmentIndex(index) };
  }
}

/** Checks the first page header against the name. */
function open(head: Uint8Array, segment: string) {
  const header = decodePageHeader(head);
  const identity = header?.segment;
  if (header?.format === undefined || identity === undefined) throw unsound(segment, 'archive.no-wal', {});
  const segmentSizeBytes = checkSegmentSize(identity.segmentSizeBytes);
  const named = parseSegmentName(segment, segmentSizeBytes);
  if (header.address !== named?.startLsn) throw unsound(segment, 'archive.other-position', {});
  const { systemIdentifier } = identity;
  const instance = { systemIdentifier, segmentSizeBytes, product: header.format.name, walMagic: header.magic };
  const start = named.startLsn;
  const indexer = new SegmentIndexer({ startLsn: start, check: 'every-record', systemIdentifier, segmentSizeBytes });
  return { header, instance, start, indexer };
}

function linksOf(index: SegmentIndex, header: PageHeader, start: Lsn): SegmentLinks {
  const { first, last, head, tail } = index;
  return {
    continuation: head?.totalBytes ?? 0,
    first: first?.startLsn ?? tail?.startLsn,
    previous: first?.previousLsn,
    last: tail === undefined ? last?.startLsn : tail.startLsn,
    lastComplete: last?.startLsn,
    missing: tail?.remainingBytes ?? 0,
    end: last?.endLsn ?? start,
    overwrites: (header.flags & pageFlag.firstOverwritesContinuation) !== 0,
    unfinished: undefined,
  };
}

type Problem =
  | 'archive.too-short'
  | 'archive.segment-size'
  | 'archive.unsound-records'
  | 'archive.no-wal'
  | 'archive.other-position';

function unsound(name: string, key: Problem, parameters: Record<string, string | number>): BackupError {
  return new BackupError(
    'CORRUPT',
    { key, parameters: { name, ...parameters } },
    {
      hint: say(key === 'archive.other-position' ? 'archive.other-position.hint' : 'archive.unsound.hint'),
    },
  );
}
