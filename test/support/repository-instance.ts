import type { Commit } from '../../src/repository/commit.ts';
import type { Instance } from '../../src/repository/instance.ts';
import { backupName, newId } from '../../src/repository/names.ts';
import { storageBelow } from '../../src/storage/storage-below.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { parseLsn } from '../../src/wal/lsn.ts';

/** An instance in a storage of its own, nothing framed. */
export function plainInstance(storage: Storage): Instance {
  return {
    name: 'orders',
    storage,
    wal: storageBelow(storage, 'wal/'),
    foreignNames: noNames,
    isEncrypted: false,
    identity: undefined,
  };
}

async function* noNames(): AsyncGenerator<string> {
  // Nothing here is encrypted.
}

/** A commit as a first backup would have it. */
export function sampleCommit(more: Partial<Commit> = {}, startedAt = '2026-11-22T15:00:00.000Z'): Commit {
  const backup = newId();
  return {
    backup,
    name: backupName(startedAt, backup),
    systemIdentifier: 7_500_000_000_000_000_001n,
    product: 'PostgreSQL',
    release: '17.2',
    timeline: 1,
    startLsn: parseLsn('0/2000028'),
    endLsn: parseLsn('0/2000100'),
    startedAt,
    endedAt: new Date(Date.parse(startedAt) + 60_000).toISOString(),
    label: 'nightly',
    note: undefined,
    source: 'stream',
    prior: undefined,
    generation: 1,
    files: 3,
    logicalBytes: 300,
    newBytes: 200,
    referencedBytes: 200,
    root: [{ pack: { backup, number: 2 }, offset: 0, storedBytes: 10, rawBytes: 20, codec: 1 }],
    rootPacks: [{ pack: { backup, number: 2 }, sizeBytes: 10 }],
    trust: 'read',
    ...more,
  };
}
