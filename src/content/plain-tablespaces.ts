import { configDirectoryName } from '../manifest/config-origin.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { fsPath, joinPath } from '../files/path.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import { relativeLocation } from './backup-identity.ts';

/** A tablespace of a plain backup. */
export interface PlainLink {
  readonly oid: number;
  /** As the link in pg_tblspc says; undefined: a directory of files is there. */
  readonly target: ByteString | undefined;
  /**
   * Path below the data directory of one at a relative location (openGauss), whose files lie in the backup itself, wherever
   * the link leads: after `cp -a` or `mv` it leads to where the backup was made.
   */
  readonly inside: ByteString | undefined;
}

/**
 * The tablespaces of a plain backup by what is in pg_tblspc, ascending.
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export function plainLinks(root: ByteString, rules: Pick<RestoreRules, 'relativeTablespaces'>): PlainLink[] {
  return namesIn(joinPath(root, 'pg_tblspc'))
    .filter((name) => /^[1-9]\d{0,9}$/.test(name) && Number(name) <= 0xffff_ffff)
    .map((name): PlainLink => {
      const target = linkTarget(joinPath(root, `pg_tblspc/${name}`));
      const relative = target === undefined ? undefined : relativeLocation(target, rules);
      const inside = relative !== undefined && isDirectory(joinPath(root, relative)) ? relative : undefined;
      return { oid: Number(name), target, inside };
    })
    .sort((a, b) => a.oid - b.oid);
}

const dataDirectory = /^(?:base|global|pg_(?:xact|clog|csnlog|multixact|twophase|logical|llog|replslot))(?:\/|$)/;

/**
 * Whether a link at `name` of a plain backup stands for data. A restore copies links as they are, so that the copy would
 * share those files with whatever the link leads to; links of an administrator (a log directory, a settings file) are no data.
 * @param name below the data directory
 * @param manifest that of the backup: what it lists was a file
 */
export function isLinkInData(name: ByteString, manifest: Manifest | undefined): boolean {
  // Servers send no links to files, and we take the files that links of a configuration lead to.
  return dataDirectory.test(name) || name.startsWith(`${configDirectoryName}/`) || manifest?.files.has(name) === true;
}

function namesIn(path: ByteString): string[] {
  try {
    return readdirSync(fsPath(path), { encoding: 'latin1' });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCodeOf(error) ?? '')) return [];
    throw fileFailure('read', path, error);
  }
}

function linkTarget(path: ByteString): ByteString | undefined {
  try {
    if (!lstatSync(fsPath(path)).isSymbolicLink()) return undefined;
    return readlinkSync(fsPath(path), { encoding: 'latin1' }) as ByteString;
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

function isDirectory(path: ByteString): boolean {
  return statSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
