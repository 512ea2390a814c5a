import { readdirSync, readFileSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

interface Manifest {
  readonly Files: readonly { readonly Path?: string; readonly Size: number }[];
  readonly 'WAL-Ranges': readonly { readonly 'End-LSN': string }[];
}

function manifestOf(backup: string): Manifest {
  return JSON.parse(readFileSync(join(backup, 'backup_manifest'), 'utf8')) as Manifest;
}

/** The position in the write-ahead log where the backup ended, from its manifest. */
export function backupEnd(backup: string): string {
  const end = manifestOf(backup)['WAL-Ranges'].at(-1)?.['End-LSN'];
  if (end === undefined) throw new Error('the manifest does not say where the backup ended');
  return end;
}

/** Turns over one bit in the middle of the largest table of a plain backup. */
export async function flipOneByte(backup: string): Promise<{ file: string; undo: () => Promise<void> }> {
  const tables = manifestOf(backup).Files.filter(({ Path }) => /^base\/\d+\/\d+$/.test(Path ?? ''));
  const largest = [...tables].sort((one, other) => other.Size - one.Size)[0];
  if (largest?.Path === undefined) throw new Error('the backup has no table');
  const file = largest.Path;
  const position = Math.floor(largest.Size / 2) + 5000;
  const flip = async (): Promise<void> => {
    const handle = await open(join(backup, file), 'r+');
    try {
      const byte = Buffer.alloc(1);
      await handle.read(byte, 0, 1, position);
      await handle.write(Buffer.from([byte.readUInt8(0) ^ 1]), 0, 1, position);
    } finally {
      await handle.close();
    }
  };
  await flip();
  return { file, undo: flip };
}

/** Bytes of all files below `directory`. */
export function directorySize(directory: string): number {
  let total = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) total += directorySize(path);
    else if (entry.isFile()) total += statSync(path).size;
  }
  return total;
}
