import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lsn } from '../wal/lsn.ts';
import { decodeGeneration, encodeGeneration, type Generation } from './generation.ts';
import { encodeSealed } from '../storage/sealed-json.ts';

const createdAt = '2026-11-21T10:00:00.000Z';
const generation: fc.Arbitrary<Generation> = fc
  .record({ number: fc.integer({ min: 1, max: 1000 }), parent: fc.nat(), fork: fc.bigInt(0n, (1n << 64n) - 1n) })
  .chain(({ number, parent, fork }) =>
    fc.record({
      number: fc.constant(number),
      parent: fc.constant(number === 1 ? undefined : (parent % (number - 1)) + 1),
      forkLsn: fc.constant(number === 1 ? undefined : lsn(fork)),
      createdAt: fc.constant(createdAt),
      reason: fc.string(),
      closed: fc.boolean(),
    }),
  );

describe('a generation', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(generation, (one) => {
        expect(decodeGeneration(encodeGeneration(one), one.number, one.closed)).toEqual(one);
      }),
    );
  });

  it.each([
    ['that is its own parent', { generation: 2, parent: 2, forkLsn: '0/1' }],
    ['with a parent that is younger', { generation: 2, parent: 3, forkLsn: '0/1' }],
    ['with a parent and no fork', { generation: 2, parent: 1, forkLsn: null }],
    ['with a fork and no parent', { generation: 2, parent: null, forkLsn: '0/1' }],
    ['of another number', { generation: 3, parent: 1, forkLsn: '0/1' }],
    ['with a fork that is no position', { generation: 2, parent: 1, forkLsn: '0-1' }],
  ])('%s is damaged', (_, fields) => {
    const bytes = encodeSealed({ format: 1, createdAt, reason: '', ...fields });
    expect(() => decodeGeneration(bytes, 2, false)).toThrow(/generations\/2\/generation.json" is damaged/);
  });

  it('of a later format is not read', () => {
    const bytes = encodeSealed({ format: 2, generation: 1, parent: null, forkLsn: null, createdAt, reason: '' });
    expect(() => decodeGeneration(bytes, 1, false)).toThrow(expect.objectContaining({ code: 'REPOSITORY_VERSION' }));
  });
});
