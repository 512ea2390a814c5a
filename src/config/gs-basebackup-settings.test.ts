import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { gsBasebackupOptions, pgBasebackupOptions } from './gs-basebackup-options.ts';
import { basebackupSettings, progressStyle } from './gs-basebackup-settings.ts';
import { parseOptions } from './parse-options.ts';

const read = (program: string, ...argv: string[]) =>
  basebackupSettings(program, parseOptions(program, gsBasebackupOptions, argv));
const settings = (...argv: string[]) => read('gs_basebackup', '-D', '/b', ...argv);

function refusal(...argv: string[]): string {
  try {
    read('gs_basebackup', ...argv);
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    expect((error as BackupError).code).toBe('USAGE');
    return (error as BackupError).message;
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
}

describe('basebackupSettings', () => {
  it('has the defaults of the manual', () => {
    expect(settings()).toMatchObject({
      format: 'plain',
      wal: 'stream',
      checkpoint: 'spread',
      compression: { method: 'none' },
      label: 'gs_basebackup base backup',
      slot: { kind: 'default' },
      manifest: 'CRC32C',
      statusIntervalMs: 10_000,
      inactivityTimeoutMs: 120_000,
      clean: true,
      sync: true,
    });
    expect(read('pg_basebackup', '-D', '/b').label).toBe('pg_basebackup base backup');
  });

  it('reads every form of the compression option', () => {
    const compression = (...argv: string[]) => settings('-F', 't', ...argv).compression;
    const client = { at: 'client', method: 'gzip', level: undefined };
    expect(compression('-z')).toEqual(client);
    // The last one counts, as with the original.
    expect(compression('-Z', 'none', '-z')).toEqual(client);
    expect(compression('-z', '-Z', '0')).toEqual({ at: 'client', method: 'none' });
    expect(compression('-Z9')).toEqual({ ...client, level: 9 });
    expect(compression('-Z', '0')).toEqual({ at: 'client', method: 'none' });
    expect(compression('--compress=gzip')).toEqual(client);
    expect(compression('--compress=client-gzip:4')).toEqual({ ...client, level: 4 });
    expect(compression('--compress=gzip:level=4')).toEqual({ ...client, level: 4 });
    expect(compression('--compress=lz4')).toEqual({ ...client, method: 'lz4' });
    expect(compression('--compress=client-zstd:level=7,workers=2,long')).toEqual({
      ...client,
      method: 'zstd',
      level: 7,
      workers: 2,
    });
    expect(compression('--compress=zstd:22')).toMatchObject({ level: 19 });
    expect(compression('--compress=zstd:-5')).toMatchObject({ level: -5 });
    expect(compression('--compress=none')).toEqual({ at: 'client', method: 'none' });
    expect(settings('-Z', '0').compression).toEqual({ at: 'client', method: 'none' });
  });

  it('leaves to the server what the server compresses, plain backups as well', () => {
    const compression = (text: string) => settings('-Z', text).compression;
    expect(compression('server-gzip')).toEqual({ at: 'server', method: 'gzip', detail: undefined });
    expect(compression('server-zstd:level=3,long')).toEqual({ at: 'server', method: 'zstd', detail: 'level=3,long' });
    expect(compression('server-extrasquishy:')).toEqual({ at: 'server', method: 'extrasquishy', detail: '' });
    expect(refusal('-D', '-', '-Ft', '-Xf', '-Z', 'server-gzip')).toBe(
      'cannot inject manifest into a compressed tar file',
    );
    expect(settings('-D', '-', '-Ft', '-Xf', '-Z', 'server-gzip', '--no-manifest').target).toBe('-');
  });

  it('knows targets of the server, also as -t where that is no number', () => {
    const kept = (...argv: string[]) => read('gs_basebackup', '-X', 'none', ...argv);
    expect(kept('--target=server:/a:b').serverTarget).toEqual({ name: 'server', detail: '/a:b' });
    expect(kept('-t', 'blackhole')).toMatchObject({
      serverTarget: { name: 'blackhole', detail: undefined },
      inactivityTimeoutMs: 120_000,
    });
    expect(settings('-t', '5')).toMatchObject({ serverTarget: undefined, inactivityTimeoutMs: 5000 });
    expect(settings('-t', '0').inactivityTimeoutMs).toBeUndefined();
    expect(settings('--target=client').serverTarget).toBeUndefined();
    const original = parseOptions('pg_basebackup', pgBasebackupOptions, ['-Xf', '-t', '5', '--rw-timeout=7']);
    expect(basebackupSettings('pg_basebackup', original)).toMatchObject({
      serverTarget: { name: '5' },
      inactivityTimeoutMs: 7000,
    });
    // Who compresses is not said: only the server can.
    expect(kept('--target=blackhole', '-z').compression).toEqual({ at: 'server', method: 'gzip', detail: undefined });
    expect(kept('--target=blackhole', '-Z5').compression).toEqual({ at: 'server', method: 'gzip', detail: '5' });
  });

  it.each([
    [['-t', 'blackhole'], 'WAL cannot be streamed when a backup target is specified'],
    [['-t', 'blackhole', '-D', '/b'], 'cannot specify both output directory and backup target'],
    [['-D', '/b', '--rw-timeout=x'], 'invalid read/write timeout "x": a whole number'],
    [['-D', '/b', '-t', 'abc'], 'invalid read/write timeout "abc": a whole number'],
    [['-D', '/b', '-t', '-1'], 'invalid read/write timeout "-1": a whole number'],
    [['-t', 'blackhole', '-Ft'], 'cannot specify both format and backup target'],
    [['-t', 'blackhole', '-Xn', '-Z', 'client-gzip'], 'client-side compression is not possible when a backup target'],
    [
      ['-t', 'blackhole', '-Xn', '--waldir=/w'],
      'WAL directory location cannot be specified along with a backup target',
    ],
    [['-t', 'blackhole', '-Xn', '-R'], 'recovery configuration cannot be written when a backup target is used'],
    [['-t', 'blackhole', '-Xn', '-T/a=/b'], '--tablespace-mapping has no place in a backup that the server keeps'],
    [['-D', '/b', '-P', '--no-estimate-size'], '--progress and --no-estimate-size are incompatible options'],
    [
      ['-D', '/b', '--no-manifest', '--manifest-force-encode'],
      '--no-manifest and --manifest-force-encode are incompatible options',
    ],
    [['-D', '/b', '--sync-method=none'], 'unrecognized sync method: none'],
  ])('refuses %j', (argv, text) => {
    expect(refusal(...argv)).toContain(text);
  });

  it('reads the switches of pg_basebackup', () => {
    expect(settings()).toMatchObject({ standby: false, verifyChecksums: true, manifestForceEncode: false });
    const given = settings('-R', '--no-verify-checksums', '--manifest-force-encode', '--sync-method=syncfs');
    expect(given).toMatchObject({ standby: true, verifyChecksums: false, manifestForceEncode: true, sync: true });
  });

  it('refuses each wrong compression with its own message (BB-03 to BB-05)', () => {
    const text = (value: string) => refusal('-D', '/b', '-F', 't', '-Z', value);
    expect(text('10')).toBe('invalid compression level "10"');
    expect(text('none:1')).toBe(
      'invalid compression specification: compression algorithm "none" does not accept a compression level',
    );
    expect(text('none+')).toBe('unrecognized compression algorithm: "none+"');
    expect(text('gzip:')).toContain('found empty string where a compression option was expected');
    expect(text('gzip:thunk')).toContain('unrecognized compression option: "thunk"');
    expect(text('gzip:level')).toContain('compression option "level" requires a value');
    expect(text('gzip:level=')).toContain('value for compression option "level" must be an integer');
    expect(text('gzip:level=high')).toContain('value for compression option "level" must be an integer');
    expect(text('gzip:level=236')).toContain('expects a compression level between 1 and 9');
    expect(text('gzip:level=9,')).toContain('found empty string where a compression option was expected');
    expect(text('gzip:workers=3')).toContain('compression algorithm "gzip" does not accept a worker count');
    expect(text('gzip:long')).toContain('compression algorithm "gzip" does not support long-distance mode');
    expect(refusal('-D', '/b', '-Z1')).toBe('only tar mode backups can be compressed');
  });

  it('refuses what cannot be, in the words of the originals', () => {
    expect(refusal()).toBe('no target directory specified');
    expect(refusal('-D', '/b', 'extra')).toBe('too many command-line arguments (first is "extra")');
    expect(refusal('-D', '/b', '-F', 'x')).toBe('invalid output format "x", must be "plain" or "tar"');
    expect(refusal('-D', '/b', '-X', 'x')).toBe('invalid xlog-method option "x", must be "fetch", "stream", or "none"');
    expect(refusal('-D', '/b', '-c', 'x')).toBe('invalid checkpoint argument "x", must be "fast" or "spread"');
    expect(refusal('-D', '/b', '-s', '-1')).toContain('invalid status interval "-1"');
    expect(refusal('-D', '/b', '-C')).toBe('--create-slot needs a slot to be specified using --slot');
    expect(refusal('-D', '/b', '-C', '-S', 's', '--no-slot')).toContain('incompatible options');
    expect(refusal('-D', '/b', '-S', 's', '--no-slot')).toBe('--no-slot cannot be used with slot name');
    expect(refusal('-D', '/b', '-S', 's', '-X', 'none')).toBe('replication slots can only be used with WAL streaming');
    expect(refusal('-D', '/b', '-F', 't', '--waldir', '/w')).toContain('can only be specified in plain mode');
    expect(refusal('-D', '/b', '--waldir', 'w')).toBe('WAL directory location must be an absolute path');
    expect(refusal('-D', '-')).toBe('cannot write a plain backup to stdout');
    expect(refusal('-D', '-', '-F', 't')).toBe('cannot stream write-ahead logs in tar mode to stdout');
    expect(refusal('-D', '/b', '--manifest-checksums=md5')).toBe('unrecognized checksum algorithm: "md5"');
    expect(refusal('-D', '/b', '-r', '1')).toContain('out of range');
    expect(refusal('-D', '/b', '-r', '32q')).toBe('invalid --max-rate unit: "q"');
  });

  it('reads rates in kB and MB', () => {
    expect(settings('-r', '32').maxRateKib).toBe(32);
    expect(settings('--max-rate=1M').maxRateKib).toBe(1024);
    expect(settings('-r', '100k').maxRateKib).toBe(100);
  });

  it('knows two styles of progress', () => {
    const style = (...argv: string[]) => progressStyle(parseOptions('gs_basebackup', gsBasebackupOptions, argv));
    expect(style()).toBe('none');
    expect(style('-Pv')).toBe('text');
    expect(style('--progress')).toBe('text');
    expect(style('--progress=json')).toBe('json');
    expect(() => style('--progress=xml')).toThrow('must be "json"');
  });
});
