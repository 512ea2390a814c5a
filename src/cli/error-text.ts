import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { systemErrorText } from '../errors/system-error-text.ts';
import { printable, printableName, render, say, type Message } from '../messages/message.ts';

/** Lines for people about `error`: what, where, why and what to do, each with the program's name in front. Never a stack trace. */
export function errorLines(program: string, error: unknown): string[] {
  if (!(error instanceof BackupError)) {
    return [
      `${program}: error: ${render(say('common.internal', { reason: reasonOf(error) }))}`,
      `${program}: hint: ${render(say('common.internal.hint'))}`,
    ];
  }
  // What a server says of a failure has a detail, in a line of its own.
  const sentence = error.message.replaceAll(/\nDETAIL: +/g, `\n${program}: detail: `);
  const lines = [`${program}: error: ${sentence}`];
  for (const [name, value] of Object.entries(error.context)) {
    if (error.message.includes(String(value))) continue;
    lines.push(`${program}: detail: ${name} ${printableName(String(value))}`);
  }
  const cause = causeText(error);
  if (cause !== undefined) lines.push(`${program}: detail: ${cause}`);
  if (error.hint !== undefined) lines.push(`${program}: hint: ${render(error.hint)}`);
  return lines;
}

/** The innermost reason, unless the first line says it already. */
function causeText(error: BackupError): string | undefined {
  let cause: unknown = error.cause;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error) || cause.message === '' || error.message.includes(cause.message)) return undefined;
  // A call of the system that failed: the sentence tells its reason already, in the same words or in those of libpq.
  if (
    systemCodeOf(cause) !== undefined &&
    (tellsReason(error.message, cause.message) || tellsCall(error.message, cause))
  ) {
    return undefined;
  }
  return printable(cause.message);
}

/** Whether `text` has what `system` says, `EACCES: permission denied, open '/x'` or `write EPIPE`: the reason or the code. */
function tellsReason(text: string, system: string): boolean {
  const match = /^E[A-Z0-9]+: (.+?), [a-z]+(?: '.*)?$|^[a-z]+ (E[A-Z0-9]+)$/s.exec(system);
  const reason = match?.[1] ?? match?.[2];
  return reason !== undefined && text.toLowerCase().includes(reason.toLowerCase());
}

/** Whether `text` has all of `connect ECONNREFUSED 127.0.0.1:5432` or `getaddrinfo ENOTFOUND db`: the reason as libpq says it, and where. */
function tellsCall(text: string, cause: Error): boolean {
  const match = /^[a-z]+ E[A-Z0-9_]+(?: (.+?))?(?: - Local .*)?$/s.exec(cause.message);
  if (match === null || !text.includes(systemErrorText(cause))) return false;
  const place = match[1] ?? '';
  return text.includes(place) || text.includes(place.replace(/:\d+$/, ''));
}

export function warningLine(program: string, warning: Message): string {
  return `${program}: warning: ${render(warning)}`;
}

/** The same as data, for `--json`: code, text, key and parameters of the sentence, hint, context. */
export function errorRecord(error: unknown): Record<string, unknown> {
  if (!(error instanceof BackupError)) {
    return { messageType: 'error', code: 'INTERNAL', message: reasonOf(error) };
  }
  return {
    messageType: 'error',
    code: error.code,
    message: error.message,
    messageKey: error.sentence.key,
    ...(error.hint === undefined ? {} : { hint: render(error.hint) }),
    context: Object.fromEntries(Object.entries(error.context).map(([name, value]) => [name, String(value)])),
    retryable: error.retryable,
  };
}
