import type { ByteSource } from '../../bytes/byte-reader.ts';
import { objectExists } from '../failures.ts';
import type { S3Client } from './client.ts';
import { textOf } from './exchange.ts';
import { errorIn, S3Refusal } from './failures.ts';
import { BodyGatherer, type GatheredBytes } from './gather-body.ts';
import { parsed, record, strange } from './answer-xml.ts';
import { holds } from './read-back.ts';

/** Bytes of a part; the first one is what was read before it was known that there are several. A store takes 10 000. */
const partBytes = 64 * 1024 * 1024;

/** What is to be put: its beginning was taken out of `gatherer` already. */
interface PartedBody {
  readonly first: GatheredBytes;
  readonly gatherer: BodyGatherer;
  /** Where all has to come anew. */
  readonly body: () => ByteSource;
}

interface Parts {
  readonly upload: string;
  /** ETags, as the store told them. */
  readonly tags: readonly string[];
  readonly sizeBytes: number;
  readonly hash: string;
}

type Options = { readonly headers: Readonly<Record<string, string>>; readonly signal?: AbortSignal | undefined };

/**
 * Puts an object in several parts, which become one at the end, under the condition that none is there. Parts that become nothing are taken back; those of a run that was killed, `sweep` finds.
 * @throws as `putObject`
 */
export async function putInParts(
  client: S3Client,
  name: string,
  { first, gatherer, body }: PartedBody,
  options: Options,
): Promise<{ readonly sizeBytes: number }> {
  const done = await uploadedOnce(client, name, { first, gatherer }, options);
  if (done !== 'conflict') return done;
  // Somebody else was at that name: the parts are void, all begins anew.
  const again = new BodyGatherer(body());
  try {
    const parts = { first: await again.part(partBytes), gatherer: again };
    const second = await uploadedOnce(client, name, parts, options);
    if (second !== 'conflict') return second;
  } finally {
    await again.close();
  }
  throw objectExists(name, client.words.place);
}

async function uploadedOnce(
  client: S3Client,
  name: string,
  source: Omit<PartedBody, 'body'>,
  { headers, signal }: Options,
): Promise<{ readonly sizeBytes: number } | 'conflict'> {
  const upload = await beginUpload(client, name, headers, signal);
  let isOver = false;
  try {
    const parts = await sendParts(client, name, upload, source, signal);
    const outcome = await completeUpload(client, name, parts, signal);
    isOver = outcome === 'done';
    if (outcome === 'conflict') return 'conflict';
    if (outcome === 'exists') throw objectExists(name, client.words.place);
    return { sizeBytes: parts.sizeBytes };
  } finally {
    // Also where the run was ended: what was begun is ours to remove.
    if (!isOver) await abortUpload(client, name, upload).catch(() => undefined);
  }
}

async function beginUpload(
  client: S3Client,
  name: string,
  headers: Options['headers'],
  signal?: AbortSignal,
): Promise<string> {
  const { text } = await client.text({ method: 'POST', name, query: { uploads: '' }, headers, answers: [200] }, signal);
  return uploadIn(text, client);
}

async function uploadIn(text: string, client: S3Client): Promise<string> {
  const { parseXML } = await import('@aws-sdk/xml-builder');
  const { InitiateMultipartUploadResult: result } = parsed(() => parseXML(text), client);
  const { UploadId: upload } = record(result, client);
  if (typeof upload !== 'string' || upload === '') throw strange(client);
  return upload;
}

async function sendParts(
  client: S3Client,
  name: string,
  uploadId: string,
  { first, gatherer }: Omit<PartedBody, 'body'>,
  signal?: AbortSignal,
): Promise<Parts> {
  const tags: string[] = [];
  let sizeBytes = 0;
  for (let part = first; part.sizeBytes > 0; part = await gatherer.part(partBytes)) {
    const query = { partNumber: String(tags.length + 1), uploadId };
    const read = async (answer: Parameters<typeof textOf>[0]) => {
      await textOf(answer);
      return answer.headers.etag;
    };
    const sent = await client.run({ method: 'PUT', name, query, body: part, answers: [200] }, read, signal);
    const tag = sent.result;
    if (tag === undefined) throw strange(client);
    tags.push(tag);
    sizeBytes += part.sizeBytes;
    if (gatherer.isOver) break;
  }
  return { upload: uploadId, tags, sizeBytes, hash: gatherer.hash };
}

async function completeUpload(
  client: S3Client,
  name: string,
  parts: Parts,
  signal?: AbortSignal,
): Promise<'done' | 'exists' | 'conflict'> {
  const answered = await completed(client, { name, upload: parts.upload, tags: parts.tags, ifNone: true }, signal);
  if (answered.outcome === 'done') return 'done';
  // The answer to an earlier attempt may have been lost: then what is there is ours.
  if (answered.wasRepeated && (await holds(client, name, parts, signal))) return 'done';
  return answered.outcome;
}

/** What completing an upload came to. @param ifNone whether nothing may be there */
export async function completed(
  client: S3Client,
  { name, upload, tags, ifNone }: { name: string; upload: string; tags: readonly string[]; ifNone: boolean },
  signal?: AbortSignal,
): Promise<{ readonly outcome: 'done' | 'exists' | 'conflict'; readonly wasRepeated: boolean }> {
  const list = tags.map((tag, index) => {
    const quoted = tag.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
    return `<Part><PartNumber>${String(index + 1)}</PartNumber><ETag>${quoted}</ETag></Part>`;
  });
  const bytes = Buffer.from(
    `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${list.join('')}</CompleteMultipartUpload>`,
  );
  const headers: Record<string, string> = {
    'Content-Type': 'application/xml',
    ...(ifNone ? { 'If-None-Match': '*' } : {}),
  };
  const body = await new BodyGatherer(oneOf(bytes)).part(bytes.length);
  const request = {
    method: 'POST',
    name,
    query: { uploadId: upload },
    headers,
    body,
    answers: [200, 404, 409, 412],
  } as const;
  const { result, wasRepeated } = await client.run(
    request,
    async (answer) => {
      const { code } = await errorIn(await textOf(answer));
      if (answer.status !== 200 || code === '') return answer.status;
      // 200 is sent before the work is done: what follows may be an error all the same.
      if (code === 'PreconditionFailed') return 412;
      throw new S3Refusal(200, code, answer.headers, undefined);
    },
    signal,
  );
  if (result === 200) return { outcome: 'done', wasRepeated };
  // 404: there is no such upload any more, as after one that was completed.
  return { outcome: result === 412 ? 'exists' : 'conflict', wasRepeated: wasRepeated || result === 404 };
}

async function* oneOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}

/** Takes back the parts of an upload. */
export async function abortUpload(
  client: S3Client,
  name: string,
  uploadId: string,
  signal?: AbortSignal,
): Promise<void> {
  await client.text({ method: 'DELETE', name, query: { uploadId }, answers: [200, 204, 404] }, signal);
}

/** Begins an upload of one part, for the probe. @returns its id and the tag of the part */
export async function uploadedPart(
  client: S3Client,
  name: string,
  bytes: Buffer,
  signal?: AbortSignal,
): Promise<{ readonly upload: string; readonly tags: readonly string[] }> {
  const upload = await beginUpload(client, name, {}, signal);
  const gatherer = new BodyGatherer(oneOf(bytes));
  const first = await gatherer.part(partBytes);
  return sendParts(client, name, upload, { first, gatherer }, signal);
}
