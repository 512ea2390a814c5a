import { say, type Message } from '../messages/message.ts';
import { describeServer } from '../server/identity.ts';
import { releaseFaults, type ReleaseFault } from '../server/release-faults.ts';
import type { ServerFinding } from './server-finding.ts';
import { switchOf, type ServerFacts } from './server-facts.ts';

/** Releases whose defects damage data, backups or recoveries. */
export function release({ identity }: ServerFacts): ServerFinding | readonly ServerFinding[] {
  const check = 'release';
  const server = describeServer(identity);
  if (identity.major === undefined || identity.minor === undefined) {
    return { check, severity: 'unknown', what: say('doctor.release.unknown', { server }) };
  }
  const faults = releaseFaults(identity);
  if (faults.length === 0) return { check, severity: 'ok', what: say('doctor.release.ok', { server }) };
  return faults.map(({ what, fixedIn }) => ({
    check,
    severity: 'warning',
    what: sentence(server, what),
    why: say('doctor.release.why'),
    fix: say('doctor.release.fix', { version: fixedIn }),
  }));
}

/** Incremental backups of PostgreSQL 17 and later. */
export function walSummaries(facts: ServerFacts): ServerFinding | undefined {
  const { identity } = facts;
  if (switchOf(facts, 'summarize_wal') !== true) return undefined;
  return {
    check: 'wal-summaries',
    severity: 'warning',
    what: say('doctor.wal-summaries', { server: describeServer(identity) }),
    why: say('doctor.wal-summaries.why'),
    fix: say('doctor.wal-summaries.fix'),
  };
}

function sentence(server: string, what: ReleaseFault['what']): Message {
  return say(what, { server });
}
