/**
 * The closed table of error codes: what each means and whether the same call may succeed when it is repeated.
 * Exit statuses are mapped from these in `cli/exit-status.ts` only.
 */
export const errorCodes = {
  INTERNAL: { meaning: 'a defect of gausskeep', retryable: false },
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
  BACKUP_NOT_FOUND: { meaning: 'no such backup', retryable: false },
  TARGET_UNREACHABLE: { meaning: 'nothing can reach that recovery target', retryable: false },
  TARGET_NOT_EMPTY: { meaning: 'the target directory is not empty or is in use', retryable: false },
  OBJECT_EXISTS: { meaning: 'an object of that name exists', retryable: false },
  OBJECT_NOT_FOUND: { meaning: 'no object of that name exists', retryable: false },
  CORRUPT: { meaning: 'damaged data', retryable: false },
  SERVER_ERROR: { meaning: 'the server reported an error', retryable: false },
  PROTOCOL_VIOLATION: { meaning: 'the server broke the protocol', retryable: false },
} as const;

export type ErrorCode = keyof typeof errorCodes;
