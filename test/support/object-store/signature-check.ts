import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { accessDenied, notImplemented, S3Error } from './s3-error.ts';

/** Who may ask, and for what. */
export interface S3Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary credentials: each request must carry it. */
  readonly sessionToken?: string;
  /** ms since 1970 by the server's clock; from then on the token is refused with ExpiredToken. */
  readonly expiresAtMs?: number;
  /** Operations that a policy denies; the others are allowed. */
  readonly denied?: readonly string[];
}

/** A request as it came over the wire. */
export interface RawRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Names and values in turn, as sent. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly encrypted: boolean;
}

export interface CheckSettings {
  readonly accounts: ReadonlyMap<string, S3Account>;
  readonly region: string;
  readonly nowMs: number;
}

const maximumSkewMs = 15 * 60_000;

/**
 * Checks the AWS Signature Version 4 of a request, written from the specification of AWS alone ("Authenticating Requests
 * (AWS Signature Version 4)" of the Amazon S3 API reference), so that it shares no mistake with the signer of the product.
 * @returns who signed it
 * @throws S3Error as S3 refuses it
 */
export function checkSignature(request: RawRequest, { accounts, region, nowMs }: CheckSettings): S3Account {
  const headers = joinedHeaders(request.rawHeaders);
  const parts = authorizationParts(headers.get('authorization'));
  const account = accounts.get(parts.accessKeyId);
  if (account === undefined) {
    throw new S3Error(403, 'InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', {
      details: { AWSAccessKeyId: parts.accessKeyId },
    });
  }
  checkToken(account, headers.get('x-amz-security-token'), nowMs);
  const date = requestDate(headers, nowMs);
  if (parts.date !== date.slice(0, 8) || parts.service !== 's3' || parts.terminator !== 'aws4_request') {
    throw malformed('the credential scope does not fit the request');
  }
  if (parts.region !== region) {
    throw malformed(`the region '${parts.region}' is wrong; expecting '${region}'`, { Region: region });
  }
  const signed = signedHeaders(headers, parts.signedHeaders);
  const payload = payloadHash(headers.get('x-amz-content-sha256'), request);
  const canonical = [
    request.method,
    canonicalPath(request.target),
    canonicalQuery(request.target),
    ...signed.map((name) => `${name}:${headers.get(name)!}`),
    '',
    signed.join(';'),
    payload,
  ].join('\n');
  const scope = [parts.date, parts.region, parts.service, parts.terminator];
  const toSign = ['AWS4-HMAC-SHA256', date, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<Buffer>((secret, word) => hmac(secret, word), Buffer.from(`AWS4${account.secretAccessKey}`));
  const expected = hmac(key, toSign);
  const given = Buffer.from(parts.signature, 'hex');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    const message =
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.';
    const details = { AWSAccessKeyId: account.accessKeyId, StringToSign: toSign, CanonicalRequest: canonical };
    throw new S3Error(403, 'SignatureDoesNotMatch', message, { details });
  }
  return account;
}

const sha256 = (content: string | Buffer): string => createHash('sha256').update(content).digest('hex');
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const malformed = (why: string, details: Readonly<Record<string, string>> = {}): S3Error =>
  new S3Error(400, 'AuthorizationHeaderMalformed', `The authorization header is malformed; ${why}`, { details });

/** By lower-case name; values of one name joined by commas, spaces trimmed and runs of them made one. */
function joinedHeaders(raw: readonly string[]): Map<string, string> {
  const joined = new Map<string, string>();
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    const value = raw[index + 1]!.trim().replace(/ +/g, ' ');
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return joined;
}

function authorizationParts(header: string | undefined) {
  if (header === undefined) throw accessDenied('Anonymous requests are not allowed.');
  const form = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(header);
  if (form === null) throw malformed('it is not of the form that AWS4-HMAC-SHA256 has');
  const [accessKeyId, date, region, service, terminator, ...more] = form[1]!.split('/');
  if (terminator === undefined || more.length > 0) throw malformed('the credential has not five parts');
  return {
    accessKeyId: accessKeyId!,
    date: date!,
    region: region!,
    service: service!,
    terminator,
    signedHeaders: form[2]!.split(';'),
    signature: form[3]!,
  };
}

function checkToken(account: S3Account, token: string | undefined, nowMs: number): void {
  if (account.sessionToken !== token) {
    throw new S3Error(400, 'InvalidToken', 'The provided token is malformed or otherwise invalid.');
  }
  if (account.expiresAtMs !== undefined && nowMs >= account.expiresAtMs) {
    throw new S3Error(400, 'ExpiredToken', 'The provided token has expired.');
  }
}

/** @returns `x-amz-date`, which lies within 15 minutes of our clock */
function requestDate(headers: ReadonlyMap<string, string>, nowMs: number): string {
  const date = headers.get('x-amz-date');
  const form = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date ?? '');
  if (date === undefined || form === null) {
    throw accessDenied('AWS authentication requires a valid Date or x-amz-date header');
  }
  const [year, month, day, hour, minute, second] = form.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const requestMs = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Math.abs(requestMs - nowMs) > maximumSkewMs) {
    throw new S3Error(
      403,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
      {
        details: {
          RequestTime: date,
          ServerTime: new Date(nowMs).toISOString(),
          MaxAllowedSkewMilliseconds: String(maximumSkewMs),
        },
      },
    );
  }
  return date;
}

/** The names that were signed, which must be sorted, all there, and with them `host` and every `x-amz-…` of the request. */
function signedHeaders(headers: ReadonlyMap<string, string>, names: readonly string[]): readonly string[] {
  if (names.join(';') !== [...names].sort().join(';')) throw malformed('SignedHeaders is not sorted');
  for (const name of names) {
    if (!headers.has(name)) throw malformed(`the signed header '${name}' is not there`);
  }
  const demanded = [...headers.keys()].filter(
    (name) => name === 'host' || name.startsWith('x-amz-') || name === 'content-md5',
  );
  const unsigned = demanded.filter((name) => !names.includes(name));
  if (unsigned.length > 0) {
    throw accessDenied(`There were headers present in the request which were not signed: ${unsigned.join(', ')}`);
  }
  return names;
}

function payloadHash(header: string | undefined, { body, encrypted }: RawRequest): string {
  if (header === undefined) {
    throw new S3Error(400, 'InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  if (header.startsWith('STREAMING-')) throw notImplemented('x-amz-content-sha256');
  if (header === 'UNSIGNED-PAYLOAD') {
    // AWS takes it over plain http as well; then nothing at all would protect the body.
    if (!encrypted) throw new S3Error(400, 'InvalidRequest', 'UNSIGNED-PAYLOAD is for encrypted connections here');
    return header;
  }
  if (header !== sha256(body)) {
    throw new S3Error(
      400,
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  return header;
}

/** Each byte but A-Z a-z 0-9 - . _ ~ as %XX. */
function uriEncoded(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** S3 encodes a path once and does not normalise it: `//` and `..` stay. */
function canonicalPath(target: string): string {
  const path = target.split('?', 1)[0]!;
  return path
    .split('/')
    .map((part) => uriEncoded(decodeURIComponent(part)))
    .join('/');
}

function canonicalQuery(target: string): string {
  const at = target.indexOf('?');
  if (at === -1) return '';
  const parameters = target
    .slice(at + 1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const [name, ...value] = part.split('=');
      return [uriEncoded(decodeURIComponent(name!)), uriEncoded(decodeURIComponent(value.join('=')))] as const;
    });
  const order = ([a, av]: readonly [string, string], [b, bv]: readonly [string, string]): number =>
    a < b ? -1 : a > b ? 1 : av < bv ? -1 : av > bv ? 1 : 0;
  return parameters
    .sort(order)
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}
