import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tellsFailedWrites } from '../files/sync-file-system.ts';
import { hasOwnFileSystem, type Look } from './own-file-system.ts';

/** A host with a disk mounted at each of `mounts`, and with these names in /mnt/backups. */
function host(mounts: readonly string[], names: readonly string[] = ['today']): Look {
  return {
    deviceOf: (path) => mounts.findLastIndex((mount) => path === mount || path.startsWith(`${mount}/`)) + 1,
    namesIn: () => names,
    isBackup: (path) => path.includes('backup-of'),
  };
}

it.each([
  ['linux', '6.1.0-18-amd64', true],
  ['linux', '5.8.0', true],
  ['linux', '5.4.0-150-generic', false],
  ['linux', '4.19.0', false],
  ['darwin', '23.4.0', false],
] as const)('a whole file system of %s %s tells of failed writes: %s', (platform, kernel, expected) => {
  expect(tellsFailedWrites(platform, kernel)).toBe(expected);
});

describe('whether a backup has a file system of its own', () => {
  it.each([
    ['it is the root of one', '/mnt/backups', host(['/mnt/backups']), true],
    ['it lies in the root of one', '/mnt/backups/today', host(['/mnt/backups']), true],
    [
      'beside other backups',
      '/mnt/backups/today',
      host(['/mnt/backups'], ['backup-of-monday', 'lost+found', 'today']),
      true,
    ],
    ['beside something else', '/mnt/backups/today', host(['/mnt/backups'], ['pgdata', 'today']), false],
    ['deeper', '/mnt/backups/db/today', host(['/mnt/backups']), false],
    ['on the file system of the host', '/mnt/backups/today', host([]), false],
    ['in the root directory', '/today', host([]), false],
    ['the root directory', '/', host([]), false],
  ])('%s', (_, path, look, expected) => {
    expect(hasOwnFileSystem(path, look)).toBe(expected);
  });

  it('asks the system', () => {
    const directory = mkdtempSync(join(tmpdir(), 'gausskeep-own-'));
    try {
      // Beside the directories of others, which are no backups.
      const other = mkdtempSync(join(tmpdir(), 'gausskeep-own-'));
      expect(hasOwnFileSystem(directory)).toBe(false);
      rmSync(other, { recursive: true });
      expect(hasOwnFileSystem(join(directory, 'missing'))).toBe(false);
      expect(hasOwnFileSystem('/proc')).toBe(true);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
