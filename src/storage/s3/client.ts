import { createHash } from 'node:crypto';
import type { ByteSource } from '../../bytes/byte-reader.ts';
import type { CredentialSource } from './credentials.ts';
import { Exchange, textOf, type S3Answer } from './exchange.ts';
import { refusalOf, s3Failure, S3Refusal, type S3PlaceWords } from './failures.ts';
import { addressOf, nameOfS3Place, type S3Address, type S3Location } from './location.ts';
import { Patience, type PatiencePlan } from './patience.ts';
import { emptyHash, pathOfKey, queryOf, signedHeaders } from './sign-request.ts';

/** A body of known length, which can be sent as often as it takes. */
export interface RequestBody {
  readonly sizeBytes: number;
  /** SHA-256 in hex. */
  readonly hash: string;
  readonly pieces: readonly Uint8Array[] | (() => ByteSource);
  /** MD5 in base64, where the pieces are not in memory. */
  readonly md5?: string | undefined;
}

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Name of the object below the prefix; undefined: the bucket. */
  readonly name?: string | undefined;
  readonly query?: Readonly<Record<string, string | undefined>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: RequestBody | undefined;
  /** Statuses that are answers; all others are failures. */
  readonly answers: readonly number[];
}

/** Stores refuse what is signed a quarter of an hour off; a little less is sure to be taken. */
const skewToleranceMs = 14 * 60 * 1000;

/** What came of a request, and whether an earlier one may have done it already. */
export interface Done<Result> {
  readonly result: Result;
  readonly wasRepeated: boolean;
}

export interface S3ClientOptions {
  readonly credentials: CredentialSource;
  /** PEM certificates. */
  readonly ca: string | undefined;
  readonly patience: PatiencePlan;
}

/** Requests to one place in one store: signed, and made again while what failed may pass. */
export class S3Client {
  readonly location: S3Location;
  readonly words: S3PlaceWords;
  readonly #address: S3Address;
  readonly #exchange: Exchange;
  readonly #options: S3ClientOptions;
  #hasAnswered = false;
  /** The clock of the store less that of this host, ms; 0 as long as the store takes the time of this host. */
  #skewMs = 0;
  /** The clock of the store less that of this host, ms, as its last answer told. */
  #storeAheadMs = 0;
  #seesVersions = false;
  /** Bodies of puts come with an MD5, which stores with object lock want. */
  sendsMd5 = true;

  constructor(location: S3Location, options: S3ClientOptions) {
    this.location = location;
    this.#options = options;
    this.#address = addressOf(location);
    this.#exchange = new Exchange(this.#address, options.ca, options.patience.silenceMs);
    const { isTls, authority, region, host, bucketPath } = this.#address;
    this.words = {
      place: nameOfS3Place(location.bucket, location.prefix),
      bucket: location.bucket,
      endpoint: location.endpoint ?? `${isTls ? 'https' : 'http'}://${authority}`,
      region,
      virtualHost: bucketPath === '' ? host : undefined,
    };
  }

  /** How far the clock of this host was off when the store refused it for that, in ms. */
  get skewMs(): number {
    return this.#skewMs;
  }

  /** ms since 1970 by the clock of the store, to a second; that of this host as long as nothing was answered. */
  get storeNowMs(): number {
    return Date.now() + this.#storeAheadMs;
  }

  /** Whether an answer has told the version of an object: the bucket keeps versions. */
  get seesVersions(): boolean {
    return this.#seesVersions;
  }

  patience(): Patience {
    return new Patience(this.#options.patience);
  }

  /**
   * Sends a request until it is answered. `read` takes the body; what it throws counts as a failure of the request.
   * @throws BackupError as `s3Failure` says; the signal's reason
   */
  async run<Result>(
    request: S3Request,
    read: (answer: S3Answer) => Promise<Result>,
    signal?: AbortSignal,
  ): Promise<Done<Result>> {
    const patience = this.patience();
    const corrected = { skew: false, credentials: false };
    for (let wasRepeated = false; ; wasRepeated = true) {
      try {
        const answer = await this.#send(request, corrected.credentials, signal);
        return { result: await read(answer), wasRepeated };
      } catch (error) {
        if (this.#correct(error, corrected) || this.#missesMd5(error, request)) continue;
        await this.bear(patience, error, request.name, signal);
      }
    }
  }

  /** `read` for an answer whose body matters. */
  async text(request: S3Request, signal?: AbortSignal): Promise<{ readonly status: number; readonly text: string }> {
    const read = async (answer: S3Answer) => ({ status: answer.status, text: await textOf(answer) });
    return (await this.run(request, read, signal)).result;
  }

  /** Waits before something is tried again that failed so. @throws BackupError what it means, where it does not pass */
  async bear(patience: Patience, error: unknown, name = '', signal?: AbortSignal): Promise<void> {
    try {
      await patience.bear(error, this.#hasAnswered, signal);
    } catch (left) {
      if (left !== error) throw left;
      signal?.throwIfAborted();
      throw s3Failure(error, name, this.words);
    }
  }

  async #send(request: S3Request, renew: boolean, signal?: AbortSignal): Promise<S3Answer> {
    const { method, name, query, headers = {}, body, answers } = request;
    const key = name === undefined ? '' : this.location.prefix + name;
    const path = `${this.#address.bucketPath}/${pathOfKey(key)}${queryOf(query ?? {})}`;
    const length: Record<string, string> =
      body === undefined
        ? method === 'PUT' || method === 'POST'
          ? { 'Content-Length': '0' }
          : {}
        : { 'Content-Length': String(body.sizeBytes) };
    const sum: Record<string, string> =
      body !== undefined && method === 'PUT' && this.sendsMd5 ? { 'Content-MD5': md5Of(body) } : {};
    const unsigned = { method, path, headers: { ...headers, ...length, ...sum }, bodyHash: body?.hash ?? emptyHash };
    const credentials = await this.#options.credentials(renew);
    const signed = await signedHeaders(unsigned, this.#address, credentials, Date.now() + this.#skewMs);
    const pieces = typeof body?.pieces === 'function' ? body.pieces() : body?.pieces;
    const answer = await this.#exchange.send({ method, path, headers: signed, body: pieces }, signal);
    this.#hasAnswered = true;
    this.#learn(answer);
    if (answers.includes(answer.status)) return answer;
    throw await refusalOf(answer);
  }

  #learn({ headers }: S3Answer): void {
    const date = Date.parse(headers.date ?? '');
    if (!Number.isNaN(date)) this.#storeAheadMs = date - Date.now();
    // Also `null`, the version of what was put before versions were kept.
    if (headers['x-amz-version-id'] !== undefined) this.#seesVersions = true;
  }

  /** An answer to HEAD has no words: then its date tells. */
  #isSkewed({ status, code, dateMs = 0 }: S3Refusal): boolean {
    if (status !== 403 || code !== '') return code === 'RequestTimeTooSkewed';
    return Math.abs(dateMs - Date.now() - this.#skewMs) > skewToleranceMs;
  }

  /** A bucket that locks each object by itself wants it, also where it did not when the place was used for the first time. @returns whether there is one from now on */
  #missesMd5(error: unknown, { method, body }: S3Request): boolean {
    if (!(error instanceof S3Refusal) || error.code !== 'InvalidRequest' || this.sendsMd5) return false;
    if (method !== 'PUT' || body === undefined || typeof body.pieces === 'function') return false;
    return (this.sendsMd5 = true);
  }

  /** Puts right, once for each request, what the store says is wrong with who asks. @returns whether it did */
  #correct(error: unknown, corrected: { skew: boolean; credentials: boolean }): boolean {
    if (!(error instanceof S3Refusal)) return false;
    if (!corrected.skew && error.dateMs !== undefined && this.#isSkewed(error)) {
      this.#skewMs = error.dateMs - Date.now();
      return (corrected.skew = true);
    }
    if ((error.code === 'ExpiredToken' || error.code === 'TokenRefreshRequired') && !corrected.credentials) {
      return (corrected.credentials = true);
    }
    return false;
  }
}

function md5Of({ pieces, md5 }: RequestBody): string {
  if (md5 !== undefined || typeof pieces === 'function') return md5 ?? '';
  const hash = createHash('md5');
  for (const piece of pieces) hash.update(piece);
  return hash.digest('base64');
}
