import type { Message } from '../messages/message.ts';
import type { ContentNames } from '../content/content-names.ts';
import type { Findings } from './findings.ts';
import type { IgnoredPaths } from './ignored-paths.ts';
import type { InstanceFacts } from './instance-check.ts';
import type { ManifestCheck } from './manifest-check.ts';
import type { PageTally } from './page-tally.ts';
import type { VerifyPlan } from './plan.ts';
import type { Progress } from './progress.ts';
import type { TablespaceLink } from './survey-directory.ts';

/** What the parts of one verification share. */
export interface Examination {
  readonly plan: VerifyPlan;
  readonly manifestCheck: ManifestCheck;
  readonly ignored: IgnoredPaths;
  /** Judges the names in archives, across all of them. */
  readonly names: ContentNames;
  readonly findings: Findings;
  readonly tally: PageTally;
  readonly progress: Progress;
  readonly walProgress: Progress;
  readonly signal: AbortSignal;
}

/** What was seen of a backup, besides findings and pages. */
export interface Examined extends InstanceFacts {
  readonly files: number;
  readonly bytes: number;
  readonly links: readonly TablespaceLink[];
  /** Why no page was judged. */
  readonly pagesNotJudged: Message | undefined;
}
