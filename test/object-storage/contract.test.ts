import { openS3Storage, type S3StorageOptions } from '../../src/storage/s3/s3-storage.ts';
import { storageContract } from '../contract/storage.contract.ts';
import { askStore } from '../support/object-store/signed-request.ts';
import { forEachStore, placeAt, testCredentials } from '../support/object-store/stores-under-test.ts';

const options: S3StorageOptions = { credentials: testCredentials };
const recordName = 'gausskeep-storage.json';

forEachStore((store) => {
  let bucket: string | undefined;
  let record: Buffer | undefined;
  let count = 0;
  storageContract('a folder of a bucket', async () => {
    bucket ??= await store.createBucket();
    count += 1;
    // The store is probed once: it does not change from one folder to the next.
    const prefix = `of test/${count}/`;
    const target = (folder: string): string => `/${bucket!}/${encodeURI(folder)}${recordName}`;
    if (record !== undefined) await askStore(store.endpoint, 'PUT', target(prefix), { body: record });
    const storage = await openS3Storage(placeAt(store.endpoint, bucket, { prefix }), options);
    await storage.prepare!();
    record ??= (await askStore(store.endpoint, 'GET', target(prefix))).body;
    return storage;
  });

  if (store.kind !== 'in-process') return;
  storageContract('a whole bucket', async () =>
    openS3Storage(placeAt(store.endpoint, await store.createBucket()), options),
  );
});
