/** Fields of ErrorResponse and NoticeResponse by their one-letter code (S severity, C SQLSTATE, M message, D detail, H hint, …). */
export type ErrorFields = Readonly<Record<string, string>>;

export interface Column {
  readonly name: string;
  readonly typeOid: number;
}

/** One result set of a simple query: text values, null for SQL NULL. `tag` is the command tag. */
export interface QueryResult {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly tag: string;
}

/**
 * A piece of one CopyData message as it came from the socket: a message of any size is never joined.
 * `bytes` is a view into the receive buffer, valid until the next receive.
 */
export interface CopyDataPiece {
  readonly type: 'CopyData';
  readonly bytes: Uint8Array;
  /** First and last piece of its message (both for a message that came whole; `bytes` may then be empty). */
  readonly first: boolean;
  readonly last: boolean;
  /** Length of the whole message body in bytes. */
  readonly messageLength: number;
}

/** Messages that a server sends. Source: PostgreSQL documentation, "Message Formats". */
export type BackendMessage =
  | CopyDataPiece
  | { readonly type: 'Authentication'; readonly code: number; readonly body: Uint8Array }
  | { readonly type: 'BackendKeyData'; readonly processId: number; readonly secretKey: Uint8Array }
  | { readonly type: 'CommandComplete'; readonly tag: string }
  | { readonly type: 'CopyBothResponse' | 'CopyInResponse' | 'CopyOutResponse' }
  | { readonly type: 'CopyDone' }
  | { readonly type: 'DataRow'; readonly values: readonly (string | null)[] }
  | { readonly type: 'EmptyQueryResponse' }
  | { readonly type: 'ErrorResponse' | 'NoticeResponse'; readonly fields: ErrorFields }
  | {
      readonly type: 'NegotiateProtocolVersion';
      readonly newestMinor: number;
      readonly unrecognized: readonly string[];
    }
  | { readonly type: 'NotificationResponse'; readonly channel: string; readonly payload: string }
  | { readonly type: 'ParameterStatus'; readonly name: string; readonly value: string }
  | { readonly type: 'ReadyForQuery'; readonly status: string }
  | { readonly type: 'RowDescription'; readonly columns: readonly Column[] };
