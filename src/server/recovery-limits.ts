import type { Lsn } from '../wal/lsn.ts';
import type { RecoveryLimits } from '../wal/recovery-limits.ts';
import type { ServerFamily } from './identity.ts';

/** A setting that must not be lower than it was on the source, or the copy does not recover. */
export interface RequiredLimit {
  /** Name of the setting. */
  readonly name: string;
  readonly value: number;
  /** The record that raised it; undefined: it was so when the backup was taken. */
  readonly raisedAt: Lsn | undefined;
}

interface LimitRule {
  readonly limit: keyof RecoveryLimits;
  readonly name: string;
  /** What a server takes that is told nothing; undefined where releases differ. */
  readonly byDefault: number | undefined;
}

/** Source: CheckRequiredParameterValues (xlogrecovery.c) and the defaults of guc_tables.c, the same in PostgreSQL 10 to 18. */
const postgresql: readonly LimitRule[] = [
  { limit: 'maxConnections', name: 'max_connections', byDefault: 100 },
  { limit: 'maxWorkerProcesses', name: 'max_worker_processes', byDefault: 8 },
  { limit: 'maxWalSenders', name: 'max_wal_senders', byDefault: 10 },
  { limit: 'maxPreparedTransactions', name: 'max_prepared_transactions', byDefault: 0 },
  { limit: 'maxLocksPerTransaction', name: 'max_locks_per_transaction', byDefault: 64 },
];

/**
 * The number of connections that openGauss records is not its setting (observed: 110 where max_connections is 60), and it
 * does not check it.
 */
const opengauss: readonly LimitRule[] = [
  { limit: 'maxPreparedTransactions', name: 'max_prepared_transactions', byDefault: undefined },
  { limit: 'maxLocksPerTransaction', name: 'max_locks_per_transaction', byDefault: 256 },
];

function rulesOf(family: ServerFamily): readonly LimitRule[] {
  return family === 'postgresql' ? postgresql : opengauss;
}

/** `required` with what `limits` ask for beyond it. */
export function raiseLimits(
  required: readonly RequiredLimit[],
  limits: RecoveryLimits,
  { family, raisedAt }: { readonly family: ServerFamily; readonly raisedAt: Lsn | undefined },
): RequiredLimit[] {
  const byName = new Map(required.map((limit) => [limit.name, limit]));
  for (const { limit, name } of rulesOf(family)) {
    const value = limits[limit];
    if (value === undefined || value <= (byName.get(name)?.value ?? 0)) continue;
    byName.set(name, { name, value, raisedAt });
  }
  return [...byName.values()];
}

/** The limits of `limits` that a server with these settings would not reach. @param valueOf undefined: not set */
export function lackingLimits(
  limits: readonly RequiredLimit[],
  family: ServerFamily,
  valueOf: (name: string) => string | undefined,
): RequiredLimit[] {
  return limits.filter(({ name, value }) => {
    const text = valueOf(name);
    const byDefault = rulesOf(family).find((rule) => rule.name === name)?.byDefault;
    const current = text === undefined ? byDefault : wholeNumber(text);
    return current === undefined || current < value;
  });
}

/** As the servers read it: decimal, `0x` or a leading 0 for octal; undefined for anything else. */
function wholeNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^0[0-7]+$/.test(trimmed)) return Number.parseInt(trimmed, 8);
  return /^(?:0x[0-9a-f]+|\d+)$/i.test(trimmed) ? Number(trimmed) : undefined;
}
