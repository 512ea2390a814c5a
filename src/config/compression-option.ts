import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** Client-side compression of tar output. `level` is undefined for the default of the method. */
export type CompressionSetting =
  { readonly method: 'none' } | { readonly method: 'gzip' | 'lz4' | 'zstd'; readonly level: number | undefined };

const gzipDefault = -1;
const levels = {
  gzip: { low: 1, high: 9, standard: '-1' },
  lz4: { low: 1, high: 12, standard: '0' },
  zstd: { low: -131072, high: 22, standard: '3' },
} as const;

const refuse = (sentence: Message): BackupError => new BackupError('USAGE', sentence);

/** What compresses a backup: the server, which judges by itself what it is told, or we. */
export type BackupCompression =
  | (CompressionSetting & { readonly at: 'client' })
  | { readonly at: 'server'; readonly method: string; readonly detail: string | undefined };

/**
 * Reads the value of `-Z`: a level 0 … 9 of gzip (0 is none), or `[client-|server-]METHOD[:DETAIL]` as pg_basebackup has it.
 * @param standard who compresses where it is not said
 * @throws BackupError `USAGE` with pg_basebackup's wording
 */
export function parseCompression(text: string, standard: 'client' | 'server' = 'client'): BackupCompression {
  if (/^[+-]?\d+$/.test(text)) {
    const level = Number(text);
    if (level < 0 || level > 9) {
      throw new BackupError('USAGE', say('backup.bad-level', { text }), { hint: say('backup.bad-level.hint') });
    }
    if (level === 0) return { at: 'client', method: 'none' };
    return standard === 'server'
      ? { at: standard, method: 'gzip', detail: text }
      : { at: standard, method: 'gzip', level };
  }
  const [spelled = '', ...rest] = text.split(':');
  const detail = rest.length === 0 ? undefined : rest.join(':');
  const [, place = standard, name = ''] = /^(?:(client|server)-)?(.*)$/s.exec(spelled) ?? [];
  if (place === 'server') return { at: 'server', method: name, detail };
  const method = name.toLowerCase();
  if (method === 'none') {
    if (detail !== undefined) throw refuse(say('backup.no-level-accepted', { algorithm: 'none' }));
    return { at: 'client', method };
  }
  if (method !== 'gzip' && method !== 'lz4' && method !== 'zstd')
    throw refuse(say('backup.bad-algorithm', { text: spelled }));
  const level = detail === undefined ? undefined : parseDetail(method, detail);
  return { at: 'client', method, level: level === undefined ? undefined : ownLevel(method, level) };
}

/** The levels of our codecs: zstd has no faster one than 1, and none above 19, which would need more memory than a block has. */
function ownLevel(method: 'gzip' | 'lz4' | 'zstd', level: number): number {
  return method === 'zstd' ? Math.min(Math.max(level, 1), 19) : level;
}

/**
 * Reads the value of `-Z` of a WAL receiver: a level of gzip (0 is none), or `METHOD[:DETAIL]` as pg_receivewal has it, and zstd.
 * @throws BackupError `USAGE` with pg_receivewal's wording
 */
export function parseWalCompression(text: string): CompressionSetting {
  if (/^[+-]?\d+$/.test(text)) {
    const level = Number(text);
    return level === 0 ? { method: 'none' } : { method: 'gzip', level: checkedLevel('gzip', level) };
  }
  const [method = '', ...rest] = text.split(':');
  const detail = rest.length === 0 ? undefined : rest.join(':');
  if (method === 'none') {
    if (detail !== undefined) throw invalid(say('backup.no-level-accepted', { algorithm: 'none' }));
    return { method };
  }
  if (method !== 'gzip' && method !== 'lz4' && method !== 'zstd')
    throw refuse(say('backup.bad-algorithm', { text: method }));
  // A segment is one small stream: there is nothing to share between workers, and nothing far away.
  const option = method === 'zstd' ? /(?:^|,)(workers|long)\b/.exec(detail ?? '')?.[1] : undefined;
  if (option !== undefined) throw invalid(say('backup.compression-unknown-option', { option }));
  return { method, level: detail === undefined ? undefined : parseDetail(method, detail) };
}

/** A bare level, or `level=N,workers=N,long`. */
function parseDetail(algorithm: 'gzip' | 'lz4' | 'zstd', detail: string): number | undefined {
  if (/^[+-]?\d+$/.test(detail)) return checkedLevel(algorithm, Number(detail));
  let level: number | undefined;
  for (const option of detail.split(',')) {
    const [key = '', value] = option.split('=', 2);
    if (key === '') throw invalid(say('backup.compression-empty-detail'));
    if (key === 'level') {
      level = checkedLevel(algorithm, integerOf(key, value));
    } else if (key === 'workers') {
      integerOf(key, value);
      if (algorithm !== 'zstd') throw invalid(say('backup.compression-no-workers', { algorithm }));
    } else if (key === 'long') {
      if (algorithm !== 'zstd') throw invalid(say('backup.compression-no-long', { algorithm }));
    } else {
      throw invalid(say('backup.compression-unknown-option', { option: key }));
    }
  }
  return level;
}

function integerOf(option: string, value: string | undefined): number {
  if (value === undefined) throw invalid(say('backup.compression-needs-value', { option }));
  if (!/^[+-]?\d+$/.test(value)) throw invalid(say('backup.compression-not-integer', { option }));
  return Number(value);
}

/** undefined: the default of the method, which has a number of its own where 0 is not free. */
function checkedLevel(algorithm: 'gzip' | 'lz4' | 'zstd', level: number): number | undefined {
  if (algorithm === 'gzip' && level === gzipDefault) return undefined;
  const range = levels[algorithm];
  if (level < range.low || level > range.high)
    throw invalid(say('backup.compression-level-range', { algorithm, ...range }));
  return level;
}

function invalid(reason: Message): BackupError {
  return refuse(say('backup.compression-syntax', { reason: new BackupError('USAGE', reason).message }));
}
