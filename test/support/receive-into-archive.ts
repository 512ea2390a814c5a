/**
 * A program for tests (run with node, bundled): stores the WAL in a file in an archive as a receiver does, from the segment on
 * that the store wants next. Says `durable N` for each segment of which it would tell a server, and `end` when all is sealed.
 * Arguments: archive, file of WAL, codec.
 */
import { readFileSync, writeSync } from 'node:fs';
import { lsn } from '../../src/wal/lsn.ts';
import { openWalArchive } from '../../src/wal-receiver/archive-store.ts';
import { decodePageHeader } from '../../src/wal/page-header.ts';
import { isCodec } from '../../src/wal-archive/codec.ts';

const [directory = '', file = '', codec] = process.argv.slice(2);
const wal = readFileSync(file);
const header = decodePageHeader(wal);
if (header?.segment === undefined) throw new Error('no WAL');
const { systemIdentifier, segmentSizeBytes } = header.segment;
const store = await openWalArchive({ directory, codec: isCodec(codec) ? codec : 'none' });
await store.begin({ systemIdentifier: systemIdentifier.toString(), segmentSizeBytes });
const newest = await store.newest();
const from = newest?.startLsn ?? header.address;
for (let at = Number(from - header.address); at < wal.length; at += segmentSizeBytes) {
  const position = { timeline: 1, startLsn: lsn(header.address + BigInt(at)) };
  if ((await store.find(position))?.isWhole === true) continue;
  const segment = await store.open(position);
  const bytes = wal.subarray(at, at + segmentSizeBytes);
  for (let done = 0; done < bytes.length; done += 100_000) await segment.write(bytes.subarray(done, done + 100_000));
  if (bytes.length === segmentSizeBytes) await segment.complete();
  else await segment.close();
  writeSync(1, `durable ${at + bytes.length}\n`);
}
await store.close();
writeSync(1, 'end\n');
