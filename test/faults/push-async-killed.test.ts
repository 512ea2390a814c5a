/**
 * `wal push --async` into an object store: its process is killed at each durable step, answers are lost, the store is busy or silent. Whatever happens,
 * each file that the server was told to be archived is there, byte for byte, and no receipt has a hole before it.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { claimInstance } from '../../src/repository/instance.ts';
import { initRepository } from '../../src/repository/init-repository.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { openPlace } from '../../src/storage/place.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { namesOf } from '../contract/storage.contract.ts';
import { MarkedWal } from '../support/marked-wal.ts';
import { FaultScript, lostAnswer, slowDown, type Fault } from '../support/object-store/fault-script.ts';
import { openStore } from '../support/object-store/open-store.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import { fixtureSystemIdentifier } from '../support/fixture-wal.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { temporaryDirectory } from '../support/programs.ts';
import { everyFault } from './every-fault.ts';

const deadline = { timeout: 120_000 };
const password = 'correct horse';

interface Archive {
  readonly storage: Storage;
  readonly words: readonly string[];
}

let server: S3Server;
let script: FaultScript;
let wal: MarkedWal | undefined;

beforeAll(async () => {
  server = await S3Server.start();
  script = await FaultScript.start(server.endpoint);
});
afterEach(async () => {
  script.begin();
  await wal?.stopServer();
  wal = undefined;
});
afterAll(async () => {
  await script.close();
  await server.close();
});

const newBucket = (): string => {
  const name = `bucket-${randomBytes(6).toString('hex')}`;
  server.createBucket(name);
  return name;
};

const environment = () => ({
  ...testCredentialVariables,
  GAUSSKEEP_S3_ENDPOINT: script.endpoint,
  GAUSSKEEP_S3_ALLOW_HTTP: 'yes',
});

async function plainArchive(): Promise<Archive> {
  const bucket = newBucket();
  const storage = await openStore(server.endpoint, bucket);
  return { storage, words: ['--archive', `s3://${bucket}`, '-Z', 'zstd:1'] };
}

/** Of an encrypted repository, whose password a command prints. */
async function encryptedArchive(): Promise<Archive> {
  const bucket = newBucket();
  const root = await openStore(server.endpoint, bucket);
  const repository = await initRepository(root, { password: () => Promise.resolve(password) });
  const instance = await openInstance(repository, 'gauss');
  const identity = { systemIdentifier: fixtureSystemIdentifier, product: 'openGauss' };
  const { wal: place } = await claimInstance(instance, identity);
  const { storage } = await openPlace(place);
  const file = join(temporaryDirectory('password'), 'password');
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
  giveToServerUser(join(file, '..'));
  const command = `cat ${file} # with-a-word-of-its-own`;
  return { storage, words: ['--repo', `s3://${bucket}`, '--instance', 'gauss', '--password-command', command] };
}

/** The first is in the archive already, so that several go at once from the beginning. */
async function begun({ storage, words }: Archive): Promise<MarkedWal> {
  wal = await MarkedWal.make(words, { env: environment(), count: everyFault ? 7 : 4 });
  await pushWal({ storage, path: wal.path(wal.names[0]!), codec: 'zstd', level: 1 });
  return wal;
}

const second = '000000010000000000000027';
const struck = (kind: Fault['kind']): boolean => script.requests.some(({ fault }) => fault === kind);

/** The pusher goes on ahead of what the server asks for, until a request is held; there it is killed. */
async function killAt(fault: Fault, key: RegExp | undefined, nth: number, archive: Archive): Promise<void> {
  const marked = await begun(archive);
  script.begin({ method: 'PUT', ...(key === undefined ? {} : { key }), nth, fault });
  const first = await marked.call(marked.names[0]!);
  expect(first, first.stderr).toMatchObject({ status: 0, stderr: '' });
  await expect.poll(() => struck(fault.kind), deadline).toBe(true);
  await marked.killPusher();
  script.begin();
  await marked.expectSound(archive.storage);
  await marked.archive(archive.storage);
  await marked.expectSound(archive.storage);
}

const steps: readonly (readonly [step: string, key: RegExp])[] = [
  ['object', new RegExp(`/${second}\\.zst$`)],
  ['index', new RegExp(`/${second}\\.index$`)],
  ['receipt', new RegExp(`/${second}\\.receipt$`)],
];
const moments: readonly (readonly [moment: string, fault: Fault])[] = [
  ['before the store has done it', { kind: 'hold' }],
  ['before the answer comes', { kind: 'stall', afterBytes: -1 }],
];
const kills = moments.flatMap(([moment, fault]) => steps.map(([step, key]) => ({ step, moment, fault, key })));

describe('the process that pushes, killed', () => {
  it.each(everyFault ? kills : kills.slice(-1))('at the $step, $moment', async ({ fault, key }) => {
    await killAt(fault, key, 1, await plainArchive());
  });

  // Names say nothing there: each request that stores something, in the order in which they come.
  it.runIf(everyFault).each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
    'at request %i of an encrypted repository',
    async (nth) => {
      await killAt({ kind: 'hold' }, undefined, nth, await encryptedArchive());
    },
  );

  it('with its answers given but not taken: the next believes none of them', async () => {
    const { storage, words } = await plainArchive();
    const marked = await begun({ storage, words });
    expect(await marked.call(marked.names[0]!)).toMatchObject({ status: 0 });
    const last = marked.names.at(-1)!;
    await expect.poll(() => marked.notes().includes(`${last}.ok`), deadline).toBe(true);
    await marked.killPusher();
    // The store is another one meanwhile, from before: what was stored since is not in it.
    for (const name of await namesOf(storage)) if (name.includes(last)) await storage.delete(name);
    await marked.archive(storage);
    await marked.expectSound(storage);
  });
});

it('a call that is killed, a store that is busy, and answers that are lost cost nothing', async () => {
  const archive = await plainArchive();
  const marked = await begun(archive);
  // Each step of the second once: it is done and not known to be, or not done.
  script.begin(
    { method: 'PUT', key: steps[0]![1], nth: 1, fault: slowDown },
    { method: 'PUT', key: steps[1]![1], nth: 1, fault: lostAnswer },
    { method: 'PUT', key: steps[2]![1], nth: 1, fault: lostAnswer },
    { method: 'PUT', key: /28\.receipt$/, fault: { kind: 'hold' } },
  );
  const call = marked.start(marked.names[0]!);
  await expect.poll(() => marked.pusher() !== undefined, deadline).toBe(true);
  call.kill('SIGKILL');
  await call.result;
  await marked.archive(archive.storage, marked.names.slice(0, 2));
  // Nobody answers for the third: the server is told that it is not there.
  await expect.poll(() => struck('hold'), deadline).toBe(true);
  const third = '000000010000000000000028';
  const late = await marked.call(third, ['--timeout', '1']);
  expect(late).toMatchObject({ status: 13, stdout: '' });
  expect(late.stderr).toContain(`${third} is not in the archive yet after 1 second`);
  await marked.expectSound(archive.storage);
  script.begin();
  await marked.archive(archive.storage, marked.names.slice(2));
  await marked.expectSound(archive.storage);
});

it('the command of a password is in no word of the process that pushes', async () => {
  const archive = await encryptedArchive();
  const marked = await begun(archive);
  expect(await marked.call(marked.names[0]!)).toMatchObject({ status: 0 });
  const words = readFileSync(`/proc/${marked.pusher()!}/cmdline`, 'latin1');
  expect(words).toContain('--push-ahead');
  expect(words).not.toContain('with-a-word-of-its-own');
  await marked.archive(archive.storage);
});
