import type { RecoveryTarget, TargetAction } from '../server/recovery-target.ts';
import type { StopRules } from '../server/stop-rules.ts';
import type { NotedGap } from '../window/noted-gap.ts';
import type { WindowBackup } from '../window/recovery-window.ts';

/** What is to be proved. */
export interface ProofRequest {
  readonly backup: WindowBackup;
  readonly target: RecoveryTarget;
  readonly inclusive: boolean;
  readonly action: TargetAction;
  /** Where the server stops; with WAL that is cut, where the WAL ends. */
  readonly rules: StopRules;
  /**
   * `exact`: the server gets the WAL up to the stop and no byte more. `whole`: it gets whole segments, or fetches them, and
   * stops by its own rules.
   */
  readonly supply: 'exact' | 'whole';
  /** Refuse a target at which the server cannot pause. */
  readonly requirePause?: boolean | undefined;
  /** Take the end of the WAL where the target cannot be met. */
  readonly allowEndOfWal: boolean;
  /** What was noted of the WAL that the backup begins with, where that is missing. */
  readonly lostBegin?: NotedGap | undefined;
  /** The segment that the backup begins with is not there, whatever there is behind it. */
  readonly lacksBegin?: boolean | undefined;
}
