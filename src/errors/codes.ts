/**
 * The closed table of error codes: what each means and whether the same call may succeed when it is repeated.
 * Exit statuses are mapped from these in `cli/exit-status.ts` only.
 */
export const errorCodes = {
  INTERNAL: { meaning: 'a defect of gausskeep', retryable: false },
  ABORTED: { meaning: 'ended by a signal', retryable: false },
  USAGE: { meaning: 'wrong arguments', retryable: false },
  CONFIG_INVALID: { meaning: 'wrong configuration', retryable: false },
  PARTIAL: { meaning: 'done, with warnings that need reading', retryable: false },
  REPOSITORY_NOT_FOUND: { meaning: 'no repository or archive there', retryable: false },
  REPOSITORY_VERSION: { meaning: 'the repository has a newer format', retryable: false },
  LOCKED: { meaning: 'another run holds it', retryable: true },
  AUTHENTICATION: { meaning: 'the server or storage refused us', retryable: false },
  SERVER_UNREACHABLE: { meaning: 'the server cannot be reached or the connection broke', retryable: true },
  STORAGE_UNAVAILABLE: { meaning: 'the storage failed', retryable: true },
  SYSTEM_MISMATCH: { meaning: 'another database instance than expected', retryable: false },
  WAL_MISSING: { meaning: 'WAL that is needed is not there', retryable: false },
  SLOT_LIMIT: { meaning: 'a replication slot retains more WAL than was allowed', retryable: false },
  BACKUP_NOT_FOUND: { meaning: 'no such backup', retryable: false },
  TARGET_UNREACHABLE: { meaning: 'nothing can reach that recovery target', retryable: false },
  TARGET_NOT_EMPTY: { meaning: 'the target directory is not empty or is in use', retryable: false },
  OBJECT_EXISTS: { meaning: 'an object of that name exists', retryable: false },
  OBJECT_NOT_FOUND: { meaning: 'no object of that name exists', retryable: false },
  CLOCK: { meaning: 'the clocks of host and storage differ', retryable: false },
  CORRUPT: { meaning: 'damaged data', retryable: false },
  SERVER_ERROR: { meaning: 'the server reported an error', retryable: false },
  PROTOCOL_VIOLATION: { meaning: 'the server broke the protocol', retryable: false },
} as const;

export type ErrorCode = keyof typeof errorCodes;

/**
 * Which failure it is, where somebody acts on more than the code: what is done about an error hangs on `code` and `kind`,
 * never on its sentence.
 */
export type ErrorKind =
  /** The server wants a password, and there is none. */
  | 'no-password'
  /** The connection ended in the middle. */
  | 'connection-lost'
  /** The server owed a sign of life and gave none in time. */
  | 'connection-silent'
  /** The server is being stopped, or an administrator ended the session: it said so. */
  | 'server-stopped'
  /** A process of the server crashed, or it was stopped at once, and it could still say so. */
  | 'server-crashed'
  /** WAL that was asked for is not on the server any more. */
  | 'wal-removed'
  | 'slot-missing'
  /** Another receiver uses the slot. */
  | 'slot-active'
  /** The server has given up the WAL that the slot kept. */
  | 'slot-invalidated'
  | 'slot-logical'
  /** The position asked for is behind the end of WAL on the server. */
  | 'ahead-of-server'
  /** The timeline asked for is none of those that led to the server's own. */
  | 'timeline-unknown'
  /** The timeline asked for led to the server's own, which left it before the position asked for. */
  | 'timeline-left'
  | 'closed-at-login'
  | 'unknown-host'
  | 'no-tls'
  /** The certificates of the two sides do not fit, or TLS came about in another way than was demanded. */
  | 'tls-refused'
  /** A store that cannot refuse a name that is taken belongs to another host, as far as writing goes. */
  | 'other-writer'
  /** No server was of the kind that target_session_attrs wants. */
  | 'session-attrs'
  | 'login-time-out'
  /** A directory that is to be filled has something in it. */
  | 'not-empty'
  /** Object lock keeps it from being deleted until a date. */
  | 'object-locked'
  /** It lies in a class of storage that has to be ordered back before it can be read. */
  | 'cold-object'
  /** The file of credentials that was named is not there, or has none. */
  | 'no-credentials-file'
  /** A time without zone, where no zone is known. */
  | 'no-time-zone'
  /** Two files of one WAL segment differ. */
  | 'two-contents'
  /** WAL before the recovery target is missing: it may be behind the gap. */
  | 'gap-before-target'
  /** As a gap, and it was retention that removed the WAL. */
  | 'pruned-before-target'
  /** The recovery target is nowhere in the WAL from the backup on. */
  | 'target-not-seen'
  /** The version of a manifest is no number. */
  | 'manifest-version'
  /** The server's WAL is another line than the one that is held. */
  | 'other-line'
  | 'control-checksum'
  | 'control-version';
