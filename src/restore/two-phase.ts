import { existsSync, readdirSync, rmSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { StorageOptions } from '../storage/storage.ts';
import { takeInventory } from '../survey/inventory.ts';
import { readLine } from '../survey/read-line.ts';
import { findPlainPlace } from '../survey/wal-place.ts';
import type { BackupLabel } from '../wal/backup-label.ts';
import { twoPhaseFileName } from '../wal/two-phase-file.ts';
import { LineWalker } from '../window/wal-line.ts';

export interface TwoPhaseOptions extends StorageOptions {
  readonly label: BackupLabel;
  readonly walDirectory: string;
  readonly systemIdentifier: bigint;
  /** Transactions whose PREPARE will be replayed; undefined: the WAL that is in the copy tells. */
  readonly replayed: ReadonlySet<bigint> | undefined;
}

/**
 * Removes the files of pg_twophase whose transactions the WAL prepares again. The server reads them before it replays, and
 * then takes the record for one that it has already, or the file for one of the future: the transaction is lost, or the
 * recovery fails. Source: restoreTwoPhaseData, PrepareRedoAdd, twophase.c.
 * @returns the names of the files
 */
export async function removeReplayedTwoPhase(directory: ByteString, options: TwoPhaseOptions): Promise<string[]> {
  const folder = joinPath(directory, 'pg_twophase');
  const names = existsSync(fsPath(folder))
    ? readdirSync(fsPath(folder)).filter((name) => twoPhaseFileName.test(name))
    : [];
  if (names.length === 0) return [];
  const xids = new Map(names.map((name) => [BigInt(`0x${name.slice(-8)}`), name]));
  const replayed = options.replayed ?? (await preparedInWal(directory, xids, options));
  const removed = [...xids].filter(([xid]) => replayed.has(xid)).map(([, name]) => name);
  for (const name of removed) {
    const path = joinPath(folder, name);
    try {
      rmSync(fsPath(path));
    } catch (error) {
      throw fileFailure('remove', path, error);
    }
  }
  return removed.sort();
}

/** Which of `xids` are prepared in the WAL of the copy, from where its replay begins. */
async function preparedInWal(
  directory: ByteString,
  xids: ReadonlyMap<bigint, string>,
  { label, walDirectory, systemIdentifier, signal }: TwoPhaseOptions,
): Promise<ReadonlySet<bigint>> {
  const path = display(joinPath(directory, walDirectory));
  const place = await findPlainPlace(await openLocalStorage(path), path, { signal, systemIdentifier });
  const inventory = place && (await takeInventory([place], { signal, from: label.startLsn }));
  const found = new Set<bigint>();
  if (inventory === undefined) return found;
  const line = { generation: undefined, timeline: label.startTimeline, history: [] };
  const walker = new LineWalker();
  for await (const segment of readLine(inventory, line, { signal, from: label.startLsn })) {
    for (const item of walker.step(segment)) {
      if (item.kind !== 'event' || item.event.kind !== 'prepare' || item.event.startLsn < label.startLsn) continue;
      if (xids.has(item.event.xid)) found.add(item.event.xid);
    }
  }
  return found;
}
