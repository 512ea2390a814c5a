import { describe, expect, it } from 'vitest';
import { freshBackup } from './fresh-backup.ts';

const restoredFrom = ['--repo', '/mirror', '--instance', 'orders'];
const server = ' -p 5432';

describe('the next backup of a recovered copy', () => {
  it.each([
    ['', 'gausskeep backup --repo /mirror --instance orders -p 5432'],
    ['cp %p /archive/%f', 'gausskeep backup --repo /mirror --instance orders -p 5432'],
    [
      '/usr/bin/gausskeep wal push %p --async --repo=s3://main/db --s3-endpoint "http://store:9000" --s3-allow-http --instance orders --password-file /etc/pw --generation 2',
      'gausskeep backup --repo s3://main/db --instance orders --password-file /etc/pw --s3-endpoint http://store:9000 --s3-allow-http -p 5432',
    ],
  ])('goes where the WAL goes: %j', (archiveCommand, command) => {
    expect(freshBackup({ archiveCommand, restoredFrom }, server)).toBe(command);
  });

  it('goes into a directory where there is no repository', () => {
    const place = {
      archiveCommand: 'gausskeep wal push %p --archive /archive',
      restoredFrom: ['--archive', '/archive'],
    };
    expect(freshBackup(place, server, ' -X fetch')).toBe('gs_basebackup -D NEW_DIRECTORY -X fetch -p 5432');
    expect(freshBackup({ restoredFrom: undefined }, server)).toBe('gs_basebackup -D NEW_DIRECTORY -p 5432');
  });
});
