import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

const directory = join(import.meta.dirname, '../fixtures/opengauss/pitr/archive');

/** System identifier of the recorded openGauss. */
export const fixtureSystemIdentifier = 215046882207068335n;

/** The files that a live openGauss archived, unpacked, by name: segments 26 to 2B of one line of WAL and a backup history file. */
export async function fixtureWal(): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for (const name of (await readdir(directory)).sort()) {
    const bytes = await readFile(join(directory, name));
    if (name.endsWith('.gz')) files.set(name.slice(0, -3), gunzipSync(bytes));
    else if (name.endsWith('.backup')) files.set(name, bytes);
  }
  return files;
}

/** The same files in a directory, which is made. */
export async function writeFixtureWal(target: string): Promise<Map<string, Buffer>> {
  const files = await fixtureWal();
  await mkdir(target, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(target, name), bytes);
  return files;
}
