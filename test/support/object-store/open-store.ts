import { openS3Storage, type S3StorageOptions } from '../../../src/storage/s3/s3-storage.ts';
import type { PatiencePlan } from '../../../src/storage/s3/patience.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { placeAt, testCredentials } from './stores-under-test.ts';

/**
 * The usual patience, whose time goes by without anybody waiting: pauses are as long as they can be.
 * 60 s of failures are 18 requests, 10 s without any answer 8.
 */
export function quickPatience(): Pick<PatiencePlan, 'now' | 'pause' | 'random'> & { readonly pauses: number[] } {
  let nowMs = 0;
  const pauses: number[] = [];
  return {
    pauses,
    now: () => nowMs,
    random: () => 1,
    pause: (ms) => {
      nowMs += ms;
      pauses.push(ms);
      return Promise.resolve();
    },
  };
}

/** A bucket, or a folder of it, as storage: opened with the keys of the tests and a patience that takes no time. */
export function openStore(
  endpoint: string,
  bucket: string,
  { prefix = '', ...options }: S3StorageOptions & { readonly prefix?: string } = {},
): Promise<Storage> {
  const place = placeAt(endpoint, bucket, { prefix });
  return openS3Storage(place, { credentials: testCredentials, patience: quickPatience(), ...options });
}
