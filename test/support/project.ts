import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The root of the checkout, wherever this file was bundled to (scripts/run.mjs puts bundles under node_modules/.cache). */
export const projectRoot = findRoot(import.meta.dirname);

function findRoot(from: string): string {
  if (existsSync(join(from, 'test', 'servers', 'package.json'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`no gausskeep checkout above ${import.meta.dirname}`);
  return findRoot(parent);
}
