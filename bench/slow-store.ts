// An object store of the tests that waits so many ms before each request: prints where it is, and ends with its input.
import { FaultScript } from '../test/support/object-store/fault-script.ts';
import { S3Server } from '../test/support/object-store/s3-server.ts';

const server = await S3Server.start();
server.createBucket('bench');
const script = await FaultScript.start(server.endpoint);
script.latencyMs = Number(process.argv[2] ?? 20);
process.stdout.write(`${script.endpoint}\n`);
process.stdin.resume().once('end', () => {
  void script.close().then(() => server.close());
});
