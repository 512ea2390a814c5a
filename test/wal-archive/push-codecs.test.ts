import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { initArchive, openArchive, readGenerations } from '../../src/wal-archive/archive.ts';
import { readReceipt, segmentBase } from '../../src/wal-archive/archive-wal.ts';
import { storeSegment, storeSegmentAsRead, type SegmentToStore } from '../../src/wal-archive/archive-writer.ts';
import { suffixOf, type Codec } from '../../src/wal-archive/codec.ts';
import { readStored } from '../../src/wal-archive/wal-object.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { SteppedRun } from '../support/stepped-storage.ts';

const name = '000000010000000000000027';
const content = Buffer.from('what a segment holds '.repeat(100));

/** A backup and the server's archive_command both store the segment in which the backup ends, and may compress it in two ways. */
describe('two pushes of one segment with two codecs', () => {
  const facts = { systemIdentifier: 7n, product: 'postgresql', walMagic: 0xd110, segmentSizeBytes: 16 << 20 } as const;

  async function push(storage: Storage, codec: Codec): Promise<void> {
    const archive = await openArchive(storage);
    const generations = await readGenerations(archive);
    const body = async function* () {
      yield await Promise.resolve(content);
    };
    const sha256 = createHash('sha256').update(content).digest('hex');
    const segment: SegmentToStore = {
      ...{ name, segment: name, sizeBytes: content.length, sha256, links: undefined, index: undefined, codec, body },
    };
    const reading = { name, codec, level: undefined, body, end: () => Promise.resolve(segment) };
    if ((await storeSegmentAsRead(archive, generations, 1, reading)) !== undefined) return;
    await storeSegment(archive, generations, 1, segment);
  }

  it('leave the object that the receipt names, whatever the order of their steps', async () => {
    const one = async (first: number, second: number): Promise<{ first: number; second: number }> => {
      const storage = new MemoryStorage();
      await initArchive(storage, facts);
      const [a, b] = (['gzip', 'none'] as const).map((codec) => new SteppedRun(storage, (to) => push(to, codec)));
      const steps = { first: await a!.step(first), second: await b!.step(second) };
      await a!.step();
      await b!.step();
      const order = `${steps.first} steps of the first, ${steps.second} of the second, then to their ends`;
      expect([a!.failure, b!.failure], order).toEqual([undefined, undefined]);
      const receipt = (await readReceipt(storage, 1, name))!;
      const storedName = segmentBase(1, name) + suffixOf(receipt.codec);
      const { codec } = receipt;
      const pieces = [];
      for await (const piece of readStored({ storage, storedName, codec, receipt, limitBytes: content.length }))
        pieces.push(piece);
      expect(Buffer.concat(pieces), order).toEqual(content);
      return steps;
    };
    let orders = 0;
    for (let first = 0, isOver = false; !isOver; first += 1) {
      for (let second = 0, isEnd = false; !isEnd; second += 1) {
        const steps = await one(first, second);
        orders += 1;
        [isOver, isEnd] = [steps.first < first, steps.second < second];
      }
    }
    expect(orders).toBeGreaterThan(100);
  });
});
