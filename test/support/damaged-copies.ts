import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromText } from '../../src/bytes/byte-string.ts';
import { classifyPageFile } from '../../src/pages/page-file.ts';
import { temporaryDirectory } from './programs.ts';

/** Sets of archives as `tar` makes them of a plain backup: the tablespace and WAL in archives of their own. */
export function archiveBackup(plain: string, without: { tablespace?: boolean } = {}): string {
  const target = temporaryDirectory('tar');
  const tar = (archive: string, directory: string, ...more: string[]): void => {
    execFileSync('tar', ['-C', directory, ...more, '-cf', join(target, archive), '.']);
  };
  const [oid] = readdirSync(join(plain, 'pg_tblspc'));
  tar('base.tar', plain, '--exclude=./pg_wal', '--exclude=./backup_manifest', '--exclude=./pg_tblspc/*');
  if (oid !== undefined && without.tablespace !== true) {
    tar(`${oid}.tar`, join(plain, 'pg_tblspc', oid));
  }
  tar('pg_wal.tar', join(plain, 'pg_wal'));
  cpSync(join(plain, 'backup_manifest'), join(target, 'backup_manifest'));
  return target;
}

export function flipByte(file: string, position: number): void {
  const bytes = readFileSync(file);
  bytes[position] = bytes[position]! ^ 0xff;
  writeFileSync(file, bytes);
}

/** A heap file of a table with more than one page, relative to the data directory. */
export function tableFile(directory: string): string {
  const folder = join(directory, 'base');
  for (const database of readdirSync(folder).sort()) {
    for (const name of readdirSync(join(folder, database)).sort()) {
      const path = `base/${database}/${name}`;
      const isMain = classifyPageFile(fromText(path), 'postgresql', 131072).kind === 'pages' && /^\d+$/.test(name);
      if (isMain && readFileSync(join(directory, path)).length >= 4 * 8192) return path;
    }
  }
  throw new Error('no table of several pages');
}

/**
 * Flips a byte in each file of a relation below `directory`.
 * @returns their paths, each directory in the order of its names, as a verification finds them
 */
export function flipInEach(backup: string, directory: string): string[] {
  const entries = readdirSync(join(backup, directory), { withFileTypes: true });
  entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  return entries.flatMap((entry) => {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory()) return flipInEach(backup, path);
    if (!/^\d+$/.test(entry.name) || readFileSync(join(backup, path)).length === 0) return [];
    flipByte(join(backup, path), 100);
    return [path];
  });
}
