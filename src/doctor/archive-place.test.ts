import { describe, expect, it } from 'vitest';
import { placeOfCommand, programOfCommand } from './archive-place.ts';

describe('what an archive_command tells', () => {
  it.each([
    ['cp %p /archive/%f', { path: '/archive', generation: undefined }],
    ["test ! -f '/my archive/%f' && cp %p '/my archive/%f'", { path: '/my archive', generation: undefined }],
    ['gausskeep wal push --archive /archive %p', { path: '/archive', generation: undefined }],
    ['gausskeep wal push --archive="/a b" --generation 2 %p', { path: '/a b', generation: 2 }],
    ['rsync %p host:/archive/%f', undefined],
    ['/usr/local/bin/archive.sh %p %f', undefined],
    ['cp %p "$HOME/%f"', undefined],
    ['', undefined],
  ] as const)('%s: the directory', (command, place) => {
    expect(placeOfCommand(command)).toEqual(place);
  });

  it.each([
    ['/usr/bin/cp %p /archive/%f', '/usr/bin/cp'],
    ['  "/opt/my tool/push" %p', '/opt/my tool/push'],
    ["'/opt/push' %p", '/opt/push'],
    ['cp %p /archive/%f', undefined],
    ['/opt/$VERSION/push %p', undefined],
    ['/bin/test! -f x&&cp %p y', '/bin/test!'],
    ['', undefined],
  ] as const)('%s: the program', (command, program) => {
    expect(programOfCommand(command)).toBe(program);
  });
});
