import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { S3Server, testAccount } from '../../test/support/object-store/s3-server.ts';
import { openS3Storage } from '../storage/s3/s3-storage.ts';
import { encodeRecord, recordName } from '../storage/s3/storage-record.ts';
import type { Storage } from '../storage/storage.ts';
import { holdBackup } from './hold-backup.ts';
import { commitObject, newId } from './names.ts';

const reader = { accessKeyId: 'reader', secretAccessKey: 'reader-secret', denied: ['PutObject', 'DeleteObject'] };

describe('a backup that is read where nothing can be written', () => {
  let server: S3Server;
  beforeAll(async () => {
    server = await S3Server.start({ accounts: [testAccount, reader] });
  });
  afterAll(() => server.close());

  const opened = (bucket: string, account = testAccount): Promise<Storage> =>
    openS3Storage(`s3://${bucket}?endpoint=${server.endpoint}&http=yes`, {
      credentials: () => Promise.resolve(account),
    });
  const record = (host: { id: string; name: string } | undefined): Buffer =>
    encodeRecord({
      putOnce: host === undefined ? 'always' : 'never',
      host,
      lock: undefined,
      probedAt: '2026-11-23T00:00:00.000Z',
    });

  it('is read without a hold by an account that may not put', async () => {
    server.createBucket('denied');
    server.write('denied', recordName, record(undefined));
    expect(await holdBackup(await opened('denied', reader), newId(), {})).toBeUndefined();
    expect(server.keys('denied')).toEqual([recordName]);
  });

  it('is read without a hold by a host that is not the one that may write', async () => {
    server.createBucket('elsewhere');
    server.write('elsewhere', recordName, record({ id: '0'.repeat(32), name: 'lost' }));
    expect(await holdBackup(await opened('elsewhere'), newId(), {})).toBeUndefined();
    expect(server.keys('elsewhere')).toEqual([recordName]);
  });

  it('is held by whoever may put', async () => {
    server.createBucket('writable');
    server.write('writable', recordName, record(undefined));
    const backup = newId();
    server.write('writable', commitObject(backup), 'that it is there is all that counts');
    const hold = await holdBackup(await opened('writable'), backup, {});
    expect(hold).toBeDefined();
    expect(server.keys('writable')).toHaveLength(3);
    await hold?.release();
  });
});
