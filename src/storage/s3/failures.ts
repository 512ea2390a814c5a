import { BackupError, reasonFor, systemCodeOf, type ErrorContext } from '../../errors/backup-error.ts';
import type { ErrorCode } from '../../errors/codes.ts';
import { say, type Message } from '../../messages/message.ts';
import { textOf, type S3Answer } from './exchange.ts';

/** An answer that is none of those that were asked for. */
export class S3Refusal extends Error {
  readonly status: number;
  /** What the store calls it (`SlowDown`); '' where it sent none. */
  readonly code: string;
  /** Of the bucket, where it is another than that of the request. */
  readonly region: string | undefined;
  /** The host that a redirect names. */
  readonly redirect: string | undefined;
  /** The clock of the store, ms since 1970. */
  readonly dateMs: number | undefined;

  constructor(status: number, code: string, headers: S3Answer['headers'], region: string | undefined) {
    super(`${String(status)} ${code}`);
    this.status = status;
    this.code = code;
    const header = headers['x-amz-bucket-region'];
    this.region = region ?? (typeof header === 'string' ? header : undefined);
    this.redirect = status >= 300 && status < 400 ? hostOf(headers.location) : undefined;
    const date = Date.parse(headers.date ?? '');
    this.dateMs = Number.isNaN(date) ? undefined : date;
  }

  /** Whether it is not known credentials, time or signature that are wrong: this account may not do that. An answer to HEAD has no words. */
  get isDenied(): boolean {
    return this.status === 403 && (this.code === 'AccessDenied' || this.code === '');
  }

  /** Whether the same request may be answered later. */
  get mayPass(): boolean {
    return passing.has(this.status) || passingCodes.has(this.code);
  }
}

const passing = new Set([408, 409, 425, 429, 500, 502, 503, 504]);
const passingCodes = new Set([
  'RequestTimeout',
  'SlowDown',
  'InternalError',
  'ServiceUnavailable',
  'XAmzContentSHA256Mismatch',
  'BadDigest',
  'IncompleteBody',
]);
/** What a connection may come to and come through the next time. */
const passingErrors = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOTFOUND',
  'ERR_STREAM_PREMATURE_CLOSE',
]);

/** Reads what the store says of a request that it did not do. @throws what the connection says */
export async function refusalOf(answer: S3Answer): Promise<S3Refusal> {
  const { code, region } = await errorIn(await textOf(answer));
  return new S3Refusal(answer.status, code, answer.headers, region);
}

/** Code and region of an error in XML; '' where there is none. */
export async function errorIn(text: string): Promise<{ readonly code: string; readonly region: string | undefined }> {
  if (!text.includes('<Error')) return { code: '', region: undefined };
  const { parseXML } = await import('@aws-sdk/xml-builder');
  let error: unknown;
  try {
    ({ Error: error } = parseXML(text) as { Error?: unknown });
  } catch {
    return { code: 'unreadable', region: undefined };
  }
  const fields = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
  const { Code: code, Region: region } = fields;
  return {
    // Only what looks like one is shown.
    code: typeof code === 'string' && /^[A-Za-z0-9.]{1,64}$/.test(code) ? code : 'unreadable',
    region: typeof region === 'string' && /^[a-z0-9-]{1,64}$/.test(region) ? region : undefined,
  };
}

/** Whether a request that failed so may be made again. */
export function mayPass(error: unknown): boolean {
  if (error instanceof S3Refusal) return error.mayPass;
  const code = systemCodeOf(error);
  return code !== undefined && (passingErrors.has(code) || code.startsWith('HPE_'));
}

/** For people: `s3://bucket/prefix` and where that is. */
export interface S3PlaceWords {
  readonly place: string;
  readonly bucket: string;
  readonly endpoint: string;
  readonly region: string;
  /** The host that is asked, where it begins with the bucket. */
  readonly virtualHost: string | undefined;
}

/**
 * What a failed request means, for `name` ('' = the bucket). What is no failure of the store or its connection is passed on unchanged.
 */
export function s3Failure(error: unknown, name: string, words: S3PlaceWords): unknown {
  const code = systemCodeOf(error);
  if (error instanceof S3Refusal) return refused(error, name === '' ? words.place : name, words);
  if (error instanceof BackupError || code === undefined || code === 'ABORT_ERR') return error;
  return unreachable(error, code, words);
}

type Told = readonly [code: ErrorCode, sentence: Message, hint?: Message | undefined, retryable?: boolean];

function refused(error: S3Refusal, name: string, words: S3PlaceWords): BackupError {
  const [code, sentence, hint, retryable] = elsewhere(error, words) ?? told(error, name, words);
  const kind = error.code === 'InvalidObjectState' ? 'cold-object' : undefined;
  return new BackupError(code, sentence, { kind, hint, retryable, cause: error, context: contextOf(words) });
}

function elsewhere(
  { status, region, redirect }: S3Refusal,
  { bucket, endpoint, region: named }: S3PlaceWords,
): Told | undefined {
  if (region !== undefined && region !== named) {
    return [
      'CONFIG_INVALID',
      say('s3.other-region', { bucket, region, named }),
      say('s3.other-region.hint', { region }),
    ];
  }
  if (redirect === undefined && (status < 300 || status >= 400)) return undefined;
  return ['CONFIG_INVALID', say('s3.redirect', { host: redirect ?? '?', endpoint }), say('s3.redirect.hint')];
}

function told(error: S3Refusal, name: string, { bucket, endpoint }: S3PlaceWords): Told {
  const { code, status } = error;
  const named = code === '' ? `HTTP ${String(status)}` : `${code}, HTTP ${String(status)}`;
  switch (code) {
    case 'NoSuchBucket':
      return ['REPOSITORY_NOT_FOUND', say('s3.no-bucket', { bucket, endpoint }), say('s3.no-bucket.hint')];
    case 'InvalidAccessKeyId':
      return ['AUTHENTICATION', say('s3.unknown-key', { endpoint }), say('s3.unknown-key.hint')];
    case 'SignatureDoesNotMatch':
      return ['AUTHENTICATION', say('s3.wrong-secret', { endpoint }), say('s3.wrong-secret.hint')];
    case 'ExpiredToken':
    case 'InvalidToken':
    case 'TokenRefreshRequired':
      return ['AUTHENTICATION', say('s3.expired', { endpoint }), say('s3.expired.hint')];
    case 'RequestTimeTooSkewed':
      return ['CLOCK', say('s3.skew', { endpoint }), say('s3.skew.hint')];
    case 'InvalidObjectState':
      return ['STORAGE_UNAVAILABLE', say('s3.cold', { name }), say('s3.cold.hint'), false];
    case 'QuotaExceeded':
    case 'InsufficientStorage':
      return ['STORAGE_UNAVAILABLE', say('s3.quota', { name, named }), say('storage.full.hint')];
  }
  if (status === 403 || status === 401)
    return ['AUTHENTICATION', say('s3.denied', { name, named }), say('s3.denied.hint')];
  return ['STORAGE_UNAVAILABLE', say('storage.failed', { name, reason: named }), undefined, error.mayPass];
}

function unreachable(error: unknown, code: string, words: S3PlaceWords): BackupError {
  const { endpoint } = words;
  const reason = reasonFor(error);
  const options = { cause: error, context: contextOf(words) };
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    const hint = say('s3.certificate.hint');
    return new BackupError('AUTHENTICATION', say('s3.certificate', { endpoint, reason }), { ...options, hint });
  }
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return noTls(error, words);
  const hint = unreachableHint(code, words);
  const sentence = say('s3.unreachable', { endpoint, reason });
  return new BackupError('STORAGE_UNAVAILABLE', sentence, { ...options, hint, retryable: mayPass(error) });
}

/** What TLS could not agree on. What OpenSSL writes of it, with places in its source, is no cause to be shown. */
function noTls(error: unknown, words: S3PlaceWords): BackupError {
  const { endpoint } = words;
  const text = error instanceof Error ? error.message : '';
  const reason = /:SSL routines:[^:]*:([^:]+)/.exec(text)?.[1] ?? 'EPROTO';
  const context = contextOf(words);
  // What answers is none of TLS.
  if (/wrong version number|packet length too long|http request|unknown protocol/.test(reason)) {
    return new BackupError('CONFIG_INVALID', say('s3.no-tls', { endpoint }), { context, hint: say('s3.no-tls.hint') });
  }
  const sentence = say('s3.tls-failed', { endpoint, reason });
  return new BackupError('CONFIG_INVALID', sentence, { context, hint: say('s3.tls-failed.hint') });
}

function unreachableHint(code: string, { virtualHost: host }: S3PlaceWords): Message | undefined {
  switch (code) {
    case 'ECONNREFUSED':
      return say('s3.refused.hint');
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return host === undefined ? say('s3.no-host.hint') : say('s3.no-virtual-host.hint', { host });
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return say('s3.no-way.hint');
    default:
      return undefined;
  }
}

function contextOf({ place, endpoint }: S3PlaceWords): ErrorContext {
  return { storage: place, endpoint };
}

function hostOf(location: string | undefined): string {
  return location !== undefined && URL.canParse(location) ? new URL(location).host : '?';
}
