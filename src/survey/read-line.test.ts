import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { parseLsn } from '../wal/lsn.ts';
import type { WalInventory } from './inventory.ts';
import { historyProblem, linesOf, nameOnLine } from './read-line.ts';

const sizeBytes = 16 * 1024 * 1024;
const history = [
  { timeline: 1, switchLsn: parseLsn('0/3000100'), reason: 'no recovery target specified' },
  { timeline: 3, switchLsn: parseLsn('0/5000000'), reason: 'before 2026-11-21' },
];
const inventory = (histories: WalInventory['histories']): WalInventory => ({
  segmentSizeBytes: sizeBytes,
  systemIdentifier: 1n,
  segments: new Map(),
  timelines: [1, 3, 4],
  histories,
  historyFiles: new Map(),
});

describe('the segment of a line at a position', () => {
  const line = { generation: undefined, timeline: 4, history };
  it.each([
    ['0/2000028', '000000010000000000000002'],
    // The segment with the fork is that of the newer timeline, which repeats what was before it.
    ['0/3000028', '000000030000000000000003'],
    ['0/3000100', '000000030000000000000003'],
    ['0/4FFFFF8', '000000030000000000000004'],
    // A fork at the very beginning of a segment leaves the whole segment to the newer one.
    ['0/5000000', '000000040000000000000005'],
    ['1/0', '000000040000000100000000'],
  ])('%s', (position, name) => {
    expect(nameOnLine(line, parseLsn(position), sizeBytes)).toBe(name);
  });
});

describe('the lines of an inventory', () => {
  it('are its timelines, each with its parents', () => {
    const lines = linesOf(inventory(new Map([[4, history]])), 2);
    expect(lines).toEqual([
      { generation: 2, timeline: 1, history: [] },
      { generation: 2, timeline: 3, history: [] },
      { generation: 2, timeline: 4, history },
    ]);
  });

  it('cannot be followed without their history, except the first', () => {
    const broken = new BackupError('CORRUPT', say('archive.damaged-object', { name: '00000003.history' }));
    const some = inventory(new Map<number, typeof history | BackupError>([[3, broken]]));
    expect(historyProblem(some, 1)).toBeUndefined();
    expect(historyProblem(some, 3)).toBe(broken.sentence);
    expect(historyProblem(some, 4)).toMatchObject({ parameters: { name: '00000004.history' } });
    expect(historyProblem(inventory(new Map([[4, history]])), 4)).toBeUndefined();
  });
});
