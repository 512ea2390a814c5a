import { createHash, randomBytes } from 'node:crypto';
import { BackupError } from '../../errors/backup-error.ts';
import { say } from '../../messages/message.ts';
import { unfinishedPrefix } from '../object-name.ts';
import type { S3Client, S3Request } from './client.ts';
import { textOf } from './exchange.ts';
import { errorIn, S3Refusal } from './failures.ts';
import { deleteObject } from './object-versions.ts';
import type { PutOnce } from './put-object.ts';
import { abortUpload, completed, uploadedPart } from './put-in-parts.ts';
import { holds } from './read-back.ts';

/** Writers that put one name at the same time. */
const racers = 8;
/** A probe whose own requests had to be repeated says nothing; so often it is begun anew. */
const attempts = 5;

/**
 * Finds out what a store does about names that are there already, by doing it: neither its name nor its version is believed. Objects with random names come and go below the prefix;
 * an account that may not delete leaves them, and so does a bucket that locks by itself: listings of gausskeep do not show them.
 * @throws BackupError as `S3Client.run`; `STORAGE_UNAVAILABLE` where requests fail too often to tell
 */
export async function probeStore(client: S3Client, signal?: AbortSignal): Promise<PutOnce> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const found = await probeOnce(client, signal);
    if (found !== 'unclear') return found;
  }
  throw new BackupError('STORAGE_UNAVAILABLE', say('s3.unclear', { endpoint: client.words.endpoint }));
}

async function probeOnce(client: S3Client, signal?: AbortSignal): Promise<PutOnce | 'unclear'> {
  const names = [newName(), newName(), newName()] as const;
  const [first, raced, parted] = names;
  try {
    const one = await conditionalPut(client, first, 'first', signal);
    if (one === 'unclear' || one === 'exists') return 'unclear';
    if (one === 'no condition') return 'never';
    const two = await conditionalPut(client, first, 'second', signal);
    if (two === 'unclear') return 'unclear';
    if (two !== 'exists' || !(await contains(client, first, 'first', signal))) return 'never';
    const race = await Promise.all(
      Array.from({ length: racers }, (_, index) => conditionalPut(client, raced, `racer ${String(index)}`, signal)),
    );
    if (race.includes('unclear')) return 'unclear';
    const winners = race.flatMap((outcome, index) => (outcome === 'put' ? [index] : []));
    if (winners.length !== 1 || !(await contains(client, raced, `racer ${String(winners[0])}`, signal))) return 'never';
    await conditionalPut(client, parted, 'first', signal);
    return (await refusesParts(client, parted, signal)) ? 'always' : 'single';
  } finally {
    for (const name of names) await deleteObject(client, name).catch(() => undefined);
  }
}

type Outcome = 'put' | 'exists' | 'no condition' | 'unclear';

async function conditionalPut(client: S3Client, name: string, text: string, signal?: AbortSignal): Promise<Outcome> {
  const bytes = Buffer.from(text);
  const request: S3Request = {
    method: 'PUT',
    name,
    headers: { 'If-None-Match': '*' },
    body: { sizeBytes: bytes.length, hash: hashOf(bytes), pieces: [bytes] },
    answers: [200, 400, 412, 501],
  };
  const { result, wasRepeated } = await client.run(
    request,
    async (answer) => {
      const { code } = await errorIn(await textOf(answer));
      // 400 is also said of what has nothing to do with the condition: that is an error.
      if (
        answer.status === 400 &&
        code !== 'NotImplemented' &&
        code !== 'InvalidArgument' &&
        code !== 'InvalidRequest'
      ) {
        throw new S3Refusal(400, code, answer.headers, undefined);
      }
      return answer.status;
    },
    signal,
  );
  if (wasRepeated) return 'unclear';
  if (result === 200) return 'put';
  return result === 412 ? 'exists' : 'no condition';
}

/** Whether parts do not become an object where one is. */
async function refusesParts(client: S3Client, name: string, signal?: AbortSignal): Promise<boolean> {
  let upload: string | undefined;
  try {
    const parts = await uploadedPart(client, name, Buffer.from('parts'), signal);
    upload = parts.upload;
    const { outcome } = await completed(client, { name, ...parts, ifNone: true }, signal);
    if (outcome !== 'exists') return false;
    return await contains(client, name, 'first', signal);
  } catch (error) {
    signal?.throwIfAborted();
    // A store without parts, or without conditions on them: objects go in one request there.
    if (error instanceof BackupError) return false;
    throw error;
  } finally {
    if (upload !== undefined) await abortUpload(client, name, upload).catch(() => undefined);
  }
}

function contains(client: S3Client, name: string, text: string, signal?: AbortSignal): Promise<boolean> {
  const bytes = Buffer.from(text);
  return holds(client, name, { sizeBytes: bytes.length, hash: hashOf(bytes) }, signal);
}

/** No listing shows it: it is an unfinished object. */
function newName(): string {
  return `${unfinishedPrefix}probe-${randomBytes(12).toString('hex')}`;
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
