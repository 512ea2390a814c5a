import type { BackupSource, FactsWanted } from '../backup-source/backup-source.ts';
import { openBackupSource } from '../backup-source/open-backup.ts';
import type { SourceFacts } from '../backup-source/source-facts.ts';
import { checkChain } from '../incremental/chain.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { RestoreRequest } from './request.ts';

/** A backup of a chain that is restored before the one that was asked for. */
export interface EarlierSource {
  readonly source: BackupSource;
  readonly facts: SourceFacts;
}

/** What is read for a restore: the backup, and before it those that it builds on. */
export interface OpenedChain {
  readonly source: BackupSource;
  /** Of the backup, with what holds for all of them: the bytes that will be read, the directories that they lie in. */
  readonly facts: SourceFacts;
  readonly earlier: readonly EarlierSource[];
}

/**
 * Opens the backups of a request and judges whether they fit on top of each other, before anything is written.
 * @throws BackupError as `openBackupSource` and `checkChain`
 */
export async function openChain({ from, basedOn = [] }: RestoreRequest, wanted: FactsWanted): Promise<OpenedChain> {
  const source = await openBackupSource(from, wanted.signal);
  if (basedOn.length === 0) return { source, facts: await source.facts(wanted), earlier: [] };
  const earlier: EarlierSource[] = [];
  for (const location of basedOn) {
    const one = await openBackupSource(location, wanted.signal);
    earlier.push({ source: one, facts: await one.facts({ ...wanted, identity: true, configuration: false }) });
  }
  const last = await source.facts({ ...wanted, identity: true });
  const all = [...earlier.map(({ facts }) => facts), last];
  checkChain(all);
  all.forEach(checkManifest);
  return {
    source,
    earlier,
    facts: {
      ...last,
      earlier: all.slice(0, -1),
      localPaths: [...new Set(all.flatMap(({ localPaths }) => localPaths))],
      totalBytes: all.reduce((sum, { totalBytes }) => sum + totalBytes, 0),
    },
  };
}

/** The manifest is what an incremental backup is built on: it must be that of its own backup. */
function checkManifest({ description: backup, manifest, systemIdentifier: actual }: SourceFacts): void {
  const expected = manifest?.systemIdentifier;
  if (expected === undefined || actual === undefined || expected === actual) return;
  throw new BackupError('SYSTEM_MISMATCH', say('incremental.manifest-instance', { backup, expected, actual }));
}
