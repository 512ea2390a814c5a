import { readdirSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from './run-program.ts';

export interface DemoRepository {
  readonly path: string;
  readonly instance: string;
}

/** What `gausskeep list --json` says of a backup, as far as the demo asks. */
export interface ListedBackup {
  readonly id: string;
  readonly newBytes: number;
  readonly logicalBytes: number;
}

export function wordsOf({ path, instance }: DemoRepository): string[] {
  return ['--repo', path, '--instance', instance];
}

/** The backups, oldest first. */
export async function listed(repository: DemoRepository): Promise<ListedBackup[]> {
  const text = await output('gausskeep', ['list', ...wordsOf(repository), '--json']);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ListedBackup);
}

/** Turns over one bit in the middle of the largest pack of a repository. */
export async function flipOneBit({
  path,
  instance,
}: DemoRepository): Promise<{ file: string; undo: () => Promise<void> }> {
  const packs = join(path, 'instances', instance, 'packs');
  const [largest] = readdirSync(packs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, sizeBytes: statSync(file).size }))
    .sort((one, other) => other.sizeBytes - one.sizeBytes);
  if (largest === undefined) throw new Error('the repository has no pack');
  const position = Math.floor(largest.sizeBytes / 2);
  const flip = async (): Promise<void> => {
    const handle = await open(largest.file, 'r+');
    try {
      const byte = Buffer.alloc(1);
      await handle.read(byte, 0, 1, position);
      await handle.write(Buffer.from([byte.readUInt8(0) ^ 1]), 0, 1, position);
    } finally {
      await handle.close();
    }
  };
  await flip();
  return { file: largest.file.slice(path.length + 1), undo: flip };
}
