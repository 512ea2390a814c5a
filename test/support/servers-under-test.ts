import { afterAll, describe } from 'vitest';
import { isServerVersion, type ServerVersion } from './postgres/binaries.ts';
import { stopAllServers } from './postgres/server.ts';
import { runDirectory } from './run-directory.ts';

/** `full`: every test runs on it. `smoke`: only the tests that ask for all versions. */
export type TestDepth = 'full' | 'smoke';

/** Set by scripts/test.mjs, for example `full=11,17 smoke=14,15,18`; by itself a test file runs on 17, which comes with `npm ci`. */
const selection = parseSelection(process.env['GAUSSKEEP_TEST_SERVERS'] ?? 'full=17');

export function parseSelection(text: string): ReadonlyMap<ServerVersion, TestDepth> {
  const depths = new Map<ServerVersion, TestDepth>();
  for (const part of text.split(' ').filter((word) => word !== '')) {
    const [depth, list] = part.split('=');
    if ((depth !== 'full' && depth !== 'smoke') || list === undefined) {
      throw new Error(`GAUSSKEEP_TEST_SERVERS: "${part}" is not full=… or smoke=…`);
    }
    for (const word of list.split(',')) {
      const version = Number(word);
      if (!isServerVersion(version)) throw new Error(`GAUSSKEEP_TEST_SERVERS: there is no server ${word}`);
      depths.set(version, depth);
    }
  }
  return depths;
}

/**
 * Describes the tests once for each server of this run. `full` tests run on the servers chosen in full; `smoke` tests
 * run on every server; `newest` tests, which hang little on the release, on the newest of those in full, and on all of them where no server is left at a smoke set (`npm run test:all`). `oldest` is the first release that has what is tested. At the end of each server's tests all servers are stopped and all temporary directories removed.
 */
export function forEachServer(
  depth: TestDepth | 'newest',
  body: (version: ServerVersion) => void,
  { oldest = 0 }: { readonly oldest?: number } = {},
): void {
  const isShort = [...selection.values()].includes('smoke');
  for (const [version, chosen] of selection) {
    if (version < oldest) continue;
    if (depth !== 'smoke' && chosen === 'smoke') continue;
    if (depth === 'newest' && isShort && version !== serversInFull().at(-1)) continue;
    describe(`PostgreSQL ${version}`, () => {
      afterAll(async () => {
        await stopAllServers();
        // Some 60 MB for each server: a long file on five versions would fill a small disk.
        runDirectory().clear();
      });
      body(version);
    });
  }
}

/** The servers that this run tests in full, oldest first: for a test that needs one generation only. */
export function serversInFull(): ServerVersion[] {
  return [...selection].filter(([, depth]) => depth === 'full').map(([version]) => version);
}
