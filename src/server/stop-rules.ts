import type { ServerFamily } from './identity.ts';

/**
 * At which records a recovery can stop, as plain data. Source: recoveryStopsBefore and recoveryStopsAfter
 * (access/transam/xlogrecovery.c, xlog.c before 15), recoveryStopsHere (openGauss xlog.cpp); openGauss also as observed.
 */
export interface StopRules {
  /** The end of a prepared transaction is a stop, by its xid and by its time. */
  readonly stopsAtPreparedEnds: boolean;
  /** Where an LSN target can stop: at each record, or at ends of transactions, barriers and records of the XLOG manager only. */
  readonly lsnStopsAt: 'every-record' | 'transaction-ends-and-xlog';
  /** The restore point that is the target is replayed itself. It changes nothing but where the WAL goes on. */
  readonly replaysRestorePoint: boolean;
  /** `immediate` is a target of the server. */
  readonly hasImmediate: boolean;
  /** Transactions have 64-bit numbers. */
  readonly wideTransactionIds: boolean;
  /**
   * Reaching a time, xid or name target makes it final at once: stopped and started while it pauses, the server opens for
   * writing by itself, with one transaction more where it had stopped before one. The target cannot be changed any more.
   */
  readonly restartOpens: boolean;
}

/** PostgreSQL 10 to 18. */
const postgresql: StopRules = {
  stopsAtPreparedEnds: true,
  lsnStopsAt: 'every-record',
  replaysRestorePoint: true,
  hasImmediate: true,
  wideTransactionIds: false,
  restartOpens: false,
};

const opengauss: StopRules = {
  stopsAtPreparedEnds: false,
  lsnStopsAt: 'transaction-ends-and-xlog',
  replaysRestorePoint: false,
  hasImmediate: false,
  wideTransactionIds: true,
  restartOpens: true,
};

/** Where the server itself stops. */
export function stopRulesOf(family: ServerFamily): StopRules {
  return family === 'opengauss' ? opengauss : postgresql;
}

/**
 * Where replay ends when the server is given the WAL up to there and no more: anywhere, whatever its own rules.
 * Ends of transactions count in WAL order as PostgreSQL counts them.
 */
export function suppliedStopRulesOf(family: ServerFamily): StopRules {
  return { ...postgresql, wideTransactionIds: family === 'opengauss' };
}

/** How the WAL comes to a server unless the user says otherwise. */
export function defaultWalSupplyOf(family: ServerFamily): 'copy' | 'restore-command' {
  return family === 'opengauss' ? 'copy' : 'restore-command';
}
