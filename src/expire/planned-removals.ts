import type { Removal } from '../repository/removal.ts';
import type { RetentionRules } from '../retention/rules.ts';
import type { PlannedBackup } from './plan-expire.ts';

/** The removals that a plan comes to. */
export function plannedRemovals(
  plan: readonly PlannedBackup[],
  { keepMinimum }: RetentionRules,
): Pick<Removal, 'backup' | 'reason' | 'minimum'>[] {
  return plan.flatMap(({ keep, listed }) =>
    keep ? [] : [{ backup: listed.commit.backup, reason: 'retention', minimum: keepMinimum ?? 1 }],
  );
}
