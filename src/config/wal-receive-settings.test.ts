import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { render } from '../messages/message.ts';
import { parseSize } from './numbers.ts';
import { parseOptions } from './parse-options.ts';
import { receivewalOptions, walReceiveOptions } from './wal-receive-options.ts';
import { receiveSettings } from './wal-receive-settings.ts';

const ours = (...argv: string[]) =>
  receiveSettings('gausskeep wal receive', parseOptions('gausskeep wal receive', walReceiveOptions, argv), {
    originalOnly: false,
  });
const original = (...argv: string[]) =>
  receiveSettings('pg_receivewal', parseOptions('pg_receivewal', receivewalOptions, argv), { originalOnly: true });

function refusal(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BackupError) || error.code !== 'USAGE') throw error;
    return [error.message, ...(error.hint === undefined ? [] : [render(error.hint)])];
  }
  throw new Error('accepted');
}

const tryHelp = 'Try "pg_receivewal --help" for more information.';

describe('pg_receivewal', () => {
  it('has the defaults of the original', () => {
    expect(original('-D', 'wal')).toEqual({
      action: 'receive',
      directory: 'wal',
      slot: undefined,
      ifNotExists: false,
      compression: { method: 'none' },
      endPosition: undefined,
      synchronous: false,
      sync: true,
      reconnect: true,
      statusIntervalMs: 10_000,
      inactivityTimeoutMs: 120_000,
      haPorts: [],
      warnBytes: undefined,
      maxBytes: undefined,
      onMax: 'warn',
      onGap: 'stop',
      onFork: 'stop',
      onUnproved: 'stop',
      statusFile: undefined,
    });
  });

  it('reads its options', () => {
    expect(original('-D', 'w', '-nvE', '0/3000060', '-s0', '-Sone', '--synchronous', '--if-not-exists')).toMatchObject({
      endPosition: '0/3000060',
      statusIntervalMs: 0,
      slot: 'one',
      synchronous: true,
      reconnect: false,
      ifNotExists: true,
    });
    expect(original('-D', 'w', '--no-sync', '--endpos=0/0', '-s', '2147483')).toMatchObject({
      endPosition: undefined,
      sync: false,
      statusIntervalMs: 2_147_483_000,
    });
    expect(original('--create-slot', '-S', 'a')).toMatchObject({ action: 'create-slot', directory: undefined });
    expect(original('--drop-slot', '--slot=a')).toMatchObject({ action: 'drop-slot', slot: 'a' });
  });

  it.each([
    ['0', { method: 'none' }],
    ['none', { method: 'none' }],
    ['5', { method: 'gzip', level: 5 }],
    ['gzip', { method: 'gzip', level: undefined }],
    ['gzip:1', { method: 'gzip', level: 1 }],
    ['gzip:level=9', { method: 'gzip', level: 9 }],
    ['-1', { method: 'gzip', level: undefined }],
    ['gzip:-1', { method: 'gzip', level: undefined }],
    ['lz4', { method: 'lz4', level: undefined }],
    ['lz4:level=4', { method: 'lz4', level: 4 }],
    ['zstd:19', { method: 'zstd', level: 19 }],
  ])('compresses with -Z %s', (text, expected) => {
    expect(original('-D', 'w', '-Z', text).compression).toEqual(expected);
  });

  it.each([
    [[], ['no target directory specified', tryHelp]],
    [
      ['-D', ''],
      ['no target directory specified', tryHelp],
    ],
    [
      ['-D', 'w', 'x'],
      ['too many command-line arguments (first is "x")', tryHelp],
    ],
    [
      ['x', '--create-slot', '--drop-slot'],
      ['too many command-line arguments (first is "x")', tryHelp],
    ],
    [
      ['--create-slot', '--drop-slot'],
      ['cannot use --create-slot together with --drop-slot', tryHelp],
    ],
    [
      ['-D', 'w', '--create-slot'],
      ['--create-slot needs a slot to be specified using --slot', tryHelp],
    ],
    [['--drop-slot'], ['--drop-slot needs a slot to be specified using --slot', tryHelp]],
    [
      ['--synchronous', '--no-sync'],
      ['cannot use --synchronous together with --no-sync', tryHelp],
    ],
    [
      ['-Z', 'none:1'],
      ['no target directory specified', tryHelp],
    ],
    [
      ['-D', 'w', '-Z', 'none:1'],
      ['invalid compression specification: compression algorithm "none" does not accept a compression level'],
    ],
    [['-D', 'w', '-Z', 'bzip2'], ['unrecognized compression algorithm: "bzip2"']],
    [['-D', 'w', '-Z', 'client-gzip'], ['unrecognized compression algorithm: "client-gzip"']],
    [
      ['-D', 'w', '-Z', '10'],
      [
        'invalid compression specification: compression algorithm "gzip" expects a compression level between 1 and 9 (default at -1)',
      ],
    ],
    [
      ['-D', 'w', '-Z', 'zstd:workers=2'],
      ['invalid compression specification: unrecognized compression option: "workers"'],
    ],
    [
      ['-D', 'w', '-Z', 'gzip:workers=2'],
      ['invalid compression specification: compression algorithm "gzip" does not accept a worker count'],
    ],
    [['-E', '3000060'], ['could not parse end position "3000060"']],
    [['-E', '0/x', '-s', 'x'], ['could not parse end position "0/x"']],
    [['-s', 'x'], ['invalid value "x" for option -s/--status-interval']],
    [['-s', '-1'], ['-s/--status-interval must be in range 0..2147483']],
    [['-s', '2147484'], ['-s/--status-interval must be in range 0..2147483']],
    [
      ['--archive', 'a'],
      ['unrecognized option "--archive"', tryHelp],
    ],
    [
      ['-D', 'w', '--on-fork=stop'],
      ['unrecognized option "--on-fork"', tryHelp],
    ],
  ])('refuses %j', (argv, lines) => {
    expect(refusal(() => original(...argv))).toEqual(lines);
  });
});

describe('gausskeep wal receive', () => {
  it('reads what only it has', () => {
    const guard = ['--slot-warn', '512MB', '--slot-max=10GB', '--on-slot-max=drop', '-S', 's'];
    const policies = ['--on-gap=continue', '--on-fork=generation', '--on-unproved=continue'];
    expect(
      ours('--archive', 'a', ...guard, ...policies, '--status-file=f', '--ha-port=1,2', '--rw-timeout=0'),
    ).toMatchObject({
      warnBytes: 512 * 2 ** 20,
      maxBytes: 10 * 2 ** 30,
      onMax: 'drop',
      onGap: 'continue',
      onFork: 'generation',
      onUnproved: 'continue',
      statusFile: 'f',
      haPorts: ['1', '2'],
      inactivityTimeoutMs: undefined,
    });
  });

  it.each([
    [['-D', 'w', '--archive', 'a'], '-D/--directory and --archive cannot be used together'],
    [['-D', 'w', '--generation', '2'], '--generation is of an archive and cannot be used with -D/--directory'],
    [
      ['-D', 'w', '--on-fork=generation'],
      '--on-fork=generation needs an archive: a directory has one line of WAL only',
    ],
    [['--archive', 'a', '--status-file='], 'no status file specified'],
    [['--slot-max', '1GB'], '--slot-max needs a slot to be specified using --slot'],
    [['-S', 's', '--slot-max', '1 parsec'], 'invalid size "1 parsec" for --slot-max'],
    [['-S', 's', '--slot-warn', '1GB', '--slot-max', '1024MB'], '--slot-warn is not below --slot-max'],
    [['-S', 's', '--on-slot-max', 'drop'], '--on-slot-max needs --slot-max'],
    [['--on-gap', 'ignore'], 'invalid value "ignore" for --on-gap, must be "stop" or "continue"'],
    [['--ha-port', '0'], 'invalid port number "0": a whole number between 1 and 65535 is expected'],
    [['--rw-timeout', 'soon'], 'invalid value "soon" for option --rw-timeout'],
  ])('refuses %j', (argv, sentence) => {
    expect(refusal(() => ours(...argv))[0]).toBe(sentence);
  });
});

it.each([
  ['1', 1],
  ['2kB', 2048],
  ['3 mb', 3 * 2 ** 20],
  ['4G', 4 * 2 ** 30],
  ['5TB', 5 * 2 ** 40],
])('a size of %s', (text, bytes) => {
  expect(parseSize('--slot-max', text)).toBe(bytes);
});

it.each(['', '0', '-1', '1.5GB', '1PB', 'GB', '9000000000000TB', '1toString'])('no size: "%s"', (text) => {
  expect(() => parseSize('--slot-max', text)).toThrow(`invalid size "${text}" for --slot-max`);
});
