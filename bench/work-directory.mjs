import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory for what one run of a suite writes: two runs at once have nothing in common. */
export function workDirectory(name) {
  const path = mkdtempSync(join(tmpdir(), `gausskeep-bench-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
