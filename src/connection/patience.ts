import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Abortable } from './connection.ts';

/** How long a step of connecting may take without an answer; undefined: as long as the system waits. */
export interface Patience extends Abortable {
  readonly timeoutMs: number | undefined;
  readonly onTimeout: () => Error;
}

/** What `begin` comes to, unless the patience ends before. */
export async function settled(
  { signal, timeoutMs, onTimeout }: Patience,
  begin: (resolve: () => void, reject: (error: unknown) => void) => void,
): Promise<void> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason belongs to the caller
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (timeoutMs !== undefined) timer = setTimeout(() => reject(onTimeout()), timeoutMs);
      begin(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

/** The server ended the connection. */
export function hungUp(): BackupError {
  return new BackupError('SERVER_UNREACHABLE', say('connection.closed'), { kind: 'connection-lost' });
}
