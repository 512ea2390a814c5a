import { createHash } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { ManifestEntry } from './recordings.ts';

async function sha256(path: string | Buffer): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** What is on disk below a directory, in the words of the native manifests: path (latin1 bytes) to entry. */
export async function readTree(root: string): Promise<Map<string, ManifestEntry>> {
  const entries = new Map<string, ManifestEntry>();
  const visit = async (below: Buffer): Promise<void> => {
    const here = Buffer.concat([Buffer.from(`${root}/`), below]);
    for (const name of readdirSync(here, { encoding: 'buffer' })) {
      const path = below.length === 0 ? name : Buffer.concat([below, Buffer.from('/'), name]);
      const full = Buffer.concat([Buffer.from(`${root}/`), path]);
      const stats = lstatSync(full);
      const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
      const key = path.toString('latin1');
      if (stats.isSymbolicLink()) {
        entries.set(key, { type: 'link', mode: '0777', size: '-', sha256: '-', link: readlinkSync(full) });
      } else if (stats.isDirectory()) {
        entries.set(key, { type: 'dir', mode, size: '-', sha256: '-', link: '-' });
        await visit(path);
      } else {
        entries.set(key, { type: 'file', mode, size: String(stats.size), sha256: await sha256(full), link: '-' });
      }
    }
  };
  await visit(Buffer.alloc(0));
  return entries;
}

/** Only the paths that `keep` accepts, sorted, as plain data for `toEqual`. */
export function picked(
  entries: ReadonlyMap<string, ManifestEntry>,
  keep: (path: string) => boolean = () => true,
): Record<string, ManifestEntry> {
  return Object.fromEntries([...entries].filter(([path]) => keep(path)).sort(([one], [two]) => (one < two ? -1 : 1)));
}

export function pathsBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
}

export function zeros(count: number): ManifestEntry {
  const sum = createHash('sha256').update(Buffer.alloc(count)).digest('hex');
  return { type: 'file', mode: '0600', size: String(count), sha256: sum, link: '-' };
}

export function fileOf(content: Uint8Array, mode = '0600'): ManifestEntry {
  const sum = createHash('sha256').update(content).digest('hex');
  return { type: 'file', mode, size: String(content.length), sha256: sum, link: '-' };
}

/**
 * What differs between a streamed segment and the server's: nothing before `needed`; behind it the receiver may have
 * stopped anywhere, and the rest is zero.
 * @returns `undefined` when all is well
 */
export function streamedSegmentFault(received: Buffer, onServer: Buffer, needed: number): string | undefined {
  if (received.length !== onServer.length) return `${received.length} bytes instead of ${onServer.length}`;
  let last = received.length;
  while (last > needed && received[last - 1] === 0) last -= 1;
  const end = Math.max(last, needed);
  if (received.subarray(0, end).equals(onServer.subarray(0, end))) return undefined;
  let at = 0;
  while (received[at] === onServer[at]) at += 1;
  return `differs at byte ${at}, needed are ${needed}`;
}
