import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { credentialChain } from '../../src/storage/s3/credentials.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const nowhere = { profile: undefined, credentialsFile: undefined };
let server: Server;
let asked: string[];
/** By path; a function is asked each time. */
let answers: Record<string, (request: IncomingMessage) => string>;
let endpoint: string;

beforeEach(async () => {
  asked = [];
  answers = {};
  server = createServer((request, response) => {
    const path = request.url!.split('?', 1)[0]!;
    asked.push(`${request.method!} ${path}`);
    const found = answers[path];
    response.statusCode = found === undefined ? 404 : 200;
    response.end(found?.(request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const name of Object.keys(process.env).filter((one) => one.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent');
  vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', endpoint);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const temporary = (name: string, minutes = 60): string =>
  JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: name,
    SecretAccessKey: `secret of ${name}`,
    Token: `token of ${name}`,
    Expiration: new Date(Date.now() + minutes * 60_000).toISOString(),
  });

function instanceMetadata(name: () => string): void {
  const base = '/latest/meta-data/iam/security-credentials/';
  answers['/latest/api/token'] = () => 'session';
  answers[base] = () => 'role';
  answers[`${base}role`] = () => temporary(name());
}

function containerEndpoint(name: () => string): void {
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${endpoint}/container`);
  answers['/container'] = () => temporary(name());
}

function profileFile(text: string): string {
  const path = join(temporaryDirectory(), 'credentials');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

it('takes them where the tools of AWS look, in their order', async () => {
  const found = async (): Promise<string> => (await credentialChain(nowhere)()).accessKeyId;
  instanceMetadata(() => 'INSTANCE');
  expect(await found()).toBe('INSTANCE');
  expect(asked).toContain('PUT /latest/api/token');
  containerEndpoint(() => 'CONTAINER');
  asked = [];
  expect(await found()).toBe('CONTAINER');
  expect(asked).toEqual(['GET /container']);
  const file = profileFile('[default]\naws_access_key_id = FILE\naws_secret_access_key = secret\n');
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', file);
  asked = [];
  expect(await found()).toBe('FILE');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ENVIRONMENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  expect(await found()).toBe('ENVIRONMENT');
  expect(asked).toEqual([]);
});

it('takes a web identity before the container and the instance', async () => {
  instanceMetadata(() => 'INSTANCE');
  containerEndpoint(() => 'CONTAINER');
  const token = join(temporaryDirectory(), 'token');
  writeFileSync(token, 'web token');
  vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', token);
  vi.stubEnv('AWS_ROLE_ARN', 'arn:aws:iam::123456789012:role/backup');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ENDPOINT_URL_STS', endpoint);
  const until = new Date(Date.now() + 3_600_000).toISOString();
  answers['/'] = () =>
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>WEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${until}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
  expect(await credentialChain(nowhere)()).toMatchObject({ accessKeyId: 'WEB', sessionToken: 't' });
  expect(asked).toEqual(['POST /']);
});

it('keeps them as long as they hold, and asks again before they end and when they were refused', async () => {
  let count = 0;
  vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${endpoint}/container`);
  // The first end within minutes.
  answers['/container'] = () => temporary(`KEY${(count += 1)}`, count === 1 ? 2 : 60);
  const chain = credentialChain(nowhere);
  expect(await chain()).toMatchObject({ accessKeyId: 'KEY1', sessionToken: 'token of KEY1' });
  await chain();
  await expect.poll(async () => (await chain()).accessKeyId, { timeout: 120_000 }).toBe('KEY2');
  expect((await chain()).accessKeyId).toBe('KEY2');
  expect(count).toBe(2);
  expect((await chain(true)).accessKeyId).toBe('KEY3');
});

it('a profile that is named comes before the environment', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'ENVIRONMENT');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
  const text =
    '[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n[other]\naws_access_key_id = OTHER\naws_secret_access_key = s\n';
  const credentialsFile = profileFile(text);
  expect(await credentialChain({ credentialsFile, profile: 'other' })()).toMatchObject({ accessKeyId: 'OTHER' });
  expect(await credentialChain({ credentialsFile, profile: undefined })()).toMatchObject({ accessKeyId: 'FILE' });
});

it('where there are none, that is said, and nothing of what was looked at', async () => {
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  const credentialsFile = profileFile('[default]\naws_access_key_id = HALF-OF-A-PAIR\n');
  const told = await credentialChain({ credentialsFile, profile: 'default' })().catch((error: unknown) => error);
  expect(told).toMatchObject({ code: 'AUTHENTICATION' });
  expect(JSON.stringify(told) + String((told as Error).stack)).not.toContain('HALF-OF-A-PAIR');
});
