import type { ByteSource } from '../../bytes/byte-reader.ts';
import { objectExists } from '../failures.ts';
import type { PutOptions } from '../storage.ts';
import type { RequestBody, S3Client } from './client.ts';
import { textOf } from './exchange.ts';
import { BodyGatherer } from './gather-body.ts';
import { putInParts } from './put-in-parts.ts';
import { holds } from './read-back.ts';

/** What a store does about a name that is there already. */
export type PutOnce =
  /** It refuses it, for objects of any size. */
  | 'always'
  /** It refuses it for objects that are put in one request, and overwrites with those that come in parts. */
  | 'single'
  /** It overwrites. */
  | 'never';

interface PutHow {
  readonly putOnce: PutOnce;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** Objects up to this size, in bytes, go in one request out of memory. */
const inOneRequest = 64 * 1024 * 1024;

/**
 * Puts an object that must not be there. What was answered is compared with what is there where the answer to an earlier attempt may have been lost.
 * @throws BackupError `OBJECT_EXISTS`; what `body` throws; as `S3Client.run`
 */
export async function putObject(
  client: S3Client,
  name: string,
  body: () => ByteSource,
  { putOnce, headers, signal, contentHash }: PutHow & Pick<PutOptions, 'contentHash'>,
): Promise<{ readonly sizeBytes: number }> {
  const withMd5 = client.sendsMd5 && putOnce !== 'always';
  const gatherer = new BodyGatherer(body(), { withMd5, knownHash: contentHash });
  try {
    const first = await gatherer.part(inOneRequest);
    const rest = { putOnce, headers, signal };
    if (gatherer.isOver) return await putWhole(client, name, first, rest);
    if (putOnce === 'always') return await putInParts(client, name, { first, gatherer, body }, { headers, signal });
    // The condition holds for one request only: its length is found by reading the body, which is then read again.
    const sizeBytes = first.sizeBytes + (await gatherer.rest());
    const whole = { sizeBytes, hash: gatherer.hash, md5: gatherer.md5, pieces: () => copied(body()) };
    return await putWhole(client, name, whole, rest);
  } finally {
    await gatherer.close();
  }
}

/** Pieces of a source may be views that do not last; what a connection was given is sent later. */
async function* copied(source: ByteSource): ByteSource {
  for await (const piece of source) yield Uint8Array.from(piece);
}

async function putWhole(
  client: S3Client,
  name: string,
  body: RequestBody & { readonly release?: () => void },
  { putOnce, headers, signal }: PutHow,
): Promise<{ readonly sizeBytes: number }> {
  const { sizeBytes } = body;
  if (putOnce === 'never' && (await isThere(client, name, signal))) throw objectExists(name, client.words.place);
  const condition: Record<string, string> = putOnce === 'never' ? {} : { 'If-None-Match': '*' };
  const request = { method: 'PUT', name, body, headers: { ...headers, ...condition }, answers: [200, 412] } as const;
  const put = await client.run(
    request,
    async (answer) => {
      await textOf(answer);
      return { status: answer.status, isSent: answer.isSent };
    },
    signal,
  );
  // Of an earlier attempt there may still be a connection.
  const { status, isSent } = put.result;
  if (isSent && !put.wasRepeated) body.release?.();
  const isOurs = status === 200 && putOnce !== 'never';
  if (isOurs) return { sizeBytes };
  // Without a condition another one may have been overwritten, or may have overwritten this: what is there decides.
  const mayBeOurs = status === 200 || put.wasRepeated;
  if (mayBeOurs && (await holds(client, name, body, signal))) return { sizeBytes };
  throw objectExists(name, client.words.place);
}

async function isThere(client: S3Client, name: string, signal?: AbortSignal): Promise<boolean> {
  const request = { method: 'HEAD', name, answers: [200, 404] } as const;
  return (await client.run(request, (answer) => Promise.resolve(answer.status === 200), signal)).result;
}
