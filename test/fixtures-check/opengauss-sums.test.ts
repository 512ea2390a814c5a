import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../fixtures/opengauss/', import.meta.url));

/** All regular files below a directory, paths relative to it, the sums file itself left out. */
async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(directory, join(entry.parentPath, entry.name)))
    .filter((path) => path !== 'SHA256SUMS')
    .sort();
}

async function sumsOf(directory: string): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  for (const path of await filesBelow(directory)) {
    const content = await readFile(join(directory, path));
    sums.set(path, createHash('sha256').update(content).digest('hex'));
  }
  return sums;
}

async function expectedSums(directory: string): Promise<Map<string, string>> {
  const sums = new Map<string, string>();
  for (const line of (await readFile(join(directory, 'SHA256SUMS'), 'utf8')).split('\n')) {
    if (line === '') continue;
    const match = /^([0-9a-f]{64}) [ *](.+)$/.exec(line);
    if (!match) throw new Error(`${directory}/SHA256SUMS: not a sum: ${line}`);
    sums.set(match[2]!, match[1]!);
  }
  return sums;
}

const directories = (await readdir(root, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .sort();

describe('openGauss recordings', () => {
  it.each(directories)('%s is what its SHA256SUMS say', async (name) => {
    const directory = join(root, name);
    expect(await sumsOf(directory)).toEqual(await expectedSums(directory));
  });
});
