/**
 * The key of an object store, its session token and the passwords of repositories are in no word of a process that is started, in no output and in no
 * file that is left: of everything that works on a store, and where that fails.
 */
import { copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { claimInstance } from '../../src/repository/instance.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import { openS3Storage } from '../../src/storage/s3/s3-storage.ts';
import { backupWords, startSource } from '../faults/gauss-repository.ts';
import { pathsBelow } from '../support/backups.ts';
import { fixtureSystemIdentifier } from '../support/fixture-wal.ts';
import { MarkedWal } from '../support/marked-wal.ts';
import { FaultScript, type Fault } from '../support/object-store/fault-script.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { placeAt, testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import type { OpengaussServer } from '../support/opengauss/server.ts';
import { giveToServerUser } from '../support/postgres/server-user.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';

const account = {
  accessKeyId: 'writer',
  secretAccessKey: 'SECRETKEY+of/a/writer',
  sessionToken: 'TOKEN+of/a/session==',
};
const passwords = { here: 'PASSWORD of this one', there: 'PASSWORD of the copy', none: 'PASSWORD that opens none' };
const serverPassword = 'Backup@1234';
const secrets = [account.secretAccessKey, account.sessionToken, serverPassword, ...Object.values(passwords)];
// As they would be in a URL, in base64 of one word, and with other quotes.
const forms = secrets.flatMap((secret) => [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]);

let store: S3Server;
let script: FaultScript;
let source: OpengaussServer;
let folder: string;
let wal: MarkedWal | undefined;
/** Everything that was printed. */
let said = '';

beforeAll(async () => {
  [store, source] = await Promise.all([S3Server.start({ accounts: [account] }), startSource()]);
  store.createBucket('whole');
  script = await FaultScript.start(store.endpoint);
  folder = temporaryDirectory('secrets');
  for (const [name, word] of Object.entries(passwords)) writeFileSync(join(folder, name), `${word}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'notes'), '');
  copyFileSync(join(projectRoot, 'test/support/note-commands.cjs'), join(folder, 'note-commands.cjs'));
  giveToServerUser(folder);
});
afterEach(async () => {
  await wal?.stopServer();
  wal = undefined;
});
afterAll(async () => {
  await source.stop();
  await script.close();
  await store.close();
});

const environment = (): Record<string, string> => ({
  ...testCredentialVariables,
  AWS_ACCESS_KEY_ID: account.accessKeyId,
  AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
  AWS_SESSION_TOKEN: account.sessionToken,
  ...{ GAUSSKEEP_S3_ENDPOINT: script.endpoint, GAUSSKEEP_S3_ALLOW_HTTP: 'yes', GAUSSKEEP_CONFIG: '/dev/null' },
  ...{ GAUSSKEEP_CACHE: join(folder, 'cache'), PGPASSWORD: serverPassword },
  ...{ NODE_OPTIONS: `--require ${join(folder, 'note-commands.cjs')}`, COMMAND_NOTES: join(folder, 'notes') },
});

function heard({ stdout, stderr, status }: ProgramResult): number | null {
  said += stdout + stderr;
  return status;
}

async function run(status: number, ...words: string[]): Promise<ProgramResult> {
  const result = await runProgram('gausskeep', words, { env: environment() });
  expect(heard(result), `${words.join(' ')}: ${result.stdout}${result.stderr}`).toBe(status);
  return result;
}

/** An instance whose WAL is that of the fixture, in the encrypted repository. */
async function claimFixture(): Promise<void> {
  const place = placeAt(store.endpoint, 'whole', { prefix: 'repo/' });
  const root = await openS3Storage(place, { credentials: () => Promise.resolve(account) });
  const repository = await openRepository(root, { password: () => Promise.resolve(passwords.here) });
  const identity = { systemIdentifier: fixtureSystemIdentifier, product: 'openGauss' };
  await claimInstance(await openInstance(repository, 'fixture'), identity);
}

/** What stores answer to a signature, with all that they were sent. */
const echoing: Fault = {
  kind: 'answer',
  status: 403,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0"?><Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not match</Message><CanonicalRequest>PUT x-amz-security-token:${account.sessionToken}</CanonicalRequest><Token-0>${account.sessionToken}</Token-0></Error>`,
};

function expectNone(text: string, where: string): void {
  for (const form of forms) expect(text.includes(form), `${where} has ${form.slice(0, 8)}…`).toBe(false);
}

it('are in no word of a command, no output and no file', { timeout: 300_000 }, async () => {
  const file = (name: keyof typeof passwords): string => join(folder, name);
  const place = ['--repo', 's3://whole/repo'];
  const byFile = [...place, '--password-file', file('here')];
  const byCommand = [...place, '--password-command', `cat ${file('here')}`];
  const orders = ['--instance', 'orders'];
  await run(0, 'repo', 'init', 's3://whole/repo', '--encrypt', '--password-file', file('here'));
  await run(0, 'repo', 'init', 's3://whole/copy', '--encrypt', '--password-file', file('there'), '--json');
  await run(0, ...backupWords(source), ...byCommand, ...orders, '--json');
  await claimFixture();
  const fixture = [...byCommand, '--instance', 'fixture'];
  wal = await MarkedWal.make(fixture, { env: environment(), count: 3 });
  const [first = '', second = ''] = wal.names;
  expect(heard(await wal.call(first)), said).toBe(0);
  // Still at work for the server: what ps shows of it.
  expectNone(readFileSync(`/proc/${wal.pusher()!}/cmdline`, 'latin1'), 'the process that pushes');
  await run(0, 'wal', 'push', wal.path(second), ...fixture);
  const got = join(temporaryDirectory('got'), 'data/pg_xlog/RECOVERYXLOG');
  mkdirSync(dirname(got), { recursive: true });
  await run(0, 'wal', 'get', first, got, ...fixture);
  await run(0, 'wal', 'get', second, got, ...fixture, '--prefetch', '2', '--spool', join(temporaryDirectory('s'), 's'));
  const target = ['--to', 's3://whole/copy', '--to-password-command', `cat ${file('there')}`];
  await run(0, 'repo', 'copy', ...byCommand, ...target, '--progress', '--json');
  await run(0, 'verify', ...byCommand, ...orders, '--json');
  await run(0, 'repo', 'check', ...byFile, '--json');
  const data = join(temporaryDirectory('restored'), 'data');
  const restore = ['restore', '--no-sync', '-D', data, '--target-immediate'];
  // 3: the stand-in leaves out directories that a restore makes.
  await run(3, ...restore, ...byFile, ...orders, '--json');

  await run(12, 'list', ...place, '--password-file', file('none'), '--json');
  await run(12, 'list', ...place, '--password-command', `cat ${file('none')}`);
  script.begin({ operation: 'PutObject', fault: echoing });
  for (const words of [
    [...backupWords(source), ...byFile, ...orders],
    ['wal', 'push', wal.path(wal.names[2]!), ...fixture],
  ]) {
    await run(12, ...words);
    await run(12, ...words, '--json');
  }
  script.begin();

  const noted = readFileSync(join(folder, 'notes'), 'utf8');
  // It was looked: at programs, at what they start, and at the one that pushes ahead.
  for (const word of ['"program"', '"spawn"', '--push-ahead', 'prefetch-only', '"/bin/sh"'])
    expect(noted).toContain(word);
  expectNone(noted, 'the words of a command');
  expectNone(said, 'the output');
  for (const left of [wal.spool, join(folder, 'cache'), data]) {
    for (const path of pathsBelow(left)) {
      if (statSync(join(left, path)).isFile()) expectNone(readFileSync(join(left, path), 'latin1'), path);
    }
  }
});
