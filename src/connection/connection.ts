import type { BackendMessage, ErrorFields, QueryResult } from '../protocol/backend-messages.ts';

/** Where a connection goes: a host and TCP port, or a Unix-socket directory and port. */
export interface Endpoint {
  readonly kind: 'tcp' | 'unix';
  /** Host name or address; for `unix` the directory of the socket. */
  readonly host: string;
  readonly port: number;
}

export interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/**
 * An authenticated session in the frontend/backend protocol 3, made by `openConnection`. One owner, one command at a time.
 * Everything is pulled: while nobody asks, the socket is not read and the server is held back.
 */
export interface Connection {
  readonly endpoint: Endpoint;
  /** As whom; for hints. */
  readonly user?: string | undefined;
  /** The latest ParameterStatus values, for example `server_version`. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Whether the server answered the startup packet with NegotiateProtocolVersion, which openGauss never does. */
  readonly negotiated: boolean;
  /** Called for each NoticeResponse, in order, before the message that follows it is returned. */
  onNotice: (notice: ErrorFields) => void;
  /**
   * Runs one simple query and collects its result sets until ReadyForQuery. For small results only (1 MiB in all).
   * @throws ServerError when the server answers with ErrorResponse
   */
  query(sql: string, options?: Abortable): Promise<readonly QueryResult[]>;
  /** Sends a simple query and returns; the caller pulls the answer with `receive`. */
  send(sql: string, options?: Abortable): Promise<void>;
  /**
   * The next message; ErrorResponse is returned, not thrown, here. NoticeResponse, ParameterStatus and NotificationResponse are
   * never returned: they go to `onNotice` and `parameters`. An aborted wait takes nothing: the next call goes on where it was.
   * CopyData comes in pieces as it arrives (see `CopyDataPiece`).
   * A piece is a view, valid until the next call.
   * @throws BackupError `SERVER_UNREACHABLE` on end of stream, reset or inactivity; `PROTOCOL_VIOLATION`
   */
  receive(options?: Abortable): Promise<BackendMessage>;
  /** The next message if it is already here, without waiting. For hot loops; same rules as `receive`. */
  receiveNow(): BackendMessage | undefined;
  /** Sends one CopyData message made of `parts`, in order. Resolves when it is handed to the kernel or buffered below the high-water mark. */
  sendCopyData(...parts: readonly Uint8Array[]): Promise<void>;
  sendCopyDone(): Promise<void>;
  /**
   * The time without a byte from the server after which a waiting `receive` fails, in ms; undefined: waits for ever
   * (TCP keepalive, idle 10 s, still finds a dead peer).
   */
  inactivityTimeoutMs: number | undefined;
  /** Terminate and close. Never throws. */
  close(): Promise<void>;
  /** Drops the socket at once. Never throws. */
  destroy(): void;
}
