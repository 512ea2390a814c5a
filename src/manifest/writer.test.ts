import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromBytes, fromText } from '../bytes/byte-string.ts';
import { parseLsn } from '../wal/lsn.ts';
import { ManifestWriter, type WrittenFile } from './writer.ts';

const label: WrittenFile = {
  path: fromText('backup_label'),
  size: 225,
  mtime: 1_795_200_134.75,
  algorithm: 'CRC32C',
  checksum: '8bdb7fae',
};

function text(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString('utf8');
}

describe('ManifestWriter', () => {
  it('takes whatever time a header of a tar holds', () => {
    for (const [mtime, time] of [
      [Number.MAX_SAFE_INTEGER, '9999-12-31 23:59:59 GMT'],
      [Number.MIN_SAFE_INTEGER, '0000-01-01 00:00:00 GMT'],
      [-1, '1969-12-31 23:59:59 GMT'],
    ] as const) {
      const entry = new ManifestWriter({ systemIdentifier: 1n }).addFile({ ...label, mtime });
      expect(text([entry])).toContain(`"Last-Modified": "${time}"`);
    }
  });

  it('writes what the server writes', () => {
    const writer = new ManifestWriter({ systemIdentifier: 7358123456789012345n });
    const made = text([
      writer.addFile(label),
      writer.addFile({ ...label, path: fromText('base/1/täb"\\\u0001\n'), algorithm: 'NONE', checksum: '' }),
      writer.addWalRange({ timeline: 1, startLsn: parseLsn('0/5000028'), endLsn: parseLsn('0/5000100') }),
      writer.addWalRange({ timeline: 2, startLsn: parseLsn('0/5000100'), endLsn: parseLsn('A/0') }),
      writer.finish(),
    ]);
    const body = [
      '{ "PostgreSQL-Backup-Manifest-Version": 2,',
      '"System-Identifier": 7358123456789012345,',
      '"Files": [',
      '{ "Path": "backup_label", "Size": 225, "Last-Modified": "2026-11-20 18:42:14 GMT", ' +
        '"Checksum-Algorithm": "CRC32C", "Checksum": "8bdb7fae" },',
      '{ "Path": "base/1/täb\\"\\\\\\u0001\\n", "Size": 225, "Last-Modified": "2026-11-20 18:42:14 GMT" }',
      '],',
      '"WAL-Ranges": [',
      '{ "Timeline": 1, "Start-LSN": "0/5000028", "End-LSN": "0/5000100" },',
      '{ "Timeline": 2, "Start-LSN": "0/5000100", "End-LSN": "A/0" }',
      '],',
      '',
    ].join('\n');
    const digest = createHash('sha256').update(body).digest('hex');
    expect(made).toBe(`${body}"Manifest-Checksum": "${digest}"}\n`);
  });

  it('writes version 1 without an identifier, no files and no ranges', () => {
    const writer = new ManifestWriter({ systemIdentifier: undefined });
    expect(text([writer.finish()])).toMatch(
      /^\{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": \[\n\],\n"WAL-Ranges": \[\n\n\],\n"Manifest-Checksum": "[0-9a-f]{64}"\}\n$/,
    );
  });

  it('encodes a path that is no UTF-8, and every path when forced', () => {
    const writer = new ManifestWriter({ systemIdentifier: 1n });
    expect(text([writer.addFile({ ...label, path: fromBytes(Uint8Array.of(0x62, 0xff)) })])).toContain(
      '{ "Encoded-Path": "62ff", "Size"',
    );
    const forced = new ManifestWriter({ systemIdentifier: 1n, forceEncode: true });
    expect(text([forced.addFile(label)])).toContain('{ "Encoded-Path": "6261636b75705f6c6162656c", "Size"');
  });

  it('leaves an unknown time out', () => {
    const writer = new ManifestWriter({ systemIdentifier: 1n });
    expect(text([writer.addFile({ ...label, mtime: undefined })])).toContain('"Size": 225, "Checksum-Algorithm"');
  });

  it('refuses to go back', () => {
    const writer = new ManifestWriter({ systemIdentifier: 1n });
    writer.finish();
    expect(() => writer.addFile(label)).toThrow('in order');
    expect(() => writer.finish()).toThrow('in order');
  });
});
