import type { ErrorCode } from '../errors/codes.ts';
import type { Message } from '../messages/message.ts';
import type { ServerFamily } from './identity.ts';

/** Who we are to the server, as far as is known: fills the hints. */
export interface RefusalPlace {
  readonly user?: string | undefined;
}

/** One kind of refusal: recognised by SQLSTATE and message, it tells what to do and which of our codes it is. */
export interface RefusalRule {
  /** undefined: any. */
  readonly sqlstates?: readonly string[];
  readonly message: RegExp;
  readonly family?: ServerFamily;
  readonly code: ErrorCode;
  /** Overrides the default of the code. */
  readonly retryable?: boolean;
  readonly hint: (match: RegExpExecArray, place: { readonly user: string }, family: ServerFamily) => Message;
}
