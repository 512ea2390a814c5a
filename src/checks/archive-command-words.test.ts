import { describe, expect, it } from 'vitest';
import { firstWordOf, natureOfCommand, placeholderIn } from './archive-command-words.ts';

describe('what the text of an archive_command tells', () => {
  it.each([
    ['  ', 'blank'],
    ['true', 'succeeds'],
    ['/bin/true', 'succeeds'],
    ['/usr/bin/true %p %f', 'succeeds'],
    [':', 'succeeds'],
    ['exit 0', 'succeeds'],
    ['exit', 'succeeds'],
    ['(exit 0)', 'succeeds'],
    ['false', 'fails'],
    ['/bin/false %p', 'fails'],
    ['exit 1', 'fails'],
    ['cp %p /a/%f; true', 'masked'],
    ['cp %p /a/%f;true;', 'masked'],
    ['(cp %p /a/%f || true)', 'masked'],
    ['cp %p /a/%f || :', 'masked'],
    ['cp %p /a/%f | true', 'masked'],
    ['cp %p /a/%f\nexit 0', 'masked'],
    ['cp %p /a/%f &', 'masked'],
    ['cp %p /a/%f', undefined],
    ['(cp %p /a/%f)', undefined],
    ['cp %p /a/%f && true', undefined],
    ['cp %p /a/%f; exit', undefined],
    ['cp %p /a/%f || exit 1', undefined],
    ['true && cp %p /a/%f', undefined],
    ['true $(cp %p /a/%f)', undefined],
    ['/bin/trueish %p', undefined],
    ['cp %p /a/true', undefined],
    ['test ! -f /a/%f && cp %p /a/%f', undefined],
    ['exit 07', 'fails'],
  ] as const)('%s: %s', (command, nature) => {
    expect(natureOfCommand(command, true)).toBe(nature);
  });

  it('without a shell there is no word of one, and nothing behind a command', () => {
    const natures = ['true', 'exit 0', ':', '/bin/false', 'cp %p /a/%f; true'].map((one) =>
      natureOfCommand(one, false),
    );
    expect(natures).toEqual(['succeeds', undefined, undefined, 'fails', undefined]);
  });

  it.each([
    ['/usr/bin/cp %p /archive/%f', 'path', '/usr/bin/cp'],
    ['  "/opt/my tool/push" %p', 'path', '/opt/my tool/push'],
    ["'/opt/push' %p", 'path', '/opt/push'],
    ['/bin/test! -f x&&cp %p y', 'path', '/bin/test!'],
    ['cp %p /archive/%f', 'name', 'cp'],
    ['cp;true', 'name', 'cp'],
    ['bin/push %p', 'unclear', 'bin/push'],
    ['/opt/$VERSION/push %p', 'unclear', '/opt/$VERSION/push'],
    ['(cp %p /archive/%f)', 'shell', '('],
    ['test ! -f /a/%f && cp %p /a/%f', 'shell', 'test'],
    ['A=b cp %p /a/%f', 'shell', 'A=b'],
  ] as const)('%s begins with a %s', (command, kind, word) => {
    expect(firstWordOf(command, true)).toEqual({ kind, word });
  });

  it.each([
    ['gausskeep wal push --archive DIR %p', 'DIR'],
    ['/bin/gausskeep wal push %p --archive=/ARCHIVE', '/ARCHIVE'],
    ['/PATH/gausskeep wal push %p --archive /a', '/PATH/gausskeep'],
    ['cp %p /DIR/%f', undefined],
    ['/bin/gausskeep wal push %p --archive /a', undefined],
  ] as const)('%s: what is to be filled in', (command, word) => {
    expect(placeholderIn(command)).toBe(word);
  });
});
