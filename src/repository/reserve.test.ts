import { describe, expect, it } from 'vitest';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { storageFailure } from '../storage/failures.ts';
import { keepReserve, withReserve } from './reserve.ts';

/** As many objects fit as it has when it becomes full. */
class FullStorage extends MemoryStorage {
  isFull = false;

  override async put(name: string, body: () => ByteSource) {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    if (this.isFull) throw storageFailure(name, this.description, full, 'write');
    return super.put(name, body);
  }

  override async delete(name: string) {
    await super.delete(name);
    this.isFull = false;
  }
}

describe('the reserve', () => {
  it('makes room on a full disk, once', async () => {
    const storage = new FullStorage();
    const write = (name: string) => withReserve(storage, () => storage.put(name, () => onePiece(Buffer.from('x'))));
    await keepReserve(storage);
    await keepReserve(storage);
    storage.isFull = true;
    await write('a');
    expect(await storage.stat('a')).toBeDefined();
    storage.isFull = true;
    await expect(write('b')).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    await expect(keepReserve(storage)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    storage.isFull = false;
    await keepReserve(storage);
    storage.isFull = true;
    await write('c');
    expect(await storage.stat('c')).toBeDefined();
  });

  it('is not given away for other failures', async () => {
    const storage = new MemoryStorage();
    await keepReserve(storage);
    const fails = () => Promise.reject(new Error('another'));
    await expect(withReserve(storage, fails)).rejects.toThrow('another');
    const left: string[] = [];
    for await (const { name } of storage.list('reserve/')) left.push(name);
    expect(left).toHaveLength(1);
  });
});
