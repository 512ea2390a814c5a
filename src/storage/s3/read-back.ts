import { createHash } from 'node:crypto';
import type { RequestBody, S3Client } from './client.ts';

/** Whether an object holds these bytes. */
export async function holds(
  client: S3Client,
  name: string,
  { sizeBytes, hash }: Pick<RequestBody, 'sizeBytes' | 'hash'>,
  signal?: AbortSignal,
): Promise<boolean> {
  const request = { method: 'GET', name, answers: [200, 404] } as const;
  const found = await client.run(
    request,
    async (answer) => {
      const digest = createHash('sha256');
      let size = 0;
      for await (const piece of answer.body as AsyncIterable<Buffer>) {
        digest.update(piece);
        size += piece.length;
      }
      if (!answer.body.complete) throw Object.assign(new Error('cut answer'), { code: 'ECONNRESET' });
      return answer.status === 200 && size === sizeBytes && digest.digest('hex') === hash;
    },
    signal,
  );
  return found.result;
}
