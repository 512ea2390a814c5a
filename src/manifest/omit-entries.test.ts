import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { lsn } from '../wal/lsn.ts';
import { ManifestExtension } from './extend-manifest.ts';
import { OmittedEntries } from './omit-entries.ts';
import { ManifestWriter, type WrittenFile } from './writer.ts';

const names = ['PG_VERSION', 'base/1/1259', 'gausskeep.json', 'gausskeep_config/ü.conf', 'odd "name"', '],'];

function manifestOf(files: readonly WrittenFile[], forceEncode: boolean): Buffer {
  const writer = new ManifestWriter({ systemIdentifier: 7n, forceEncode });
  const range = { timeline: 1, startLsn: lsn(0x2000028n), endLsn: lsn(0x2000100n) };
  return Buffer.concat([...files.map((one) => writer.addFile(one)), writer.addWalRange(range), writer.finish()]);
}

function without(manifest: Buffer, omitted: readonly string[], pieceSize: number): Buffer {
  const entries = new OmittedEntries(new Set(omitted.map((name) => fromText(name))));
  const extension = new ManifestExtension([]);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < manifest.length; at += pieceSize) {
    pieces.push(Buffer.from(extension.push(entries.push(manifest.subarray(at, at + pieceSize)))));
  }
  entries.finish();
  return Buffer.concat([...pieces, extension.finish()]);
}

describe('OmittedEntries', () => {
  it('leaves a manifest as it would be without these files, wherever they stand and however it comes', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray(names, { minLength: 1 }),
        fc.subarray(names),
        fc.integer({ min: 1, max: 900 }),
        fc.boolean(),
        (listed, omitted, pieceSize, forceEncode) => {
          fc.pre(listed.some((name) => !omitted.includes(name)));
          const files = listed.map((name): WrittenFile => ({
            path: fromText(name),
            size: 3,
            mtime: 1_700_000_000,
            algorithm: 'CRC32C',
            checksum: '8bdb7fae',
          }));
          const kept = files.filter((_, index) => !omitted.includes(listed[index] ?? ''));
          const bytes = without(manifestOf(files, forceEncode), omitted, pieceSize);
          expect(bytes.toString()).toBe(manifestOf(kept, forceEncode).toString());
        },
      ),
    );
  });

  it('refuses what it does not know', () => {
    const entry = '{ "Files": [\n{ "Path": "a", "Size": 1 },';
    expect(() => without(Buffer.from(`${entry} { "Path": "b" }\n],\n`), ['b'], 9)).toThrow(/not those that a server/);
    expect(() => without(Buffer.from(`${entry}\n`), ['b'], 9)).toThrow(/not those/);
    expect(() => without(Buffer.from(`{${' '.repeat(40_000)}`), ['b'], 500)).toThrow(/not those/);
  });
});
