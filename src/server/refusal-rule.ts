import type { ErrorCode, ErrorKind } from '../errors/codes.ts';
import type { Message } from '../messages/message.ts';
import type { ServerFamily } from './identity.ts';

/** Who we are to the server, as far as is known: fills the hints. */
export interface RefusalPlace {
  readonly user?: string | undefined;
  /** It answers START_REPLICATION, or came while WAL was streamed. */
  readonly streaming?: boolean | undefined;
}

/** One kind of refusal: recognised by SQLSTATE and message, it tells what to do and which of our codes it is. */
export interface RefusalRule {
  /** undefined: any. */
  readonly sqlstates?: readonly string[];
  readonly message: RegExp;
  /** Functions of the server (field R, which PostgreSQL sends in every language and openGauss never); undefined: any. */
  readonly routines?: readonly string[];
  readonly family?: ServerFamily;
  readonly code: ErrorCode;
  readonly kind?: ErrorKind;
  /** Overrides the default of the code. */
  readonly retryable?: boolean;
  readonly hint: (match: RegExpExecArray, place: { readonly user: string }, family: ServerFamily) => Message;
}
