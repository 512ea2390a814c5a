// An object store of the tests that waits so many ms before each answer: prints where it is, tells the requests it had for each line of input, and ends with its input.
import { S3Server } from '../test/support/object-store/s3-server.ts';

// Its processors are those of the program that is measured: what others do elsewhere (an MD5 for each tag) is left out, and connections stay open as at other stores.
const server = await S3Server.start({ opaqueEtags: true });
server.createBucket('bench');
server.latencyMs = Number(process.argv[2] ?? 20);
process.stdout.write(`${server.endpoint}\n`);
process.stdin.on('data', () => process.stdout.write(`${JSON.stringify(Object.fromEntries(server.counts))}\n`));
process.stdin.once('end', () => void server.close());
