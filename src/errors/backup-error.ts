import { render, say, type Message, type MessageValue } from '../messages/message.ts';
import { errorCodes, type ErrorCode, type ErrorKind } from './codes.ts';
import { readCall } from './system-words.ts';
import { namedCode, namedText } from './unnamed-errors.ts';

/** Where an error happened: a flat record of printable values (path, lsn, timeline, server, backup). Never a secret. */
export type ErrorContext = Readonly<Record<string, string | number | bigint>>;

export interface BackupErrorOptions {
  /** What to do, as a sentence. */
  readonly hint?: Message | undefined;
  readonly context?: ErrorContext | undefined;
  readonly cause?: unknown;
  /** Overrides the default of the code. */
  readonly retryable?: boolean | undefined;
  readonly kind?: ErrorKind | undefined;
}

/** What `BackupError.with` says anew. What is absent or undefined stays. */
export interface ErrorChange extends BackupErrorOptions {
  /** With another code and without `retryable`, the default of that code holds. */
  readonly code?: ErrorCode | undefined;
  readonly sentence?: Message | undefined;
}

/**
 * The one error class: `code` and the message say what, `context` where, `cause` why, `hint` what to do.
 * Match on `code` and `kind`, never on text or sentence. Cancellation comes back as the reason of the signal: an
 * `AbortError` unless the caller gave another; our programs give an `ABORTED`.
 */
export class BackupError extends Error {
  readonly code: ErrorCode;
  readonly sentence: Message;
  readonly hint: Message | undefined;
  readonly context: ErrorContext;
  readonly retryable: boolean;
  readonly kind: ErrorKind | undefined;

  constructor(code: ErrorCode, sentence: Message, options: BackupErrorOptions = {}) {
    super(render(sentence), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BackupError';
    this.code = code;
    this.sentence = sentence;
    this.hint = options.hint;
    this.context = options.context ?? {};
    this.retryable = options.retryable ?? errorCodes[code].retryable;
    this.kind = options.kind;
  }

  /** The same error, from the same place in the code, with what is said anew; `context` is added to what is there. */
  with(change: ErrorChange): BackupError {
    const { code, sentence, ...options } = this.changed(change);
    return this.moved(new BackupError(code, sentence, options));
  }

  protected changed(change: ErrorChange): ErrorChange & { readonly code: ErrorCode; readonly sentence: Message } {
    const { code = this.code, sentence = this.sentence } = change;
    return {
      code,
      sentence,
      hint: change.hint ?? this.hint,
      context: { ...this.context, ...change.context },
      cause: change.cause ?? this.cause,
      retryable: change.retryable ?? (code === this.code ? this.retryable : undefined),
      kind: change.kind ?? this.kind,
    };
  }

  /** `copy`, as if it had been made where this error was. */
  protected moved<Copy extends BackupError>(copy: Copy): Copy {
    const frames = /\n {4}at [^]*$/.exec(this.stack ?? '')?.[0] ?? '';
    copy.stack = `${copy.name}: ${copy.message}${frames}`;
    return copy;
  }
}

// A bundler renames a class that names itself within; a caller sees the name in every stack that node prints.
Object.defineProperty(BackupError, 'name', { value: 'BackupError' });

/** Why something failed, for use as a `reason` parameter: a sentence within the sentence where it is ours, or the system's. */
export function reasonFor(error: unknown): MessageValue {
  if (error instanceof BackupError) return error.sentence;
  const text = reasonOf(error);
  const failed = readCall(systemCodeOf(error), text);
  return failed === undefined ? text : say('system.call', { ...failed });
}

/** The text of anything thrown, in English: of one line where it is ours. What a server says may have several. */
export function reasonOf(error: unknown): string {
  if (error instanceof BackupError) return error.message.replaceAll(/\s*\n\s*/g, ' ');
  return error instanceof Error ? namedText(error.message) : String(error);
}

/** Whether a file system is full, or a quota used up: by the error or one of its causes. */
export function isNoSpace(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const code = one instanceof BackupError ? one.context['systemCode'] : systemCodeOf(one);
    if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  }
  return false;
}

/** The system's error code (`ENOENT`, `ECONNREFUSED`, …) of anything thrown, if it has one. */
export function systemCodeOf(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return namedCode(error.code);
  return undefined;
}
