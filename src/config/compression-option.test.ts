import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { parseCompression, parseWalCompression } from './compression-option.ts';

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof BackupError && error.code === 'USAGE') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

// What pg_basebackup 15 says to the same words, and 16 where they hold `long` (BB-03 … BB-05).
const inSpecification: readonly (readonly [string, string])[] = [
  ['none:1', 'compression algorithm "none" does not accept a compression level'],
  ['none:level=1', 'compression algorithm "none" does not accept a compression level'],
  ['none:workers=2', 'compression algorithm "none" does not accept a worker count'],
  ['none:', 'found empty string where a compression option was expected'],
  ['gzip:', 'found empty string where a compression option was expected'],
  ['gzip:level=9,', 'found empty string where a compression option was expected'],
  ['gzip:=3', 'found empty string where a compression option was expected'],
  ['gzip:extra', 'unrecognized compression option: "extra"'],
  ['gzip:3x', 'unrecognized compression option: "3x"'],
  ['gzip:level=236,extra', 'unrecognized compression option: "extra"'],
  ['gzip:level', 'compression option "level" requires a value'],
  ['gzip:workers', 'compression option "workers" requires a value'],
  ['gzip:level=', 'value for compression option "level" must be an integer'],
  ['gzip:level=high', 'value for compression option "level" must be an integer'],
  ['gzip:level=1=2', 'value for compression option "level" must be an integer'],
  ['gzip:236', 'compression algorithm "gzip" expects a compression level between 1 and 9 (default at -1)'],
  ['gzip:0', 'compression algorithm "gzip" expects a compression level between 1 and 9 (default at -1)'],
  ['gzip:level=236', 'compression algorithm "gzip" expects a compression level between 1 and 9 (default at -1)'],
  ['lz4:13', 'compression algorithm "lz4" expects a compression level between 1 and 12 (default at 0)'],
  ['zstd:23', 'compression algorithm "zstd" expects a compression level between -131072 and 22 (default at 3)'],
  ['gzip:workers=3', 'compression algorithm "gzip" does not accept a worker count'],
  ['gzip:long', 'compression algorithm "gzip" does not support long-distance mode'],
  ['zstd:workers=many', 'value for compression option "workers" must be an integer'],
  ['zstd:long=perhaps', 'value for compression option "long" must be a Boolean value'],
];

describe('-Z of a backup', () => {
  it.each(inSpecification)('%s', (text, reason) => {
    const sentence = `invalid compression specification: ${reason}`;
    expect(refusal(() => parseCompression(text))).toBe(sentence);
    expect(refusal(() => parseCompression(`client-${text}`))).toBe(sentence);
    const [method, ...detail] = text.split(':');
    // What the server is to judge is told it as it is.
    expect(parseCompression(`server-${text}`)).toEqual({ at: 'server', method, detail: detail.join(':') });
  });

  it.each([
    ['none+', 'none+'],
    ['client-rar', 'rar'],
    ['client-', ''],
    ['Client-gzip', 'Client-gzip'],
    ['GZIP:3', 'GZIP'],
    ['client-server-gzip', 'server-gzip'],
    ['client-3', '3'],
  ])('the method of %s is not known', (text, name) => {
    expect(refusal(() => parseCompression(text))).toBe(`unrecognized compression algorithm: "${name}"`);
  });

  it.each([
    ['0', { method: 'none' }],
    ['none:0', { method: 'none' }],
    ['9', { method: 'gzip', level: 9 }],
    ['-1', { method: 'gzip' }],
    ['gzip:level=3,level=4', { method: 'gzip', level: 4 }],
    ['lz4:0', { method: 'lz4' }],
    ['zstd', { method: 'zstd' }],
    ['zstd:0', { method: 'zstd' }],
    ['zstd:-7', { method: 'zstd', level: -7 }],
    ['zstd:level=22,workers=3,long', { method: 'zstd', level: 19, workers: 3 }],
    ['zstd:long=off', { method: 'zstd' }],
  ])('%s', (text, setting) => {
    expect(parseCompression(text)).toEqual({ at: 'client', ...setting });
  });

  it('a bare level that there is not is said in the words of each original', () => {
    expect(refusal(() => parseCompression('10', { program: 'pg_basebackup' }))).toBe(
      'invalid compression specification: compression algorithm "gzip" expects a compression level between 1 and 9 (default at -1)',
    );
    expect(refusal(() => parseCompression('10', { program: 'gs_basebackup' }))).toBe('invalid compression level "10"');
    expect(refusal(() => parseCompression('-1', { program: 'gs_basebackup' }))).toBe('invalid compression level "-1"');
  });

  it('at a target of the server, the server compresses', () => {
    expect(parseCompression('gzip:5', { standard: 'server' })).toEqual({ at: 'server', method: 'gzip', detail: '5' });
    expect(parseCompression('5', { standard: 'server' })).toEqual({ at: 'server', method: 'gzip', detail: '5' });
  });
});

it('-Z of a receiver has the same words, and no workers for one segment', () => {
  expect(refusal(() => parseWalCompression('none:1'))).toBe(
    'invalid compression specification: compression algorithm "none" does not accept a compression level',
  );
  expect(refusal(() => parseWalCompression('zstd:3,workers=2'))).toContain(
    'unrecognized compression option: "workers"',
  );
  expect(parseWalCompression('-1')).toEqual({ method: 'gzip', level: undefined });
  expect(parseWalCompression('zstd:22')).toEqual({ method: 'zstd', level: 19 });
});
