import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { formatS3Place, isS3Place, parseS3Place } from './s3/location.ts';

/**
 * The places that a place lies in, the nearest first: the directories above its real path (above that of its parent, while it is not there), or the shorter prefixes of its bucket, at last the bucket.
 * Text that `openPlace` takes.
 */
export async function outerPlaces(place: string): Promise<readonly string[]> {
  if (isS3Place(place)) return shorterPrefixes(place);
  const path = resolve(place);
  const outer: string[] = [];
  let below = await realpath(path).catch(() => undefined);
  if (below === undefined) {
    const parent = await realpath(dirname(path)).catch(() => dirname(path));
    outer.push(parent);
    below = parent;
  }
  for (let above = dirname(below); above !== below; above = dirname(above)) {
    outer.push(above);
    below = above;
  }
  return outer;
}

function shorterPrefixes(place: string): string[] {
  const location = parseS3Place(place);
  const folders = location.prefix.split('/').slice(0, -1);
  return folders.map((_, left) => {
    const kept = folders.slice(0, folders.length - left - 1);
    return formatS3Place({ ...location, prefix: kept.map((folder) => `${folder}/`).join('') });
  });
}
