import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  createServer as createPlain,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createEncrypted } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { projectRoot } from '../project.ts';
import { Bucket, type Upload, type Version } from './bucket.ts';
import { getBucketVersioning, getObjectLockConfiguration, listObjects, listVersions } from './bucket-operations.ts';
import type { Answer, Conditions, Exchange, StoreBehaviour } from './exchange.ts';
import {
  abortUpload,
  completeUpload,
  createUpload,
  listParts,
  listUploads,
  uploadPart,
} from './multipart-operations.ts';
import {
  deleteObject,
  deleteObjects,
  getObject,
  getObjectRetention,
  headObject,
  putObject,
  putObjectRetention,
} from './object-operations.ts';
import { accessDenied, S3Error } from './s3-error.ts';
import { operationOf, queryOf, targetOf, type S3Operation } from './s3-operation.ts';
import { checkSignature, type S3Account } from './signature-check.ts';
import { document, textElement } from './xml.ts';

export interface S3ServerOptions {
  /** Default `always`, as AWS does. */
  readonly conditions?: Conditions;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** https with the certificate `test/fixtures/tls/verify/good` (`localhost`, `127.0.0.1`), whose authority is `ca.crt` there, or another of that folder. */
  readonly tls?: boolean | string;
  /** The host names behind `BUCKET.`; default `localhost`. A request to any other host has the bucket in its path. */
  readonly virtualHosts?: readonly string[];
  /** Refuses requests whose bucket stands in the path, as OBS does. */
  readonly virtualOnly?: boolean;
  /** Default: {@link testAccount}. */
  readonly accounts?: readonly S3Account[];
  readonly pageSize?: number;
  /** Default 5 MiB. */
  readonly minimumPartBytes?: number;
  readonly opaqueEtags?: boolean;
  /** ms since 1970; default the clock of this machine. */
  readonly clock?: () => number;
}

/** The keys that radosgw of the tests has as well. */
export const testAccount: S3Account = { accessKeyId: 'testaccess', secretAccessKey: 'testsecret' };

export interface BucketOptions {
  /** Where it lives; another than that of the server: 301 to there. */
  readonly region?: string;
  readonly versioned?: boolean;
  readonly objectLock?: boolean;
  readonly defaultRetention?: Bucket['defaultRetention'];
}

const routes: Partial<Record<S3Operation, (exchange: Exchange) => Answer>> = {
  HeadBucket: ({ bucket }) => ({ status: 200, headers: { 'x-amz-bucket-region': bucket.region } }),
  GetBucketLocation: ({ bucket }) => {
    const region = bucket.region === 'us-east-1' ? '' : bucket.region;
    return { status: 200, body: document('LocationConstraint', region) };
  },
  GetBucketVersioning: getBucketVersioning,
  GetObjectLockConfiguration: getObjectLockConfiguration,
  ListObjectsV2: listObjects,
  ListObjectVersions: listVersions,
  ListMultipartUploads: listUploads,
  DeleteObjects: deleteObjects,
  PutObject: putObject,
  GetObject: getObject,
  HeadObject: headObject,
  DeleteObject: deleteObject,
  GetObjectRetention: getObjectRetention,
  PutObjectRetention: putObjectRetention,
  CreateMultipartUpload: createUpload,
  UploadPart: uploadPart,
  ListParts: listParts,
  CompleteMultipartUpload: completeUpload,
  AbortMultipartUpload: abortUpload,
};

/**
 * An S3 store in this process, as strict as the strictest of the real ones: each signature is checked against the body,
 * nothing that only newer SDKs send is taken, and what differs between stores can be chosen.
 */
export class S3Server {
  /** Can be changed while it runs. */
  readonly behaviour: StoreBehaviour;
  /** By access key; can be changed while it runs. */
  readonly accounts: Map<string, S3Account>;
  clock: () => number;
  /** So long each answer waits, as from a store that is far away; ms. */
  latencyMs = 0;
  /** How many requests came for each operation, refused ones too. */
  readonly counts = new Map<S3Operation, number>();
  readonly region: string;
  readonly #buckets = new Map<string, Bucket>();
  readonly #server: Server;
  readonly #encrypted: boolean;
  readonly #virtualHosts: readonly string[];
  readonly #virtualOnly: boolean;

  private constructor(options: S3ServerOptions) {
    this.region = options.region ?? 'us-east-1';
    this.clock = options.clock ?? Date.now;
    this.accounts = new Map((options.accounts ?? [testAccount]).map((account) => [account.accessKeyId, account]));
    this.behaviour = {
      conditions: options.conditions ?? 'always',
      pageSize: options.pageSize ?? 1000,
      minimumPartBytes: options.minimumPartBytes ?? 5 * 1024 * 1024,
      opaqueEtags: options.opaqueEtags ?? false,
    };
    this.#virtualHosts = options.virtualHosts ?? ['localhost'];
    this.#virtualOnly = options.virtualOnly ?? false;
    this.#encrypted = options.tls !== undefined && options.tls !== false;
    const listener: RequestListener = (request, response) => void this.#serve(request, response);
    this.#server = this.#encrypted ? createEncrypted(certificate(options.tls), listener) : createPlain(listener);
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const server = new S3Server(options);
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `${this.#encrypted ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  createBucket(name: string, options: BucketOptions = {}): Bucket {
    const { region = this.region, versioned = false, objectLock = false } = options;
    const bucket = new Bucket(name, { region, versioned, objectLock, clock: () => this.clock() });
    bucket.defaultRetention = options.defaultRetention;
    this.#buckets.set(name, bucket);
    return bucket;
  }

  count(...operations: readonly S3Operation[]): number {
    return operations.reduce((sum, operation) => sum + (this.counts.get(operation) ?? 0), 0);
  }

  /** The keys of the objects that a listing shows. */
  keys(bucket: string): string[] {
    const found = this.bucket(bucket);
    return found.keys.filter((key) => found.current(key) !== undefined);
  }

  content(bucket: string, key: string): Buffer | undefined {
    return this.bucket(bucket).current(key)?.body;
  }

  /** Stores an object past all requests, as another program would. */
  write(bucket: string, key: string, body: Buffer | string): Version {
    const bytes = Buffer.from(body);
    const etag = `"${randomBytes(16).toString('hex')}"`;
    return this.bucket(bucket).store(key, {
      body: bytes,
      etag,
      headers: {},
      storageClass: 'STANDARD',
      retention: undefined,
    });
  }

  /** Removes objects past all requests and locks: what a store loses. */
  lose(bucket: string, keys: readonly string[]): void {
    for (const key of keys) this.bucket(bucket).lose(key);
  }

  /** Moves an object to another storage class; from GLACIER and DEEP_ARCHIVE it cannot be read. */
  move(bucket: string, key: string, storageClass: string): void {
    this.bucket(bucket).version(key, undefined).storageClass = storageClass;
  }

  uploads(bucket: string): Upload[] {
    return [...this.bucket(bucket).uploads.values()];
  }

  bucket(name: string): Bucket {
    const bucket = this.#buckets.get(name);
    if (bucket === undefined) throw new Error(`the test made no bucket ${name}`);
    return bucket;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomBytes(8).toString('hex').toUpperCase();
    response.sendDate = false;
    response.setHeader('date', new Date(this.clock()).toUTCString());
    response.setHeader('x-amz-request-id', requestId);
    response.setHeader('server', 'gausskeep-test');
    try {
      const body = await bodyOf(request);
      if (body === undefined) return;
      if (this.latencyMs > 0) await pause(this.latencyMs);
      send(request, response, this.#answer(request, body));
    } catch (error) {
      const refusal =
        error instanceof S3Error
          ? error
          : new S3Error(500, 'InternalError', error instanceof Error ? String(error.stack) : 'unknown');
      const xml = refusal.xml(request.url!.split('?', 1)[0]!, requestId);
      send(request, response, {
        status: refusal.status,
        headers: { ...refusal.headers, 'content-type': 'application/xml' },
        body: xml,
      });
    }
  }

  #answer(request: IncomingMessage, body: Buffer): Answer {
    const method = request.method!;
    const query = queryOf(request.url!);
    const bucketInHost = this.#bucketInHost(request.headers.host);
    const target = targetOf(request.url!, bucketInHost);
    const operation = operationOf(method, target, query);
    this.counts.set(operation, this.count(operation) + 1);
    const nowMs = this.clock();
    const raw = { method, target: request.url!, rawHeaders: request.rawHeaders, body, encrypted: this.#encrypted };
    const account = checkSignature(raw, { accounts: this.accounts, region: this.region, nowMs });
    if (account.denied?.includes(operation) === true) throw accessDenied();
    if (this.#virtualOnly && bucketInHost === undefined) {
      throw new S3Error(
        405,
        'VirtualHostDomainRequired',
        'Virtual host domain is required when accessing a specific bucket.',
      );
    }
    if (operation === 'ListBuckets') return this.#listBuckets();
    if (operation === 'CreateBucket') return this.#create(target.bucket!, request);
    const bucket = this.#existing(target.bucket);
    const key = target.key ?? '';
    if (Buffer.byteLength(key) > 1024) throw new S3Error(400, 'KeyTooLongError', 'Your key is too long');
    const perform = routes[operation];
    if (perform === undefined) {
      throw new S3Error(
        501,
        'NotImplemented',
        'A parameter you provided implies functionality that is not implemented',
      );
    }
    return perform({ bucket, key, query, headers: request.headers, body, account, nowMs, store: this.behaviour });
  }

  #bucketInHost(host: string | undefined): string | undefined {
    const name = host?.replace(/:\d+$/, '').toLowerCase();
    const domain = this.#virtualHosts.find((one) => name?.endsWith(`.${one}`) === true);
    return domain === undefined ? undefined : name!.slice(0, -domain.length - 1);
  }

  #existing(name: string | undefined): Bucket {
    const bucket = this.#buckets.get(name ?? '');
    if (bucket === undefined) {
      throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist', {
        details: { BucketName: name ?? '' },
      });
    }
    if (bucket.region === this.region) return bucket;
    const message =
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.';
    const endpoint = `${bucket.name}.s3.${bucket.region}.amazonaws.com`;
    throw new S3Error(301, 'PermanentRedirect', message, {
      details: { Endpoint: endpoint, Bucket: bucket.name },
      headers: { 'x-amz-bucket-region': bucket.region },
    });
  }

  #create(name: string, request: IncomingMessage): Answer {
    if (this.#buckets.has(name)) {
      throw new S3Error(
        409,
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
      );
    }
    this.createBucket(name, { objectLock: request.headers['x-amz-bucket-object-lock-enabled'] === 'true' });
    return { status: 200, headers: { location: `/${name}` } };
  }

  #listBuckets(): Answer {
    const names = [...this.#buckets.keys()].map((name) => `<Bucket>${textElement('Name', name)!}</Bucket>`);
    return { status: 200, body: document('ListAllMyBucketsResult', `<Buckets>${names.join('')}</Buckets>`) };
  }
}

function certificate(chosen: boolean | string | undefined): { readonly key: Buffer; readonly cert: Buffer } {
  const name = typeof chosen === 'string' ? chosen : 'good';
  const file = (suffix: string): Buffer => readFileSync(join(projectRoot, 'test/fixtures/tls/verify', name + suffix));
  return { key: file('.key'), cert: file('.crt') };
}

/** Undefined when the client went away in the middle. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  } catch {
    return undefined;
  }
  return Buffer.concat(pieces);
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers = {}, body = '' }: Answer): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) response.setHeader(name, value);
  }
  const withoutBody = request.method === 'HEAD' || status === 204 || status === 304;
  if (!withoutBody || (request.method === 'HEAD' && headers['content-length'] === undefined)) {
    response.setHeader('content-length', withoutBody ? 0 : bytes.length);
  }
  if (typeof body === 'string' && body !== '' && !withoutBody) response.setHeader('content-type', 'application/xml');
  response.end(withoutBody ? undefined : bytes);
}
