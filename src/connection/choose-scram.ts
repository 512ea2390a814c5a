import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { endPointBinding } from './channel-binding.ts';
import type { LoginRules } from './login-rules.ts';
import { scramMechanism, scramPlusMechanism, type ScramBinding } from './scram.ts';

/**
 * Which SCRAM is spoken, and what ties it to the TLS connection.
 * @param certificate of the server, in DER; undefined without TLS
 * @throws BackupError `AUTHENTICATION` where there is no common way, or none that the rules allow
 */
export function chooseScram(
  offered: readonly string[],
  { channelBinding }: Pick<LoginRules, 'channelBinding'>,
  certificate: Uint8Array | undefined,
): { readonly mechanism: string; readonly binding: ScramBinding } {
  const offersPlus = offered.includes(scramPlusMechanism);
  if (offersPlus && certificate === undefined) throw refuse('connection.unsupported-mechanism-plain');
  const demanded = channelBinding === 'require';
  if (demanded && certificate === undefined) throw refuse('connection.binding-no-tls');
  if (demanded && !offersPlus) throw refuse('connection.binding-not-offered');
  const data = certificate === undefined || channelBinding === 'disable' ? undefined : endPointBinding(certificate);
  if (demanded && data === undefined) throw refuse('connection.binding-no-digest');
  if (offersPlus && data !== undefined) {
    return { mechanism: scramPlusMechanism, binding: { header: 'p=tls-server-end-point,,', data } };
  }
  if (!offered.includes(scramMechanism)) {
    throw new BackupError(
      'AUTHENTICATION',
      say('connection.unsupported-mechanism', { mechanisms: offered.join(', ') }),
    );
  }
  return { mechanism: scramMechanism, binding: { header: data === undefined ? 'n,,' : 'y,,' } };
}

function refuse(
  key:
    | 'connection.unsupported-mechanism-plain'
    | 'connection.binding-no-tls'
    | 'connection.binding-not-offered'
    | 'connection.binding-no-digest',
): BackupError {
  return new BackupError('AUTHENTICATION', say(key));
}
