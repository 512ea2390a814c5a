import type { Place } from './place.ts';
import { isS3Place } from './s3/location.ts';
import type { StoreFindings, StorageOptions } from './storage.ts';

export interface ProbeOptions extends StorageOptions {
  /** Notes what was found in place of what was noted before, and this host as the one that may write where only one may. */
  readonly takeOver?: boolean | undefined;
}

export interface ProbedPlace {
  /** What was noted when the place was first used, or by the last one that took it over; undefined: it was never used. */
  readonly noted: StoreFindings | undefined;
  /** What the store does now, by trying. `host` is this one where one host alone may write. */
  readonly found: StoreFindings;
}

/**
 * Tries what the store of a place does, and compares that with what is noted there.
 * @returns undefined for a directory, where there is nothing to find out
 * @throws BackupError as `openPlace`, `Storage.prepare`
 */
export async function probePlace(place: Place, options: ProbeOptions = {}): Promise<ProbedPlace | undefined> {
  if (typeof place !== 'string' || !isS3Place(place)) return undefined;
  const { probeS3Place } = await import('./s3/s3-storage.ts');
  return probeS3Place(place, options);
}
