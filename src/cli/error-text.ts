import { BackupError, reasonFor, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { namedText } from '../errors/unnamed-errors.ts';
import { systemErrorText } from '../errors/system-error-text.ts';
import { english } from '../messages/english.ts';
import { placeWords, plainPlace } from '../messages/place-words.ts';
import {
  printableName,
  render,
  say,
  valueText,
  type Message,
  type MessageKey,
  type MessageValue,
} from '../messages/message.ts';
import { speak } from './speech.ts';

/** Lines for people about `error`: what, where, why and what to do, each with the program's name in front. Never a stack trace. */
export function errorLines(program: string, error: unknown): string[] {
  if (!(error instanceof BackupError)) {
    return [
      labelledLine(program, 'error', speak(say('common.internal', { reason: reasonFor(error) }))),
      labelledLine(program, 'hint', speak(say('common.internal.hint'))),
    ];
  }
  // What a server says of a failure has a detail, in a line of its own.
  const said = speak(error.sentence);
  const detail = labelledLine(program, 'detail', '');
  const lines = [labelledLine(program, 'error', said.replaceAll(/\nDETAIL: +/g, `\n${detail}`))];
  for (const [name, value] of Object.entries(error.context)) {
    const words = spoken(placeWords(String(value)));
    if (said.includes(plainPlace(String(value))) || said.includes(words)) continue;
    lines.push(labelledLine(program, 'detail', `${contextName(name)} ${printableName(words)}`));
  }
  const cause = causeText(error, said);
  if (cause !== undefined) lines.push(labelledLine(program, 'detail', cause));
  if (error.hint !== undefined) lines.push(labelledLine(program, 'hint', speak(error.hint)));
  return lines;
}

/** A value of a sentence by itself. */
function spoken(lines: MessageValue): string {
  return speak(say('common.server-text', { lines }));
}

/** What a value of the context is, in the language that is spoken. */
function contextName(name: string): string {
  const key = `cli.context.${name}`;
  return key in english ? speak({ key: key as MessageKey, parameters: {} }) : name;
}

/** The innermost reason, unless the first line says it already. */
function causeText(error: BackupError, said: string): string | undefined {
  let cause: unknown = error.cause;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error) || cause.message === '') return undefined;
  const text = spoken(reasonFor(cause));
  if (said.includes(text)) return undefined;
  // A call of the system that failed: the sentence tells its reason already, in the same words or in those of libpq.
  const system = namedText(cause.message);
  if (systemCodeOf(cause) !== undefined && (tellsReason(error.message, system) || tellsCall(error.message, cause))) {
    return undefined;
  }
  return text;
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
  if (match === null || !text.includes(valueText(systemErrorText(cause)))) return false;
  const place = match[1] ?? '';
  return text.includes(place) || text.includes(place.replace(/:\d+$/, ''));
}

export function warningLine(program: string, warning: Message): string {
  return labelledLine(program, 'warning', speak(warning));
}

/** `program: error: text`, with the word in front in the language that is spoken. */
export function labelledLine(
  program: string,
  label: 'error' | 'warning' | 'hint' | 'detail' | 'note',
  text: string,
): string {
  return `${program}: ${speak(say(`cli.label.${label}`))} ${text}`;
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
    context: Object.fromEntries(
      Object.entries(error.context).map(([name, value]) => [name, plainPlace(String(value))]),
    ),
    retryable: error.retryable,
  };
}
