import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { namesOf } from '../contract/storage.contract.ts';
import { writeFixtureWal } from '../support/fixture-wal.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;

describe('wal push stores a segment while it reads it, and refuses', () => {
  let parent: string;
  let files: Map<string, Buffer>;
  let storage: Storage;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-as-read-'));
    files = await writeFixtureWal(join(parent, 'pg_xlog'));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  beforeEach(async () => {
    storage = await openLocalStorage(await mkdtemp(join(parent, 'archive-')));
  });
  const push = (name: string, to: Storage = storage, more: object = {}) =>
    pushWal({ storage: to, path: join(parent, 'pg_xlog', name), ...more });
  const damaged = async (name: string, change: (bytes: Buffer) => Buffer | undefined): Promise<string> => {
    const directory = await mkdtemp(join(parent, 'damaged-'));
    const bytes = Buffer.from(files.get(name)!);
    await writeFile(join(directory, name), change(bytes) ?? bytes);
    return join(directory, name);
  };

  it.each(['none', 'gzip'] as const)(
    'what turns out to be unsound at its end, and stores nothing of it (%s)',
    async (codec) => {
      await push(segment('26'));
      await push(segment('29'));
      const before = await namesOf(storage);
      const root = storage.description.replace('directory ', '');
      const unsound = async (digits: string, change: (bytes: Buffer) => Buffer | undefined, code: string) => {
        const path = await damaged(segment(digits), change);
        await expect(pushWal({ storage, path, codec })).rejects.toMatchObject({ code });
        expect(await namesOf(storage)).toEqual(before);
        expect((await readdir(root, { recursive: true })).filter((name) => name.includes('.gausskeep-'))).toEqual([]);
      };
      await unsound('27', (bytes) => bytes.subarray(0, bytes.length - 8192), 'CORRUPT');
      await unsound('27', (bytes) => Buffer.concat([bytes, Buffer.alloc(8192)]), 'CORRUPT');
      await unsound('27', (bytes) => void bytes.writeUInt8(bytes.readUInt8(0x60) ^ 1, 0x60), 'CORRUPT');
      await unsound('27', (bytes) => void bytes.writeBigUInt64LE(7n, 24), 'SYSTEM_MISMATCH');
      expect((await push(segment('27'), storage, { codec })).result).toBe('stored');
      expect((await push(segment('28'), storage, { codec })).result).toBe('stored');
      expect((await push(segment('28'))).result).toBe('present');
    },
  );
});
