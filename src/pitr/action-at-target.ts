import type { TargetAction } from '../server/recovery-target.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import type { ProvedTarget } from './prove-recovery-target.ts';

/**
 * What the server really does when it has reached its target: undefined where it is given none.
 * @param hotStandby whether the copy can be asked while it recovers
 */
export function actionAtTarget(
  { proof, target, identity }: Pick<ProvedTarget, 'proof' | 'target' | 'identity'>,
  hotStandby: boolean,
): TargetAction | undefined {
  if (proof.written.target.kind === 'latest') return undefined;
  if (target.action !== 'pause' || hotStandby) return target.action;
  return restoreRulesOf(identity.family).pauseWithoutHotStandby;
}
