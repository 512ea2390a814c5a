import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import type { OptionGroup } from './option-table.ts';
import { extraWord, parseOptions, refuseStore } from './parse-options.ts';

const groups: readonly OptionGroup[] = [
  {
    title: 'common.server-text',
    options: [
      { long: 'pgdata', short: 'D', argument: 'DIRECTORY', help: 'common.server-text' },
      { long: 'checkpoint', short: 'c', argument: 'MODE', help: 'common.server-text' },
      { long: 'wal-method', aliases: ['xlog-method'], short: 'X', argument: 'METHOD', help: 'common.server-text' },
      { long: 'tablespace-mapping', short: 'T', argument: 'OLD=NEW', repeatable: true, help: 'common.server-text' },
      { long: 'status-interval', short: 's', argument: 'SECONDS', help: 'common.server-text' },
      { long: 'progress', short: 'P', inlineArgument: 'json', help: 'common.server-text' },
      { long: 'verbose', short: 'v', help: 'common.server-text' },
      { long: 'version', short: 'V', help: 'common.server-text' },
      { long: 'help', short: '?', help: 'common.server-text' },
      { long: 'password', short: 'W', guardsSecret: true, help: 'common.server-text' },
    ],
  },
];
const parse = (...argv: string[]) => parseOptions('gs_basebackup', groups, argv);

function refusal(...argv: string[]): string {
  try {
    parse(...argv);
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    expect((error as BackupError).code).toBe('USAGE');
    return (error as BackupError).message;
  }
  throw new Error(`accepted: ${argv.join(' ')}`);
}

describe('parseOptions', () => {
  it('reads clustered, attached and separate short forms', () => {
    const given = parse('-PvD/b', '-Xstream', '-c', 'fast', '-T/a=/b', '-T', '/c=/d', '-v');
    expect(given.last('pgdata')).toBe('/b');
    expect(given.last('wal-method')).toBe('stream');
    expect(given.last('checkpoint')).toBe('fast');
    expect(given.all('tablespace-mapping')).toEqual(['/a=/b', '/c=/d']);
    expect(given.count('verbose')).toBe(2);
    expect(given.has('progress')).toBe(true);
  });

  it('takes a value that looks like an option, and a lone dash', () => {
    expect(parse('-D', '--x').last('pgdata')).toBe('--x');
    expect(parse('-D', '-').last('pgdata')).toBe('-');
    expect(parse('-D-').last('pgdata')).toBe('-');
    expect(parse('-s', '-5').last('status-interval')).toBe('-5');
  });

  it('expands unique abbreviations and aliases of long names, but never a value', () => {
    expect(parse('--check=fast').last('checkpoint')).toBe('fast');
    expect(parse('--check', 'fast', '--xlog-m', 'fetch').last('wal-method')).toBe('fetch');
    expect(parse('--pgdata', '--check').last('pgdata')).toBe('--check');
    expect(refusal('--ver')).toContain('ambiguous');
  });

  it('never lets -P or a bare --progress take a value', () => {
    expect(parse('-P', '-D', 'dir').last('progress')).toBe('');
    expect(parse('--progress', 'dir').operands).toEqual(['dir']);
    expect(parse('--progress=json').last('progress')).toBe('json');
    expect(parse('-Pv').count('verbose')).toBe(1);
  });

  it('refuses unknown options, missing and superfluous values', () => {
    expect(refusal('--chekpoint=fast')).toBe('unrecognized option "--chekpoint"');
    expect(refusal('-k')).toBe('unrecognized option "-k"');
    expect(refusal('-D')).toBe('option "-D" requires an argument');
    expect(refusal('--verbose=2')).toBe('option "--verbose" does not take an argument');
  });

  it('refuses a place in a store and a URL where a path is wanted, and says what names them', () => {
    const hintOf = (refuse: () => unknown): unknown => {
      try {
        return refuse();
      } catch (error) {
        return error instanceof BackupError && error.code === 'USAGE' && error.hint?.key;
      }
    };
    for (const [word, key] of [
      ['s3://backups/a', 'options.no-place.hint'],
      ['https://obs.example.com/backups', 'options.no-url.hint'],
      ['HTTP://10.0.0.1', 'options.no-url.hint'],
    ] as const) {
      expect(hintOf(() => parse('-D', word))).toBe(key);
      expect(hintOf(() => refuseStore('BACKUP', word))).toBe(key);
      expect(extraWord('gausskeep list', word).hint?.key).toBe(key);
    }
    expect(refusal('-D', 'https://user:s3cret@obs/a')).toBe('--pgdata takes a path of this host, not a URL');
    expect(parse('-D', './https://a').last('pgdata')).toBe('./https://a');
    expect(parse('-D', 'https').last('pgdata')).toBe('https');
  });

  it('never repeats what stands behind -W', () => {
    for (const argv of [
      ['-W', 's3cret'],
      ['-Ws3cret'],
      ['--password=s3cret'],
      ['-vW', 's3cret'],
      ['-W', '-D', 'd', '--password', 's3cret'],
    ]) {
      const text = refusal(...argv);
      expect(text).toContain('takes no value');
      expect(text).not.toMatch(/3cret|s3c/);
    }
    expect(parse('-Wv').has('password')).toBe(true);
  });

  it('refuses what was no UTF-8, in place of taking another name', () => {
    expect(refusal('-D', Buffer.from('nicht\xffutf', 'latin1').toString())).toContain('is not valid UTF-8');
    expect(refusal('--', '\uFFFD')).toContain('is not valid UTF-8');
  });

  it('ends the options at --', () => {
    expect(parse('-v', '--', '-D').operands).toEqual(['-D']);
  });
});
