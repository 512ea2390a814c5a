import type { LineagePart } from '../wal-archive/archive.ts';
import { walFolder } from '../wal-archive/archive-wal.ts';
import { openFiles } from '../wal-archive/open-folder.ts';
import { parseStoredName, parseWalFileName, segmentEnd } from '../wal-archive/wal-file-name.ts';
import type { Storage } from '../storage/storage.ts';

/** Digits of a segment's name that the name of its folder in `wal/` has: the timeline and the upper half of the position. */
const folderDigits = 16;

/**
 * Names of the segments and partial segments of a line, by their names alone: the newest first, by timeline (one that was begun
 * has taken the place of those before it, however far these had come), then by position, whole ones before their beginnings.
 * Lists only the folders that it comes to.
 */
export async function* newestFirst(
  storage: Storage,
  lineage: readonly LineagePart[],
  segmentSizeBytes: number,
): AsyncIterable<string> {
  const byFolder = new Map<string, { readonly names: string[]; readonly folders: [LineagePart, string][] }>();
  const groupOf = (digits: string) => {
    const group = byFolder.get(digits) ?? { names: [], folders: [] };
    byFolder.set(digits, group);
    return group;
  };
  const inherits = ({ end }: LineagePart, name: string): boolean => {
    const last = end === undefined ? undefined : segmentEnd(name.slice(0, 24), segmentSizeBytes);
    return end === undefined || (last !== undefined && last <= end);
  };
  for (const part of lineage) {
    for (const { name } of await openFiles(storage, part.generation)) {
      if (inherits(part, name)) groupOf(name.slice(0, folderDigits)).names.push(name);
    }
    const wal = walFolder(part.generation);
    for await (const folder of storage.folders(wal)) {
      const digits = folder.slice(wal.length, -1);
      if (/^[0-9A-F]{16}$/.test(digits)) groupOf(digits).folders.push([part, folder]);
    }
  }
  for (const [, { names, folders }] of [...byFolder].sort(([a], [b]) => (a < b ? 1 : -1))) {
    const all = new Set(names);
    for (const [part, folder] of folders) {
      for await (const { name } of storage.list(folder, { recursive: false })) {
        const stored = name.slice(folder.length).replace(/\.(?:receipt|index)$/, '');
        const file = parseStoredName(stored)?.file;
        if ((file?.kind === 'segment' || file?.kind === 'partial') && inherits(part, file.name)) all.add(file.name);
      }
    }
    yield* [...all].sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1));
  }
}

/** Text that orders by timeline, position, and wholeness. */
function orderOf(name: string): string {
  return `${name.slice(0, 24)}${parseWalFileName(name)?.kind === 'segment' ? 1 : 0}`;
}
