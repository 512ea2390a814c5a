import { neededForBackup, refuseFull, space } from '../checks/space-checks.ts';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { needsByFileSystem, type NeededSpace } from '../files/free-space.ts';
import { say, type Message } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import { takesServersSize, type BackupTarget, type LocalOrder } from './request.ts';
import { placeTablespaces } from './tablespaces.ts';

/**
 * Compares what is free with what the server says to send, one WAL segment and the manifest.
 * @returns warnings: it may be too little
 * @throws BackupError `STORAGE_UNAVAILABLE` where it is too little for certain
 */
export async function checkRoom(
  order: LocalOrder,
  tablespaces: readonly TablespaceRow[],
  segmentBytes: number,
): Promise<Message[]> {
  const { output } = order;
  if (!takesServersSize(output, order) || output.kind === 'stream' || output.kind === 'members') return [];
  const needs: [ByteString, Partial<NeededSpace>][] = [];
  for (const [path, { sizeKib }] of placesOf(output, tablespaces)) {
    if (sizeKib === undefined) return [];
    needs.push([fromText(path), { files: sizeKib * 1024n }]);
  }
  const { wal, manifest } = neededForBackup(0n, {
    segmentBytes,
    takesWal: order.wal !== 'none',
    hasManifest: order.manifest !== undefined,
  });
  const walDirectory = (output.kind === 'plain' ? output.walDirectory : undefined) ?? output.directory;
  needs.push([fromText(output.directory), { manifest }], [fromText(walDirectory), { wal }]);
  return (await needsByFileSystem(needs)).flatMap(({ path, free, needed }) => {
    const finding = space({ path: display(path), ...free, needed, isEstimate: true });
    return refuseFull(finding, say('doctor.space.refused')) ?? [];
  });
}

/** Where each part goes; the data directory last, as servers list it. */
function placesOf(
  output: Extract<BackupTarget, { kind: 'plain' | 'tar' }>,
  rows: readonly TablespaceRow[],
): [string, TablespaceRow][] {
  const { directory } = output;
  if (output.kind === 'tar') return rows.map((row) => [directory, row]);
  const placed = placeTablespaces(rows, output.mappings ?? [], directory);
  return [
    ...placed.map(({ row, directory: place }): [string, TablespaceRow] => [place, row]),
    ...rows.filter(({ location }) => location === undefined).map((row): [string, TablespaceRow] => [directory, row]),
  ];
}
