import { appendFileSync, linkSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  contentOf,
  MiB,
  positionAt,
  sourceOf,
  systemIdentifier,
  TestWalDirectory,
  walBytes,
} from '../../test/support/wal-directory.ts';
import { compress } from '../compression/decompress.ts';
import { parseLsn } from '../wal/lsn.ts';
import { openWalDirectory } from './directory-store.ts';

let wal: TestWalDirectory;

beforeEach(() => {
  wal = new TestWalDirectory();
});

afterEach(() => wal.remove());

it('is not begun in a repository or an archive, nor as one; what was begun there goes on', async () => {
  for (const [identity, key] of [
    ['gausskeep-repository.json', 'repo.is-repository'],
    ['gausskeep-archive.json', 'repo.is-archive'],
  ] as const) {
    const place = new TestWalDirectory();
    writeFileSync(place.file(identity), '{}');
    await expect(place.begun()).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY', sentence: { key } });
    const inner = place.file('inner');
    mkdirSync(inner);
    const begin = () => place.begun(MiB, { directory: inner });
    await expect(begin()).rejects.toMatchObject({ hint: { key: 'repo.nested.hint' } });
    writeFileSync(`${inner}/000000010000000000000001`, walBytes(BigInt(MiB), MiB));
    await begin();
    await place.remove();
  }
});

describe('what a directory holds', () => {
  const whole = (segment: bigint) => walBytes(segment * BigInt(MiB), MiB);

  it('is nothing in an empty one, and in one with other files', async () => {
    writeFileSync(wal.file('00000002.history'), '');
    writeFileSync(wal.file('000000010000000000000001.backup'), '');
    // No segment of 1 MiB has this number.
    writeFileSync(wal.file('000000010000000000001000'), whole(1n));
    const store = await wal.begun();
    expect(await store.newest()).toBeUndefined();
    expect(await store.find(positionAt('0/100000'))).toBeUndefined();
  });

  it.each<[string, string[], { timeline: number; startLsn: string; isWhole: boolean; file: string }]>([
    [
      'plain',
      ['000000010000000000000001', '000000010000000000000002.partial'],
      { timeline: 1, startLsn: '0/200000', isWhole: false, file: '000000010000000000000002.partial' },
    ],
    [
      'gzip before plain',
      ['000000010000000000000001.gz', '000000010000000000000002', '000000010000000000000003.gz.partial'],
      { timeline: 1, startLsn: '0/300000', isWhole: false, file: '000000010000000000000003.gz.partial' },
    ],
    [
      'lz4 after gzip',
      ['000000010000000000000001.gz', '000000010000000000000002.lz4'],
      { timeline: 1, startLsn: '0/200000', isWhole: true, file: '000000010000000000000002.lz4' },
    ],
    [
      'zstd',
      ['000000010000000000000001', '000000010000000000000002.zst'],
      { timeline: 1, startLsn: '0/200000', isWhole: true, file: '000000010000000000000002.zst' },
    ],
    [
      'whole before its beginning',
      ['000000010000000000000001.gz', '000000010000000000000001.partial'],
      { timeline: 1, startLsn: '0/100000', isWhole: true, file: '000000010000000000000001.gz' },
    ],
    [
      'timeline before position',
      ['000000020000000000000001', '000000010000000000000002.partial'],
      { timeline: 2, startLsn: '0/100000', isWhole: true, file: '000000020000000000000001' },
    ],
    [
      'timeline before whole',
      ['000000010000000000000002', '000000020000000000000002.partial'],
      { timeline: 2, startLsn: '0/200000', isWhole: false, file: '000000020000000000000002.partial' },
    ],
    [
      'past 1/0',
      ['000000010000000000000FF', '00000001000000010000000A.gz', '0000000100000000FFFFFFFF'],
      { timeline: 1, startLsn: '1/A00000', isWhole: true, file: '00000001000000010000000A.gz' },
    ],
  ])('is the newest of a mixed history: %s', async (_, files, expected) => {
    for (const name of files) {
      const content = whole(1n);
      const suffix = /\.(gz|lz4|zst)/.exec(name)?.[1];
      const kind =
        suffix === undefined ? undefined : ({ gz: 'gzip', lz4: 'lz4', zst: 'zstd' } as const)[suffix as 'gz'];
      writeFileSync(wal.file(name), kind === undefined ? content : await contentOf(compress(sourceOf(content), kind)));
    }
    const store = await wal.begun();
    const newest = await store.newest();
    expect(newest).toMatchObject({
      timeline: expected.timeline,
      startLsn: parseLsn(expected.startLsn),
      isWhole: expected.isWhole,
    });
    expect(newest?.from).toBe(wal.file(expected.file));
    expect((await contentOf(newest?.read())).equals(whole(1n))).toBe(true);
    expect(wal.warnings).toEqual([]);
  });

  it('counts a whole one only with the right size, and says which it passes over', async () => {
    writeFileSync(wal.file('000000010000000000000001'), whole(1n));
    writeFileSync(wal.file('000000010000000000000002'), whole(2n).subarray(1));
    // The last four bytes say 1 MiB, the content does not.
    writeFileSync(wal.file('000000010000000000000003.gz'), Buffer.concat([gzipSync(whole(3n)), gzipSync(whole(3n))]));
    writeFileSync(wal.file('000000010000000000000004.gz'), gzipSync(whole(4n).subarray(0, 4096)));
    writeFileSync(wal.file('000000010000000000000005.gz'), gzipSync(whole(5n)).subarray(0, 3000));
    const store = await wal.begun();
    expect(await store.newest()).toMatchObject({ startLsn: parseLsn('0/100000'), isWhole: true });
    expect(wal.warnings).toEqual([
      `segment file "${wal.path}/000000010000000000000005.gz" cannot be read to its end, skipping: gzip data ends early`,
      `compressed segment file "${wal.path}/000000010000000000000004.gz" has incorrect uncompressed size 4096, skipping`,
      expect.stringMatching(/000000010000000000000003\.gz" has incorrect uncompressed size \d+, skipping$/),
      `segment file "${wal.path}/000000010000000000000002" has incorrect size 1048575, skipping`,
    ]);
  });

  it('is read to where it ends: a beginning quietly, a whole one as damage', async () => {
    writeFileSync(wal.file('000000010000000000000001.gz'), gzipSync(whole(1n)));
    const store = await wal.begun();
    const held = await store.find(positionAt('0/100000'));
    writeFileSync(wal.file('000000010000000000000001.gz'), gzipSync(whole(1n)).subarray(0, 5000));
    await expect(contentOf(held?.read())).rejects.toMatchObject({ code: 'CORRUPT' });
    writeFileSync(wal.file('000000010000000000000002.gz.partial'), gzipSync(whole(2n)).subarray(0, 400_000));
    const content = await contentOf((await store.find(positionAt('0/200000')))?.read());
    expect(content.length).toBeGreaterThan(0);
    expect(whole(2n).subarray(0, content.length).equals(content)).toBe(true);
  });

  it('must be of the instance of the server', async () => {
    writeFileSync(wal.file('000000010000000000000001'), whole(1n));
    // An empty beginning tells nothing.
    writeFileSync(wal.file('000000010000000000000002.partial'), Buffer.alloc(MiB));
    const store = await openWalDirectory({ directory: wal.path });
    await expect(store.begin({ systemIdentifier: '42', segmentSizeBytes: MiB })).rejects.toMatchObject({
      code: 'SYSTEM_MISMATCH',
      message: `directory "${wal.path}" holds the WAL of another database system: its identifier is ${systemIdentifier}, that of the server is 42`,
    });
    await expect(store.begin({ systemIdentifier, segmentSizeBytes: 2 * MiB })).rejects.toMatchObject({
      code: 'SYSTEM_MISMATCH',
    });
    expect(wal.names()).toEqual(['000000010000000000000001', '000000010000000000000002.partial']);
    await wal.begun();
  });

  it('loses the names that a killed run left, and nothing else', async () => {
    const kept = [
      '000000010000000000000001',
      '000000010000000000000002.partial',
      '00000002.history',
      '00000002.history.tmp',
    ];
    for (const name of kept) writeFileSync(wal.file(name), '');
    writeFileSync(wal.file('00000003.history.tmp-0d4f8a52-3c1f-4a4f-9a55-111111111111'), '');
    linkSync(wal.file(kept[0] ?? ''), wal.file('000000010000000000000001.partial'));
    await wal.begun();
    expect(wal.names()).toEqual(['.gausskeep.lock', ...kept]);
  });
});

describe('the rest of a directory store', () => {
  it('says that there is no such directory as pg_receivewal does', async () => {
    const missing = wal.file('missing');
    await expect(openWalDirectory({ directory: missing })).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
      message: `could not open directory "${missing}": No such file or directory`,
    });
    writeFileSync(missing, '');
    await expect(openWalDirectory({ directory: missing })).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
      message: expect.stringContaining('Not a directory') as string,
    });
  });

  it('refuses a level that the codec does not have', async () => {
    const compression = { method: 'gzip', level: 12 } as const;
    await expect(openWalDirectory({ directory: wal.path, compression })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('lets one receiver in at a time', async () => {
    const store = await wal.begun();
    const second = await openWalDirectory({ directory: wal.path });
    await expect(second.begin({ systemIdentifier, segmentSizeBytes: MiB })).rejects.toMatchObject({ code: 'LOCKED' });
    await second.close();
    await store.close();
    await wal.begun();
  });

  it('stores a history once', async () => {
    const store = await wal.begun();
    const history = '1\t0/2000000\tno recovery target specified\n';
    expect(await store.readHistory(2)).toBeUndefined();
    await store.putHistory(2, history);
    await store.putHistory(2, history);
    expect(await store.readHistory(2)).toBe(history);
    expect(readFileSync(wal.file('00000002.history'), 'utf8')).toBe(history);
    await expect(store.putHistory(2, 'other')).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    await store.putHistory(0x1a, history);
    expect(wal.names()).toEqual(['.gausskeep.lock', '00000002.history', '0000001A.history']);
  });

  it('has one line, and no place for gaps', async () => {
    const store = await wal.begun();
    await expect(store.startGeneration({ timeline: 1, forkLsn: parseLsn('0/100000') })).rejects.toMatchObject({
      code: 'USAGE',
    });
    const beginLsn = parseLsn('0/100000');
    await store.recordGap({ timeline: 1, beginLsn, endLsn: beginLsn, reason: '' });
    appendFileSync(wal.file('unrelated'), '');
    expect(wal.names()).toEqual(['.gausskeep.lock', 'unrelated']);
  });
});
