import { say, type Message } from '../messages/message.ts';
import { describeServer } from '../server/identity.ts';
import { releaseFaults, type ReleaseFault } from '../server/release-faults.ts';
import type { ServerFinding } from './server-finding.ts';
import type { ServerFacts } from './server-facts.ts';

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

function sentence(server: string, what: ReleaseFault['what']): Message {
  return say(what, { server });
}
