/**
 * Limits of a server on which the memory depends that a recovery needs: `pg_control` and PARAMETER_CHANGE records carry them.
 * Undefined where a release does not record one.
 */
export interface RecoveryLimits {
  readonly maxConnections: number | undefined;
  readonly maxWorkerProcesses: number | undefined;
  readonly maxWalSenders: number | undefined;
  readonly maxPreparedTransactions: number | undefined;
  readonly maxLocksPerTransaction: number | undefined;
}

/** Offsets of the limits, each an i32; undefined where there is no such field. */
export type RecoveryLimitOffsets = { readonly [Key in keyof RecoveryLimits]: number | undefined };

/** Reads the limits at their offsets. @param i32 reads the number at an offset */
export function readRecoveryLimits(offsets: RecoveryLimitOffsets, i32: (offset: number) => number): RecoveryLimits {
  const at = (offset: number | undefined): number | undefined => (offset === undefined ? undefined : i32(offset));
  return {
    maxConnections: at(offsets.maxConnections),
    maxWorkerProcesses: at(offsets.maxWorkerProcesses),
    maxWalSenders: at(offsets.maxWalSenders),
    maxPreparedTransactions: at(offsets.maxPreparedTransactions),
    maxLocksPerTransaction: at(offsets.maxLocksPerTransaction),
  };
}
