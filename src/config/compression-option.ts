import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** Client-side compression of tar output. `level` is undefined for the default of the method, `workers` for one for each processor. */
export type CompressionSetting =
  | { readonly method: 'none' }
  | {
      readonly method: 'gzip' | 'lz4' | 'zstd';
      readonly level: number | undefined;
      readonly workers?: number | undefined;
    };

type Algorithm = 'none' | 'gzip' | 'lz4' | 'zstd';

const levels = {
  gzip: { low: 1, high: 9, standard: -1 },
  lz4: { low: 1, high: 12, standard: 0 },
  zstd: { low: -131072, high: 22, standard: 3 },
} as const;

const bareInteger = /^\s*[+-]?\d+$/;

const refuse = (sentence: Message): BackupError => new BackupError('USAGE', sentence);

/** What compresses a backup: the server, which judges by itself what it is told, or we. */
export type BackupCompression =
  | (CompressionSetting & { readonly at: 'client' })
  | { readonly at: 'server'; readonly method: string; readonly detail: string | undefined };

/**
 * Reads the value of `-Z`: a level of gzip (0 is none), or `[client-|server-]METHOD[:DETAIL]` as pg_basebackup has it.
 * @param options.standard who compresses where it is not said; default: we
 * @param options.program whose words and levels: to gs_basebackup no level below 0 is known. Default: pg_basebackup's
 * @throws BackupError `USAGE` with the wording of the original
 */
export function parseCompression(
  text: string,
  { standard = 'client', program }: { readonly standard?: 'client' | 'server'; readonly program?: string } = {},
): BackupCompression {
  if (bareInteger.test(text)) return bareLevel(text, standard, program);
  const [spelled = '', ...rest] = text.split(':');
  const detail = rest.length === 0 ? undefined : rest.join(':');
  const [, place = standard, name = ''] = /^(?:(client|server)-)?(.*)$/s.exec(spelled) ?? [];
  if (place === 'server') return { at: 'server', method: name, detail };
  return { at: 'client', ...settingOf(name, detail) };
}

function bareLevel(text: string, standard: 'client' | 'server', program: string | undefined): BackupCompression {
  const level = Number(text);
  if (program === 'gs_basebackup' && (level < 0 || level > 9)) {
    throw new BackupError('USAGE', say('backup.bad-level', { text }), { hint: say('backup.bad-level.hint') });
  }
  if (level === 0) return { at: 'client', method: 'none' };
  return standard === 'server'
    ? { at: standard, method: 'gzip', detail: text }
    : { at: standard, ...settingOf('gzip', text) };
}

/**
 * Reads the value of `-Z` of a WAL receiver: a level of gzip (0 is none), or `METHOD[:DETAIL]` as pg_receivewal has it, and zstd.
 * @throws BackupError `USAGE` with pg_receivewal's wording
 */
export function parseWalCompression(text: string): CompressionSetting {
  if (bareInteger.test(text)) return Number(text) === 0 ? { method: 'none' } : settingOf('gzip', text);
  const [method = '', ...rest] = text.split(':');
  const detail = rest.length === 0 ? undefined : rest.join(':');
  // A segment is one small stream: there is nothing to share between workers, and nothing far away.
  const option = method === 'zstd' ? /(?:^|,)(workers|long)\b/.exec(detail ?? '')?.[1] : undefined;
  if (option !== undefined) throw invalid(say('backup.compression-unknown-option', { option }));
  return settingOf(method, detail);
}

function settingOf(name: string, text: string | undefined): CompressionSetting {
  if (name !== 'none' && name !== 'gzip' && name !== 'lz4' && name !== 'zstd')
    throw refuse(say('backup.bad-algorithm', { text: name }));
  const detail = text === undefined ? {} : parseDetail(text);
  checkDetail(name, detail);
  if (name === 'none') return { method: name };
  const level = ownLevel(name, detail.level);
  return { method: name, level, ...(detail.workers === undefined ? {} : { workers: detail.workers }) };
}

/** The levels of our codecs: those of zstd above 19 have more memory than a block of ours has bytes. */
function ownLevel(method: Exclude<Algorithm, 'none'>, level: number | undefined): number | undefined {
  if (level === undefined || level === levels[method].standard || level === 0) return undefined;
  return method === 'zstd' ? Math.min(level, 19) : level;
}

interface Detail {
  readonly level?: number | undefined;
  readonly workers?: number | undefined;
  /** Nothing hangs on it: matches do not reach beyond a block of ours. */
  readonly long?: boolean | undefined;
}

/** A bare level, or `level=N,workers=N,long[=yes|no]`, of any algorithm. */
function parseDetail(text: string): Detail {
  if (bareInteger.test(text)) return { level: Number(text) };
  let detail: Detail = {};
  for (const option of text.split(',')) {
    const [, key = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(option) ?? [];
    if (key === '') throw invalid(say('backup.compression-empty-detail'));
    if (key === 'level') detail = { ...detail, level: integerOf(key, value) };
    else if (key === 'workers') detail = { ...detail, workers: integerOf(key, value) };
    else if (key === 'long') detail = { ...detail, long: booleanOf(key, value) };
    else throw invalid(say('backup.compression-unknown-option', { option: key }));
  }
  return detail;
}

function checkDetail(algorithm: Algorithm, { level, workers, long }: Detail): void {
  if (level !== undefined && algorithm === 'none') {
    if (level !== 0) throw invalid(say('backup.no-level-accepted', { algorithm }));
  } else if (level !== undefined && algorithm !== 'none') {
    const range = levels[algorithm];
    if ((level < range.low || level > range.high) && level !== range.standard)
      throw invalid(say('backup.compression-level-range', { algorithm, ...range, standard: String(range.standard) }));
  }
  if (algorithm === 'zstd') return;
  if (workers !== undefined) throw invalid(say('backup.compression-no-workers', { algorithm }));
  if (long !== undefined) throw invalid(say('backup.compression-no-long', { algorithm }));
}

function integerOf(option: string, value: string | undefined): number {
  if (value === undefined) throw invalid(say('backup.compression-needs-value', { option }));
  if (!bareInteger.test(value)) throw invalid(say('backup.compression-not-integer', { option }));
  return Number(value);
}

function booleanOf(option: string, value = 'yes'): boolean {
  if (/^(?:yes|on|1)$/i.test(value)) return true;
  if (/^(?:no|off|0)$/i.test(value)) return false;
  throw invalid(say('backup.compression-not-boolean', { option }));
}

function invalid(reason: Message): BackupError {
  return refuse(say('backup.compression-syntax', { reason }));
}
