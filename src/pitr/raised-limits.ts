import { raiseLimits, type RequiredLimit } from '../server/recovery-limits.ts';
import type { ProvedTarget } from './prove-recovery-target.ts';

/** The limits that the source has raised in the WAL that is replayed: a server cannot follow a raise while it recovers. */
export function raisedLimits({ proof, identity }: Pick<ProvedTarget, 'proof' | 'identity'>): RequiredLimit[] {
  const { family } = identity;
  return proof.parameterChanges.reduce<RequiredLimit[]>(
    (limits, { limits: raised, startLsn }) => raiseLimits(limits, raised, { family, raisedAt: startLsn }),
    [],
  );
}
