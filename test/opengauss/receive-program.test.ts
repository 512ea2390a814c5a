/** `pg_receivexlog` and `gausskeep wal receive` as programs against the stand-in: slots, the HA port, recorded WAL. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { fixtureRoot } from '../support/opengauss/recordings.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import { WalStore } from '../support/opengauss/wal-store.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';

const walDirectory = join(fixtureRoot, 'receivexlog-ha/wal');
/** In the middle of a segment that was recorded whole. */
const recordedEnd = 0x0780_0000n;
let server: OpengaussServer | undefined;

afterEach(async () => {
  const found = [server?.failures, server?.violations];
  await server?.stop();
  expect(found).toEqual([[], []]);
});

/** With thread pool: replication is on the HA port only. */
async function serve(): Promise<OpengaussServer> {
  const systemId = 215046882207068335n;
  server = await startOpengaussServer({
    systemId,
    threadPool: true,
    wal: WalStore.recorded(walDirectory, systemId, recordedEnd),
  });
  return server;
}

const receivexlog = (words: readonly string[], calledAs?: string): Promise<ProgramResult> =>
  runProgram('gausskeep', [...words, '-h', '127.0.0.1', '-p', String(server?.sqlPort), '-U', 'backup', '-w'], {
    env: { PGPASSWORD: 'Backup@1234' },
    ...(calledAs === undefined ? {} : { calledAs }),
  });

it('makes and drops a slot that keeps nothing yet, and tells one that is there already', async () => {
  const { slots } = await serve();
  const create = ['--create-slot', '--slot', 'one'];
  expect(await receivexlog(create, 'pg_receivexlog')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  expect([...slots]).toEqual([['one', expect.objectContaining({ restartLsn: 0n })]]);
  const again = await receivexlog(create, 'pg_receivexlog');
  expect(again.status).toBe(1);
  expect(again.stderr).toMatch(
    /^pg_receivexlog: error: replication slot "one" already exists\npg_receivexlog: hint: .*--if-not-exists/,
  );
  expect(await receivexlog([...create, '--if-not-exists'], 'pg_receivexlog')).toMatchObject({ status: 0, stderr: '' });
  expect(await receivexlog(['--drop-slot', '-S', 'one'], 'pg_receivexlog')).toMatchObject({ status: 0, stderr: '' });
  expect(slots.size).toBe(0);
  const missing = await receivexlog(['wal', 'receive', '--drop-slot', '-S', 'one']);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toContain('replication slot "one" does not exist');
});

it('finds the HA port, and receives the bytes of the server', async () => {
  const { eventsOf } = await serve();
  const directory = temporaryDirectory('receivexlog');
  const result = await receivexlog(['-D', directory, '-v', '-n', '--endpos', '0/7800000'], 'pg_receivexlog');
  expect(result).toMatchObject({ status: 0 });
  expect(result.stderr).toMatch(/^pg_receivexlog: starting log streaming at \S+ \(timeline 1\)$/m);
  expect(eventsOf('password').map(({ port }) => port)).toEqual(['ha']);
  expect(readdirSync(directory).filter((file) => !file.startsWith('.'))).toEqual(['000000010000000000000007.partial']);
  const length = Number(recordedEnd % (16n << 20n));
  const received = readFileSync(join(directory, '000000010000000000000007.partial'));
  const own = gunzipSync(readFileSync(join(walDirectory, '000000010000000000000007.gz')));
  expect(received.subarray(0, length).equals(own.subarray(0, length))).toBe(true);
});
