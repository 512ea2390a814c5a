// Ceph's gateway for a benchmark, with TLS as well: prints where it is as JSON, and ends it when its own stdin ends.
import { resolve } from 'node:path';
import { isAlive, startRadosgw } from '../test/support/object-store/radosgw.ts';
import { testAccount } from '../test/support/object-store/s3-server.ts';
import { askStore } from '../test/support/object-store/signed-request.ts';

const [place = '', port = ''] = process.argv.slice(2);
const started: number[] = [];
const end = (): void => {
  // One that ended at once was started again: its number may be another process's by now, which nobody else here starts.
  for (const pid of started.filter(isAlive)) process.kill(pid);
  process.exit(0);
};
process.stdin.on('end', end).resume();
process.on('SIGTERM', end);
const tls = {
  port: Number(port),
  certificate: resolve('test/fixtures/tls/server.crt'),
  key: resolve('test/fixtures/tls/server.key'),
};
const endpoint = await startRadosgw(place, ({ pid }) => started.push(pid), tls);
// Buckets are made by who administers a store: gausskeep makes none.
const { status } = await askStore(endpoint, 'PUT', '/bench');
if (status !== 200) throw new Error(`no bucket: ${status}`);
process.stdout.write(`${JSON.stringify({ endpoint, ...testAccount })}\n`);
