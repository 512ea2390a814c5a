import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../bytes/crc32c.ts';
import { BackupError } from '../errors/backup-error.ts';
import { formatLsn } from '../wal/lsn.ts';
import { readControlFile } from './control-file.ts';
import { controlLayoutOf } from './control-layout.ts';

const recorded = gunzipSync(
  readFileSync(new URL('../../test/fixtures/opengauss/pgdata/pg_control.gz', import.meta.url)),
);

/** A control file of `version` with recognisable values at the offsets of the layout, and a right CRC. */
function made(version: number): Buffer {
  const layout = controlLayoutOf(version)!;
  const at = layout.offsets;
  const bytes = Buffer.alloc(8192);
  bytes.writeBigUInt64LE(0xf000_0000_0000_0001n, 0);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(202_307_071, 12);
  bytes.writeUInt32LE(6, at.state);
  bytes.writeBigUInt64LE(0x1_0000_0060n, 32);
  bytes.writeBigUInt64LE(0x1_0000_0028n, at.redo);
  bytes.writeUInt32LE(3, at.timeline);
  bytes.writeBigUInt64LE(0x2_0000_000an, at.minRecoveryPoint);
  [8192, 131_072, 8192, 16 * 1024 * 1024].forEach((size, index) => bytes.writeUInt32LE(size, at.sizes + 4 * index));
  if (at.dataChecksumVersion !== undefined) bytes.writeUInt32LE(1, at.dataChecksumVersion);
  bytes.writeUInt32LE(crc32c(bytes.subarray(0, layout.crc)), layout.crc);
  return bytes;
}

describe('readControlFile', () => {
  it('agrees with pg_controldata on the recorded file', () => {
    const control = readControlFile(recorded);
    expect(control).toMatchObject({
      family: 'opengauss',
      controlVersion: 923,
      catalogVersion: 201_611_171,
      systemIdentifier: 215_046_882_207_068_335n,
      state: 'in production',
      blockSizeBytes: 8192,
      blocksPerSegment: 131_072,
      walBlockSizeBytes: 8192,
      walSegmentSizeBytes: 16 * 1024 * 1024,
      dataChecksumVersion: 1,
      backupEndRequired: false,
      minRecoveryPoint: 0n,
      limits: { maxConnections: 110, maxPreparedTransactions: 20, maxLocksPerTransaction: 256 },
    });
    expect(formatLsn(control.checkpoint.location)).toBe('0/2C000528');
    expect(formatLsn(control.checkpoint.redo)).toBe('0/2C0004A8');
    expect(control.checkpoint.timeline).toBe(1);
    expect(control.checkpoint.nextXid).toBe(14_259n);
    expect(new Date(Number(control.updatedAt) * 1000).toISOString()).toBe('2026-11-20T21:32:53.000Z');
  });

  it.each([1002, 1100, 1201, 1300, 1700, 1800])('reads the PostgreSQL layout %i', (version) => {
    const control = readControlFile(made(version));
    expect(control).toMatchObject({
      family: 'postgresql',
      systemIdentifier: 0xf000_0000_0000_0001n,
      state: 'in production',
      walSegmentSizeBytes: 16 * 1024 * 1024,
      dataChecksumVersion: 1,
    });
    expect(formatLsn(control.checkpoint.redo)).toBe('1/28');
    expect(control.checkpoint.timeline).toBe(3);
    expect(formatLsn(control.minRecoveryPoint)).toBe('2/A');
  });

  it('refuses a changed byte', () => {
    const damaged = Buffer.from(recorded);
    damaged[50] = (damaged[50] ?? 0) ^ 1;
    expect(() => readControlFile(damaged)).toThrow(/damaged/);
  });

  it('refuses PostgreSQL 9.x, other byte orders and short files', () => {
    const old = Buffer.from(recorded);
    old.writeUInt32LE(960, 8);
    expect(() => readControlFile(old)).toThrow(/version 960/);
    old.writeUInt32BE(1300, 8);
    expect(() => readControlFile(old)).toThrow(/byte order/);
    expect(() => readControlFile(recorded.subarray(0, 100))).toThrow(/100 bytes/);
  });

  it('answers any bytes with a value or a BackupError', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 600 }),
        fc.constantFrom(0, 923, 1300, 1800),
        (bytes, version) => {
          const copy = Buffer.from(bytes);
          if (copy.length >= 12) copy.writeUInt32LE(version, 8);
          try {
            readControlFile(copy);
          } catch (error) {
            expect(error).toBeInstanceOf(BackupError);
          }
        },
      ),
    );
  });
});
