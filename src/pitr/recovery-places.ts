import { realpathSync } from 'node:fs';
import { fromText, display, type ByteString } from '../bytes/byte-string.ts';
import type { Place } from '../storage/place.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import { isS3Place } from '../storage/s3/location.ts';
import type { ProvedSegment } from '../survey/prove-wal.ts';
import { openPlainPlace, type WalPlace } from '../survey/wal-place.ts';
import type { PitrRequest } from './pitr-request.ts';
import type { PrepareContext, RecoveryPlace } from './recovery-preparation.ts';

/** The directories that were named to read from: none of them may be changed or removed by the restore. */
export function readsFrom({ archive, walFrom = [], backups = [] }: PitrRequest): RecoveryPlace[] {
  const real = (places: readonly Place[], kind: RecoveryPlace['kind']): RecoveryPlace[] =>
    places.flatMap((place) =>
      typeof place === 'string' && !isS3Place(place) ? [{ kind, path: fromText(realpathSync(place)) }] : [],
    );
  return [
    ...real(archive === undefined ? [] : [archive], 'archive'),
    ...real(walFrom, 'wal'),
    ...real(backups, 'backups'),
  ];
}

/** The same segments, read from where their directories were moved to. */
export async function movedSegments(
  segments: readonly ProvedSegment[],
  moved: PrepareContext['moved'],
): Promise<readonly ProvedSegment[]> {
  const reopened = new Map<WalPlace, WalPlace>();
  const result: ProvedSegment[] = [];
  for (const segment of segments) {
    const { place, object } = segment.found;
    const directory = place.directory === undefined ? undefined : placeAfter(fromText(place.directory), moved);
    if (directory === undefined) {
      result.push(segment);
      continue;
    }
    const now = reopened.get(place) ?? (await reopen(place, display(directory)));
    reopened.set(place, now);
    const found = await now.source.find(object.file.name);
    // What is not there any more is told by whoever reads it.
    result.push(found === undefined ? segment : { ...segment, found: { ...segment.found, place: now, object: found } });
  }
  return result;
}

async function reopen({ source }: WalPlace, directory: string): Promise<WalPlace> {
  const { systemIdentifier } = source;
  return openPlainPlace(await openLocalStorage(directory), directory, { systemIdentifier });
}

/** Where a directory is now; undefined: where it was. */
function placeAfter(directory: ByteString, moved: PrepareContext['moved']): ByteString | undefined {
  for (const { from, to } of moved) {
    if (directory === from || directory.startsWith(`${from}/`))
      return (to + directory.slice(from.length)) as ByteString;
  }
  return undefined;
}
