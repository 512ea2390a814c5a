/** What our own programs keep in files and read again, changed by somebody in between: a value, an error that we explain, or nothing known. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText } from '../../src/bytes/byte-string.ts';
import { BackupError } from '../../src/errors/backup-error.ts';
import { lockName, requireUnlocked } from '../../src/files/lock-directory.ts';
import { decodeCompanion, encodeCompanion } from '../../src/manifest/companion.ts';
import { decodeConfigOrigin, encodeConfigOrigin } from '../../src/manifest/config-origin.ts';
import { markerName, readMarker } from '../../src/restore/marker.ts';
import { decodeRecoveryRecord, encodeRecoveryRecord } from '../../src/server/recovery-record.ts';
import { KnownShelf } from '../../src/survey/known-shelf.ts';
import { decodeIdentity, encodeIdentity } from '../../src/wal-archive/archive-identity.ts';
import { decodeGeneration, encodeGeneration } from '../../src/wal-archive/generation.ts';
import { decodeReceipt, encodeReceipt } from '../../src/wal-archive/receipt.ts';
import { encodeSealed } from '../../src/storage/sealed-json.ts';
import { parseReceiverRecord } from '../../src/wal-receiver/status-record.ts';
import { lsn } from '../../src/wal/lsn.ts';
import { changed, changedFields, changes, requireTyped } from '../support/hostile-bytes.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** The same changes each time: what is found is found again. */
const seed = 11;

interface State {
  readonly name: string;
  readonly sample: Uint8Array;
  readonly decode: (bytes: Buffer) => unknown;
  /** It has a checksum of its own, made anew for what was changed: whoever can write the file can do that too. */
  readonly isSealed?: boolean;
}

const at = '2026-11-21T10:00:00.000Z';
const segment = '000000010000000000000005';
const json = (value: unknown): Buffer => Buffer.from(`${JSON.stringify(value)}\n`);
const receiver = {
  ...{ messageType: 'receiver', at, pid: 1, host: 'h', startedAt: at, state: 'streaming', destination: '/a' },
  ...{ server: 's', systemIdentifier: '1', timeline: 1, receivedLsn: '0/1', durableLsn: '0/1', acknowledgedLsn: null },
  ...{ serverEndLsn: '0/2', lagBytes: 1, lagSeconds: 0, caughtUpAt: at, slot: { name: 'x', retainedBytes: 1 } },
  ...{ reconnects: 0, receivedBytes: 5, gaps: [{ timeline: 1, beginLsn: '0/1', endLsn: '0/2', reason: 'r' }] },
  ...{ problem: null, outcome: null, code: null },
};

/** Reads a small file of a directory by a function that takes the directory. */
function inDirectory(name: string, read: (directory: string) => unknown): (bytes: Buffer) => unknown {
  const directory = join(temporaryDirectory(), 'state');
  mkdirSync(directory);
  return (bytes) => {
    writeFileSync(join(directory, name), bytes);
    return read(directory);
  };
}

const shelf = new KnownShelf();
shelf.set(segment, 'key', { index: Buffer.from('index'), proof: undefined });

const states: readonly State[] = [
  {
    name: 'the identity of an archive',
    isSealed: true,
    sample: encodeIdentity({
      ...{ archive: 'ab'.repeat(16), systemIdentifier: 7n, product: 'openGauss', walMagic: 0xd074 },
      ...{ segmentSizeBytes: 1 << 24, createdAt: at },
    }),
    decode: decodeIdentity,
  },
  {
    name: 'a generation',
    isSealed: true,
    sample: encodeGeneration({ number: 2, parent: 1, forkLsn: lsn(5n), createdAt: at, reason: 'pitr' }),
    decode: (bytes) => decodeGeneration(bytes, 2, false),
  },
  {
    name: 'a receipt',
    isSealed: true,
    sample: encodeReceipt({
      ...{ name: segment, sizeBytes: 1 << 24, sha256: 'ab'.repeat(32), codec: 'none', storedBytes: 1, pushedAt: at },
      links: {
        ...{ continuation: 0, first: lsn(1n), previous: lsn(1n), last: lsn(2n), lastComplete: lsn(2n), missing: 1 },
        ...{ end: lsn(3n), overwrites: false, unfinished: { header: Buffer.from('ab'), bodyCrc: 5 } },
      },
    }),
    decode: (bytes) => decodeReceipt(bytes, segment),
  },
  {
    name: 'the record of a recovery',
    sample: encodeRecoveryRecord({
      ...{ product: 'PostgreSQL', version: '17', target: 't', endLsn: lsn(5n), endIsLeast: true, pauses: true },
      lastTransaction: { xid: 3n, timeUs: 1_795_210_103_678_877n, kind: 'commit' },
      ...{ prepared: [{ xid: 4n, gid: 'g' }], pauseImpossible: false, archiveMode: 'off', atTarget: 'pause' },
      ...{ addedSettings: [{ name: 'a', value: '1' }], archive: { place: '/a', generation: 1 }, slots: ['s'] },
      ...{ restoreCommandLine: 'x', ended: { how: 'done', lsn: lsn(6n), text: 'x' } },
    }),
    decode: decodeRecoveryRecord,
  },
  {
    name: 'the companion of a backup',
    sample: encodeCompanion({ missingFiles: ['a/*'], tablespaces: [{ oid: 5, location: '/ts' }] }),
    decode: decodeCompanion,
  },
  {
    name: 'where the configuration was',
    sample: encodeConfigOrigin({ configFile: '/a', hbaFile: '/b', identFile: '/c', configDirectory: '/d' }),
    decode: decodeConfigOrigin,
  },
  {
    name: 'the status of a receiver',
    sample: json(receiver),
    decode: (bytes) => parseReceiverRecord(bytes.toString(), '/s'),
  },
];

/** Files of a directory: made within the test, which removes them. */
const inDirectories: readonly (() => State)[] = [
  () => ({
    name: 'the mark of an unfinished restore',
    sample: json({ systemIdentifier: '7', backup: 'x' }),
    decode: inDirectory(markerName, (directory) => readMarker(fromText(directory))),
  }),
  () => ({
    name: 'a lock',
    sample: json({ pid: 1, host: 'elsewhere', start: '1', boot: 'x' }),
    decode: inDirectory(lockName, (directory) => requireUnlocked(fromText(directory))),
  }),
];

function expectExplained({ sample, decode, isSealed = false }: State, runs = 150): void {
  const attempt = (bytes: Buffer): void => {
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof BackupError)) throw error;
      requireTyped(error);
    }
  };
  fc.assert(
    fc.property(changes, (list) => attempt(changed(sample, list))),
    { numRuns: runs, seed },
  );
  const fields = JSON.parse(Buffer.from(sample).toString()) as Record<string, unknown>;
  delete fields['crc32c'];
  fc.assert(
    fc.property(changedFields(fields), (document) => {
      attempt(isSealed ? encodeSealed(document as Record<string, unknown>) : json(document));
    }),
    { numRuns: 2 * runs, seed },
  );
}

describe('states of ours', () => {
  it.each(states)('$name', (state) => expectExplained(state));

  it.each([0, 1])('in a directory, %i', (index) => expectExplained(inDirectories[index]!(), 40));

  it('what is known of WAL: what is damaged is nothing known', () => {
    const sample = shelf.encode();
    fc.assert(
      fc.property(changes, (list) => {
        const read = KnownShelf.decode(changed(sample, list));
        const found = read.find(segment, 'key');
        expect((found?.index?.length ?? 0) <= sample.length + 64).toBe(true);
      }),
      { numRuns: 300, seed },
    );
  });
});
