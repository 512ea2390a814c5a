import { basename, dirname, isAbsolute, join } from 'node:path';
import { openRegular } from '../files/open-regular.ts';

/**
 * The system identifier of the data directory into which `target` leads, from its `global/pg_control`; undefined when it leads
 * into none. A server runs its commands in its data directory and names targets relative to it.
 */
export async function instanceOfTarget(target: string, workingDirectory: string): Promise<bigint | undefined> {
  const directory = dataDirectoryOf(target, workingDirectory);
  return directory === undefined ? undefined : systemIdentifierOf(directory);
}

/** The data directory into which `target` leads, if it leads into one. */
export function dataDirectoryOf(target: string, workingDirectory: string): string | undefined {
  if (!isAbsolute(target)) return workingDirectory;
  const walDirectory = dirname(target);
  const isWal = basename(walDirectory) === 'pg_wal' || basename(walDirectory) === 'pg_xlog';
  return isWal ? dirname(walDirectory) : undefined;
}

/** The first field of pg_control in every product and version: u64, little-endian. Source: catalog/pg_control.h. */
async function systemIdentifierOf(dataDirectory: string): Promise<bigint | undefined> {
  try {
    const file = await openRegular(join(dataDirectory, 'global/pg_control'));
    try {
      const bytes = Buffer.alloc(8);
      const { bytesRead } = await file.read(bytes, 0, 8, 0);
      return bytesRead === 8 ? bytes.readBigUInt64LE() : undefined;
    } finally {
      await file.close();
    }
  } catch {
    // No data directory of ours to read: the caller may say whose WAL it wants.
    return undefined;
  }
}
