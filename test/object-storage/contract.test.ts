import { storageContract } from '../contract/storage.contract.ts';
import { openStore } from '../support/object-store/open-store.ts';
import { forEachStore } from '../support/object-store/stores-under-test.ts';

forEachStore((store) => {
  storageContract('a folder of a bucket', async () => {
    const { bucket, prefix } = await store.createFolder();
    return openStore(store.endpoint, bucket, { prefix });
  });

  if (store.kind !== 'in-process') return;
  storageContract('a whole bucket', async () => openStore(store.endpoint, await store.createBucket()));
});
