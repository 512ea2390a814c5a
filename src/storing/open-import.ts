import { lstatSync } from 'node:fs';
import { openBackupSource, realDirectory } from '../backup-source/open-backup.ts';
import type { BackupSource } from '../backup-source/backup-source.ts';
import type { SourceFacts } from '../backup-source/source-facts.ts';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import { openContent } from '../packs/content-reader.ts';
import type { Catalogue } from '../repository/catalogue.ts';
import type { Commit } from '../repository/commit.ts';
import type { Storage } from '../storage/storage.ts';
import { parseBackupLabel, type BackupLabel } from '../wal/backup-label.ts';
import { proveImportedWal, type NeededWalEnd } from './imported-wal.ts';

/** A backup that can be imported, before anything of it is stored. */
export interface OpenedImport {
  /** Its directory, without links. */
  readonly directory: ByteString;
  readonly source: BackupSource;
  readonly facts: SourceFacts;
  readonly systemIdentifier: bigint;
  readonly wal: NeededWalEnd;
}

/**
 * Opens a backup of any tool and judges what it says of itself. Its WAL is read, its files are not.
 * @param from plain or tars, an existing directory
 * @throws BackupError `BACKUP_NOT_FOUND`; `USAGE` for a data directory that a server has, or an incremental backup; `CORRUPT`, `WAL_MISSING`, `LOCKED`
 */
export async function openImport(from: string, signal: AbortSignal): Promise<OpenedImport> {
  const directory = realDirectory(fromText(from));
  refuseDataDirectory(directory);
  const source = await openBackupSource({ kind: 'directory', path: from }, signal);
  const facts = await source.facts({ identity: true, configuration: false, signal });
  const { label, description, systemIdentifier } = facts;
  if (label.incrementalFrom !== undefined) {
    throw new BackupError('USAGE', say('importing.incremental', { backup: description }), {
      hint: say('importing.incremental.hint'),
    });
  }
  // The facts were asked for it.
  if (systemIdentifier === undefined) throw new Error('a backup without an identity');
  const wal = await proveImportedWal(display(directory), facts, { signal });
  return { directory, source, facts, systemIdentifier, wal };
}

/** A backup has no postmaster.pid: nobody can say from outside whether a server runs there, and what it writes meanwhile is no backup. */
function refuseDataDirectory(directory: ByteString): void {
  if (lstatSync(fsPath(joinPath(directory, 'postmaster.pid')), { throwIfNoEntry: false }) === undefined) return;
  throw new BackupError('USAGE', say('importing.data-directory', { path: display(directory) }), {
    hint: say('importing.data-directory.hint'),
  });
}

/** The backup of a catalogue that is the same: of the same instance, with the same backup_label. One that cannot be read is none. */
export async function findSame(
  storage: Storage,
  { backups }: Catalogue,
  { systemIdentifier, facts: { label } }: Pick<OpenedImport, 'systemIdentifier' | 'facts'>,
  signal: AbortSignal,
): Promise<Commit | undefined> {
  for (const { commit } of backups) {
    if (commit.systemIdentifier !== systemIdentifier || commit.startLsn !== label.startLsn) continue;
    const stored = await storedLabel(storage, commit, signal);
    if (stored !== undefined && isSame(stored, label)) return commit;
  }
  return undefined;
}

function isSame(one: BackupLabel, other: BackupLabel): boolean {
  const told = (label: BackupLabel): readonly unknown[] => [
    ...[label.startLsn, label.startTimeline, label.checkpointLsn],
    ...[label.method, label.from, label.startTime, label.label],
  ];
  const [first, second] = [told(one), told(other)];
  return first.every((value, index) => value === second[index]);
}

async function storedLabel(storage: Storage, { root }: Commit, signal: AbortSignal): Promise<BackupLabel | undefined> {
  try {
    const reader = await openContent(storage, root, { signal });
    for await (const record of reader.records({ signal })) {
      if (record.kind !== 'file' || record.part.oid !== undefined || record.name !== 'backup_label') continue;
      const pieces: Buffer[] = [];
      for await (const piece of reader.content(record, { signal })) pieces.push(Buffer.from(piece));
      return parseBackupLabel(Buffer.concat(pieces).toString('utf8'));
    }
  } catch (error) {
    if (!(error instanceof BackupError) || (error.code !== 'CORRUPT' && error.code !== 'OBJECT_NOT_FOUND')) throw error;
  }
  return undefined;
}
