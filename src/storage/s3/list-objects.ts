import { BackupError } from '../../errors/backup-error.ts';
import { say } from '../../messages/message.ts';
import { compareNames } from '../object-name.ts';
import { decoded, many, parsed, record, strange } from './answer-xml.ts';
import type { S3Client } from './client.ts';

/** One page after the other, or what lies between two slashes. */
export interface ListedKey {
  /** Below the prefix of the place. */
  readonly name: string;
  readonly sizeBytes: number;
  /** ms since 1970 by the clock of the store. */
  readonly storedAtMs: number;
}

export interface ListedPage {
  readonly objects: readonly ListedKey[];
  /** Each ending in `/`. */
  readonly folders: readonly string[];
}

/** Pages of what begins with `prefix`. @param delimited what lies below a folder is told as that folder */
export async function* listPages(
  client: S3Client,
  prefix: string,
  delimited: boolean,
  signal?: AbortSignal,
): AsyncGenerator<ListedPage, void, undefined> {
  const whole = client.location.prefix + prefix;
  let token: string | undefined;
  const last = { object: '', folder: '' };
  do {
    const query = {
      'list-type': '2',
      'encoding-type': 'url',
      prefix: whole === '' ? undefined : whole,
      delimiter: delimited ? '/' : undefined,
      'continuation-token': token,
    };
    const { text } = await client.text({ method: 'GET', query, answers: [200] }, signal);
    const { page, next } = await readPage(text, client);
    checkOrder(
      page.objects.map(({ name }) => name),
      last,
      'object',
      client,
    );
    checkOrder(page.folders, last, 'folder', client);
    yield page;
    if (next !== undefined && next === token) throw strange(client);
    token = next;
  } while (token !== undefined);
}

async function readPage(
  text: string,
  client: S3Client,
): Promise<{ readonly page: ListedPage; readonly next: string | undefined }> {
  const { prefix } = client.location;
  const { parseXML } = await import('@aws-sdk/xml-builder');
  const { ListBucketResult: result } = parsed(() => parseXML(text), client);
  const fields = record(result, client);
  const decode = fields['EncodingType'] === 'url' ? decoded : (key: string): string => key;
  const nameOf = (value: unknown): string => {
    const key = typeof value === 'string' ? decode(value) : undefined;
    if (key?.startsWith(prefix) !== true) throw strange(client);
    return key.slice(prefix.length);
  };
  const objects = many(fields['Contents']).map((item) => {
    const { Key: key, Size: size, LastModified: time } = record(item, client);
    const sizeBytes = Number(size);
    // Whole seconds, as `Last-Modified` says of one object.
    const storedAtMs = Math.floor(Date.parse(String(time)) / 1000) * 1000;
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || Number.isNaN(storedAtMs)) throw strange(client);
    return { name: nameOf(key), sizeBytes, storedAtMs };
  });
  const folders = many(fields['CommonPrefixes']).map((item) => nameOf(record(item, client)['Prefix']));
  const next = fields['IsTruncated'] === 'true' ? fields['NextContinuationToken'] : undefined;
  if (fields['IsTruncated'] === 'true' && typeof next !== 'string') throw strange(client);
  return { page: { objects, folders }, next: next as string | undefined };
}

/** Listings are relied on to be ordered: what is not is told, as it cannot be read in pages. */
function checkOrder(
  names: readonly string[],
  last: { object: string; folder: string },
  kind: 'object' | 'folder',
  client: S3Client,
): void {
  for (const name of names) {
    if (last[kind] !== '' && compareNames(name, last[kind]) <= 0) {
      throw new BackupError('STORAGE_UNAVAILABLE', say('s3.unordered', { endpoint: client.words.endpoint }), {
        hint: say('s3.unordered.hint'),
        retryable: false,
      });
    }
    last[kind] = name;
  }
}
