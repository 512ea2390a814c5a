import { describe, expect, it } from 'vitest';
import { archiveCommandLine, findShellRemains, plainWord, restoreCommandLine } from './shell-remains.ts';

describe('commands that a server runs', () => {
  it.each([
    ['"pg_xlog/000000010000000000000001"'],
    ["'pg_xlog/000000010000000000000001'"],
    ['&&'],
    ['||'],
    ['|'],
    ['>'],
    ['2>&1'],
    ['2>/tmp/log'],
    ['>>/tmp/log'],
    ['/dev/null;'],
    ['$HOME/archive'],
    ['%p'],
  ])('recognises %s as meant for a shell', (word) => {
    expect(findShellRemains(['pg_xlog/000000010000000000000001', word])).toBe(word);
  });

  it('takes ordinary words for what they are', () => {
    expect(
      findShellRemains(['pg_xlog/000000010000000000000001', '/archive/a-b_c.d', '00000002.history']),
    ).toBeUndefined();
  });

  it('makes lines that mean the same with and without a shell', () => {
    const line = archiveCommandLine({
      program: '/opt/gausskeep/gausskeep',
      archive: '/archive',
      generation: 2,
      options: ['--compress=lz4'],
    });
    expect(line).toBe(
      "archive_command = '/opt/gausskeep/gausskeep wal push %p --archive /archive --generation 2 --compress=lz4'",
    );
    expect(restoreCommandLine('/data/get-wal')).toBe("restore_command = '/data/get-wal %f %p'");
  });

  it.each(['/my archive', "/it's", '/a"b', '/a$b', '/a%p', '/a;b', '/a\\b', '', '/ä'])('refuses %j', (word) => {
    expect(() => plainWord(word)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  });

  it('refuses a command of more than 1023 bytes', () => {
    expect(() => restoreCommandLine(`/${'x'.repeat(1017)}`)).toThrow(
      expect.objectContaining({ code: 'USAGE' }) as Error,
    );
  });
});
