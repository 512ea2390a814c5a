import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { getWal, type GetRequest } from '../../src/archiving/get-wal.ts';
import { openPlainWal } from '../../src/wal-archive/plain-wal.ts';
import { compressed, type Codec } from '../../src/wal-archive/codec.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { pieces } from '../contract/storage.contract.ts';
import { fixtureSystemIdentifier, fixtureWal } from '../support/fixture-wal.ts';
import { toolMade } from '../support/tool-sample.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;

async function packed(codec: Codec, bytes: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const piece of compressed(codec, pieces(bytes, 1024 * 1024)())) parts.push(Buffer.from(piece));
  return Buffer.concat(parts);
}

describe('a directory of WAL that other tools made', () => {
  let parent: string;
  let files: Map<string, Buffer>;
  let storage: MemoryStorage;
  const put = (name: string, bytes: Uint8Array) => storage.put(name, pieces(bytes, 1024 * 1024));
  const file = (digits: string) => files.get(segment(digits))!;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-foreign-'));
    files = await fixtureWal();
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  beforeEach(() => {
    storage = new MemoryStorage();
  });
  const get = async (name: string, more: Partial<GetRequest> = {}) => {
    const target = join(await mkdtemp(join(parent, 'target-')), 'RECOVERYXLOG');
    const result = await getWal({
      storage,
      name,
      target,
      systemIdentifier: fixtureSystemIdentifier,
      ...more,
    });
    if (result.outcome === 'absent') return 'absent';
    const local = await openLocalStorage(join(target, '..'));
    const parts: Buffer[] = [];
    for await (const piece of local.get('RECOVERYXLOG')) parts.push(Buffer.from(piece));
    return Buffer.concat(parts);
  };

  it('is read as it is: plain, gzip, lz4, zstd, partial, history', async () => {
    await put(segment('26'), file('26'));
    await put(`${segment('27')}.gz`, gzipSync(file('27')));
    await put(`${segment('28')}.lz4`, await packed('lz4', file('28')));
    await put(`${segment('29')}.zst`, await packed('zstd', file('29')));
    await put(`${segment('2A')}.partial`, file('2A').subarray(0, 40_000));
    await put(`${segment('2B')}.gz.partial`, gzipSync(file('2B').subarray(0, 40_000)));
    await put('00000002.history', Buffer.from('1\t0/28000000\treason\n'));
    await put('notes.txt', Buffer.from('not WAL'));
    for (const digits of ['26', '27', '28', '29']) {
      const got = await get(segment(digits));
      expect(Buffer.isBuffer(got) && got.equals(file(digits)), digits).toBe(true);
    }
    // Only the last may be a beginning.
    await expect(get(segment('2A'))).rejects.toMatchObject({ code: 'WAL_MISSING' });
    const padded = await get(segment('2B'));
    expect(padded).toHaveLength(file('2B').length);
    expect((await get('00000002.history')).toString()).toBe('1\t0/28000000\treason\n');
    const source = await openPlainWal(storage);
    const listed: string[] = [];
    for await (const object of source.list()) listed.push(object.file.name);
    expect(listed).toEqual([
      ...[segment('26'), segment('27'), segment('28'), segment('29')],
      ...[`${segment('2A')}.partial`, `${segment('2B')}.partial`],
      '00000002.history',
    ]);
    expect(source).toMatchObject({ systemIdentifier: fixtureSystemIdentifier, segmentSizeBytes: 16 * 1024 * 1024 });
  });

  it('judges files by their content: half-written and foreign ones are no segments, and no proof of absence', async () => {
    await put(segment('26'), file('26'));
    await put(segment('27'), file('27').subarray(0, 100_000));
    await put(segment('28'), file('29'));
    await put(`${segment('29')}.gz`, gzipSync(file('29')).subarray(0, 10));
    await put(segment('2A'), Buffer.alloc(file('2A').length));
    for (const digits of ['27', '28', '29', '2A']) {
      await expect(get(segment(digits)), digits).rejects.toMatchObject({ code: 'CORRUPT' });
    }
    expect(await get(segment('2B'))).toBe('absent');
  });

  it('finds damage deep inside a compressed segment', async () => {
    const bytes = gzipSync(file('27'));
    await put(`${segment('27')}.gz`, bytes.subarray(0, bytes.length - 4));
    await expect(get(segment('27'))).rejects.toMatchObject({ code: 'CORRUPT' });
  });

  it('proves absence only when it is known whose it must be, and is', async () => {
    await put(segment('26'), file('26'));
    expect(await get(segment('27'))).toBe('absent');
    await expect(get(segment('27'), { systemIdentifier: undefined })).rejects.toMatchObject({ code: 'WAL_MISSING' });
    await expect(get(segment('27'), { systemIdentifier: 1n })).rejects.toMatchObject({ code: 'SYSTEM_MISMATCH' });
    await expect(get(segment('26'), { generation: 1 })).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
  });

  it('proves nothing when it is empty or holds other things', async () => {
    await expect(get(segment('26'))).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    await put('readme', Buffer.from('x'));
    await expect(get(segment('26'))).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
  });

  it('reads what the gzip, lz4 and zstd programs write', async () => {
    const gzip = execFileSync('gzip', ['-c'], { input: file('27'), maxBuffer: 1 << 26 });
    for (const [suffix, bytes] of [
      ['.gz', gzip],
      ['.lz4', toolMade(`${segment('27')}.lz4`)],
      ['.zst', toolMade(`${segment('27')}.zst`)],
    ] as const) {
      storage = new MemoryStorage();
      await put(segment('27') + suffix, bytes);
      const got = await get(segment('27'));
      expect(Buffer.isBuffer(got) && got.equals(file('27')), suffix).toBe(true);
    }
  });
});
