/** A segment that the archive has lost or that was cut there, while the server still has it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { getWal } from '../../src/archiving/get-wal.ts';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { readReceipt } from '../../src/wal-archive/archive-wal.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { writeFixtureWal } from '../support/fixture-wal.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;

async function* text(content: string | Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(content));
}

describe('wal push', () => {
  let parent: string;
  let files: Map<string, Buffer>;
  let storage: Storage;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-again-'));
    files = await writeFixtureWal(join(parent, 'pg_xlog'));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  beforeEach(async () => {
    storage = await openLocalStorage(await mkdtemp(join(parent, 'archive-')));
  });

  const push = (name: string, to: Storage = storage, more: object = {}) =>
    pushWal({ storage: to, path: join(parent, 'pg_xlog', name), ...more });
  const get = async (name: string): Promise<Buffer | string> => {
    const target = join(await mkdtemp(join(parent, 'target-')), 'RECOVERYXLOG');
    const { outcome } = await getWal({ storage, name, target });
    return outcome === 'found' ? readFile(target) : outcome;
  };

  describe.each(['none', 'gzip'] as const)('pushes again (%s)', (codec) => {
    const base = `generations/1/wal/0000000100000000/${segment('27')}`;
    const object = base + (codec === 'gzip' ? '.gz' : '');
    const whole = async (): Promise<void> => {
      const got = await get(segment('27'));
      expect(Buffer.isBuffer(got) && got.equals(files.get(segment('27'))!)).toBe(true);
      expect((await push(segment('27'), storage, { codec })).result).toBe('present');
    };
    beforeEach(async () => {
      await push(segment('27'), storage, { codec });
    });

    it('a segment whose object is lost behind its receipt', async () => {
      await storage.delete(object);
      expect((await push(segment('27'), storage, { codec })).result).toBe('stored');
      await whole();
    });

    it.each([true, false])('a segment whose object is cut (with a receipt: %s)', async (hasReceipt) => {
      await storage.delete(object);
      await storage.put(object, () => text('cut'));
      if (!hasReceipt) await storage.delete(`${base}.receipt`);
      expect((await push(segment('27'), storage, { codec })).result).toBe('stored');
      await whole();
    });

    it('compressed in another way than the one that is lost', async () => {
      await storage.delete(object);
      const other = codec === 'gzip' ? 'none' : 'gzip';
      expect((await push(segment('27'), storage, { codec: other, level: 9 })).result).toBe('stored');
      await whole();
      expect(await readReceipt(storage, 1, segment('27'))).toMatchObject({ codec });
    });

    it('nothing that another segment took the name of', async () => {
      await storage.delete(object);
      await storage.delete(`${base}.receipt`);
      const other = Buffer.from(files.get(segment('27'))!);
      other.writeUInt8(other.readUInt8(9000) ^ 1, 9000);
      const bytes = codec === 'gzip' ? gzipSync(other, { level: 1 }) : other;
      await storage.put(object, () => text(bytes));
      await expect(push(segment('27'), storage, { codec })).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    });
  });
});
