import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { openRetrying } from './retrying-storage.ts';
import type { ReadOptions } from './storage.ts';

const pause = () => Promise.resolve();

/** A storage that breaks off every read after a few bytes. */
class BreakingStorage extends MemoryStorage {
  readonly #pieceBytes: number;
  reads = 0;

  constructor(pieceBytes: number) {
    super();
    this.#pieceBytes = pieceBytes;
  }

  override async *get(name: string, options: ReadOptions = {}) {
    this.reads += 1;
    const { offset = 0, length = Infinity } = options;
    yield* super.get(name, { ...options, length: Math.min(length, this.#pieceBytes) });
    const left = ((await super.stat(name))?.sizeBytes ?? 0) - offset;
    if (Math.min(length, left) > this.#pieceBytes) throw failure();
  }
}

function failure(): BackupError {
  return new BackupError('STORAGE_UNAVAILABLE', say('storage.failed', { name: 'x', reason: 'on purpose' }));
}

async function read(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

describe('a storage that keeps at it', () => {
  it('hands out every byte once, in order, however often a read breaks off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(220),
        fc.option(fc.nat(220), { nil: undefined }),
        async (bytes, pieceBytes, offset, length) => {
          const inner = new BreakingStorage(pieceBytes);
          await inner.put('x', async function* () {
            yield await Promise.resolve(bytes);
          });
          const storage = await openRetrying(() => Promise.resolve(inner), { forMs: 1000, pause });
          const end = length === undefined ? undefined : offset + length;
          const found = await read(storage.get('x', { offset, length }));
          expect(found).toEqual(Buffer.from(bytes.subarray(offset, end)));
        },
      ),
    );
  });

  it('gives up at the end of its time when nothing gets further, with the last reason', async () => {
    let clock = 0;
    const plan = {
      forMs: 10_000,
      now: () => clock,
      pause: (ms: number) => {
        clock += ms;
        return Promise.resolve();
      },
    };
    const inner = new BreakingStorage(10);
    await inner.put('x', async function* () {
      yield await Promise.resolve(Buffer.alloc(100));
    });
    const storage = await openRetrying(() => Promise.resolve(inner), plan);
    // Each read gets ten bytes further, so the time begins anew; the pauses stay short.
    expect(await read(storage.get('x', { length: 100 }))).toHaveLength(100);
    expect(inner.reads).toBe(10);
    await expect(openRetrying(() => Promise.reject(failure()), plan)).rejects.toMatchObject({
      code: 'STORAGE_UNAVAILABLE',
    });
  });

  it('gives up at the end of its time though the clock of the host is put back all the while', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    let attempts = 0;
    const pause = async (): Promise<void> => {
      attempts += 1;
      if (attempts === 100_000) throw new Error('endless');
      vi.setSystemTime(Date.now() - 3_600_000);
      await new Promise((resolve) => setImmediate(resolve));
    };
    try {
      const opened = openRetrying(() => Promise.reject(failure()), { forMs: 20, pause });
      await expect(opened).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
    } finally {
      vi.useRealTimers();
    }
  });

  it('takes an object for its own whose put was answered too late, and no other', async () => {
    for (const [content, outcome] of [
      ['ours', { sizeBytes: 4 }],
      ['another', 'OBJECT_EXISTS'],
    ] as const) {
      const inner = new MemoryStorage();
      const put = inner.put.bind(inner);
      const text = (words: string) =>
        async function* () {
          yield await Promise.resolve(Buffer.from(words));
        };
      let attempts = 0;
      inner.put = async (name, body, options) => {
        attempts += 1;
        if (attempts > 1) return put(name, body, options);
        await put(name, text(content));
        throw failure();
      };
      const storage = await openRetrying(() => Promise.resolve(inner), { forMs: 1000, pause });
      const result: unknown = await storage.put('x', text('ours')).catch((error: unknown) => error);
      if (outcome === 'OBJECT_EXISTS') expect(result).toMatchObject({ code: outcome });
      else expect(result).toEqual(outcome);
      expect((await read(storage.get('x'))).toString()).toBe(content);
    }
  });

  it('does not repeat what will not pass', async () => {
    let attempts = 0;
    const refused = new BackupError('AUTHENTICATION', say('storage.failed', { name: 'x', reason: 'no' }));
    const open = () => {
      attempts += 1;
      return Promise.reject(refused);
    };
    await expect(openRetrying(open, { forMs: 1000, pause })).rejects.toBe(refused);
    expect(attempts).toBe(1);
  });
});
