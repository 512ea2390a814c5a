import type { Place } from './place.ts';
import { isS3Place } from './s3/location.ts';
import type { ProbedPlace, ProbeOptions } from './storage.ts';

/**
 * Tries what the store of a place does, and compares that with what is noted there.
 * @returns undefined for a directory, where there is nothing to find out
 * @throws BackupError as `openPlace`, `Storage.prepare`; `LOCKED` where another host is noted than the one to take over from
 */
export async function probePlace(place: Place, options: ProbeOptions = {}): Promise<ProbedPlace | undefined> {
  if (typeof place !== 'string' || !isS3Place(place)) return undefined;
  const { probeS3Place } = await import('./s3/s3-storage.ts');
  return probeS3Place(place, options);
}
