/** `wal push --async` whose process is stopped by a signal, before or while it stores: calls push by themselves, and nothing is wrong when it goes on. */
import { randomBytes } from 'node:crypto';
import { renameSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { namesOf } from '../contract/storage.contract.ts';
import { MarkedWal } from '../support/marked-wal.ts';
import { FaultScript } from '../support/object-store/fault-script.ts';
import { Gate } from '../support/object-store/gate.ts';
import { openStore } from '../support/object-store/open-store.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import { everyFault } from './every-fault.ts';

const deadline = { timeout: 120_000 };
let server: S3Server;
let script: FaultScript;
beforeAll(async () => {
  server = await S3Server.start();
  script = await FaultScript.start(server.endpoint);
});
afterAll(async () => {
  await script.close();
  await server.close();
});

const second = '000000010000000000000027';

const moments = [
  { step: 'object', moment: 'before the store has done it', when: 'before' },
  { step: 'receipt', moment: 'before the answer comes', when: 'after' },
] as const;

it.each(everyFault ? moments : moments.slice(-1))(
  'stopped at the $step, $moment',
  async ({ step, when }) => {
    const bucket = `bucket-${randomBytes(6).toString('hex')}`;
    server.createBucket(bucket);
    const storage = await openStore(server.endpoint, bucket);
    const env = { ...testCredentialVariables, GAUSSKEEP_S3_ENDPOINT: script.endpoint, GAUSSKEEP_S3_ALLOW_HTTP: 'yes' };
    const wal = await MarkedWal.make(['--archive', `s3://${bucket}`, '-Z', 'zstd:1'], { env, count: 4 });
    const [first, , third, fourth] = wal.names as [string, string, string, string];
    await pushWal({ storage, path: wal.path(first), codec: 'zstd', level: 1 });
    const gate = new Gate();
    const key = new RegExp(`/${second}\\.${step === 'object' ? 'zst' : step}$`);
    script.begin({ method: 'PUT', key, nth: 1, fault: { kind: 'gate', when, gate } });
    expect(await wal.call(first)).toMatchObject({ status: 0, stderr: '' });
    await gate.arrived;
    const pid = wal.pusher()!;
    process.kill(pid, 'SIGSTOP');
    try {
      // Its request is done, or not, while it stands still.
      gate.open();
      for (const name of [second, third]) {
        const call = await wal.call(name);
        expect(call, call.stderr).toMatchObject({ status: 0 });
        expect(call.stderr).toContain(`${name} is pushed by itself`);
        expect(call.stderr).toContain(`process ${pid}, which is to push it, stands still`);
        await wal.expectThere(storage, [name]);
        const mark = wal.path(`archive_status/${name}`);
        renameSync(`${mark}.ready`, `${mark}.done`);
      }
      await wal.expectSound(storage);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    // It goes on where it stood, finds what is there, and pushes what comes next.
    await wal.archive(storage, [fourth]);
    await wal.expectSound(storage);
    const receipts = (await namesOf(storage)).filter((name) => name.endsWith('.receipt'));
    expect(receipts.length).toBe(wal.names.filter((name) => name.length === 24).length);
    await wal.stopServer();
  },
  deadline.timeout,
);

it(
  'what was said before it was stopped is not believed: it would not see that the archive is another one',
  async () => {
    const bucket = `bucket-${randomBytes(6).toString('hex')}`;
    server.createBucket(bucket);
    const storage = await openStore(server.endpoint, bucket);
    script.begin();
    const env = { ...testCredentialVariables, GAUSSKEEP_S3_ENDPOINT: script.endpoint, GAUSSKEEP_S3_ALLOW_HTTP: 'yes' };
    const wal = await MarkedWal.make(['--archive', `s3://${bucket}`, '-Z', 'zstd:1'], { env, count: 3 });
    expect(await wal.call(wal.names[0]!)).toMatchObject({ status: 0 });
    const last = wal.names.at(-1)!;
    // It goes on ahead as long as it is asked.
    const isSaid = async (): Promise<boolean> => {
      await wal.call(wal.names[0]!);
      return wal.notes().includes(`${last}.ok`);
    };
    await expect.poll(isSaid, deadline).toBe(true);
    const pid = wal.pusher()!;
    process.kill(pid, 'SIGSTOP');
    try {
      for (const name of await namesOf(storage)) if (name.includes(last)) await storage.delete(name);
      const call = await wal.call(last);
      expect(call, call.stderr).toMatchObject({ status: 0 });
      await wal.expectThere(storage, [last]);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await wal.stopServer();
  },
  deadline.timeout,
);
