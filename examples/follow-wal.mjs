// Receives WAL from the start of a segment up to where the server is now.
// node follow-wal.mjs HOST PORT USER      (a password from PGPASSWORD, if the server wants one)
import { formatLsn, openReplicationSession, startWalStream, ServerError } from 'gausskeep';

const [host, port, user] = process.argv.slice(2);
const segment = 16n * 1024n * 1024n;
try {
  const source = { host, port: Number(port), user, password: async () => process.env.PGPASSWORD };
  const { connection, capabilities, system } = await openReplicationSession(source);
  const startLsn = system.flushLsn - (system.flushLsn % segment);
  const wal = await startWalStream(connection, capabilities, { startLsn, timeline: system.timeline });
  let length = 0;
  while (wal.position < system.flushLsn) {
    const piece = await wal.next();
    if (piece === undefined) break;
    length += piece.bytes.length;
  }
  await wal.stop();
  console.log(`${length} bytes from ${formatLsn(startLsn)} on timeline ${system.timeline}`);
} catch (error) {
  if (!(error instanceof ServerError)) throw error;
  console.error(`the server said ${error.sqlState}: ${error.serverMessage}`);
  process.exitCode = 1;
}
