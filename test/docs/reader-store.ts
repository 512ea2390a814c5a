/** The object store of the reader of the guide: `https://obs.example.com`, with the accounts whose keys the pages show. */
import { join } from 'node:path';
import { S3Server } from '../support/object-store/s3-server.ts';
import { projectRoot } from '../support/project.ts';

/** Who writes may not delete, as the policy that the page shows says. */
const accounts = [
  {
    accessKeyId: 'GKWRITER',
    secretAccessKey: 'writer-secret',
    denied: ['DeleteObject', 'DeleteObjects', 'ListMultipartUploads'],
  },
  { accessKeyId: 'GKRETENTION', secretAccessKey: 'retention-secret' },
];

/** With an empty bucket `backups`, in this process. */
export async function startReaderStore(): Promise<S3Server> {
  const store = await S3Server.start({ tls: true, accounts });
  store.createBucket('backups');
  return store;
}

/** The places of a page that are those of the store. */
export function inReaderStore(text: string, store: S3Server, bucket: string): string {
  return text
    .replaceAll('https://obs.example.com', store.endpoint)
    .replaceAll('s3://backups/', `s3://${bucket}/`)
    .replaceAll('/etc/ssl/obs-ca.pem', join(projectRoot, 'test/fixtures/tls/verify/ca.crt'));
}
