/** What is wrong with a place in an object store, by the built program: each has its own sentence and status, and no secret is in any of them. */
import { existsSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeSealed, type JsonFields } from '../../src/storage/sealed-json.ts';
import { FaultScript, redirectTo } from '../support/object-store/fault-script.ts';
import { S3Server, testAccount } from '../support/object-store/s3-server.ts';
import { testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import { projectRoot } from '../support/project.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';

const hourMs = 3_600_000;
const secret = 'verysecretkey';

interface Refusal {
  readonly messageType: string;
  readonly code: string;
  readonly messageKey: string;
  readonly hint?: string;
}

describe('a place in an object store that cannot be used', () => {
  let store: S3Server;
  let encrypted: S3Server;
  const script: { proxy: FaultScript | undefined } = { proxy: undefined };
  const authority = join(projectRoot, 'test/fixtures/tls/verify/ca.crt');

  const run = (
    args: readonly string[],
    env: Record<string, string | undefined> = {},
    endpoint = store.endpoint,
  ): Promise<ProgramResult> =>
    runProgram('gausskeep', args, {
      env: {
        ...testCredentialVariables,
        GAUSSKEEP_S3_ENDPOINT: endpoint,
        GAUSSKEEP_S3_ALLOW_HTTP: 'yes',
        GAUSSKEEP_CACHE: '',
        ...env,
      },
    });

  /** Runs the command for people and for programs. @returns what both said */
  async function refused(
    args: readonly string[],
    status: number,
    key: string,
    env: Record<string, string | undefined> = {},
    endpoint = store.endpoint,
  ): Promise<string> {
    const result = await run(args, env, endpoint);
    expect(result.status, result.stderr).toBe(status);
    const json = await run([...args, '--json'], env, endpoint);
    const record = JSON.parse(json.stdout.trim().split('\n').at(-1)!) as Refusal;
    expect(record.messageKey).toBe(key);
    const all = [result.stdout, result.stderr, json.stdout, json.stderr].join('\n');
    expect(all).not.toMatch(/testsecret|verysecret|AWS4-HMAC|Signature=/);
    expect(all).not.toContain('?endpoint=');
    return result.stderr;
  }

  const list = (bucket = 'whole'): string[] => ['list', '--repo', `s3://${bucket}/repo`];

  beforeAll(async () => {
    store = await S3Server.start({
      accounts: [
        testAccount,
        { accessKeyId: 'lister', secretAccessKey: secret, denied: ['ListObjectsV2'] },
        { accessKeyId: 'reader', secretAccessKey: secret, denied: ['PutObject', 'CreateMultipartUpload'] },
        { accessKeyId: 'writer', secretAccessKey: secret, denied: ['DeleteObject'] },
        { accessKeyId: 'guest', secretAccessKey: secret, sessionToken: 'verysecrettoken', expiresAtMs: Date.now() },
      ],
    });
    store.createBucket('whole');
    store.createBucket('keyed');
    store.createBucket('elsewhere', { region: 'eu-west-1' });
    encrypted = await S3Server.start({ tls: true });
    encrypted.createBucket('whole');
    const made = await run(['repo', 'init', 's3://whole/repo']);
    expect(made.status, made.stderr).toBe(0);
  });
  afterAll(async () => {
    await Promise.all([store.close(), encrypted.close(), script.proxy?.close()]);
  });

  it('by its name', async () => {
    await refused(['list', '--repo', 's3://B!/x'], 2, 's3.bad-bucket');
    await refused(['list', '--repo', 's3://whole/a/../b'], 2, 's3.bad-prefix');
    await refused(['repo', 'init', 's3://whole/.gausskeep-x'], 2, 's3.bad-prefix');
    await refused(['list', '--repo', 's3://whole?colour=red'], 2, 's3.unknown-setting');
    expect(await refused(list('absent'), 10, 's3.no-bucket')).toContain('there is no bucket "absent"');
    const region = await refused(list('elsewhere'), 2, 's3.other-region');
    expect(region).toContain('is in region eu-west-1, and us-east-1 was named');
  });

  it('by a name that is nearly one', async () => {
    const refusal = await refused(['repo', 'init', 's3:/whole/new'], 2, 's3.misspelt');
    expect(refusal).toContain('Did you mean s3://whole/new?');
    expect(existsSync('s3:')).toBe(false);
  });

  it('by what it lies in', async () => {
    const inner = await refused(['repo', 'init', 's3://whole/repo/inner/most'], 17, 'repo.in-repository');
    expect(inner).toContain('"s3://whole/repo/inner/most" lies in the repository "s3://whole/repo"');
    await refused(['repo', 'init', 's3://whole'], 17, 'repo.not-empty');
    store.write('keyed', 'keys/gausskeep-repository.json', Buffer.from('{}'));
    const outer = await run(['repo', 'init', 's3://keyed']);
    expect(outer.stderr).toContain('it holds "keys/gausskeep-repository.json"');
  });

  it('by what grows in it', async () => {
    const place = ['--archive', 's3://whole/wal', '--s3-endpoint', store.endpoint, '--s3-allow-http'];
    const repository = ['--repo', 's3://whole/repo', '--instance', 'main', '--s3-endpoint', store.endpoint];
    for (const words of [place, repository]) {
      const { status, stderr } = await run(['wal', 'receive', '-h', '127.0.0.1', ...words]);
      expect(status, stderr).toBe(2);
      expect(stderr).toContain('WAL cannot be received into an object store');
    }
  });

  it('by who asks', async () => {
    const nobody = { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined };
    await refused(list(), 12, 's3.no-credentials', nobody);
    const file = join(temporaryDirectory('credentials'), 'credentials');
    await refused([...list(), '--s3-credentials-file', file], 12, 's3.closed-credentials-file');
    writeFileSync(file, `[other]\naws_access_key_id=a\naws_secret_access_key=${secret}\n`, { mode: 0o600 });
    await refused([...list(), '--s3-credentials-file', file], 12, 's3.empty-credentials-file');
    await refused([...list(), '--s3-profile', 'nobody'], 12, 's3.empty-profile');
    await refused(list(), 12, 's3.unknown-key', { AWS_ACCESS_KEY_ID: 'somebody' });
    await refused(list(), 12, 's3.wrong-secret', { AWS_SECRET_ACCESS_KEY: 'verysecretother' });
    const guest = { AWS_ACCESS_KEY_ID: 'guest', AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: 'verysecrettoken' };
    await refused(list(), 12, 's3.expired', guest);
  });

  it('by what the bucket allows: listing, putting, deleting', async () => {
    const as = (accessKeyId: string) => ({ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secret });
    expect(await refused(list(), 12, 's3.denied', as('lister'))).toContain('AccessDenied');
    expect(await refused(['repo', 'init', 's3://whole/new'], 12, 's3.denied', as('reader'))).toContain('PutObject');
    expect((await run(list(), as('reader'))).status).toBe(0);
    // A host that may not delete makes a repository, and what it tried lies where no listing of ours shows it.
    const made = await run(['repo', 'init', 's3://whole/kept'], as('writer'));
    expect(made.status, made.stderr).toBe(0);
    expect((await run(['repo', 'check', '--repo', 's3://whole/kept'])).status).toBe(0);
  });

  it('by its endpoint', async () => {
    const plain = { GAUSSKEEP_S3_ALLOW_HTTP: undefined };
    await refused(list(), 2, 's3.plain-http', plain);
    script.proxy = await FaultScript.start(store.endpoint, [{ fault: redirectTo('http://127.0.0.1:1/whole') }]);
    const moved = await refused(list(), 2, 's3.redirect', {}, script.proxy.endpoint);
    expect(moved).toContain('127.0.0.1:1 is to be asked: that is not followed');
    expect(script.proxy.requests.every(({ fault }) => fault === 'answer')).toBe(true);
    await refused(list(), 2, 's3.no-tls', {}, store.endpoint.replace('http:', 'https:'));
  });

  it('by the certificate of its store, until the authority is named', async () => {
    await refused(list(), 12, 's3.certificate', {}, encrypted.endpoint);
    const init = ['repo', 'init', 's3://whole/repo', '--s3-ca-file', authority];
    const made = await run(init, {}, encrypted.endpoint);
    expect(made.status, made.stderr).toBe(0);
    expect((await run([...list(), '--s3-ca-file', authority], {}, encrypted.endpoint)).status).toBe(0);
    await refused([...list(), '--s3-ca-file', '/nonexistent'], 2, 's3.no-ca', {}, encrypted.endpoint);
  });

  it('says that the clock of this host is off, and goes on', async () => {
    store.clock = () => Date.now() + hourMs;
    try {
      const made = await run(['repo', 'init', 's3://whole/late']);
      expect(made.status, made.stderr).toBe(0);
      expect(made.stderr).toMatch(
        /warning: the clock of this host is 3(?:599|600|601) s behind that of the object storage/,
      );
    } finally {
      store.clock = Date.now;
    }
  });

  it('takes paths only where it could take nothing else', async () => {
    const restore = ['restore', '--pgdata', 's3://whole/data', '--repo', 's3://whole/repo', '--instance', 'orders'];
    await refused(restore, 2, 'options.no-place');
    const backup = await runProgram('gs_basebackup', ['-D', 's3://whole/backup']);
    expect(backup.status).toBe(1);
    expect(backup.stderr).toContain('--pgdata takes a path of this host');
    for (const words of [
      ['verify', 's3://whole/repo'],
      ['restore', 's3://whole/repo', '-D', '/tmp/x'],
      ['list', 's3://whole/repo'],
    ]) {
      const refusal = await run(words);
      expect(refusal.status, refusal.stderr).toBe(2);
      expect(refusal.stderr).toContain('A repository there is named with --repo');
    }
    const adopt = await run(['repo', 'adopt', 's3://whole/a', '--repo', 's3://whole/repo', '--instance', 'orders']);
    expect(adopt.status).toBe(2);
    expect(adopt.stderr).toContain('only an archive in a directory of this host is adopted');
    const receive = await run(['wal', 'receive', '--archive', 's3://whole/a']);
    expect(receive.status).toBe(2);
    expect(receive.stderr).toContain('WAL cannot be received into an object store');
  });
});

describe('a store that overwrites', () => {
  let store: S3Server;
  const place = 's3://whole/repo';
  const recordName = 'repo/gausskeep-storage.json';

  const run = (...args: string[]): Promise<ProgramResult> =>
    runProgram('gausskeep', args, {
      env: { ...testCredentialVariables, GAUSSKEEP_S3_ENDPOINT: store.endpoint, GAUSSKEEP_S3_ALLOW_HTTP: 'yes' },
    });

  beforeAll(async () => {
    store = await S3Server.start({ conditions: 'never' });
    store.createBucket('whole');
  });
  afterAll(() => store.close());

  it('is for one host, which init says; another one is refused until it takes over', async () => {
    const made = await run('repo', 'init', place, '--json');
    expect(made.status, made.stderr).toBe(0);
    expect(made.stderr).toContain('this host alone may write to the repository');
    expect(JSON.parse(made.stdout)).toMatchObject({ store: { putOnce: 'never', host: hostname() } });
    const same = await run('repo', 'probe', place);
    expect(same.status, same.stderr).toBe(0);
    expect(same.stdout).toContain('the store overwrites names that are taken');
    // What another host noted.
    const noted = JSON.parse(store.content('whole', recordName)!.toString()) as JsonFields;
    const record = Object.fromEntries(Object.entries(noted).filter(([member]) => member !== 'seal'));
    const other = { ...record, host: { id: '0'.repeat(32), name: 'old.example.org' } };
    store.write('whole', recordName, encodeSealed(other));
    store.write('whole', recordName.replace('repo/', 'new/'), encodeSealed(other));
    const locked = await run('repo', 'init', 's3://whole/new');
    expect(locked.status).toBe(11);
    expect(locked.stderr).toContain('one host alone may write to it: that is old.example.org');
    expect(locked.stderr).toContain('gausskeep repo probe s3://whole/new --take-over=old.example.org');
    const foreign = await run('repo', 'probe', place, '--json');
    expect(foreign.status).toBe(3);
    expect(JSON.parse(foreign.stdout)).toMatchObject({
      noted: { putOnce: 'never', host: 'old.example.org' },
      found: { putOnce: 'never', host: hostname() },
      isNoted: false,
    });
    for (const word of ['--take-over', '--take-over=another.example.org']) {
      const refused = await run('repo', 'probe', place, word);
      expect(refused.status).toBe(11);
      expect(refused.stderr).toContain(`repo probe ${place} --take-over=old.example.org`);
      expect((await run('repo', 'probe', place)).status).toBe(3);
    }
    const taken = await run('repo', 'probe', place, '--take-over=old.example.org');
    expect(taken.status, taken.stderr).toBe(0);
    expect(taken.stderr).toContain('old.example.org is refused from its next write on');
    expect((await run('repo', 'probe', place)).status).toBe(0);
  });
});
