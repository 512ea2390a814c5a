import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { render, say } from '../messages/message.ts';
import { ServerError, serverText } from './server-error.ts';
import type { ConnectionSettings } from './settings.ts';
import { systemErrorText } from '../errors/system-error-text.ts';
import { failedSentence, type Target } from './target.ts';

/** `SERVER_UNREACHABLE`: the server owed an answer and sent nothing for `timeoutMs`. */
export function silentError(timeoutMs: number): BackupError {
  return new BackupError('SERVER_UNREACHABLE', say('connection.silent', { seconds: timeoutMs / 1000 }), {
    hint: say('connection.silent-hint'),
    kind: 'connection-silent',
  });
}

/**
 * The failure of all ways of talking to one place (with TLS and without), in the words of each, as libpq says it. It is that of the last
 * way, unless an earlier one is what has to be dealt with.
 * @param earlier in their order
 */
export function connectFailures(
  target: Target,
  earlier: readonly unknown[],
  last: unknown,
  { sslmode }: Pick<ConnectionSettings, 'sslmode'>,
): unknown {
  const failure = connectFailure(target, last);
  if (!(failure instanceof BackupError)) return failure;
  const before = earlier
    .map((error) => connectFailure(target, error))
    .filter((error): error is BackupError => error instanceof BackupError);
  const [first] = before;
  if (first === undefined) return failure;
  const different = new Map([...before, failure].map(({ sentence }) => [render(sentence), sentence]));
  const lines = { items: [...different.values()], separator: '\n' };
  // "SSL was required" by nobody, where it was only tried because of a refusal. Of two equal refusals, the one with TLS says what is missing.
  const weighs = failure.kind === 'no-tls' || (sslmode !== 'allow' && isSameRefusal(first, failure));
  return (weighs ? first : failure).with({ sentence: say('connection.failed-several', { lines }) });
}

function isSameRefusal(one: BackupError, other: BackupError): boolean {
  return one instanceof ServerError && other instanceof ServerError && one.sqlState === other.sqlState;
}

/** The same error, saying where the connection was to go. Errors that are no failure of connecting stay as they are. */
export function connectFailure(target: Target, error: unknown): unknown {
  if (error instanceof ServerError) {
    return error.with({ sentence: failedSentence(target, serverText(error.fields)) });
  }
  if (error instanceof BackupError) {
    return error.with({ sentence: failedSentence(target, error.sentence), cause: error });
  }
  if (systemCodeOf(error) === undefined) return error;
  const isUnix = 'socketPath' in target;
  const asksForServer = ['ECONNREFUSED', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH'].includes(systemCodeOf(error) ?? '');
  const hint = asksForServer ? say(isUnix ? 'connection.unix-hint' : 'connection.tcp-hint') : undefined;
  return new BackupError('SERVER_UNREACHABLE', failedSentence(target, systemErrorText(error)), { hint, cause: error });
}
