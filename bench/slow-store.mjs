// The object store of the tests in a process of its own, which waits before each request, and what a server needs to use it.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

export const latencyMs = 20;
export const isRoot = process.getuid() === 0;
const idOf = (flag) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
/** Of the server, where that cannot be root. */
export const owner = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;

/** @returns path of a file of credentials that the server's account alone may read */
export function credentialsFor(directory) {
  const path = join(directory, 'credentials');
  writeFileSync(path, '[default]\naws_access_key_id = testaccess\naws_secret_access_key = testsecret\n');
  chmodSync(path, 0o600);
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  return path;
}

/** Has one bucket, `bench`. */
export async function startStore() {
  const child = spawn(process.execPath, ['scripts/run.mjs', 'bench/slow-store.ts', String(latencyMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value: endpoint } = await lines.next();
  // It ends with its input.
  return { endpoint, stop: () => child.stdin.end() };
}
