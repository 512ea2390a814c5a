import { describe, expect, it } from 'vitest';
import { placeOfCommand } from './archive-place.ts';

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
});
