import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { parseCompression, type BackupCompression } from './compression-option.ts';
import { manifestAlgorithmOf, type ManifestAlgorithm } from './manifest-algorithm.ts';
import { parseInteger, parseRate } from './numbers.ts';
import type { GivenOptions } from './option-table.ts';
import { tooMany, usage } from './parse-options.ts';
import { parseTablespaceMappings, type TablespaceMapping } from './tablespace-mapping.ts';

/** What a command line of gs_basebackup asks for, checked for sense; connection settings are apart. */
export interface BasebackupSettings {
  /** Directory as given, or `-` for stdout; undefined where the server keeps the backup. */
  readonly target: string | undefined;
  /** Where the server keeps the backup itself, in its own words. */
  readonly serverTarget: { readonly name: string; readonly detail: string | undefined } | undefined;
  readonly format: 'plain' | 'tar';
  readonly tarFormat: 'standard' | 'opengauss';
  readonly mappings: readonly TablespaceMapping[];
  readonly wal: 'none' | 'fetch' | 'stream';
  readonly walDirectory: string | undefined;
  readonly compression: BackupCompression;
  /** Manifest of the backup that an incremental one builds on, as given. */
  readonly incremental: string | undefined;
  /** Write what a standby needs to follow the source. */
  readonly standby: boolean;
  readonly checkpoint: 'fast' | 'spread';
  readonly label: string;
  readonly maxRateKib: number | undefined;
  readonly slot:
    { readonly kind: 'default' | 'none' } | { readonly kind: 'named'; readonly name: string; readonly create: boolean };
  /** Undefined: no manifest. */
  readonly manifest: ManifestAlgorithm | undefined;
  readonly manifestForceEncode: boolean;
  readonly verifyChecksums: boolean;
  readonly clean: boolean;
  readonly sync: boolean;
  readonly syncMethod: 'fsync' | 'syncfs' | undefined;
  readonly allowMissingConfig: boolean;
  /** As given. */
  readonly configDirectory: string | undefined;
  /** 0 reports never by itself. */
  readonly statusIntervalMs: number;
  /** Undefined waits for ever. */
  readonly inactivityTimeoutMs: number | undefined;
  readonly maxAuthIterations: number;
  readonly haPort: number | undefined;
}

/** How progress is shown: not at all, for people, or as JSON lines. */
export type ProgressStyle = 'none' | 'text' | 'json';

export function progressStyle(given: GivenOptions): ProgressStyle {
  if (!given.has('progress')) return 'none';
  if (!given.all('progress').includes('json')) {
    const other = given.all('progress').find((value) => value !== '');
    if (other !== undefined) throw new BackupError('USAGE', say('options.bad-progress', { text: other }));
    return 'text';
  }
  return 'json';
}

/** @throws BackupError `USAGE` with the wording of the original tools */
export function basebackupSettings(program: string, given: GivenOptions): BasebackupSettings {
  const refuse = (sentence: Message): BackupError => usage(program, sentence);
  const [operand] = given.operands;
  if (operand !== undefined) throw tooMany(program, given, operand);
  const serverTarget = serverTargetOf(program, given);
  const target = given.last('pgdata');
  if (serverTarget === undefined && (target === undefined || target === ''))
    throw refuse(say(program === 'pg_basebackup' ? 'backup.no-target-original' : 'backup.no-target'));
  const format = formatOf(given, refuse);
  const wal = walMethodOf(program, given, refuse);
  const compression = compressionOf(program, given, serverTarget === undefined ? 'client' : 'server');
  if (serverTarget !== undefined) checkServerTarget(program, given, { wal, compression }, refuse);
  else if (format === 'plain' && compression.at === 'client' && compression.method !== 'none')
    throw refuse(say('backup.plain-compressed'));
  checkOutput(target, format, wal);
  if (target === '-' && compression.at === 'server' && !given.has('no-manifest')) {
    const hint = say('backup.stdout-server-compressed.hint');
    throw new BackupError('USAGE', say('backup.stdout-server-compressed'), { hint });
  }
  checkNoConflict(given, refuse);
  const mappings = parseTablespaceMappings(given.all('tablespace-mapping'));
  return {
    target,
    serverTarget,
    format,
    tarFormat: tarFormatOf(given, format, refuse),
    mappings,
    wal,
    walDirectory: walDirectoryOf(given, format, refuse),
    compression,
    incremental: given.last('incremental'),
    standby: given.has('write-recovery-conf'),
    checkpoint: checkpointOf(given, refuse),
    label: given.last('label') ?? `${program} base backup`,
    maxRateKib: given.has('max-rate') ? parseRate(given.last('max-rate') ?? '') : undefined,
    slot: slotOf(given, wal, refuse),
    manifest: manifestOf(given, refuse),
    manifestForceEncode: given.has('manifest-force-encode'),
    verifyChecksums: !given.has('no-verify-checksums'),
    clean: !given.has('no-clean'),
    sync: !given.has('no-sync'),
    syncMethod: syncMethodOf(given),
    allowMissingConfig: given.has('allow-missing-config'),
    configDirectory: given.last('config-dir'),
    ...timesOf(given, { timeoutIsTarget: targetForTimeout(program, given) !== undefined }),
  };
}

/** What a backup is asked of the server, wherever it goes. */
export type ServerSideSettings = Pick<
  BasebackupSettings,
  | 'checkpoint'
  | 'label'
  | 'maxRateKib'
  | 'slot'
  | 'manifest'
  | 'verifyChecksums'
  | 'allowMissingConfig'
  | 'configDirectory'
  | 'statusIntervalMs'
  | 'inactivityTimeoutMs'
  | 'maxAuthIterations'
  | 'haPort'
>;

/** The same options of a backup into a repository, whose WAL is always streamed. @throws BackupError `USAGE` */
export function serverSideSettings(program: string, given: GivenOptions): ServerSideSettings {
  const refuse = (sentence: Message): BackupError => usage(program, sentence);
  return {
    checkpoint: checkpointOf(given, refuse),
    label: given.last('label') ?? 'gausskeep backup',
    maxRateKib: given.has('max-rate') ? parseRate(given.last('max-rate') ?? '') : undefined,
    slot: slotOf(given, 'stream', refuse),
    manifest: manifestOf(given, refuse),
    verifyChecksums: !given.has('no-verify-checksums'),
    allowMissingConfig: given.has('allow-missing-config'),
    configDirectory: given.last('config-dir'),
    ...timesOf(given),
  };
}

const standardTimeoutMs = 120_000;

function timesOf(
  given: GivenOptions,
  { timeoutIsTarget = false } = {},
): Pick<BasebackupSettings, 'statusIntervalMs' | 'inactivityTimeoutMs' | 'maxAuthIterations' | 'haPort'> {
  const number = (name: string, what: Message, standard: number, low: number, high: number): number => {
    const text = given.last(name);
    return text === undefined ? standard : parseInteger(what, text, low, high);
  };
  return {
    statusIntervalMs: 1000 * number('status-interval', say('options.status-interval'), 10, 0, 2_147_483),
    inactivityTimeoutMs: timeoutIsTarget ? standardTimeoutMs : inactivityTimeoutOf(given),
    maxAuthIterations: number('max-auth-iterations', say('options.iteration-count'), 10_000_000, 1, 2_147_483_647),
    haPort: given.has('ha-port') ? number('ha-port', say('options.port-number'), 0, 1, 65_535) : undefined,
  };
}

/** `--rw-timeout` in ms; undefined: for ever. @throws BackupError `USAGE` */
export function inactivityTimeoutOf(given: GivenOptions): number | undefined {
  const text = given.last('rw-timeout');
  if (text === undefined) return standardTimeoutMs;
  const seconds = parseInteger(say('options.rw-timeout'), text, 0, 2_147_483);
  return seconds === 0 ? undefined : seconds * 1000;
}

/**
 * pg_basebackup has -t for its target, gs_basebackup for the time-out: what is no number after that is the target there. Beside a directory, where a
 * backup has no target, only what PostgreSQL itself has as one is taken for it.
 */
function targetForTimeout(program: string, given: GivenOptions): string | undefined {
  const text = given.last('rw-timeout');
  if (program === 'pg_basebackup' || text === undefined || /^\s*[+-]?\d+\s*$/.test(text)) return undefined;
  return !given.has('pgdata') || /^(?:client|server|blackhole)(?::|$)/.test(text) ? text : undefined;
}

function serverTargetOf(program: string, given: GivenOptions): BasebackupSettings['serverTarget'] {
  const text = given.last('target') ?? targetForTimeout(program, given);
  // What the client takes is no target of the server.
  if (text === undefined || text === 'client') return undefined;
  const colon = text.indexOf(':');
  if (colon === -1) return { name: text, detail: undefined };
  return { name: text.slice(0, colon), detail: text.slice(colon + 1) };
}

/** What makes no sense where nothing comes here. */
function checkServerTarget(
  program: string,
  given: GivenOptions,
  { wal, compression }: Pick<BasebackupSettings, 'wal' | 'compression'>,
  refuse: (sentence: Message) => BackupError,
): void {
  if (given.has('format')) throw refuse(say('backup.target-and-format'));
  if (given.has('pgdata')) throw refuse(say('backup.target-and-directory'));
  if (compression.at === 'client' && compression.method !== 'none') throw refuse(say('backup.target-compressed'));
  if (wal === 'stream') throw refuse(say('backup.target-streams'));
  if (given.has('waldir')) throw refuse(say('backup.target-waldir'));
  if (given.has('write-recovery-conf')) throw refuse(say('backup.target-standby'));
  // pg_basebackup takes -T, and has no use for it.
  const local = ['config-dir', 'tar-format', ...(program === 'pg_basebackup' ? [] : ['tablespace-mapping'])].find(
    (name) => given.has(name),
  );
  if (local !== undefined) throw refuse(say('backup.target-local', { option: `--${local}` }));
}

function checkNoConflict(given: GivenOptions, refuse: (sentence: Message) => BackupError): void {
  const conflict = (
    [
      ['progress', 'no-estimate-size'],
      ['no-manifest', 'manifest-force-encode'],
    ] as const
  ).find(([first, second]) => given.has(first) && given.has(second));
  if (conflict !== undefined) {
    throw refuse(say('backup.incompatible', { first: `--${conflict[0]}`, second: `--${conflict[1]}` }));
  }
  const method = given.last('sync-method');
  if (method !== undefined && method !== 'fsync' && method !== 'syncfs')
    throw refuse(say('backup.bad-sync-method', { text: method }));
}

/** Undefined: chosen by where the backup goes. */
function syncMethodOf(given: GivenOptions): BasebackupSettings['syncMethod'] {
  const method = given.last('sync-method');
  return method === 'fsync' || method === 'syncfs' ? method : undefined;
}

function formatOf(given: GivenOptions, refuse: (sentence: Message) => BackupError): 'plain' | 'tar' {
  const text = given.last('format') ?? 'plain';
  if (text === 'p' || text === 'plain') return 'plain';
  if (text === 't' || text === 'tar') return 'tar';
  throw refuse(say('backup.bad-format', { text }));
}

function walMethodOf(
  program: string,
  given: GivenOptions,
  refuse: (sentence: Message) => BackupError,
): 'none' | 'fetch' | 'stream' {
  const text = given.last('xlog-method');
  if (given.has('xlog')) {
    if (text !== undefined && text !== 'f' && text !== 'fetch') throw refuse(say('backup.xlog-twice'));
    return 'fetch';
  }
  switch (text) {
    case 'n':
    case 'none':
      return 'none';
    case 'f':
    case 'fetch':
      return 'fetch';
    case undefined:
    case 's':
    case 'stream':
      return 'stream';
    default:
      throw refuse(
        say('backup.bad-wal-method', { name: program === 'pg_basebackup' ? 'wal-method' : 'xlog-method', text }),
      );
  }
}

function compressionOf(program: string, given: GivenOptions, standard: 'client' | 'server'): BackupCompression {
  const text = given.lastOf('compress', 'gzip') === 'gzip' ? 'gzip' : given.last('compress');
  return text === undefined ? { at: 'client', method: 'none' } : parseCompression(text, { standard, program });
}

function checkOutput(target: string | undefined, format: 'plain' | 'tar', wal: 'none' | 'fetch' | 'stream'): void {
  if (target !== '-') return;
  if (format === 'plain')
    throw new BackupError('USAGE', say('backup.plain-to-stdout'), { hint: say('backup.plain-to-stdout.hint') });
  if (wal === 'stream')
    throw new BackupError('USAGE', say('backup.stream-to-stdout'), { hint: say('backup.stream-to-stdout.hint') });
}

function tarFormatOf(
  given: GivenOptions,
  format: 'plain' | 'tar',
  refuse: (sentence: Message) => BackupError,
): 'standard' | 'opengauss' {
  const tarFormat = given.last('tar-format');
  if (tarFormat === undefined) return 'standard';
  if (tarFormat !== 'standard' && tarFormat !== 'opengauss') {
    throw refuse(say('backup.bad-tar-format', { text: tarFormat }));
  }
  if (format !== 'tar') throw refuse(say('backup.tar-format-plain'));
  return tarFormat;
}

function walDirectoryOf(
  given: GivenOptions,
  format: 'plain' | 'tar',
  refuse: (sentence: Message) => BackupError,
): string | undefined {
  const path = given.last('waldir');
  if (path === undefined) return undefined;
  if (format !== 'plain') throw refuse(say('backup.waldir-plain-only'));
  if (!path.startsWith('/')) throw refuse(say('backup.waldir-relative'));
  return path;
}

function checkpointOf(given: GivenOptions, refuse: (sentence: Message) => BackupError): 'fast' | 'spread' {
  const text = given.last('checkpoint') ?? 'spread';
  const mode = text.toLowerCase();
  if (mode === 'fast' || mode === 'spread') return mode;
  throw refuse(say('backup.bad-checkpoint', { text }));
}

function slotOf(
  given: GivenOptions,
  wal: 'none' | 'fetch' | 'stream',
  refuse: (sentence: Message) => BackupError,
): BasebackupSettings['slot'] {
  const name = given.last('slot');
  if (given.has('create-slot')) {
    if (name === undefined) throw refuse(say('backup.create-needs-slot'));
    if (given.has('no-slot')) throw refuse(say('backup.create-with-no-slot'));
  }
  if (name === undefined) return { kind: given.has('no-slot') ? 'none' : 'default' };
  if (wal !== 'stream') throw refuse(say('backup.slot-needs-stream'));
  if (given.has('no-slot')) throw refuse(say('backup.no-slot-with-slot'));
  return { kind: 'named', name, create: given.has('create-slot') };
}

function manifestOf(given: GivenOptions, refuse: (sentence: Message) => BackupError): ManifestAlgorithm | undefined {
  const text = given.last('manifest-checksums');
  if (given.has('no-manifest')) {
    if (text !== undefined) throw refuse(say('backup.manifest-conflict'));
    return undefined;
  }
  if (text === undefined) return 'CRC32C';
  const algorithm = manifestAlgorithmOf(text);
  if (algorithm === undefined) throw refuse(say('backup.bad-manifest-algorithm', { text }));
  return algorithm;
}
