import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { lsn } from '../wal/lsn.ts';
import { ManifestExtension } from './extend-manifest.ts';
import { ManifestParser } from './reader.ts';
import { ManifestWriter, type WrittenFile } from './writer.ts';

function file(path: string): WrittenFile {
  return { path: fromText(path), size: 3, mtime: 1_700_000_000, algorithm: 'CRC32C', checksum: '8bdb7fae' };
}

function manifestOf(files: readonly WrittenFile[]): Buffer {
  const writer = new ManifestWriter({ systemIdentifier: 7n });
  const range = { timeline: 1, startLsn: lsn(0x2000028n), endLsn: lsn(0x2000100n) };
  return Buffer.concat([...files.map((one) => writer.addFile(one)), writer.addWalRange(range), writer.finish()]);
}

function extend(manifest: Buffer, added: readonly WrittenFile[], pieceSize: number): Buffer {
  const extension = new ManifestExtension(added);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < manifest.length; at += pieceSize) {
    pieces.push(Buffer.from(extension.push(manifest.subarray(at, at + pieceSize))));
  }
  return Buffer.concat([...pieces, extension.finish()]);
}

describe('ManifestExtension', () => {
  it('adds files in front, and the checksum is right again, at any piece size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), (pieceSize) => {
        const sent = [file('PG_VERSION'), file('base/1/1259'), file('odd "name"')];
        const added = [file('gausskeep_config/postgresql.conf'), file('gausskeep_config/ü.conf')];
        const bytes = extend(manifestOf(sent), added, pieceSize);
        expect(bytes.equals(manifestOf([...added, ...sent]))).toBe(true);
        const parser = new ManifestParser();
        parser.push(bytes);
        expect([...parser.finish().files.keys()]).toEqual([...added, ...sent].map(({ path }) => path));
      }),
      { numRuns: 60 },
    );
  });

  it('refuses what it does not know', () => {
    expect(() => extend(Buffer.from(`{${' '.repeat(9000)}`), [file('a')], 500)).toThrow(/not those that a server/);
    expect(() => extend(Buffer.from('{ "Files": [\n],\n"Other": 1}\n'), [file('a')], 7)).toThrow(/not those/);
  });
});
