import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ByteSource } from '../../bytes/byte-reader.ts';
import { BackupError, reasonFor } from '../../errors/backup-error.ts';
import { say } from '../../messages/message.ts';
import { objectNotFound } from '../failures.ts';
import type { ProbedPlace, ProbeOptions } from '../storage.ts';
import { checkObjectName, isObjectName } from '../object-name.ts';
import { readSmallObject } from '../small-object.ts';
import type {
  AlteredObject,
  ListOptions,
  LockWish,
  PrepareOptions,
  PutOptions,
  ReadOptions,
  Storage,
  StorageAbilities,
  StorageLock,
  StorageOptions,
  StoredObject,
} from '../storage.ts';
import { strange } from './answer-xml.ts';
import { S3Client } from './client.ts';
import { credentialChain, type CredentialSource } from './credentials.ts';
import { dropBody, type S3Answer } from './exchange.ts';
import { refusalOf, S3Refusal } from './failures.ts';
import { hostIdentity } from './host-identity.ts';
import { listPages } from './list-objects.ts';
import { parseS3Place } from './location.ts';
import { chosenLock, refuseOtherLock } from './lock-rule.ts';
import { alteredObjects, deleteObject, mayDeleteObject } from './object-versions.ts';
import { usualPatience, type PatiencePlan } from './patience.ts';
import { probeStore } from './probe-store.ts';
import { putObject } from './put-object.ts';
import { ReadAhead } from './read-ahead.ts';
import { lockHeaders, lockOf } from './retention.ts';
import { decodeRecord, encodeRecord, recordName, type StorageRecord } from './storage-record.ts';
import { sweepUploads } from './sweep-uploads.ts';

const dayMs = 24 * 60 * 60 * 1000;

export interface S3StorageOptions extends StorageOptions {
  /** Default: as the tools of AWS look for them. */
  readonly credentials?: CredentialSource | undefined;
  readonly patience?: Partial<PatiencePlan> | undefined;
}

/**
 * A place in a bucket as storage: `s3://BUCKET/PREFIX?…`, see `parseS3Place`. The bucket has to be there.
 * @throws BackupError `CONFIG_INVALID`; `REPOSITORY_NOT_FOUND` for a bucket that is not there; `AUTHENTICATION`; `STORAGE_UNAVAILABLE`; `CORRUPT` for a damaged record of the store
 */
export async function openS3Storage(place: string, options: S3StorageOptions = {}): Promise<Storage> {
  return open(place, options);
}

/** As `probePlace`. */
export async function probeS3Place(
  place: string,
  { signal, takeOver = false, from }: ProbeOptions,
): Promise<ProbedPlace> {
  const storage = await open(place, { signal });
  const { noted } = storage;
  if (takeOver) await refuseUnnamed(noted, storage.description, from);
  return { noted, found: await (takeOver ? storage.takeOver({ signal }) : storage.probe({ signal })) };
}

/** Two hosts that took over from one another by turns would overwrite one another. @throws BackupError `LOCKED` */
async function refuseUnnamed(
  noted: StorageRecord | undefined,
  storage: string,
  named: string | undefined,
): Promise<void> {
  const { host } = noted ?? {};
  if (host === undefined || host.name === named || host.id === (await hostIdentity()).id) return;
  throw new BackupError('LOCKED', say('store.probe.name-it', { storage, host: host.name }), {
    hint: say('store.probe.name-it.hint', { storage, host: host.name }),
    retryable: false,
  });
}

async function open(place: string, options: S3StorageOptions): Promise<S3Storage> {
  const location = parseS3Place(place);
  const { credentials = credentialChain(location), patience, signal } = options;
  const ca = location.caFile === undefined ? undefined : await readCertificates(location.caFile);
  const client = new S3Client(location, { credentials, ca, patience: { ...usualPatience, ...patience } });
  const storage = new S3Storage(client);
  await storage.readRecord({ signal });
  return storage;
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new BackupError('CONFIG_INVALID', say('s3.no-ca', { path, reason: reasonFor(error) }), { cause: error });
  }
}

class S3Storage implements Storage {
  readonly description: string;
  readonly #client: S3Client;
  readonly #readAhead = new ReadAhead((...range) => this.#read(...range));
  #record: StorageRecord | undefined;
  #preparing: Promise<StorageRecord> | undefined;

  constructor(client: S3Client) {
    this.#client = client;
    this.description = client.words.place;
  }

  get abilities(): StorageAbilities {
    const { putOnce = 'never', lock } = this.#record ?? {};
    return { putOnce: putOnce !== 'never', objectTime: true, lock: lock !== undefined, putsSettle: false };
  }

  get clockOffMs(): number | undefined {
    return this.#client.skewMs === 0 ? undefined : this.#client.skewMs;
  }

  get nowMs(): number {
    return this.#client.storeNowMs;
  }

  /** Reads what is known of the store; nothing where it was never written to. */
  async readRecord(options: StorageOptions): Promise<void> {
    const bytes = await readSmallObject(this, recordName, options);
    // A page of something else that answers there is no damaged record.
    if (bytes?.toString('utf8').trimStart().startsWith('<') === true) throw strange(this.#client);
    this.#record = bytes && decodeRecord(bytes);
    this.#client.sendsMd5 = this.#record === undefined || this.#record.lock !== undefined;
  }

  get lock(): StorageLock | undefined {
    return lockOf(this.#client, this.#record?.lock);
  }

  async prepare({ lock, signal }: PrepareOptions = {}): Promise<StorageRecord> {
    const note = () => (this.#preparing ??= this.#note(lock, signal).finally(() => (this.#preparing = undefined)));
    const record = this.#record ?? (await note());
    if (lock !== undefined) refuseOtherLock(this.#client, lock, record.lock);
    return record;
  }

  get noted(): StorageRecord | undefined {
    return this.#record;
  }

  /** Tries what the store does, and notes nothing. A lock that was noted stays what it was. */
  async probe({ lock: wish, signal }: PrepareOptions): Promise<StorageRecord> {
    const lock = this.#record?.lock ?? (await chosenLock(this.#client, wish, signal));
    const putOnce = await probeStore(this.#client, signal);
    const host = putOnce === 'never' ? await hostIdentity() : undefined;
    return { putOnce, host, lock, probedAt: new Date().toISOString() };
  }

  /** Notes what the store does now, over what was noted. Another host that writes finds that at its next write. */
  async takeOver({ signal }: StorageOptions): Promise<StorageRecord> {
    const record = await this.probe({ signal });
    const bytes = encodeRecord(record);
    const hash = createHash('sha256').update(bytes).digest('hex');
    const body = { sizeBytes: bytes.length, hash, pieces: [bytes] };
    const headers = lockHeaders(this.#client, record.lock);
    await this.#client.text({ method: 'PUT', name: recordName, headers, body, answers: [200] }, signal);
    await this.readRecord({ signal });
    return this.#record ?? record;
  }

  async #note(wish: LockWish | undefined, signal?: AbortSignal): Promise<StorageRecord> {
    const record = await this.probe({ lock: wish, signal });
    const bytes = encodeRecord(record);
    try {
      const { putOnce, lock } = record;
      const headers = lockHeaders(this.#client, lock);
      await putObject(this.#client, recordName, () => oneOf(bytes), { putOnce, headers, signal });
    } catch (error) {
      // Somebody else found it out at the same time: what they wrote counts.
      if (!(error instanceof BackupError) || error.code !== 'OBJECT_EXISTS') throw error;
    }
    await this.readRecord({ signal });
    return this.#record ?? record;
  }

  /** That this host may write: where only one may, it is looked up each time, as another one may have taken over. @throws BackupError `LOCKED` */
  async #writable(signal?: AbortSignal): Promise<StorageRecord> {
    if (this.#record?.host !== undefined) await this.readRecord({ signal });
    const record = await this.prepare({ signal });
    if (record.host === undefined) return record;
    const { id } = await hostIdentity();
    if (id === record.host.id) return record;
    throw new BackupError('LOCKED', say('s3.other-host', { storage: this.description, host: record.host.name }), {
      hint: say('s3.other-host.hint', { storage: this.description, host: record.host.name }),
      retryable: false,
      kind: 'other-writer',
    });
  }

  async put(
    name: string,
    body: () => ByteSource,
    { signal, contentHash }: PutOptions = {},
  ): Promise<{ sizeBytes: number }> {
    checkObjectName(name);
    signal?.throwIfAborted();
    const { putOnce, lock } = await this.#writable(signal);
    const headers = lockHeaders(this.#client, lock);
    return putObject(this.#client, name, body, { putOnce, headers, signal, contentHash });
  }

  async *get(name: string, { offset = 0, length = Infinity, signal }: ReadOptions = {}): ByteSource {
    checkObjectName(name);
    signal?.throwIfAborted();
    yield* this.#readAhead.get(name, offset, length, signal);
  }

  async *#read(name: string, offset: number, length: number, signal: AbortSignal | undefined): ByteSource {
    const patience = this.#client.patience();
    for (let done = 0; ;) {
      // One byte says whether the object is there.
      const answer = await this.#range(name, offset + done, Math.max(1, length - done), signal);
      if (answer === undefined) return;
      const { expected } = answer;
      let received = 0;
      try {
        if (length === 0) return;
        for await (const piece of answer.body as AsyncIterable<Buffer>) {
          received += piece.length;
          if (received > expected) throw tooMuch(name, this.description);
          done += piece.length;
          patience.progressed();
          yield piece;
        }
        if (received === expected && answer.body.complete) return;
        throw Object.assign(new Error('short body'), { code: 'ECONNRESET' });
      } catch (error) {
        if (received === expected) return;
        await this.#client.bear(patience, error, name, signal);
      } finally {
        // Whoever has all it asked for may stop before the end was seen: the connection can be used again.
        if (received === expected) answer.body.resume();
        else answer.body.destroy();
      }
    }
  }

  /** Undefined: nothing lies there any more. `expected` bytes come, from `offset` on. @throws BackupError `OBJECT_NOT_FOUND` */
  async #range(
    name: string,
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): Promise<(S3Answer & { readonly expected: number }) | undefined> {
    const isWhole = offset === 0 && length === Infinity;
    const last = length === Infinity ? '' : String(offset + length - 1);
    const headers: Record<string, string> = isWhole ? {} : { Range: `bytes=${String(offset)}-${last}` };
    const request = { method: 'GET', name, headers, answers: [200, 206, 404, 416] } as const;
    const { result } = await this.#client.run(
      request,
      async (answer) => {
        if (answer.status !== 404) return answer;
        const refusal = await refusalOf(answer);
        if (refusal.code === 'NoSuchBucket') throw refusal;
        return undefined;
      },
      signal,
    );
    if (result === undefined) throw objectNotFound(name, this.description);
    if (result.status === 416) {
      await dropBody(result);
      return undefined;
    }
    const expected = Number(result.headers['content-length'] ?? Number.NaN);
    const isRange = result.status === 206 && beginsAt(result.headers['content-range'], offset);
    if (!Number.isSafeInteger(expected) || expected > length || !(isRange || (result.status === 200 && offset === 0))) {
      result.body.destroy();
      throw tooMuch(name, this.description);
    }
    return { ...result, expected };
  }

  async stat(name: string, { signal }: StorageOptions = {}): Promise<StoredObject | undefined> {
    checkObjectName(name);
    signal?.throwIfAborted();
    try {
      return await this.#head(name, signal);
    } catch (error) {
      // An answer to HEAD has no words: the same, asked with GET, says why, or puts right who asks.
      if (!(error instanceof BackupError) || !(error.cause instanceof S3Refusal) || error.cause.mayPass) throw error;
      const found = await this.#range(name, 0, 1, signal);
      found?.body.destroy();
      return this.#head(name, signal);
    }
  }

  async #head(name: string, signal?: AbortSignal): Promise<StoredObject | undefined> {
    const request = { method: 'HEAD', name, answers: [200, 404] } as const;
    const { result } = await this.#client.run(request, (answer) => Promise.resolve(answer), signal);
    await dropBody(result);
    if (result.status === 404) return undefined;
    const sizeBytes = Number(result.headers['content-length']);
    const storedAtMs = Date.parse(result.headers['last-modified'] ?? '');
    return { name, sizeBytes, storedAtMs: Number.isNaN(storedAtMs) ? undefined : storedAtMs };
  }

  async *list(prefix: string, { recursive = true, signal }: ListOptions = {}): AsyncIterable<StoredObject> {
    for await (const { objects } of listPages(this.#client, prefix, !recursive, signal)) {
      // What is noted of the store is none of the objects that were put.
      for (const object of objects) if (isObjectName(object.name) && object.name !== recordName) yield object;
    }
  }

  async *folders(prefix: string, { signal }: StorageOptions = {}): AsyncIterable<string> {
    for await (const { folders } of listPages(this.#client, prefix, true, signal)) {
      for (const folder of folders) if (isObjectName(folder.slice(0, -1))) yield folder;
    }
  }

  async delete(name: string, { signal }: StorageOptions = {}): Promise<void> {
    checkObjectName(name);
    signal?.throwIfAborted();
    await this.#writable(signal);
    await deleteObject(this.#client, name, signal);
  }

  async mayDelete(name: string, { signal }: StorageOptions = {}): Promise<boolean> {
    checkObjectName(name);
    signal?.throwIfAborted();
    return mayDeleteObject(this.#client, name, signal);
  }

  async *altered({ signal }: StorageOptions = {}): AsyncIterable<AlteredObject> {
    if (this.#client.seesVersions) yield* alteredObjects(this.#client, signal);
  }

  async sweep({ signal, idleMs = dayMs }: StorageOptions & { idleMs?: number | undefined } = {}): Promise<number> {
    return sweepUploads(this.#client, idleMs, signal);
  }
}

function beginsAt(range: string | undefined, offset: number): boolean {
  return /^bytes (\d+)-\d+\//.exec(range ?? '')?.[1] === String(offset);
}

/** An answer that is not the range that was asked for. */
function tooMuch(name: string, storage: string): BackupError {
  return new BackupError('STORAGE_UNAVAILABLE', say('s3.wrong-range', { name }), {
    hint: say('s3.strange.hint'),
    context: { storage },
    retryable: false,
  });
}

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
