import { stat } from 'node:fs/promises';
import type { Environment } from '../config/environment.ts';
import { say, type Message } from '../messages/message.ts';
import { isS3Place, s3SecretsOf } from '../wal-archive.ts';

/** Stands for a file that nobody named. */
const placeholder = '/PATH/S3-CREDENTIALS';

export interface ServerCredentials {
  /** Further words of the command that the server runs. */
  readonly words: readonly string[];
  /** What the account of the server lacks for that. */
  readonly warning?: { readonly sentence: Message; readonly hint?: Message | undefined } | undefined;
}

/**
 * What names the credentials for an object store in a command that a server is to run: its account is another than this one, or has not this environment.
 * @param data a directory that is the server's
 */
export async function serverCredentials(
  place: string,
  data: string,
  environment: Environment,
): Promise<ServerCredentials> {
  if (!isS3Place(place)) return { words: [] };
  const { uid, gid } = await stat(data);
  const { credentialsFile: path, profile } = s3SecretsOf(place);
  if (path !== undefined) {
    if (await mayRead(path, { uid, gid })) return { words: [] };
    const sentence = say('s3.server-cannot-read', { uid, path });
    return { words: [], warning: { sentence, hint: say('s3.server-cannot-read.hint', { uid, path }) } };
  }
  if (profile === undefined && (environment['AWS_ACCESS_KEY_ID'] ?? '') !== '') {
    const hint = say('s3.server-credentials.hint', { placeholder });
    const warning = { sentence: say('s3.server-credentials', { uid }), hint };
    return { words: ['--s3-credentials-file', placeholder], warning };
  }
  if (uid === process.geteuid?.()) return { words: [] };
  return { words: [], warning: { sentence: say('s3.server-own-credentials', { uid }) } };
}

/** A file that more than its owner, or the group of root, may read was refused before. */
async function mayRead(path: string, account: { readonly uid: number; readonly gid: number }): Promise<boolean> {
  const status = await stat(path);
  if (status.uid === account.uid) return (status.mode & 0o400) !== 0;
  return status.gid === account.gid && (status.mode & 0o040) !== 0;
}
