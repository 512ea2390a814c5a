import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { render, say } from '../messages/message.ts';
import { ServerError, serverText } from './server-error.ts';
import { systemErrorText } from './system-error-text.ts';
import { failedSentence, type Target } from './target.ts';

/** `SERVER_UNREACHABLE`: the server owed an answer and sent nothing for `timeoutMs`. */
export function silentError(timeoutMs: number): BackupError {
  return new BackupError('SERVER_UNREACHABLE', say('connection.silent', { seconds: timeoutMs / 1000 }), {
    hint: say('connection.silent-hint'),
    kind: 'connection-silent',
  });
}

/** The same error, saying where the connection was to go. Errors that are no failure of connecting stay as they are. */
export function connectFailure(target: Target, error: unknown): unknown {
  if (error instanceof ServerError) {
    return error.with({ sentence: failedSentence(target, serverText(error.fields)) });
  }
  if (error instanceof BackupError) {
    return error.with({ sentence: failedSentence(target, render(error.sentence)), cause: error });
  }
  if (systemCodeOf(error) === undefined) return error;
  const isUnix = 'socketPath' in target;
  const asksForServer = ['ECONNREFUSED', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH'].includes(systemCodeOf(error) ?? '');
  const hint = asksForServer ? say(isUnix ? 'connection.unix-hint' : 'connection.tcp-hint') : undefined;
  return new BackupError('SERVER_UNREACHABLE', failedSentence(target, systemErrorText(error)), { hint, cause: error });
}
