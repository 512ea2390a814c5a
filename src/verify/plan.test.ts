import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { planVerification, type PlaceFacts, type VerifyOptions } from './plan.ts';

const nothing: PlaceFacts = { isDataDirectory: false, names: [], walPathIsDirectory: true, walDirectories: [] };

function plan(options: Partial<VerifyOptions>, facts: Partial<PlaceFacts>): ReturnType<typeof planVerification> {
  return planVerification({ path: '/b', ...options }, { ...nothing, ...facts });
}

describe('planVerification', () => {
  it('takes a directory with PG_VERSION for a plain backup, unless told', () => {
    const facts = { isDataDirectory: true, names: ['PG_VERSION'], walDirectories: ['pg_xlog'] };
    expect(plan({}, facts)).toMatchObject({
      format: 'plain',
      manifestPath: '/b/backup_manifest',
      archives: [],
      unexpected: [],
      wal: { kind: 'directory', path: '/b/pg_xlog' },
      readContent: true,
    });
    expect(plan({ format: 'tar' }, facts)).toMatchObject({ format: 'tar', unexpected: ['PG_VERSION'], archives: [] });
    expect(plan({}, {}).format).toBe('tar');
  });

  it('knows the archives of every tool by name, the data directory first', () => {
    const names = ['16390.tar.zst', 'backup_manifest', 'base.tar.gz', 'notes.txt', 'pg_xlog.tar.lz4', '9.tgz', '0.tar'];
    const { archives, unexpected, wal } = plan({}, { names: [...names, 'base.zip', '4294967296.tar'] });
    expect(archives.map(({ name, prefix }) => [name, prefix])).toEqual([
      ['base.tar.gz', ''],
      ['9.tgz', 'pg_tblspc/9/'],
      ['16390.tar.zst', 'pg_tblspc/16390/'],
    ]);
    expect(unexpected).toEqual(['0.tar', '4294967296.tar', 'base.zip', 'notes.txt']);
    expect(wal).toEqual({ kind: 'archive', path: fromText('/b/pg_xlog.tar.lz4'), folders: [''] });
  });

  it('looks for fetched WAL in the base archive, and where it is told', () => {
    const names = ['base.tar'];
    expect(plan({}, { names }).wal).toMatchObject({
      kind: 'archive',
      path: '/b/base.tar',
      folders: ['pg_wal', 'pg_xlog'],
    });
    expect(plan({ walPath: '/w' }, { names }).wal).toEqual({ kind: 'directory', path: '/w' });
    expect(plan({ walPath: '/w/pg_wal.tar.gz' }, { names, walPathIsDirectory: false }).wal).toMatchObject({
      kind: 'archive',
      path: '/w/pg_wal.tar.gz',
    });
    expect(plan({ parseWal: false }, { names }).wal).toBeUndefined();
  });

  it('passes on what to leave out', () => {
    expect(plan({ ignore: ['a/b'], skipChecksums: true, manifestPath: '/m' }, {})).toMatchObject({
      manifestPath: '/m',
      readContent: false,
    });
    expect(plan({ ignore: ['a/b'] }, {}).ignored).toContain('a/b');
    expect(plan({ ignore: ['notes.txt'] }, { names: ['notes.txt'] }).unexpected).toEqual([]);
  });
});
