import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { BackupError, systemCodeOf } from '../../errors/backup-error.ts';
import { systemErrorText } from '../../errors/system-error-text.ts';
import { say, type Message } from '../../messages/message.ts';
import type { S3Location } from './location.ts';

/** So long before they end credentials are renewed, in ms. */
const renewAheadMs = 5 * 60_000;

/** What signs a request. Never shown. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/**
 * Tells the credentials as they are now: those that end are renewed before they do.
 * @param renew they were refused as expired: asks for new ones
 * @throws BackupError `AUTHENTICATION` where none are found
 */
export type CredentialSource = (renew?: boolean) => Promise<S3Credentials>;

type Chain = (options?: { readonly forceRefresh?: boolean }) => Promise<S3Credentials>;

/**
 * Where the tools of AWS look, in their order: environment, profile files, web identity, container, instance metadata. Of a profile or a file that is
 * named nothing else is asked. Environment and files are read by the packages of the SDK, as every program that uses it does.
 */
export function credentialChain({
  profile,
  credentialsFile,
}: Pick<S3Location, 'profile' | 'credentialsFile'>): CredentialSource {
  const isNamed = profile !== undefined || credentialsFile !== undefined;
  let chain: Chain | undefined;
  return async (renew = false) => {
    try {
      if (isNamed) chain ??= await namedProfile(profile, credentialsFile);
      else if (chain === undefined) {
        const { fromEnv } = await import('@aws-sdk/credential-provider-env');
        const found = await fromEnv()().catch(ignoreNone);
        if (found !== undefined) return found;
        // Most of the SDK's weight, where the environment does not say them.
        const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
        chain = defaultProvider({ logger: silent });
      }
      return await chain(renew ? { forceRefresh: true } : undefined);
    } catch (cause) {
      if (!isNone(cause)) throw cause;
      // Its sentence may quote a file; its name does not. So it is no cause either.
      throw isNamed
        ? await noneNamed({ credentialsFile, profile })
        : new BackupError('AUTHENTICATION', say('s3.no-credentials'), { hint: await noneHint() });
    }
  };
}

async function namedProfile(profile: string | undefined, credentialsFile: string | undefined): Promise<Chain> {
  if (credentialsFile !== undefined) await refuseOpenFile(credentialsFile);
  const { fromIni } = await import('@aws-sdk/credential-provider-ini');
  const named = credentialsFile === undefined ? {} : { filepath: credentialsFile };
  const read = (fresh: boolean): Promise<S3Credentials & { readonly expiration?: Date }> =>
    fromIni({ ...named, profile: profile ?? 'default', logger: silent, ignoreCache: fresh })();
  let known: Awaited<ReturnType<typeof read>> | undefined;
  return async ({ forceRefresh = false } = {}) => {
    const ends = known?.expiration?.getTime() ?? Infinity;
    if (known === undefined || forceRefresh || ends - Date.now() < renewAheadMs) {
      known = await read(known !== undefined);
    }
    return known;
  };
}

/** The SDK tells its own story on the console otherwise. */
const silent = { trace: ignored, debug: ignored, info: ignored, warn: ignored, error: ignored };

function ignored(): void {
  // Nobody is told.
}

/** A file with secrets must be one that only its owner reads; of root's also its group, as secrets are handed to services. @throws BackupError `CONFIG_INVALID` */
async function refuseOpenFile(path: string): Promise<void> {
  // What cannot be looked at cannot be read either: then there are none in it.
  const status = await stat(path).catch(() => undefined);
  const others = status?.uid === 0 ? 0o037 : 0o077;
  if (status?.isFile() !== true || (status.mode & others) === 0) return;
  throw new BackupError('CONFIG_INVALID', say('s3.open-credentials-file', { path }), {
    hint: say('repo.password-file-open.hint', { path }),
  });
}

/** What is to be done where nobody named any; a HOME of another account is none in which this one finds its files. */
async function noneHint(): Promise<Message> {
  const home = homedir();
  const owner = (await stat(home).catch(() => undefined))?.uid;
  const isOurs = owner === undefined || owner === process.geteuid?.();
  return isOurs ? say('s3.no-credentials.hint') : say('s3.no-credentials.home-hint', { home });
}

/** What is wrong with a file or a profile that was named. */
async function noneNamed({
  credentialsFile: path,
  profile = 'default',
}: Pick<S3Location, 'profile' | 'credentialsFile'>): Promise<BackupError> {
  const sentence =
    path === undefined ? say('s3.empty-profile', { profile }) : say('s3.empty-credentials-file', { path, profile });
  const options = { hint: say('s3.credentials-file.hint', { profile }) };
  if (path === undefined) return new BackupError('AUTHENTICATION', sentence, options);
  const kind = 'no-credentials-file';
  try {
    await access(path, constants.R_OK);
    return new BackupError('AUTHENTICATION', sentence, { ...options, kind });
  } catch (error) {
    const closed = say('s3.closed-credentials-file', { path, reason: systemErrorText(error) });
    // Another account may read what this one may not.
    const isMissing = systemCodeOf(error) === 'ENOENT';
    return new BackupError('AUTHENTICATION', closed, { ...options, kind: isMissing ? kind : undefined });
  }
}

/** Whether an error of the SDK says that there are none: all of these end so. */
function isNone(error: unknown): boolean {
  return error instanceof Error && /ProviderError$|^TokenProviderError$/.test(error.name);
}

function ignoreNone(error: unknown): undefined {
  if (!isNone(error)) throw error;
}
