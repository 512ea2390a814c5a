import { say, type Message } from '../messages/message.ts';
import type { ServerFacts } from './server-facts.ts';

/**
 * `error`: a backup or a recovery fails, or would be worth nothing; `warning`: it will at some time, or something protects less than
 * one thinks; `note`: to be known. `ok`: looked at, and sound. `unknown`: could not be looked at, which is not the same.
 */
export type Severity = 'ok' | 'note' | 'unknown' | 'warning' | 'error';

/** Names of checks: a stable promise of `doctor --json`. */
export type CheckName =
  | 'replication-login'
  | 'sql-login'
  | 'wal-senders'
  | 'wal-level'
  | 'wal-keep'
  | 'wal-pruning'
  | 'replication-port'
  | 'standby-names'
  | 'slots'
  | 'archive-mode'
  | 'archive-command'
  | 'archive-failures'
  | 'archive-backlog'
  | 'full-page-writes'
  | 'checksums'
  | 'fsync'
  | 'configuration-files'
  | 'clock'
  | 'running-backups'
  | 'tablespaces'
  | 'space'
  | 'archive-space'
  | 'archive-owner'
  | 'archive-clock'
  | 'incremental-checkpoint'
  | 'wal-summaries'
  | 'restore-space'
  | 'login-limit'
  | 'release';

/** What one check found. */
export interface ServerFinding {
  readonly check: CheckName;
  readonly severity: Severity;
  readonly what: Message;
  /** Why that matters; with every `warning` and `error`. */
  readonly why?: Message | undefined;
  /** The exact line or statement that mends it; with every `warning` and `error`. */
  readonly fix?: Message | undefined;
}

/** Of a check that was not made, because the server did not tell that setting. */
export function untold(check: CheckName, name: string): ServerFinding {
  return { check, severity: 'unknown', what: say('doctor.setting.unknown', { name }) };
}

/** Judges what a server said of one matter; undefined where the matter is none for this server. */
export type Check = (facts: ServerFacts) => ServerFinding | readonly ServerFinding[] | undefined;

/** From the best to the worst. */
const order: readonly Severity[] = ['ok', 'note', 'unknown', 'warning', 'error'];

/** The worst of all; `ok` where there is none. */
export function worstOf(findings: readonly ServerFinding[]): Severity {
  return findings.reduce<Severity>(
    (worst, { severity }) => (order.indexOf(severity) > order.indexOf(worst) ? severity : worst),
    'ok',
  );
}
