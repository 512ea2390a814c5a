/**
 * Everything that reads bytes of others, fed with good samples that were changed: it gives a result or an error that we explain, and
 * asks for no memory by a length that it only read.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/bytes/crc32c.ts';
import { fromBytes, fromText, type ByteString } from '../../src/bytes/byte-string.ts';
import { decompress } from '../../src/compression/decompress.ts';
import { compressionOfName } from '../../src/compression/detect.ts';
import { parseConfiguration } from '../../src/config/configuration-file.ts';
import { parseConnectionString } from '../../src/config/connection-string.ts';
import { findPassword } from '../../src/config/password-file.ts';
import { findService } from '../../src/config/service-file.ts';
import { certificateNames, signatureDigest } from '../../src/connection/certificate.ts';
import { decodeHashChallenge } from '../../src/connection/hash-proof.ts';
import { BackupError } from '../../src/errors/backup-error.ts';
import { readIncrementalFile } from '../../src/incremental/incremental-file.ts';
import { ManifestExtension } from '../../src/manifest/extend-manifest.ts';
import { OmittedEntries } from '../../src/manifest/omit-entries.ts';
import { ManifestParser } from '../../src/manifest/reader.ts';
import { ManifestWriter } from '../../src/manifest/writer.ts';
import { FrameDecoder } from '../../src/protocol/frame-decoder.ts';
import { readControlFile } from '../../src/server/control-file.ts';
import { controlLayoutOf } from '../../src/server/control-layout.ts';
import { readDetail, readRecoveryLine } from '../../src/server/recovery-log.ts';
import { SettingsFile } from '../../src/server/settings-file.ts';
import { readMembers } from '../../src/tar/read-members.ts';
import { parseBackupLabel } from '../../src/wal/backup-label.ts';
import { decodeSegmentIndex, encodeSegmentIndex } from '../../src/wal/segment-index-codec.ts';
import { walFormats } from '../../src/wal/formats/formats.ts';
import { lsn } from '../../src/wal/lsn.ts';
import { indexSegment } from '../support/whole-wal.ts';
import { parseTablespaceMap } from '../../src/wal/tablespace-map.ts';
import { parseTimelineHistory } from '../../src/wal/timeline-history.ts';
import { decodeTwoPhaseFile } from '../../src/wal/two-phase-file.ts';
import { encode, file } from '../support/archives.ts';
import { reused } from '../support/byte-pieces.ts';
import { changed, changes, largestBuffer, requireTyped } from '../support/hostile-bytes.ts';
import { projectRoot } from '../support/project.ts';
import { toolMade } from '../support/tool-sample.ts';
import { built } from '../support/wal-reading.ts';

/** The same changes each time: what is found is found again. */
const seed = 11;

interface Decoder {
  readonly name: string;
  readonly samples: readonly Uint8Array[];
  readonly decode: (bytes: Buffer) => unknown;
  /** Most that one buffer may have beside the bytes themselves, in bytes. */
  readonly limit?: number;
  readonly runs?: number;
}

const fixtures = join(projectRoot, 'test/fixtures');
const recorded = (name: string): Buffer => readFileSync(join(fixtures, 'opengauss', name));
const texts = (...list: readonly string[]): Buffer[] => list.map((text) => Buffer.from(text));
const control = gunzipSync(recorded('pgdata/pg_control.gz'));

/** Reads a stream to its end, in pieces as a socket gives them, and forgets what it was. */
async function drain(source: AsyncIterable<Uint8Array>, limitBytes = 64 * 1024 * 1024): Promise<void> {
  let total = 0;
  for await (const piece of source) {
    total += piece.length;
    if (total > limitBytes) return;
  }
}

function manifest(): Buffer {
  const writer = new ManifestWriter({ systemIdentifier: 42n });
  const files = ['PG_VERSION', 'base/1/"ü"'].map((path) =>
    writer.addFile({ path: fromText(path), size: 3, mtime: 0, algorithm: 'CRC32C', checksum: '8bdb7fae' }),
  );
  const range = { timeline: 1, startLsn: lsn(0x200_0028n), endLsn: lsn(0x200_0100n) };
  return Buffer.concat([...files, writer.addWalRange(range), writer.finish()]);
}

function readTar(format: 'tar' | 'opengauss' | 'detect') {
  return async (bytes: Buffer): Promise<void> => {
    let members = 0;
    for await (const { content } of readMembers(reused(bytes, 700), format)) {
      members += 1;
      // Each has a header: what has more members than blocks goes round in a circle.
      expect(members).toBeLessThanOrEqual(bytes.length / 512);
      await drain(content);
    }
  };
}

const long = `${'d'.repeat(120)}/${'e'.repeat(120)}`;
const tarMembers = [file('a', 'x'.repeat(600)), file(long, 'y'), file('global/pg_control', 'c')];

function incremental(): Buffer {
  const head = Buffer.alloc(8192);
  for (const [at, value] of [0xd3ae1f0d, 2, 9, 3, 4].entries()) head.writeUInt32LE(value, 4 * at);
  return Buffer.concat([head, Buffer.alloc(2 * 8192, 1)]);
}

/** Sessions of a live server: logins, commands, and what was cut. */
const sessions = ['auth-ok-sha256-351', 'auth-native-wrong-password', 'receivexlog-main'].flatMap((name) =>
  readdirSync(join(fixtures, 'opengauss', name))
    .filter((entry) => entry.endsWith('.s2c.bin.gz'))
    .map((entry) => gunzipSync(recorded(join(name, entry))).subarray(0, 20_000))
    // A native client's begins with the answer to its request for TLS.
    .map((bytes) => (bytes[0] === 0x4e && bytes[1] !== 0 ? bytes.subarray(1) : bytes)),
);

function decodeFrames(bytes: Buffer): void {
  const decoder = new FrameDecoder();
  for (let at = 0; at < bytes.length; at += 999) {
    decoder.push(Buffer.from(bytes.subarray(at, at + 999)));
    while (decoder.next() !== undefined);
  }
}

const wal = walFormats.map(({ name, pageMagics }) => ({ name, ...built(pageMagics[0] ?? 0) }));

function parseManifest(bytes: Buffer): void {
  const parser = new ManifestParser();
  for (let at = 0; at < bytes.length; at += 50) parser.push(bytes.subarray(at, at + 50));
  parser.finish();
}

function rewriteManifest(bytes: Buffer): void {
  const entries = new OmittedEntries(new Set([fromText('PG_VERSION')]));
  const extension = new ManifestExtension([]);
  for (let at = 0; at < bytes.length; at += 50) extension.push(entries.push(bytes.subarray(at, at + 50)));
  entries.finish();
  extension.finish();
}

const settings = [
  ...[recorded('pgdata/postgresql.conf.added'), recorded('pgdata/pg_hba.conf.used')],
  ...texts(
    "restore_command = 'cp /a/%f ''%p'''\nrecovery_target_time '2026-11-20 21:28:25.98+00' # x\nstandby_mode=on\n",
    "# Do not edit this file manually!\nprimary_conninfo = 'user=u password=''p\\'''' host=h'\ninclude_dir 'conf.d'\n",
  ),
];

const decoders: readonly Decoder[] = [
  // The longest that a server may send beside CopyData, which is not kept.
  { name: 'messages of a server', samples: sessions, decode: decodeFrames, limit: 16 << 20, runs: 300 },
  { name: 'a tar', samples: [], decode: readTar('tar'), limit: 1 << 20 },
  { name: 'a tar of openGauss', samples: [], decode: readTar('opengauss'), limit: 1 << 20 },
  { name: 'a manifest', samples: [manifest()], decode: parseManifest },
  { name: 'a manifest that is rewritten', samples: [manifest()], decode: rewriteManifest },
  {
    name: 'pg_control',
    samples: [control],
    decode: (bytes) => {
      const version = bytes.length >= 12 ? controlLayoutOf(bytes.readUInt32LE(8)) : undefined;
      // With the right checksum: what was written so is taken at its word.
      if (version !== undefined && bytes.length >= version.crc + 4) {
        bytes.writeUInt32LE(crc32c(bytes.subarray(0, version.crc)), version.crc);
      }
      readControlFile(bytes);
    },
  },
  {
    name: 'a backup label',
    samples: [recorded('pitr/backup_label'), recorded('pitr/archive/000000010000000000000027.00000028.backup')],
    decode: (bytes) => parseBackupLabel(bytes.toString('utf8')),
  },
  {
    name: 'a tablespace map',
    samples: [recorded('pitr/tablespace_map'), ...texts('16384 /a\\\nb\\\\c\n')],
    decode: (bytes) => parseTablespaceMap(bytes, 'all'),
  },
  {
    name: 'a timeline history',
    samples: texts('1\t0/7007E50\tat restore point "rp_x"\n\n# comment\n3\t0/9000000\tno recovery target specified\n'),
    decode: (bytes) => parseTimelineHistory(bytes.toString('utf8'), 4),
  },
  {
    name: 'settings: postgresql.conf, postgresql.auto.conf, recovery.conf',
    samples: settings,
    decode: (bytes) => {
      const edited = new SettingsFile(fromBytes(bytes));
      for (const name of ['restore_command', 'port', 'primary_conninfo']) edited.value(name);
      edited.disable((name) => name.startsWith('recovery'));
      edited.set('port', '1' as ByteString);
      expect(new SettingsFile(edited.text).value('port')).toBe('1');
    },
  },
  {
    name: 'a connection string',
    samples: texts(
      "host=a,b port=1,2 user='o\\'x' password=p\\ q dbname=replication sslmode=verify-full",
      'postgresql://u%20x:p%40w@[::1]:5432,h2:5433/db?sslmode=require&application_name=a%26b',
    ),
    decode: (bytes) => parseConnectionString(bytes.toString('utf8')),
  },
  {
    name: 'a service file',
    samples: texts('# c\n[other]\nhost=x\n\n[mine]\nhost=h\nport=5432\npassword=p\n'),
    decode: (bytes) => findService(bytes.toString('utf8'), 'mine', '/f'),
  },
  {
    name: 'a password file',
    samples: texts('# c\nh\\:x:5432:*:u:p\\\\q\n*:*:*:*:secret\n'),
    decode: (bytes) =>
      findPassword(bytes.toString('utf8'), { host: 'h:x', port: 5432, database: 'replication', user: 'u' }),
  },
  {
    name: 'the configuration file',
    samples: texts('# c\narchive = "/srv/archive"\nbackups = ["/a", \'/b\']\ngeneration = 2\n'),
    decode: (bytes) => parseConfiguration(bytes.toString('utf8'), '/f'),
  },
  {
    name: 'a certificate',
    samples: ['good', 'wrong-host', 'common-name', 'pss', 'ed25519'].map((name) => {
      const pem = readFileSync(join(fixtures, 'tls/verify', `${name}.crt`), 'latin1');
      return Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
    }),
    decode: (bytes) => [certificateNames(bytes), signatureDigest(bytes)],
  },
  {
    name: 'the challenge of a login of openGauss',
    samples: [
      Buffer.concat([
        Buffer.from([0, 0, 0, 2]),
        Buffer.from('ab'.repeat(32) + '01020304'),
        Buffer.from([0, 0, 39, 16]),
      ]),
      Buffer.concat([Buffer.from([0, 0, 0, 2]), Buffer.from('ab'.repeat(32) + '01020304' + 'cd'.repeat(32))]),
    ],
    decode: decodeHashChallenge,
  },
  {
    name: 'an incremental file',
    samples: [incremental()],
    decode: async (bytes) => {
      const { runs } = await readIncrementalFile(fromText('base/1/INCREMENTAL.2'), reused(bytes, 4000));
      for await (const { pages } of runs) expect(pages.length).toBeGreaterThan(0);
    },
    // Numbers of all blocks of a segment file, and the pages that are handed on at once.
    limit: 1 << 20,
  },
  ...wal.map(({ name, wal: source, records }): Decoder => ({
    name: `WAL of ${name}`,
    samples: [source.bytes()],
    decode: (bytes) => {
      const index = indexSegment(bytes, { startLsn: source.startLsn, check: 'every-record' });
      expect(index.recordCount).toBeLessThanOrEqual(Math.max(records.length, bytes.length / 24));
    },
    // A record may have as many bytes as a segment: its pieces are kept as they come.
    limit: 1 << 20,
    runs: 100,
  })),
  ...wal.map(({ name, wal: { format } }): Decoder => ({
    name: `a file of pg_twophase of ${name}`,
    samples: [Buffer.alloc(200, 1), Buffer.alloc(120)],
    decode: (bytes) => decodeTwoPhaseFile(format, bytes),
    runs: 50,
  })),
  {
    name: 'a line of the log of a server',
    samples: texts(
      '2026-11-20 21:28:26.123 UTC [1] LOG:  recovery stopping before commit of transaction 14243, time 2026-11-20 21:28:23.678877+00',
      '2026-11-20 21:28:26.123 UTC,,,1,,6740,,,,LOG,00000,"redo done at 0/28000530",,,,,,,,,"","startup",,0',
      '{"timestamp":"2026-11-20 21:28:26.123 UTC","pid":1,"error_severity":"LOG","message":"redo done at 0/28"}',
    ),
    decode: (bytes) => [readRecoveryLine(bytes.toString('utf8')), readDetail(bytes.toString('utf8'))],
  },
  ...(['sample-1500.lz4', 'sample-1500.zst', 'content-size.zst', 'linked-blocks.lz4'] as const).map(
    (name): Decoder => ({
      name: `${compressionOfName(name) ?? ''}, ${name}`,
      samples: [toolMade(name)],
      decode: (bytes) => drain(decompress(reused(bytes, 500), compressionOfName(name) ?? 'gzip')),
      // A block of lz4 has up to 4 MiB, and stands behind 64 KiB of the one before; a window of zstd up to 8.
      limit: 9 << 20,
      runs: name.startsWith('sample') ? 150 : 40,
    }),
  ),
  {
    name: 'gzip',
    samples: [gzipSync(Buffer.alloc(3000, 'row ')), gzipSync(control)],
    decode: (bytes) => drain(decompress(reused(bytes, 500), 'gzip')),
    limit: 1 << 20,
  },
];

describe('bytes of others', () => {
  it.each(decoders)('$name', async ({ name, samples, decode, limit = 256 * 1024, runs = 200 }) => {
    const format = name === 'a tar of openGauss' ? 'opengauss' : 'tar';
    const good = samples.length > 0 ? samples : [await encode(tarMembers, format)];
    for (const sample of good) if (!name.includes('pg_twophase')) await decode(Buffer.from(sample));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...good), changes, async (sample, list) => {
        const bytes = changed(sample, list);
        const asked = await largestBuffer(async () => {
          try {
            await decode(bytes);
          } catch (error) {
            if (!(error instanceof BackupError)) throw error;
            requireTyped(error);
          }
        });
        expect(asked).toBeLessThanOrEqual(bytes.length + limit);
      }),
      { numRuns: runs, seed },
    );
  });
});

describe('WAL whose checksums are right', () => {
  const record = fc.record({
    rmid: fc.constantFrom(0, 1, 5, 10, 16, 60),
    info: fc.integer({ min: 0, max: 255 }),
    xid: fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
    main: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.integer({ min: 0, max: 300 }).map((size) => new Uint8Array(size).fill(0xff)),
    ),
  });
  it.each(wal.map(({ name, wal: { format } }) => ({ name, format })))(
    'has an index whatever its records hold: $name',
    ({ format }) => {
      fc.assert(
        fc.property(fc.array(record, { minLength: 1, maxLength: 6 }), (list) => {
          const { wal: made } = built(format.pageMagics[0] ?? 0);
          for (const one of list) made.append(one);
          const index = indexSegment(made.bytes(), { startLsn: made.startLsn, check: 'every-record' });
          expect(decodeSegmentIndex(encodeSegmentIndex(index)).events).toHaveLength(index.events.length);
        }),
        { numRuns: 60, seed },
      );
    },
  );
});
