import { createHash } from 'node:crypto';
import type { S3Credentials } from './credentials.ts';
import type { S3Address } from './location.ts';

/** The hash of no body. */
export const emptyHash = createHash('sha256').digest('hex');

export interface UnsignedRequest {
  readonly method: string;
  /** Encoded, with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body in hex, signed with the rest: what arrives changed is refused by the store. */
  readonly bodyHash: string;
}

/** The headers of a request with its signature (AWS Signature Version 4). @param nowMs ms since 1970 by the clock of the store */
export async function signedHeaders(
  { method, path, headers, bodyHash }: UnsignedRequest,
  { region, authority }: S3Address,
  credentials: S3Credentials,
  nowMs: number,
): Promise<Record<string, string>> {
  const { sign } = (await import('aws4')).default;
  const request = {
    service: 's3',
    region,
    method,
    path,
    headers: {
      ...headers,
      Host: authority,
      'X-Amz-Content-Sha256': bodyHash,
      'X-Amz-Date': new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, ''),
    },
  };
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const session = sessionToken === undefined ? {} : { sessionToken };
  return sign(request, { accessKeyId, secretAccessKey, ...session }).headers as Record<string, string>;
}

/** A key as the path of a request: its parts are encoded one by one, as a signature wants it. */
export function pathOfKey(key: string): string {
  return key.split('/').map(encoded).join('/');
}

/** As signatures want it: everything but letters, digits and `-._~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** A query in the order of its names. */
export function queryOf(values: Readonly<Record<string, string | undefined>>): string {
  const words = Object.entries(values)
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === '' ? encoded(name) : `${encoded(name)}=${encoded(value)}`));
  return words.length === 0 ? '' : `?${words.join('&')}`;
}
