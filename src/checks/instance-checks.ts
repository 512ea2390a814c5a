import { isAbsolute, relative } from 'node:path/posix';
import { say, shellWord } from '../messages/message.ts';
import { untold, type ServerFinding } from './server-finding.ts';
import { numberOf, switchOf, textOf, toldNoSettings, type ServerFacts } from './server-facts.ts';
import { settingFix } from './setting-fix.ts';

/** Whether a page that was written in part can be mended. A base backup of PostgreSQL turns full_page_writes on while it runs. */
export function fullPageWrites(facts: ServerFacts): ServerFinding {
  const check = 'full-page-writes';
  const { tornPages, incrementalCheckpoint } = facts.examination;
  // Double write works with incremental checkpoints only.
  const isIncremental = incrementalCheckpoint === undefined || switchOf(facts, incrementalCheckpoint) !== false;
  const name = isIncremental ? tornPages : 'full_page_writes';
  const why = say('doctor.torn-pages.why');
  return shouldBeOn(facts, name, { check, why, fix: settingFix(facts, name, 'on') });
}

/** Of openGauss: what pages are compared by while a backup reads them. */
export function incrementalCheckpoint(facts: ServerFacts): ServerFinding | undefined {
  const { incrementalCheckpoint: name } = facts.examination;
  if (name === undefined) return undefined;
  const check = 'incremental-checkpoint';
  const why = say('doctor.incremental-checkpoint.why');
  return shouldBeOn(facts, name, { check, why, fix: settingFix(facts, name, 'on') });
}

/** A warning where the setting is off. */
function shouldBeOn(
  facts: ServerFacts,
  name: string,
  { check, why, fix }: Required<Pick<ServerFinding, 'check' | 'why' | 'fix'>>,
): ServerFinding {
  const on = switchOf(facts, name);
  if (on === undefined) return { check, severity: 'unknown', what: say('doctor.torn-pages.unknown', { name }) };
  if (on) return { check, severity: 'ok', what: say('doctor.torn-pages.ok', { name }) };
  return { check, severity: 'warning', what: say('doctor.torn-pages', { name }), why, fix };
}

export function checksums(facts: ServerFacts): ServerFinding | undefined {
  const check = 'checksums';
  const { checksumsSetting: name } = facts.examination;
  if (name === undefined) return undefined;
  const on = switchOf(facts, name);
  if (on === undefined) return { check, severity: 'unknown', what: say('doctor.checksums.unknown') };
  if (on) return { check, severity: 'ok', what: say('doctor.checksums.ok') };
  return {
    check,
    severity: 'warning',
    what: say('doctor.checksums'),
    why: say('doctor.checksums.why'),
    fix: facts.examination.checksumsProgram
      ? say('doctor.checksums.fix', { directory: textOf(facts, 'data_directory') ?? 'DIRECTORY' })
      : say('doctor.checksums.new.fix'),
  };
}

export function fsync(facts: ServerFacts): ServerFinding {
  const check = 'fsync';
  const on = switchOf(facts, 'fsync');
  if (on === undefined) return { check, severity: 'unknown', what: say('doctor.fsync.unknown') };
  if (on) return { check, severity: 'ok', what: say('doctor.fsync.ok') };
  return {
    check,
    severity: 'error',
    what: say('doctor.fsync'),
    why: say('doctor.fsync.why'),
    fix: settingFix(facts, 'fsync', 'on'),
  };
}

const places = ['config_file', 'hba_file', 'ident_file'] as const;

export function configurationFiles(facts: ServerFacts): ServerFinding {
  const check = 'configuration-files';
  const data = textOf(facts, 'data_directory');
  const files = places.flatMap((name) => textOf(facts, name) ?? []);
  if (data === undefined || files.length < places.length) {
    return { check, severity: 'unknown', what: say('doctor.configuration.unknown') };
  }
  const outside = files.filter((file) => /^\.\.(?:\/|$)/.test(relative(data, file)));
  if (outside.length === 0) return { check, severity: 'ok', what: say('doctor.configuration.ok', { data }) };
  return {
    check,
    severity: 'note',
    what: say('doctor.configuration', { files: outside.join(', '), data }),
    why: say('doctor.configuration.why'),
  };
}

/** Clocks that differ by more decide which transactions a recovery to a time keeps. */
const clockLimitMs = 2000;

export function clock(facts: ServerFacts): ServerFinding {
  const check = 'clock';
  const zone = textOf(facts, 'TimeZone') ?? '?';
  if (facts.clock === undefined) return { check, severity: 'unknown', what: say('doctor.clock.unknown') };
  const { aheadMs, uncertaintyMs } = facts.clock;
  const seconds = (aheadMs / 1000).toFixed(1);
  if (Math.abs(aheadMs) - uncertaintyMs <= clockLimitMs) {
    return { check, severity: 'ok', what: say('doctor.clock.ok', { zone, limit: clockLimitMs / 1000 }) };
  }
  return {
    check,
    severity: 'warning',
    what: say('doctor.clock', { seconds, zone }),
    why: say('doctor.clock.why'),
    fix: say('doctor.clock.fix'),
  };
}

export function runningBackups(facts: ServerFacts): ServerFinding {
  const check = 'running-backups';
  const { runningBackups: count } = facts;
  if (count === undefined) return { check, severity: 'unknown', what: say('doctor.running.unknown') };
  if (count === 0) return { check, severity: 'ok', what: say('doctor.running.ok') };
  const { backupsShareProtection: shared, backupSessions } = facts.examination;
  return {
    check,
    severity: shared ? 'error' : 'warning',
    what:
      backupSessions === undefined
        ? say('doctor.running', { count })
        : say('doctor.running.sessions', { count, names: backupSessions.join(', ') }),
    why: shared ? say('doctor.running.shared') : say('doctor.running.why'),
    fix: say('doctor.running.fix'),
  };
}

export function tablespaces(facts: ServerFacts): ServerFinding {
  const check = 'tablespaces';
  if (facts.tablespaces === undefined) {
    return { check, severity: 'unknown', what: say('doctor.tablespaces.unknown') };
  }
  const absolute = facts.tablespaces.filter(({ path }) => isAbsolute(path));
  if (absolute.length === 0) return { check, severity: 'ok', what: say('doctor.tablespaces.ok') };
  const paths = absolute.map(({ name, path }) => `${name} (${path})`).join(', ');
  const inUse = absolute.filter(({ path }) => facts.host?.placesInUse?.has(path) === true);
  if (inUse.length > 0) {
    return {
      check,
      severity: 'warning',
      what: say('doctor.tablespaces.in-use', { count: inUse.length, paths: inUse.map(({ path }) => path).join(', ') }),
      why: say('doctor.tablespaces.in-use.why'),
      fix: say('doctor.tablespaces.in-use.fix', { options: inUse.map(({ path }) => mappingOption(path)).join(' ') }),
    };
  }
  return {
    check,
    severity: 'note',
    what: say('doctor.tablespaces', { count: absolute.length, paths }),
    why: say('doctor.tablespaces.why'),
  };
}

/** As a word of a shell command. */
function mappingOption(path: string): string {
  return `-T ${shellWord(`${path.replaceAll('=', '\\=')}=/NEW/DIRECTORY`)}`;
}

export function loginLimit(facts: ServerFacts): ServerFinding | undefined {
  const { loginLimit: name } = facts.examination;
  const limit = name === undefined ? undefined : numberOf(facts, name);
  const check = 'login-limit';
  if (name !== undefined && toldNoSettings(facts)) return untold(check, name);
  if (limit === undefined || limit === 0) return undefined;
  return {
    check,
    severity: 'note',
    what: say('doctor.login-limit', { limit }),
    why: say('doctor.login-limit.why'),
  };
}

/** Whether replication is taken on a port of its own only. */
export function replicationPort(facts: ServerFacts): ServerFinding | undefined {
  const { separatePort: name } = facts.examination;
  const check = 'replication-port';
  if (name !== undefined && toldNoSettings(facts)) return untold(check, name);
  if (name === undefined || switchOf(facts, name) !== true) return undefined;
  return {
    check,
    severity: 'note',
    what: say('doctor.replication-port', { name }),
    why: say('doctor.replication-port.why'),
  };
}
