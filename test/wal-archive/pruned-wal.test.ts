/** WAL that retention removed: what `wal get` and the recovery window say of it, on recorded segments. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { getWal } from '../../src/archiving/get-wal.ts';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { surveyWindow } from '../../src/survey/survey-window.ts';
import type { PrunedRange } from '../../src/wal-archive/pruned-range.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { writeFixtureWal } from '../support/fixture-wal.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;
const range = (begin: string, end: string, more: Partial<PrunedRange> = {}): PrunedRange => ({
  ...{ generation: 1, timeline: 1, at: '2026-11-22T08:00:00.000Z' },
  ...{ beginLsn: parseLsn(`0/${begin}000000`), endLsn: parseLsn(`0/${end}000000`) },
  ...more,
});

describe('WAL that retention removed', () => {
  let parent: string;
  let wal: string;
  let storage: Storage;
  let archive: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-pruned-'));
    wal = join(parent, 'pg_xlog');
    await writeFixtureWal(wal);
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));
  beforeEach(async () => {
    archive = await mkdtemp(join(parent, 'archive-'));
    storage = await openLocalStorage(archive);
    for (const digits of ['26', '2B']) await pushWal({ storage, path: join(wal, segment(digits)) });
  });

  const get = async (digits: string, ranges: readonly PrunedRange[]) => {
    const target = join(await mkdtemp(join(parent, 'target-')), 'RECOVERYXLOG');
    const pruned = () => Promise.resolve(ranges);
    try {
      return await getWal({ storage, name: segment(digits), target, pruned });
    } finally {
      expect(await readdir(join(target, '..'))).not.toContain('RECOVERYXLOG.partial');
    }
  };

  it('is missing for a server that asks for it, by name, also where nothing is behind it', async () => {
    const both = [range('27', '29'), range('29', '2B', { at: '2026-11-23T08:00:00.000Z' })];
    await expect(get('28', both)).rejects.toMatchObject({
      code: 'WAL_MISSING',
      message: expect.stringContaining(
        'WAL from 0/27000000 to 0/2B000000 was removed by retention on 2026-11-23',
      ) as string,
    });
    expect(await get('26', both)).toMatchObject({ outcome: 'found' });
    const behind = [range('2C', '2F')];
    await expect(get('2C', behind)).rejects.toMatchObject({ code: 'WAL_MISSING' });
    await expect(get('2E', behind)).rejects.toMatchObject({ code: 'WAL_MISSING' });
    expect(await get('2F', behind)).toEqual({ outcome: 'absent' });
    // Of another timeline or generation nothing is said.
    expect(await get('2C', [range('2C', '2F', { timeline: 2 }), range('2C', '2F', { generation: 2 })])).toEqual({
      outcome: 'absent',
    });
  });

  it('is a gap where nobody says why', async () => {
    await expect(get('28', [])).rejects.toMatchObject({
      code: 'WAL_MISSING',
      message: expect.stringContaining('is missing in the archive') as string,
    });
  });

  const lines = async (ranges: readonly PrunedRange[]) => {
    const window = await surveyWindow({ archive, pruned: () => Promise.resolve(ranges) });
    return window.lines.map(({ stretches, gaps }) => ({
      ends: stretches.map(({ end }) => end.kind),
      gaps: gaps.map(({ kind, firstSegment, lastSegment }) => [kind, firstSegment.slice(-2), lastSegment.slice(-2)]),
    }));
  };

  it('is no gap of the recovery window, but where something else is missing too', async () => {
    expect(await lines([range('27', '29'), range('29', '2B')])).toEqual([
      { ends: ['pruned', 'end'], gaps: [['pruned', '27', '2A']] },
    ]);
    expect(await lines([range('27', '2A')])).toEqual([{ ends: ['missing', 'end'], gaps: [['missing', '27', '2A']] }]);
    expect(await lines([range('27', '2B'), range('2C', '2E')])).toEqual([
      {
        ends: ['pruned', 'pruned'],
        gaps: [
          ['pruned', '27', '2A'],
          ['pruned', '2C', '2D'],
        ],
      },
    ]);
  });
});
