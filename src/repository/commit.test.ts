import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleCommit } from '../../test/support/repository-instance.ts';
import { encodeSealed } from '../storage/sealed-json.ts';
import type { Lsn } from '../wal/lsn.ts';
import { decodeCommit, encodeCommit, encodeTombstone, type Commit } from './commit.ts';
import { backupName, isInstanceName, newId } from './names.ts';

const id = fc.stringMatching(/^[0-9a-f]{32}$/);
const count = fc.maxSafeNat();
const position = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value as Lsn);
const time = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2099-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const chunk = fc.record({
  pack: fc.record({ backup: id, number: count }),
  offset: count,
  storedBytes: count,
  rawBytes: count,
  codec: fc.constantFrom(0 as const, 1 as const, 2 as const, 3 as const),
});
const unnamed = fc.record({
  backup: id,
  systemIdentifier: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  ...{ product: fc.string(), release: fc.string(), label: fc.string(), trust: fc.constant('read') },
  timeline: fc.integer({ min: 1, max: 0xffff_ffff }),
  ...{ startLsn: position, endLsn: position, startedAt: time, endedAt: time },
  note: fc.option(fc.string(), { nil: undefined }),
  source: fc.constantFrom('stream', 'import'),
  prior: fc.option(id, { nil: undefined }),
  ...{ generation: count, files: count, logicalBytes: count, newBytes: count, referencedBytes: count },
  root: fc.array(chunk, { maxLength: 20 }),
  rootPacks: fc.array(fc.record({ pack: fc.record({ backup: id, number: count }), sizeBytes: count }), {
    maxLength: 3,
  }),
});
const anyCommit: fc.Arbitrary<Commit> = unnamed.map((commit) => ({
  ...commit,
  name: backupName(commit.startedAt, commit.backup),
}));

describe('a commit', () => {
  it('says the same when it is read', () => {
    fc.assert(
      fc.property(anyCommit, (commit) => {
        const bytes = encodeCommit(commit);
        expect(decodeCommit(bytes, commit.backup)).toEqual(commit);
        expect(encodeCommit(decodeCommit(bytes, commit.backup) as Commit)).toEqual(bytes);
      }),
    );
  });

  it('is damaged when any byte of it differs, and under another name', () => {
    const commit = sampleCommit();
    const bytes = encodeCommit(commit);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => decodeCommit(changed, commit.backup)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
    }
    expect(() => decodeCommit(bytes, newId())).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });

  it.each([
    ['timeline', 0],
    ['timeline', 2 ** 32],
    ['systemIdentifier', 7],
    ['startLsn', 'FFFFFFFFF/0'],
    ['startedAt', 'yesterday'],
    ['files', -1],
    ['files', 1.5],
    ['note', 5],
    ['prior', 'latest'],
    ['root', {}],
    ['root', [['x', 1, 2, 3, 4, 1]]],
    ['root', [[newId(), 1, 2, 3, 4, 4]]],
    ['root', [[newId(), 1, 2, 3, 4]]],
    ['rootPacks', [[newId(), 1]]],
    ['tombstone', null],
    ['name', '20261122T150000Z'],
    ['name', backupName('2026-11-22T15:00:00Z', newId())],
    ['backup', '../../x'],
  ])('is damaged with %s %j', (member, value) => {
    const commit = sampleCommit();
    const fields = JSON.parse(encodeCommit(commit).toString('utf8')) as Record<string, unknown>;
    delete fields['crc32c'];
    const bytes = encodeSealed({ ...fields, [member]: value });
    expect(() => decodeCommit(bytes, commit.backup)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });

  it('of a newer format is refused as that', () => {
    const { backup } = sampleCommit();
    expect(() => decodeCommit(encodeSealed({ format: 2, backup }), backup)).toThrow(
      expect.objectContaining({ code: 'REPOSITORY_VERSION' }),
    );
  });

  it('may be a tombstone', () => {
    const { backup } = sampleCommit();
    const tombstone = { backup, by: 'gk@db2', reason: 'no renewal', at: '2026-11-22T15:00:00.000Z' };
    expect(decodeCommit(encodeTombstone(tombstone), backup)).toEqual(tombstone);
  });
});

it('a name begins with the time and ends with the id', () => {
  const id32 = newId();
  expect(backupName('2026-11-22T15:04:05.678Z', id32)).toBe(`20261122T150405Z-${id32}`);
});

it.each([
  ['orders', true],
  ['A.b_c-9', true],
  ['x'.repeat(63), true],
  ['x'.repeat(64), false],
  ['', false],
  ['.hidden', false],
  ['a/b', false],
  ['-x', false],
  ['größe', false],
  ['orders.', false],
])('%s as the name of an instance: %s', (name, expected) => {
  expect(isInstanceName(name)).toBe(expected);
});
