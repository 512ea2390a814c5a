import { pbkdf2 } from 'node:crypto';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { protocolViolation } from '../protocol/protocol-violation.ts';

export interface KeyRequest {
  readonly digest: 'sha1' | 'sha256';
  readonly password: string;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * PBKDF2 of 32 bytes, computed off the event loop. The server chooses the iterations, so they are capped.
 * @throws BackupError `AUTHENTICATION` above the limit, `PROTOCOL_VIOLATION` below one
 */
export async function passwordKey(request: KeyRequest): Promise<Buffer> {
  const { digest, password, salt, iterations, limit, signal } = request;
  if (iterations > limit) {
    throw new BackupError('AUTHENTICATION', say('connection.too-many-iterations', { iterations, limit }), {
      hint: say('connection.too-many-iterations-hint'),
    });
  }
  if (!Number.isInteger(iterations) || iterations < 1) {
    const detail = say('protocol.detail.iterations', { count: iterations });
    throw protocolViolation(say('protocol.malformed', { message: 'Authentication', detail }));
  }
  signal?.throwIfAborted();
  return await new Promise<Buffer>((resolve, reject) => {
    // The computation cannot be stopped, but nobody has to wait for it.
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason belongs to the caller
    const onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    pbkdf2(password, salt, iterations, 32, digest, (error, key) => {
      signal?.removeEventListener('abort', onAbort);
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
