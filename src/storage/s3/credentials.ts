import { BackupError } from '../../errors/backup-error.ts';
import { say } from '../../messages/message.ts';

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

/**
 * Where the tools of AWS look, in their order: environment, profile files, web identity, container, instance metadata. A profile that is named comes before
 * the environment. Environment and files are read by the packages of the SDK, as every program that uses it does.
 */
export function credentialChain(profile: string | undefined): CredentialSource {
  let chain: ((options?: { readonly forceRefresh?: boolean }) => Promise<S3Credentials>) | undefined;
  return async (renew = false) => {
    try {
      if (profile === undefined && chain === undefined) {
        const { fromEnv } = await import('@aws-sdk/credential-provider-env');
        const found = await fromEnv()().catch(() => undefined);
        if (found !== undefined) return found;
      }
      // Most of the SDK's weight, where the environment does not say them.
      const { defaultProvider } = await import('@aws-sdk/credential-provider-node');
      chain ??= defaultProvider(profile === undefined ? {} : { profile });
      return await chain(renew ? { forceRefresh: true } : undefined);
    } catch (cause) {
      throw new BackupError('AUTHENTICATION', say('s3.no-credentials'), {
        hint: say('s3.no-credentials.hint'),
        // Its sentence may quote a file; its name does not.
        context: { reason: cause instanceof Error ? cause.name : 'unknown' },
      });
    }
  };
}
