import { archiveCommand } from './archive-command-check.ts';
import { archiveBacklog, archiveFailures, archiveMode } from './archiving-checks.ts';
import type { Check, ServerFinding } from './server-finding.ts';
import {
  checksums,
  clock,
  configurationFiles,
  fsync,
  fullPageWrites,
  incrementalCheckpoint,
  loginLimit,
  replicationPort,
  runningBackups,
  tablespaces,
} from './instance-checks.ts';
import { release, walSummaries } from './release-checks.ts';
import { slots, standbyNames, walKeep, walLevel, walPruning, walSenders } from './replication-checks.ts';
import type { ServerFacts } from './server-facts.ts';

/** In the order in which they are told: what a backup needs, what a recovery needs, what is to be known. */
const checks: readonly Check[] = [
  release,
  walSummaries,
  walLevel,
  walSenders,
  replicationPort,
  runningBackups,
  slots,
  standbyNames,
  walKeep,
  walPruning,
  archiveMode,
  archiveCommand,
  archiveFailures,
  archiveBacklog,
  fsync,
  incrementalCheckpoint,
  fullPageWrites,
  checksums,
  configurationFiles,
  tablespaces,
  clock,
  loginLimit,
];

/** All that can be judged by what one server said. */
export function judgeServer(facts: ServerFacts): ServerFinding[] {
  return checks.flatMap((check) => check(facts) ?? []);
}
