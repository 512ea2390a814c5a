// node scripts/run.mjs bench/read-wal.ts strict|index THREADS DIRECTORY: reads every segment of a WAL directory, on worker threads
// that share the segments out in runs. What bench/wal.mjs compares with pg_waldump --stats.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { defaultSegmentSizeBytes, parseSegmentName } from '../src/wal/segment.ts';
import { SegmentIndexer } from '../src/wal/segment-indexer.ts';

interface Share {
  readonly mode: string;
  readonly directory: string;
  readonly names: readonly string[];
}

const buffer = Buffer.allocUnsafeSlow(128 * 1024);

/** The bytes of a file in pieces of one buffer, as our programs read them. */
function readPieces(path: string, onPiece: (piece: Uint8Array) => boolean): void {
  const descriptor = openSync(path, 'r');
  try {
    for (;;) {
      const count = readSync(descriptor, buffer, 0, buffer.length, null);
      if (count === 0 || !onPiece(buffer.subarray(0, count))) return;
    }
  } finally {
    closeSync(descriptor);
  }
}

function read({ mode, directory, names }: Share): number {
  let records = 0;
  const [first] = names;
  const start = first === undefined ? undefined : parseSegmentName(first, defaultSegmentSizeBytes)?.startLsn;
  if (start === undefined) return 0;
  // As our programs read: every CRC for a plan that proves (strict), or the CRCs of events alone for an index.
  const indexer = new SegmentIndexer({ startLsn: start, check: mode === 'index' ? 'visited-records' : 'every-record' });
  for (const name of names) {
    readPieces(join(directory, name), (piece) => indexer.push(piece));
    records += indexer.endSegment().recordCount;
  }
  return records;
}

if (isMainThread) {
  const [mode = 'strict', threads = '1', directory = '.'] = process.argv.slice(2);
  const names = readdirSync(directory)
    .filter((name) => parseSegmentName(name, defaultSegmentSizeBytes) !== undefined)
    .sort();
  const size = Math.ceil(names.length / Number(threads));
  const shares = Array.from({ length: Number(threads) }, (_, index) => names.slice(index * size, (index + 1) * size));
  const script = new URL(import.meta.url);
  const counts = await Promise.all(
    shares.map((share, index) => {
      const task: Share = { mode, directory, names: share };
      if (index === 0 && shares.length === 1) return Promise.resolve(read(task));
      return new Promise<number>((resolve, reject) => {
        const worker = new Worker(script, { workerData: task });
        worker.once('message', resolve).once('error', reject);
      });
    }),
  );
  process.stdout.write(`${String(counts.reduce((sum, count) => sum + count, 0))} records\n`);
} else {
  const { parentPort } = await import('node:worker_threads');
  parentPort?.postMessage(read(workerData as Share));
}
