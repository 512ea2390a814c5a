import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { onePiece } from '../bytes/one-piece.ts';
import { MemoryConnection } from '../../test/support/memory-connection.ts';
import { fixtureRoot, readConnection } from '../../test/support/opengauss/recordings.ts';
import type { Connection } from '../connection/connection.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import { parseLsn } from '../wal/lsn.ts';
import { baseBackupCommand } from './backup-command.ts';
import type { BaseBackupRequest } from './base-backup.ts';
import { identifySystem, identifyVersion } from './identify.ts';
import { createSlot, createSlotCommand, dropSlot, slotWord } from './slots.ts';

const opengauss = capabilitiesOf(identifyOpengauss('5.0.5'));
const postgresql = (major: number): ReturnType<typeof capabilitiesOf> =>
  capabilitiesOf(identifyPostgresql(`${major}.0`));

const least: BaseBackupRequest = {
  label: 'l',
  progress: false,
  checkpoint: 'spread',
  includeWal: false,
  noWait: false,
  maxRateKib: undefined,
  tablespaceMap: false,
  verifyChecksums: true,
  manifest: undefined,
};
const most: BaseBackupRequest = {
  ...least,
  label: "a 'b' c",
  progress: true,
  checkpoint: 'fast',
  includeWal: true,
  noWait: true,
  maxRateKib: 1024,
  tablespaceMap: true,
};
const checksums = { verifyChecksums: false, manifest: { checksums: 'SHA256', forceEncode: true } };

describe('BASE_BACKUP', () => {
  it.each([
    [10, most, "BASE_BACKUP LABEL 'a ''b'' c' PROGRESS WAL FAST NOWAIT MAX_RATE 1024 TABLESPACE_MAP"],
    [11, { ...least, verifyChecksums: false }, "BASE_BACKUP LABEL 'l' NOVERIFY_CHECKSUMS"],
    [12, least, "BASE_BACKUP LABEL 'l'"],
    [
      13,
      { ...most, ...checksums },
      "BASE_BACKUP LABEL 'a ''b'' c' PROGRESS WAL FAST NOWAIT MAX_RATE 1024 TABLESPACE_MAP NOVERIFY_CHECKSUMS MANIFEST 'force-encode' MANIFEST_CHECKSUMS 'SHA256'",
    ],
    [15, least, "BASE_BACKUP (LABEL 'l', CHECKPOINT 'spread', MANIFEST 'no')"],
    [
      16,
      { ...most, ...checksums },
      "BASE_BACKUP (LABEL 'a ''b'' c', PROGRESS, WAL, CHECKPOINT 'fast', WAIT 0, MAX_RATE 1024, TABLESPACE_MAP, VERIFY_CHECKSUMS 0, MANIFEST 'force-encode', MANIFEST_CHECKSUMS 'SHA256')",
    ],
    [
      18,
      {
        ...least,
        incremental: onePiece(Buffer.alloc(0)),
        target: { name: 'server', detail: '/d' },
        compression: { method: 'zstd', detail: 'level=3' },
      },
      "BASE_BACKUP (LABEL 'l', CHECKPOINT 'spread', MANIFEST 'no', INCREMENTAL, TARGET 'server', TARGET_DETAIL '/d', COMPRESSION 'zstd', COMPRESSION_DETAIL 'level=3')",
    ],
  ] as const)('PostgreSQL %i', (major, request, command) => {
    expect(baseBackupCommand(postgresql(major), request)).toBe(command);
  });

  it('openGauss, as its own client sends it', () => {
    const request = { ...most, label: 'gs_basebackup base backup', maxRateKib: undefined };
    expect(baseBackupCommand(opengauss, request)).toBe(
      "BASE_BACKUP LABEL 'gs_basebackup base backup' PROGRESS WAL FAST NOWAIT TABLESPACE_MAP",
    );
  });

  it.each([
    [10, { verifyChecksums: false }],
    [12, { manifest: { checksums: 'NONE', forceEncode: false } }],
    [14, { compression: { method: 'gzip' } }],
    [16, { incremental: onePiece(Buffer.alloc(0)) }],
    [17, { maxRateKib: 31 }],
    [17, { maxRateKib: 1_048_577 }],
    [17, { label: 'x'.repeat(1025) }],
    [17, { label: 'two\nlines' }],
  ])('PostgreSQL %i refuses %o', (major, change) => {
    expect(() => baseBackupCommand(postgresql(major), { ...least, ...change })).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
  });

  it.each(['gs_ctl full build', 'gs_roach_1', 'a "b"', 'a (b)', 'a ]', '{', 'ä'.repeat(512)])(
    'openGauss never gets the label %s',
    (label) => {
      expect(() => baseBackupCommand(opengauss, { ...least, label })).toThrow(
        expect.objectContaining({ code: 'USAGE' }),
      );
    },
  );

  it('WAL is never asked of an openGauss 1.0, or of one whose release is not known', () => {
    for (const version of ['1.0.0', undefined]) {
      const capabilities = capabilitiesOf(identifyOpengauss(version));
      expect(() => baseBackupCommand(capabilities, { ...least, includeWal: true })).toThrow(/no WAL/);
    }
  });

  it('a label cannot end its literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (label) => {
        let command: string;
        try {
          command = baseBackupCommand(postgresql(17), { ...least, label });
        } catch {
          return;
        }
        const literal = /^BASE_BACKUP \(LABEL '((?:[^']|'')*)', CHECKPOINT/su.exec(command);
        expect(literal?.[1]?.replaceAll("''", "'")).toBe(label);
      }),
    );
  });
});

/** What the server answered after the login of a recorded command. */
function recorded(name: string): MemoryConnection {
  const { received, tail } = readConnection(join(fixtureRoot, 'commands', name), 1);
  const ready = received.findIndex((message) => message.type === 'Z');
  return new MemoryConnection(Buffer.concat([...received.slice(ready + 1).map(({ bytes }) => bytes), tail]), 7);
}

describe('recorded answers of openGauss', () => {
  it('IDENTIFY_*', async () => {
    expect(await identifySystem(recorded('identify_system'))).toMatchObject({
      systemIdentifier: '215046882207068335',
      timeline: 1,
      database: undefined,
    });
    expect(await identifyVersion(recorded('identify_version'))).toMatchObject({
      serverVersion: '90204',
      mark: 'MPPDB',
    });
  });

  const slot = { name: 's1', temporary: false, reserveWal: true, fromLsn: parseLsn('0/3000028') };

  it('a slot is created, or was there', async () => {
    const created = recorded('slot_create');
    expect(await createSlot(created, opengauss, slot)).toEqual({ existed: false });
    expect(created.queries).toEqual(['CREATE_REPLICATION_SLOT "s1" PHYSICAL 0/3000028']);
    const notices: unknown[] = [];
    const again: Connection = recorded('slot_create_again');
    const listener = (notice: unknown): void => void notices.push(notice);
    again.onNotice = listener;
    expect(await createSlot(again, opengauss, slot)).toEqual({ existed: true });
    expect(notices).toEqual([]);
    expect(again.onNotice).toBe(listener);
  });

  it('a slot is dropped, or is not there', async () => {
    await dropSlot(recorded('slot_drop'), opengauss, 's1');
    await expect(dropSlot(recorded('slot_drop_unknown'), opengauss, 'nope')).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
      sqlState: '42704',
    });
  });
});

describe('slots', () => {
  it.each([
    [10, true, 'CREATE_REPLICATION_SLOT "s" TEMPORARY PHYSICAL RESERVE_WAL'],
    [14, false, 'CREATE_REPLICATION_SLOT "s" PHYSICAL RESERVE_WAL'],
    [15, true, 'CREATE_REPLICATION_SLOT "s" TEMPORARY PHYSICAL (RESERVE_WAL)'],
  ])('PostgreSQL %i, temporary %s', (major, temporary, command) => {
    expect(createSlotCommand(postgresql(major), { name: 's', temporary, reserveWal: true })).toBe(command);
  });

  it('openGauss has no temporary ones and needs a position', () => {
    expect(() => createSlotCommand(opengauss, { name: 's', temporary: true, reserveWal: true })).toThrow(/temporary/);
    expect(() => createSlotCommand(opengauss, { name: 's', temporary: false, reserveWal: true })).toThrow(/position/);
    expect(createSlotCommand(opengauss, { name: 's', temporary: false, reserveWal: false })).toBe(
      'CREATE_REPLICATION_SLOT "s" PHYSICAL 0/0',
    );
  });

  it.each(['', 'Upper', 'a b', 'a"b', 'x'.repeat(64), '.', '..', 'gs_roach1'])('the name "%s" is refused', (name) => {
    expect(() => slotWord(opengauss, name)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
