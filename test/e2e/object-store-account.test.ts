/** An object store asked by the account of a server: what `wal init` prints for it, whose files count, and who may read the credentials. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { giveToServerUser, givenToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { S3Server, testAccount } from '../support/object-store/s3-server.ts';
import { testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { walBytes } from '../support/wal-directory.ts';

const name = '000000010000000000000010';
let store: S3Server;
let home: string;
let data: string;
let credentials: string;

const run = (args: readonly string[], env: Record<string, string | undefined> = {}): Promise<ProgramResult> =>
  runProgram('gausskeep', args, {
    env: {
      ...testCredentialVariables,
      GAUSSKEEP_S3_ENDPOINT: store.endpoint,
      GAUSSKEEP_S3_ALLOW_HTTP: 'yes',
      GAUSSKEEP_CACHE: '',
      ...env,
    },
  });

beforeAll(async () => {
  store = await S3Server.start();
  store.createBucket('whole');
  home = temporaryDirectory('home');
  chmodSync(home, 0o755);
  data = join(home, 'data');
  mkdirSync(join(data, 'pg_wal'), { recursive: true });
  writeFileSync(join(data, 'pg_wal', name), walBytes(0x1000000n, 1024 * 1024));
  giveToServerUser(data);
  credentials = join(home, 'credentials');
  const { accessKeyId, secretAccessKey } = testAccount;
  writeFileSync(
    credentials,
    `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`,
    { mode: 0o600 },
  );
});
afterAll(() => store.close());

it('wal init prints what the account of the server can run, or says what is missing', async () => {
  const init = ['wal', 'init', data, '--archive', 's3://whole/wal'];
  const made = await run(init, { AWS_CA_BUNDLE: '/etc/ssl/certs/ca-certificates.crt' });
  expect(made.status, made.stderr).toBe(0);
  expect(made.stdout).toContain(`--s3-endpoint ${store.endpoint} --s3-allow-http`);
  expect(made.stdout).toContain('--s3-credentials-file /PATH/S3-CREDENTIALS');
  expect(made.stdout).not.toContain('--s3-ca-file');
  expect(made.stderr).toContain('warning: the credentials of this environment are not those of the account');
  const named = await run([...init, '--s3-credentials-file', credentials]);
  expect(named.stdout).toContain(`--s3-credentials-file ${credentials} `);
  if (runningAsRoot) expect(named.stderr).toContain(`hint: As root: chown ${serverUser.uid} ${credentials}`);
  else expect(named.stderr).not.toContain('warning');
});

it('credentials that others may read are refused, as passwords are', async () => {
  const open = join(home, 'open');
  writeFileSync(open, '[default]\naws_access_key_id=a\naws_secret_access_key=verysecret\n', { mode: 0o644 });
  const refused = await run(['wal', 'generation', '--archive', 's3://whole/wal', '--s3-credentials-file', open]);
  expect(refused.status, refused.stderr).toBe(2);
  expect(refused.stderr).toContain(`hint: Take that from them: chmod 600 ${open}`);
  expect(refused.stderr).not.toContain('verysecret');
});

it.runIf(runningAsRoot)('the home of another account counts for nothing', async () => {
  const closed = join(home, 'closed');
  mkdirSync(join(closed, '.config/gausskeep'), { recursive: true });
  writeFileSync(join(closed, '.config/gausskeep/gausskeep.toml'), 'nonsense');
  chmodSync(closed, 0o700);
  givenToServerUser(credentials);
  const get = ['wal', 'get', name, join(data, 'pg_wal/RECOVERYXLOG'), '--archive', 's3://whole/wal'];
  const env = {
    ...testCredentialVariables,
    AWS_ACCESS_KEY_ID: undefined,
    HOME: closed,
    XDG_CONFIG_HOME: undefined,
    GAUSSKEEP_CONFIG: undefined,
    AWS_CONFIG_FILE: undefined,
    AWS_SHARED_CREDENTIALS_FILE: undefined,
  };
  const place = ['--s3-endpoint', store.endpoint, '--s3-allow-http'];
  const asServer = (args: readonly string[]) => runProgram('gausskeep', args, { env, asUser: serverUser });
  const absent = await asServer([...get, ...place, '--s3-credentials-file', credentials]);
  expect(absent.status, absent.stderr).toBe(1);
  expect(absent.stderr).not.toContain(closed);
  const nobody = await asServer([...get, ...place]);
  expect(nobody.status).toBe(126);
  expect(nobody.stderr).toContain(`HOME is "${closed}", which belongs to another account`);
});
