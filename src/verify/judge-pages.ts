import { display } from '../bytes/byte-string.ts';
import { originalOf } from '../incremental/incremental-file.ts';
import { say } from '../messages/message.ts';
import type { BadPage } from '../pages/page-checker.ts';
import { relationOf } from '../pages/page-file.ts';
import type { ControlFile } from '../server/control-file.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { Findings } from './findings.ts';
import type { FailingFile, PageTally } from './page-tally.ts';
import { pageKey } from './replaced-pages.ts';
import type { WalProof } from './wal-check.ts';

/** Pages of one file that are reported one by one, as the server does. */
const reportedPagesPerFile = 5;

/** Pages that fail although they may be sound after replay: the WAL must be asked whether it replaces them. */
export function pagesToAskWalFor(tally: PageTally, control: ControlFile | undefined): Set<string> {
  const keys = new Set<string>();
  if (control === undefined || !repairsTornPages(control)) return keys;
  for (const { path, pages } of tally.failing) {
    const relation = relationOf(originalOf(path) ?? path);
    if (relation === undefined) continue;
    for (const page of pages) keys.add(pageKey(relation, page.block));
  }
  return keys;
}

export interface PageJudgement {
  readonly tally: PageTally;
  readonly control: ControlFile;
  readonly startLsn: Lsn | undefined;
  /** Undefined when no WAL was read. */
  readonly wal: WalProof | undefined;
  /** What is left of `pagesToAskWalFor`: pages that the WAL does not replace. */
  readonly notReplaced: ReadonlySet<string>;
  readonly findings: Findings;
}

/**
 * Says which failing pages are corrupt. During a backup a page may be copied half old, half new. PostgreSQL then logs each
 * page whole at its first change, and replay puts it right: a failing page is corrupt only if it is older than the
 * backup and the backup's WAL does not replace it. openGauss logs no whole pages (its double-write file does not travel with the backup), so that
 * each failing page is corrupt.
 * @returns how many failing pages replay will replace
 */
export function judgePages({ tally, control, startLsn, wal, notReplaced, findings }: PageJudgement): number {
  let replaced = 0;
  for (const file of tally.failing) {
    const verdicts = file.pages.map((page) => ({ page, verdict: judge(file, page) }));
    replaced += verdicts.filter(({ verdict }) => verdict === 'replaced').length;
    const unproved = verdicts.filter(({ verdict }) => verdict === 'unproved').length;
    if (unproved > 0) findings.unproved(say('verify.page-unproved', { count: unproved, path: display(file.path) }));
    const corrupt = verdicts.filter(({ verdict }) => verdict === 'corrupt').map(({ page }) => page);
    report(findings, file, corrupt);
  }
  return replaced;

  function judge(file: FailingFile, page: BadPage): 'corrupt' | 'replaced' | 'unproved' {
    if (!repairsTornPages(control)) return 'corrupt';
    const relation = relationOf(originalOf(file.path) ?? file.path);
    if (relation === undefined) return 'corrupt';
    if (wal !== undefined && !notReplaced.has(pageKey(relation, page.block))) return 'replaced';
    const isComplete = wal?.isComplete === true;
    if (startLsn !== undefined && page.lsn >= startLsn) {
      // It says that it changed during the backup. Nothing that the WAL tells can be newer than its end.
      return isComplete && page.lsn > wal.endLsn ? 'unproved' : 'replaced';
    }
    return isComplete ? 'corrupt' : 'unproved';
  }
}

function repairsTornPages({ family }: ControlFile): boolean {
  return restoreRulesOf(family).replayRepairsPages;
}

function report(findings: Findings, file: FailingFile, corrupt: readonly BadPage[]): void {
  const path = display(file.path);
  for (const { block, stored, computed } of corrupt.slice(0, reportedPagesPerFile)) {
    findings.damage(
      computed === undefined
        ? say('verify.page-empty', { path, block })
        : say('verify.page', { path, block, computed: hex(computed), stored: hex(stored) }),
    );
  }
  // Pages beyond those that were kept are counted as corrupt: a file with so many of them is.
  const uncounted = corrupt.length > 0 ? file.badCount - file.pages.length : 0;
  const more = corrupt.length + uncounted - reportedPagesPerFile;
  if (more > 0) findings.damage(say('verify.pages-more', { count: more, path }));
}

function hex(value: number): string {
  return value.toString(16).toUpperCase();
}
