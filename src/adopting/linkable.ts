import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCodeOf } from '../errors/backup-error.ts';
import { ownerOfNewFiles } from '../files/directory-owner.ts';

/**
 * Why files like `file` cannot be hard links in `directory`, there or not yet: it is on another file system, or belongs to another
 * account, whose objects would then be in the hands of both. Undefined: nothing speaks against it.
 */
export async function whyNoLink(file: string, directory: string): Promise<'elsewhere' | 'owner' | undefined> {
  const { uid, dev } = await stat(file);
  const place = await nearest(directory);
  if ((await stat(place)).dev !== dev) return 'elsewhere';
  const owner = (await ownerOfNewFiles(place))?.uid ?? process.geteuid?.();
  return owner === undefined || owner === uid ? undefined : 'owner';
}

/** The directory, or that above it in which it is made. */
async function nearest(directory: string): Promise<string> {
  try {
    await stat(directory);
    return directory;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT' || directory === dirname(directory)) throw error;
    return nearest(dirname(directory));
  }
}
