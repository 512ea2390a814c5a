import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRing, RingReader, RingWriter } from './record-ring.ts';

const ringBytes = 4096;

describe('a ring of records', () => {
  it('hands out what was put in, in order, however often it goes round', () => {
    const anyRecord = fc.record({
      type: fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      value: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      bytes: fc.uint8Array({ maxLength: ringBytes / 4 }),
    });
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 60 }), fc.nat(3), (records, lag) => {
        const memory = createRing(ringBytes);
        const writer = new RingWriter(memory);
        const reader = new RingReader(memory);
        const seen: { type: number; value: number; bytes: Uint8Array }[] = [];
        const readOne = (): void => {
          const record = reader.next();
          if (record === undefined) throw new Error('nothing to read, and no room');
          seen.push({ type: record.type, value: record.value, bytes: Uint8Array.from(record.bytes) });
          reader.release(record);
        };
        for (const { type, value, bytes } of records) {
          while (!writer.put(type, value, bytes)) readOne();
          for (let read = 0; read < lag && reader.next() !== undefined; read++) readOne();
        }
        while (reader.next() !== undefined) readOne();
        expect(seen).toEqual(records);
      }),
    );
  });

  it('is never overwritten before it was read', () => {
    const memory = createRing(ringBytes);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    let put = 0;
    while (writer.put(1, put, new Uint8Array(100).fill(put))) put += 1;
    expect(put).toBeGreaterThan(ringBytes / 200);
    for (let at = 0; at < put; at++) {
      const record = reader.next()!;
      expect([record.value, record.bytes[99]]).toEqual([at, at]);
      reader.release(record);
    }
    expect(reader.next()).toBeUndefined();
  });

  it('tells once that half of it is free, and only who wants to know', () => {
    const memory = createRing(ringBytes);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    expect(writer.wantRoom()).toBe(false);
    while (writer.put(1, 0, new Uint8Array(100)));
    const told: boolean[] = [];
    expect(writer.wantRoom()).toBe(true);
    for (let record = reader.next(); record !== undefined; record = reader.next()) told.push(reader.release(record));
    expect(told.filter((isTold) => isTold)).toHaveLength(1);
    expect(told.indexOf(true)).toBeGreaterThan(told.length / 4);
    expect(told.indexOf(true)).toBeLessThan((3 * told.length) / 4);
  });

  it('does not wait when it is stopped or has something', () => {
    const memory = createRing(ringBytes);
    const writer = new RingWriter(memory);
    const reader = new RingReader(memory);
    writer.put(1, 0, new Uint8Array(1));
    reader.wait(60_000);
    const record = reader.next()!;
    reader.release(record);
    writer.stop();
    reader.wait(60_000);
    expect(reader.isStopped).toBe(true);
  });
});
