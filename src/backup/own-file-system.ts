import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { companionFileName } from '../manifest/companion.ts';
import { manifestFileName } from '../manifest/manifest.ts';

/** What is asked of the system. */
export interface Look {
  /** The number of the device that a directory is on. */
  deviceOf(path: string): number;
  namesIn(path: string): readonly string[];
  isBackup(path: string): boolean;
}

const system: Look = {
  deviceOf: (path) => statSync(path).dev,
  namesIn: (path) => readdirSync(path),
  isBackup: (path) => [...readMarks, ...tars].some((name) => existsSync(join(path, name))),
};
const readMarks = [manifestFileName, companionFileName, 'backup_label'];
const tars = ['', '.gz', '.lz4', '.zst'].map((suffix) => `base.tar${suffix}`);

/**
 * Whether the existing directory has a file system of its own, so that flushing all of that concerns nobody else: it is the root of one, or lies in the
 * root of one where nothing is but backups. Never so for the root directory of the host; what cannot be looked at counts as shared.
 */
export function hasOwnFileSystem(directory: string, look = system): boolean {
  try {
    const path = look === system ? realpathSync(directory) : directory;
    const device = look.deviceOf(path);
    const parent = dirname(path);
    if (path === parent) return false;
    if (look.deviceOf(parent) !== device) return true;
    if (parent === dirname(parent) || look.deviceOf(dirname(parent)) === device) return false;
    const others = look.namesIn(parent).filter((name) => name !== basename(path) && name !== 'lost+found');
    return others.every((name) => look.isBackup(join(parent, name)));
  } catch {
    return false;
  }
}
