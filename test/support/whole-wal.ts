import type { SegmentIndex } from '../../src/wal/segment-index.ts';
import { SegmentIndexer, type SegmentIndexerOptions } from '../../src/wal/segment-indexer.ts';
import type { WalEnd } from '../../src/wal/wal-end.ts';
import { WalReader, type WalReaderOptions } from '../../src/wal/wal-reader.ts';

/** The index of one segment by itself. @param bytes the segment, or as much of it as there is */
export function indexSegment(bytes: Uint8Array, options: SegmentIndexerOptions): SegmentIndex {
  const indexer = new SegmentIndexer(options);
  indexer.push(bytes);
  return indexer.endSegment();
}

/** Reads `source` to its end or to the end of the WAL. */
export function readRecords(source: Iterable<Uint8Array>, options: WalReaderOptions): WalEnd {
  const reader = new WalReader(options);
  for (const bytes of source) if (!reader.push(bytes)) break;
  return reader.finish();
}
