import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe } from 'vitest';
import { formatS3Place, parseS3Place, type S3Location } from '../../../src/storage/s3/location.ts';
import { openS3Storage } from '../../../src/storage/s3/s3-storage.ts';
import { recordName } from '../../../src/storage/s3/storage-record.ts';
import { missingRadosgwPrograms } from './radosgw.ts';
import { S3Server, testAccount, type S3ServerOptions } from './s3-server.ts';
import { sharedRadosgw } from './shared-radosgw.ts';
import { askStore } from './signed-request.ts';

/** A store that tests run on. It takes `testAccount`, paths for buckets, and plain http. */
export interface StoreUnderTest {
  readonly kind: 'in-process' | 'radosgw';
  /** What it does with `If-None-Match: *`: radosgw of Debian 12 does not look at it where parts become an object. */
  readonly conditions: 'always' | 'single';
  readonly endpoint: string;
  /** The in-process server itself. @throws Error for another store */
  readonly server: S3Server;
  /** Makes a bucket of its own. @returns its name */
  createBucket(options?: { readonly objectLock?: boolean }): Promise<string>;
  /** An empty folder of a bucket that the tests of a suite share, with what the probe finds: it is not probed again. */
  createFolder(): Promise<Folder>;
}

export interface Folder {
  readonly bucket: string;
  /** Ends in `/`. */
  readonly prefix: string;
}

/** Describes the tests once for each store of this run: the in-process server, and radosgw where it is installed. */
export function forEachStore(body: (store: StoreUnderTest) => void, options: S3ServerOptions = {}): void {
  onInProcessServer(body, options);
  if (missingRadosgwPrograms().length === 0) onRadosgw(body);
}

/** The tests, which take long, once: on radosgw where it is installed, else on the in-process server. */
export function forRealStore(body: (store: StoreUnderTest) => void): void {
  if (missingRadosgwPrograms().length === 0) onRadosgw(body);
  else onInProcessServer(body);
}

/** Once, on the in-process server: where its clock is moved. */
export function onInProcessServer(body: (store: StoreUnderTest) => void, options: S3ServerOptions = {}): void {
  describe('on the in-process S3 server', () => {
    let server: S3Server | undefined;
    beforeAll(async () => {
      server = await S3Server.start(options);
    });
    afterAll(() => server?.close());
    body({
      kind: 'in-process',
      conditions: 'always',
      get endpoint() {
        return server!.endpoint;
      },
      get server() {
        return server!;
      },
      createBucket: (bucketOptions) => createBucket(server!.endpoint, bucketOptions),
      createFolder: folders(() => server!.endpoint),
    });
  });
}

function onRadosgw(body: (store: StoreUnderTest) => void): void {
  describe('on radosgw', () => {
    let endpoint = '';
    beforeAll(async () => {
      endpoint = await sharedRadosgw();
    });
    body({
      kind: 'radosgw',
      conditions: 'single',
      get endpoint() {
        return endpoint;
      },
      get server(): S3Server {
        throw new Error('this is no in-process server');
      },
      createBucket: (bucketOptions) => createBucket(endpoint, bucketOptions),
      createFolder: folders(() => endpoint),
    });
  });
}

/** Folders of one bucket: the first is probed, the others get what was found there. */
function folders(endpoint: () => string): () => Promise<Folder> {
  let count = 0;
  let shared: Promise<{ readonly bucket: string; readonly record: Buffer }> | undefined;
  const probe = async () => {
    const bucket = await createBucket(endpoint());
    const storage = await openS3Storage(placeAt(endpoint(), bucket), { credentials: testCredentials });
    await storage.prepare?.();
    return { bucket, record: (await askStore(endpoint(), 'GET', `/${bucket}/${recordName}`)).body };
  };
  return async () => {
    shared ??= probe();
    const { bucket, record } = await shared;
    const prefix = `of a test/${(count += 1)}/`;
    await askStore(endpoint(), 'PUT', `/${bucket}/${encodeURI(prefix)}${recordName}`, { body: record });
    return { bucket, prefix };
  };
}

/** Makes a bucket at a store, or behind a proxy of one. @returns its name */
export async function createBucket(
  endpoint: string,
  { objectLock = false }: { readonly objectLock?: boolean } = {},
): Promise<string> {
  const name = `test-${randomBytes(6).toString('hex')}`;
  const headers: Record<string, string> = objectLock ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {};
  const { status, body } = await askStore(endpoint, 'PUT', `/${name}`, { headers });
  if (status !== 200) throw new Error(`no bucket for the test: ${status} ${body.toString()}`);
  return name;
}

/** The text of a place at a store of the tests. */
export function placeAt(endpoint: string, bucket: string, more: Partial<S3Location> = {}): string {
  const plain = endpoint.startsWith('http:') ? '&http=yes' : '';
  return formatS3Place({ ...parseS3Place(`s3://${bucket}?endpoint=${endpoint}${plain}`), ...more });
}

/** `testAccount` as what signs the requests of a storage. */
export const testCredentials = () => Promise.resolve(testAccount);

/** `testAccount` as programs read it, and nothing else that would be looked for. */
export const testCredentialVariables: Readonly<Record<string, string>> = {
  AWS_ACCESS_KEY_ID: testAccount.accessKeyId,
  AWS_SECRET_ACCESS_KEY: testAccount.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
};
