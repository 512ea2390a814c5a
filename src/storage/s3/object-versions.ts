import { isObjectName } from '../object-name.ts';
import { BackupError } from '../../errors/backup-error.ts';
import { say } from '../../messages/message.ts';
import { objectLocked } from '../object-lock.ts';
import type { AlteredObject } from '../storage.ts';
import { decoded, many, parsed, record, strange } from './answer-xml.ts';
import type { S3Client } from './client.ts';
import { textOf } from './exchange.ts';
import { S3Refusal } from './failures.ts';
import { retentionOf } from './retention.ts';

/** Versions of one name: what was put under it, and the marks that a deletion left. */
export interface ObjectVersions {
  /** Oldest first. */
  readonly objects: readonly string[];
  readonly markers: readonly string[];
}

/**
 * Deletes an object. Where the bucket keeps versions all of them go, and a deletion that is refused leaves what readers see as it was.
 * @throws BackupError `LOCKED` of kind `object-locked`; as `S3Client.run`
 */
export async function deleteObject(client: S3Client, name: string, signal?: AbortSignal): Promise<void> {
  if (client.seesVersions) return deleteVersions(client, name, signal);
  const request = { method: 'DELETE', name, answers: [200, 204, 404] } as const;
  const { result: marker } = await client.run(
    request,
    async (answer) => {
      await textOf(answer);
      return answer.headers['x-amz-delete-marker'] === 'true' ? answer.headers['x-amz-version-id'] : undefined;
    },
    signal,
  );
  if (typeof marker !== 'string') return;
  // It was only hidden: the bucket keeps versions, and nothing that was answered before said so.
  await deleteVersion(client, name, marker, signal);
  await deleteVersions(client, name, signal);
}

/**
 * Whether this account may delete an object of that name, of which there is none: a deletion of nothing is granted and refused by the same rules as any other.
 * @throws BackupError as `S3Client.run`, for whatever else is wrong with the request
 */
export async function mayDeleteObject(client: S3Client, name: string, signal?: AbortSignal): Promise<boolean> {
  try {
    await deleteObject(client, name, signal);
    if (!client.seesVersions) return true;
    // Where there are versions that has only listed them. `null` is a version that each such bucket knows, and none that this name has; a plain deletion would leave a marker.
    const request = { method: 'DELETE', name, query: { versionId: 'null' }, answers: [200, 204, 404] } as const;
    await client.text(request, signal);
    return true;
  } catch (error) {
    if (error instanceof BackupError && error.cause instanceof S3Refusal && error.cause.isDenied) return false;
    throw error;
  }
}

/** Oldest first: it is the one that was put, and where it is locked nothing is touched. */
async function deleteVersions(client: S3Client, name: string, signal?: AbortSignal): Promise<void> {
  const { objects, markers } = await versionsOf(client, name, signal);
  for (const version of objects) await deleteVersion(client, name, version, signal);
  for (const version of markers) await deleteVersion(client, name, version, signal);
}

async function deleteVersion(client: S3Client, name: string, versionId: string, signal?: AbortSignal): Promise<void> {
  const request = { method: 'DELETE', name, query: { versionId } } as const;
  const { status } = await client.text({ ...request, answers: [200, 204, 403, 404] }, signal);
  if (status !== 403) return;
  const held = await retentionOf(client, name, { versionId, signal });
  if (held !== undefined && held.untilMs > client.storeNowMs)
    throw objectLocked(name, held.untilMs, client.words.place);
  if (held?.isLegalHold === true) throw legallyHeld(name, client.words.place);
  // No lock is in the way: what is, the same request says.
  await client.text({ ...request, answers: [200, 204, 404] }, signal);
}

/** No date ends that: it is no lock that a later run would find over. */
function legallyHeld(name: string, storage: string): BackupError {
  const hint = say('lock.legal-hold.hint');
  return new BackupError('AUTHENTICATION', say('lock.legal-hold', { name }), { hint, context: { storage } });
}

/** What lies under exactly this name. */
async function versionsOf(client: S3Client, name: string, signal?: AbortSignal): Promise<ObjectVersions> {
  const objects: string[] = [];
  const markers: string[] = [];
  for await (const { name: listed, version, isMarker } of listVersions(client, name, signal)) {
    // A longer name that begins with this one comes behind it.
    if (listed !== name) break;
    (isMarker ? markers : objects).push(version);
  }
  return { objects: objects.toReversed(), markers };
}

export interface ListedVersion {
  readonly name: string;
  readonly version: string;
  readonly isMarker: boolean;
  /** It is what a reader sees. */
  readonly isNewest: boolean;
}

/** All versions of names that begin with `prefix`, in the order of names; of one name objects come before markers, each the newest first. */
async function* listVersions(
  client: S3Client,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<ListedVersion, void, undefined> {
  const whole = client.location.prefix + prefix;
  let after: { readonly key: string; readonly version: string | undefined } | undefined;
  do {
    const query = {
      versions: '',
      'encoding-type': 'url',
      prefix: whole === '' ? undefined : whole,
      'key-marker': after?.key,
      'version-id-marker': after?.version,
    };
    const { text } = await client.text({ method: 'GET', query, answers: [200] }, signal);
    const { versions, next } = await readPage(text, client);
    yield* versions;
    if (next !== undefined && next.key === after?.key && next.version === after.version) throw strange(client);
    after = next;
  } while (after !== undefined);
}

/** Objects that are under a delete marker, or under another version. */
export async function* alteredObjects(
  client: S3Client,
  signal?: AbortSignal,
): AsyncGenerator<AlteredObject, void, undefined> {
  let at = { name: '', objects: 0, isHidden: false };
  const altered = (): readonly AlteredObject[] => {
    const { name, objects, isHidden } = at;
    if (objects > 0 && isHidden) return [{ name, how: 'hidden' }];
    return objects > 1 ? [{ name, how: 'overwritten' }] : [];
  };
  for await (const { name, isMarker, isNewest } of listVersions(client, '', signal)) {
    if (!isObjectName(name)) continue;
    if (name !== at.name) {
      yield* altered();
      at = { name, objects: 0, isHidden: false };
    }
    if (!isMarker) at.objects += 1;
    else if (isNewest) at.isHidden = true;
  }
  yield* altered();
}

async function readPage(text: string, client: S3Client) {
  const { prefix } = client.location;
  const { parseXML } = await import('@aws-sdk/xml-builder');
  const answer = parsed(() => parseXML(text), client);
  const fields = record(answer['ListVersionsResult'] ?? answer['ListObjectVersionsOutput'], client);
  const decode = fields['EncodingType'] === 'url' ? decoded : (key: string): string => key;
  const versionOf =
    (isMarker: boolean) =>
    (item: unknown): ListedVersion => {
      const { Key: key, VersionId: version, IsLatest: newest } = record(item, client);
      const name = typeof key === 'string' ? decode(key) : undefined;
      if (name?.startsWith(prefix) !== true || typeof version !== 'string') throw strange(client);
      return { name: name.slice(prefix.length), version, isMarker, isNewest: newest === 'true' };
    };
  const found = [
    ...many(fields['Version']).map(versionOf(false)),
    ...many(fields['DeleteMarker']).map(versionOf(true)),
  ];
  const { NextKeyMarker: key, NextVersionIdMarker: version, IsTruncated: more } = fields;
  if (more === 'true' && typeof key !== 'string') throw strange(client);
  const next =
    more === 'true'
      ? { key: decode(key as string), version: typeof version === 'string' && version !== '' ? version : undefined }
      : undefined;
  return {
    versions: found.sort((a, b) => (a.name === b.name ? 0 : Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))),
    next,
  };
}
