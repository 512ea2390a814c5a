import { BackupError } from '../errors/backup-error.ts';
import type { ErrorCode } from '../errors/codes.ts';
import { say, type Message } from '../messages/message.ts';
import type { UnjudgedReason } from '../pages/page-file.ts';
import type { BackupLabel } from '../wal/backup-label.ts';
import type { ServerFamily } from '../server/identity.ts';
import type { Finding } from './findings.ts';
import type { TablespaceLink } from './survey-directory.ts';
import type { RequiredWal } from './wal-check.ts';

/** The outcome of a verification. */
export interface VerifyReport {
  readonly path: string;
  readonly format: 'plain' | 'tar';
  /**
   * `verified`: nothing wrong, everything proved that was asked for; `partial`: nothing wrong, but something could not be
   * proved; `damaged`: something is wrong.
   */
  readonly verdict: 'verified' | 'partial' | 'damaged';
  readonly family: ServerFamily | undefined;
  readonly systemIdentifier: bigint | undefined;
  readonly manifest: { readonly version: 1 | 2; readonly files: number } | undefined;
  readonly label: BackupLabel | undefined;
  readonly files: number;
  readonly bytes: number;
  readonly pages: PageReport;
  readonly wal: { readonly required: readonly RequiredWal[]; readonly isComplete: boolean | undefined };
  readonly tablespaceLinks: readonly TablespaceLink[];
  /** The first 1000 findings. */
  readonly findings: readonly Finding[];
  readonly damageCount: number;
  readonly unprovedCount: number;
}

export interface PageReport {
  /** Why no page was judged; undefined when pages were. */
  readonly notJudged: Message | undefined;
  readonly files: number;
  readonly ok: number;
  readonly empty: number;
  readonly failing: number;
  /** Failing pages that replay of the backup's WAL replaces: no defect. */
  readonly replaced: number;
  /** Files with relation data whose form we do not judge, by reason. */
  readonly unjudgedFiles: Readonly<Partial<Record<UnjudgedReason, number>>>;
}

/** The error that a report amounts to: undefined when the backup is verified. */
export function reportError(report: VerifyReport): BackupError | undefined {
  switch (report.verdict) {
    case 'verified':
      return undefined;
    case 'partial':
      return new BackupError('PARTIAL', say('verify.incomplete-proof'));
    case 'damaged':
      return new BackupError(codeOf(report.findings), say('verify.failed', { count: report.damageCount }));
  }
}

/** The code that all damage has in common; CORRUPT when there is more than one kind. */
function codeOf(findings: readonly Finding[]): ErrorCode {
  const codes = new Set(findings.filter(({ severity }) => severity === 'damage').map(({ code }) => code));
  const [first] = codes;
  return codes.size === 1 && first !== undefined ? first : 'CORRUPT';
}
