import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { readSmallObject } from '../storage/small-object.ts';
import type { Storage, StorageOptions, StoredObject } from '../storage/storage.ts';

/** An object that is there and cannot be read. */
export interface DamagedObject {
  readonly name: string;
  /** Undefined where the storage tells no times. */
  readonly storedAtMs: number | undefined;
  readonly error: BackupError;
}

export interface ReadObject<Content> {
  readonly content: Content;
  /** Undefined where the storage tells no times. */
  readonly storedAtMs: number | undefined;
}

export interface ObjectKind<Content> {
  readonly folder: string;
  /** How an object of that name is read; undefined: it is none of ours. */
  readonly decoderOf: (name: string) => ((bytes: Uint8Array) => Content) | undefined;
}

export interface ObjectsRead<Content> {
  readonly found: readonly ReadObject<Content>[];
  readonly damaged: readonly DamagedObject[];
  /** Names there that are none of ours. */
  readonly foreign: readonly string[];
}

/** So many small objects are read at a time. */
const atOnce = 16;

/**
 * All small objects of a kind, in the order of their names. One that is deleted meanwhile is left out.
 * @throws BackupError `REPOSITORY_VERSION` when one is of a newer format; of the storage
 */
export async function readObjects<Content>(
  storage: Storage,
  kind: ObjectKind<Content>,
  options: StorageOptions = {},
): Promise<ObjectsRead<Content>> {
  const found: ReadObject<Content>[] = [];
  const damaged: DamagedObject[] = [];
  const foreign: string[] = [];
  const flush = async (objects: readonly StoredObject[]): Promise<void> => {
    for (const read of await Promise.all(objects.map((object) => readOne(storage, kind, object, options)))) {
      if (read === undefined) continue;
      if (typeof read === 'string') foreign.push(read);
      else if ('error' in read) damaged.push(read);
      else found.push(read);
    }
  };
  let waiting: StoredObject[] = [];
  for await (const object of storage.list(kind.folder, options)) {
    waiting.push(object);
    if (waiting.length < atOnce) continue;
    await flush(waiting);
    waiting = [];
  }
  await flush(waiting);
  for (const name of await irregularNames(storage, kind, options)) {
    if (kind.decoderOf(name) === undefined) foreign.push(name);
    else damaged.push({ name, storedAtMs: undefined, error: irregular(name) });
  }
  return { found, damaged, foreign };
}

/** What has the name of an object and is none: a link, a pipe, a directory. Nobody knows what an object of that name would say. */
async function irregularNames<Content>(
  storage: Storage,
  { folder, decoderOf }: ObjectKind<Content>,
  options: StorageOptions,
): Promise<string[]> {
  const names: string[] = [];
  for await (const name of storage.irregular?.(folder, options) ?? []) names.push(name);
  for await (const inner of storage.folders(folder, options)) {
    if (decoderOf(inner.slice(0, -1)) !== undefined) names.push(inner.slice(0, -1));
    else for await (const name of storage.irregular?.(inner, options) ?? []) names.push(name);
  }
  return names;
}

function irregular(name: string): BackupError {
  return new BackupError('CORRUPT', say('repo.irregular', { name }), { hint: say('repo.irregular.hint') });
}

async function readOne<Content>(
  storage: Storage,
  { decoderOf }: ObjectKind<Content>,
  { name, storedAtMs }: StoredObject,
  options: StorageOptions,
): Promise<ReadObject<Content> | DamagedObject | string | undefined> {
  const decode = decoderOf(name);
  if (decode === undefined) return name;
  try {
    const bytes = await readSmallObject(storage, name, options);
    return bytes && { content: decode(bytes), storedAtMs };
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
    return { name, storedAtMs, error };
  }
}
