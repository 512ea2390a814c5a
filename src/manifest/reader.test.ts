import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHash } from 'node:crypto';
import { display, fromBytes, fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { lsn, parseLsn } from '../wal/lsn.ts';
import { checksumAlgorithms, checksumDigits } from './checksum.ts';
import type { Manifest } from './manifest.ts';
import { ManifestParser, readManifest } from './reader.ts';
import { ManifestWriter, type WrittenFile } from './writer.ts';

function parse(text: string | Uint8Array, pieceSize = 7): Manifest {
  const parser = new ManifestParser();
  const bytes = Buffer.from(text);
  for (let start = 0; start < bytes.length; start += pieceSize) parser.push(bytes.subarray(start, start + pieceSize));
  return parser.finish();
}

function reasonFor(text: string, pieceSize: number): string {
  try {
    parse(text, pieceSize);
  } catch (error) {
    expect(error).toBeInstanceOf(BackupError);
    expect((error as BackupError).code).toBe('CORRUPT');
    return (error as BackupError).message;
  }
  return 'accepted';
}

/** `body` and the last line that proves it. */
function sealed(body: string): string {
  return `${body}"Manifest-Checksum": "${createHash('sha256').update(body).digest('hex')}"}\n`;
}

const version = '{"PostgreSQL-Backup-Manifest-Version": 1';
const inFiles = (file: string): string => `${version}, "Files": [${file}]}\n`;
const inRanges = (range: string): string => `${version}, "WAL-Ranges": [${range}]}\n`;
const unparsable = 'could not parse backup manifest: ';

/** VB-07: the cases of pg_verifybackup's t/005_bad_manifest.pl, by what it must say. */
const badManifests: readonly (readonly [string, string])[] = [
  [`${unparsable}parsing failed`, '{\n'],
  [`${unparsable}unexpected object end`, '{}\n'],
  [`${unparsable}unexpected array start`, '[]\n'],
  [`${unparsable}expected version indicator`, '{"other": 1}\n'],
  [`${unparsable}manifest version not an integer`, '{"PostgreSQL-Backup-Manifest-Version": "one"}\n'],
  [`${unparsable}unexpected manifest version`, '{"PostgreSQL-Backup-Manifest-Version": 9876599}\n'],
  [`${unparsable}unexpected scalar`, `${version}, "Files": true}\n`],
  [`${unparsable}unrecognized top-level field`, `${version}, "More": 1}\n`],
  [`${unparsable}unexpected object start`, `${version}, "Files": {}}\n`],
  [`${unparsable}missing path name`, inFiles('{}')],
  [`${unparsable}both path name and encoded path name`, inFiles('{"Path": "x", "Encoded-Path": "1234"}')],
  [`${unparsable}unexpected file field`, inFiles('{"More": 1}')],
  [`${unparsable}missing size`, inFiles('{"Path": "x"}')],
  [`${unparsable}file size is not an integer`, inFiles('{"Path": "x", "Size": "much"}')],
  [`${unparsable}could not decode file name`, inFiles('{"Encoded-Path": "123", "Size": 0}')],
  ['duplicate path name in backup manifest: "x"', inFiles('{"Path": "x", "Size": 0}, {"Path": "x", "Size": 0}')],
  [`${unparsable}checksum without algorithm`, inFiles('{"Path": "x", "Size": 100, "Checksum": "00"}')],
  [
    'unrecognized checksum algorithm: "MD5"',
    inFiles('{"Path": "x", "Size": 100, "Checksum-Algorithm": "MD5", "Checksum": "00"}'),
  ],
  [
    'invalid checksum for file "x": "0"',
    inFiles('{"Path": "x", "Size": 100, "Checksum-Algorithm": "CRC32C", "Checksum": "0"}'),
  ],
  [`${unparsable}missing start LSN`, inRanges('{"Timeline": 1}')],
  [`${unparsable}missing end LSN`, inRanges('{"Timeline": 1, "Start-LSN": "0/0"}')],
  [`${unparsable}unexpected WAL range field`, inRanges('{"More": 1}')],
  [`${unparsable}missing timeline`, inRanges('{}')],
  [`${unparsable}unexpected object end`, inRanges('{"Timeline": 1, "Start-LSN": "0/0", "End-LSN": "0/0"}')],
  [`${unparsable}timeline is not an integer`, inRanges('{"Timeline": true, "Start-LSN": "0/0", "End-LSN": "0/0"}')],
  [`${unparsable}could not parse start LSN`, inRanges('{"Timeline": 1, "Start-LSN": "x", "End-LSN": "0/0"}')],
  [`${unparsable}could not parse end LSN`, inRanges('{"Timeline": 1, "Start-LSN": "0/0", "End-LSN": "x"}')],
  [`${unparsable}expected at least 2 lines`, `${version}, "Files": [], "Manifest-Checksum": null}\n`],
  [`${unparsable}last line not newline-terminated`, `${version},\n"Files": [],\n"Manifest-Checksum": null}`],
  [
    `invalid manifest checksum: "${'Z'.repeat(64)}"`,
    `${version}, "Files": [],\n"Manifest-Checksum": "${'Z'.repeat(64)}"}\n`,
  ],
];

describe('ManifestParser', () => {
  it('has a case for each of the thirty bad manifests', () => {
    expect(badManifests).toHaveLength(30);
  });

  it.each(badManifests)('says "%s"', (reason, text) => {
    for (const pieceSize of [1, 2, 5, 1 << 20]) expect(reasonFor(text, pieceSize)).toContain(reason);
  });

  it.each([
    ['manifest checksum mismatch', `${version},\n"Files": [],\n"Manifest-Checksum": "${'0'.repeat(64)}"}\n`],
    ['manifest checksum mismatch', `${sealed(`${version},\n"Files": [],\n`)}\n`],
    [`${unparsable}parsing failed`, `${sealed(`${version},\n"Files": [],\n`)}x`],
    [`${unparsable}parsing failed`, `${version},,\n`],
    [`${unparsable}parsing failed`, `${version} "Files"`],
    [`${unparsable}parsing failed`, '{"PostgreSQL-Backup-Manifest-Version": 01}'],
    [`${unparsable}parsing failed`, '{"PostgreSQL-Backup-Manifest-Version": nil}'],
    [`${unparsable}parsing failed`, inFiles('{"Path": "a\\x", "Size": 1}')],
    [`${unparsable}parsing failed`, inFiles('{"Path": "a\\ud800", "Size": 1}')],
    [`${unparsable}parsing failed`, inFiles('{"Path": "a\\u0000b", "Size": 1}')],
    [`${unparsable}parsing failed`, inFiles('{"Path": "a\nb", "Size": 1}')],
    [`${unparsable}parsing failed`, ''],
    [`${unparsable}parsing failed`, '  '],
    [`${unparsable}parsing failed`, `${version}]`],
    [`${unparsable}could not decode file name`, inFiles('{"Encoded-Path": "6100", "Size": 0}')],
    [`${unparsable}file size is not an integer`, inFiles('{"Path": "x", "Size": -1}')],
    [`${unparsable}file size is not an integer`, inFiles('{"Path": "x", "Size": 1e3}')],
    [`${unparsable}file size is not an integer`, inFiles(`{"Path": "x", "Size": 9007199254740992}`)],
    [`${unparsable}manifest system identifier not an integer`, `${version}, "System-Identifier": 1.5}`],
    [
      `${unparsable}WAL range ends at 0/5000028, before its start at 0/6000028`,
      inRanges('{"Timeline": 1, "Start-LSN": "0/6000028", "End-LSN": "0/5000028"}'),
    ],
    [
      `${unparsable}timeline 1 has two WAL ranges`,
      inRanges(
        '{"Timeline": 1, "Start-LSN": "0/1", "End-LSN": "0/2"}, {"Timeline": 1, "Start-LSN": "0/1", "End-LSN": "0/2"}',
      ),
    ],
    [`${unparsable}unexpected scalar`, '"x"'],
    [`${unparsable}unexpected object field`, `${version}, "Manifest-Checksum": "", "Files": []}`],
  ])('says "%s" of %j', (reason, text) => {
    for (const pieceSize of [1, 3, 1 << 20]) expect(reasonFor(text, pieceSize)).toContain(reason);
  });

  it('holds no string without end', () => {
    expect(reasonFor(`{"${'x'.repeat(100_000)}`, 50_000)).toContain(
      'parsing failed: a string is longer than 65536 bytes',
    );
  });

  it('reads version 1 and 2, escapes, encoded paths and numbers in quotes', () => {
    const body = [
      '{ "PostgreSQL-Backup-Manifest-Version": 2, "System-Identifier": 18446744073709551615,',
      '"Files": [',
      '{ "Path": "base/\\u00e4\\"\\\\\\/\\ud83d\\ude00\\n", "Size": "12", "Last-Modified": "x" },',
      '{ "Encoded-Path": "62FF", "Size": 0, "Checksum-Algorithm": "sha256", "Checksum": "AB" }',
      '], "WAL-Ranges": [ { "Timeline": 4294967295, "Start-LSN": "A/5000028", "End-LSN": "a/5000100" } ],',
      '',
    ].join('\n');
    for (const pieceSize of [1, 2, 3, 64, 1 << 20]) {
      const manifest = parse(sealed(body), pieceSize);
      expect(manifest.version).toBe(2);
      expect(manifest.systemIdentifier).toBe(18446744073709551615n);
      expect([...manifest.files.values()]).toEqual([
        { path: fromText('base/ä"\\/😀\n'), size: 12, algorithm: 'NONE', checksum: '' },
        { path: fromBytes(Uint8Array.of(0x62, 0xff)), size: 0, algorithm: 'SHA256', checksum: 'ab' },
      ]);
      expect(manifest.walRanges).toEqual([
        { timeline: 4294967295, startLsn: parseLsn('A/5000028'), endLsn: parseLsn('A/5000100') },
      ]);
    }
    expect(parse(sealed(`${version}, "Files": [],\n`)).systemIdentifier).toBeUndefined();
  });

  it('reads a file in the form that servers write as in any other, and refuses the same', () => {
    const hex = 'ab'.repeat(32);
    const written = (path: string, size: string, algorithm: string, checksum: string): string =>
      `{ "Path": "${path}", "Size": ${size}, "Last-Modified": "2026-01-01 00:00:00 GMT", "Checksum-Algorithm": "${algorithm}", "Checksum": "${checksum}" }`;
    const good = [written('base/1/1', '8192', 'SHA256', hex), written('\u00e4', '0', 'SHA256', hex.toUpperCase())];
    const bodies = [
      good,
      [good[0]!, good[0]!],
      [good[0]!, written('x', '007', 'SHA256', hex)],
      [written('x', '99999999999999999999', 'SHA256', hex)],
      [written('x', '1', 'MD5', hex)],
      [written('x', '1', 'SHA256', 'abc')],
      [written('x', '1', 'SHA256', hex), 'true'],
    ];
    for (const [index, files] of bodies.entries()) {
      const text = sealed(`${version},\n"Files": [\n${files.join(',\n')}\n],\n"WAL-Ranges": []\n,\n`);
      // Pieces of one byte hold no whole object; a second space makes the form another.
      const spaced = sealed(
        `${version},\n"Files": [\n${files.join(',\n').replaceAll('{ ', '{  ')}\n],\n"WAL-Ranges": []\n,\n`,
      );
      const told = [reasonFor(text, text.length), reasonFor(text, 1), reasonFor(spaced, spaced.length)];
      expect(new Set(told.map((reason) => reason.replace(/\d+/g, ''))).size, told.join(' | ')).toBe(1);
      expect(told[0] === 'accepted', told[0]).toBe(index === 0);
    }
    const text = sealed(`${version},\n"Files": [\n${good.join(',\n')}\n],\n"WAL-Ranges": []\n,\n`);
    expect(parse(text, text.length)).toEqual(parse(text, 1));
    expect(parse(text, text.length).files.size).toBe(2);
  });

  it('reads back what the writer wrote', async () => {
    const file = fc.record({
      path: fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => fromBytes(bytes.map((byte) => byte || 1))),
      size: fc.maxSafeNat(),
      mtime: fc.option(fc.integer({ min: 0, max: 4_000_000_000 }), { nil: undefined }),
      algorithm: fc.constantFrom(...checksumAlgorithms),
    });
    const position = fc.bigInt(0n, 0xffff_ffff_ffff_ffffn);
    const range = fc
      .tuple(fc.integer({ min: 1, max: 0xffff_ffff }), position, position)
      .map(([timeline, a, b]) => ({ timeline, startLsn: lsn(a < b ? a : b), endLsn: lsn(a < b ? b : a) }));
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(file, { selector: ({ path }) => path }),
        fc.uniqueArray(range, { selector: ({ timeline }) => timeline }),
        fc.boolean(),
        fc.integer({ min: 1, max: 300 }),
        async (files, walRanges, forceEncode, pieceSize) => {
          const written = files.map((one): WrittenFile => ({
            ...one,
            checksum: 'a7'.repeat(checksumDigits[one.algorithm] / 2),
          }));
          const writer = new ManifestWriter({ systemIdentifier: 42n, forceEncode });
          const pieces = written.map((one) => writer.addFile(one));
          for (const one of walRanges) pieces.push(writer.addWalRange(one));
          const bytes = Buffer.concat([...pieces, writer.finish()]);
          expect(parse(bytes, pieceSize)).toEqual(await readManifest(inPieces(bytes, 65536)));
          const manifest = parse(bytes, pieceSize);
          expect(manifest.walRanges).toEqual(walRanges);
          expect([...manifest.files.values()]).toEqual(
            written.map(({ path, size, algorithm, checksum }) => ({ path, size, algorithm, checksum })),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('never accepts a manifest with one byte changed before its last line', () => {
    const writer = new ManifestWriter({ systemIdentifier: 42n });
    const file: WrittenFile = { path: fromText('PG_VERSION'), size: 3, mtime: 0, algorithm: 'NONE', checksum: '' };
    const good = Buffer.concat([writer.addFile(file), writer.finish()]);
    expect(display([...parse(good).files.keys()][0]!)).toBe('PG_VERSION');
    const lastLine = good.lastIndexOf('"Manifest-Checksum"');
    for (let position = 0; position < lastLine; position++) {
      const bad = Buffer.from(good);
      bad[position] = (bad[position]! + 1) & 0xff;
      expect(() => parse(bad, 1 << 20)).toThrow(BackupError);
    }
  });

  it('answers random bytes with a typed error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => parse(bytes)).toThrow(BackupError);
      }),
    );
  });
});

// eslint-disable-next-line @typescript-eslint/require-await -- a source is asynchronous by contract
async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
}
