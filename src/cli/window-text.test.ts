import { describe, expect, it } from 'vitest';
import { fixtureLine } from '../../test/support/fixture-line.ts';
import { lsn } from '../wal/lsn.ts';
import type { SegmentIndex } from '../wal/segment-index.ts';
import { findWindow } from '../window/find-window.ts';
import { windowLines } from './window-text.ts';

describe('the rows of a window', () => {
  it('stand in order of position, the end of a stretch before the beginning of the next', async () => {
    const segments = (await fixtureLine()).map((segment) => {
      if (!segment.name.endsWith('29')) return segment;
      const content = segment.content as SegmentIndex;
      return { ...segment, content: { ...content, first: { ...content.first!, previousLsn: lsn(0x28000100n) } } };
    });
    const line = await findWindow({ generation: undefined, timeline: 1, history: [] }, segments, []);
    expect(line.stretches[0]?.endLsn).toBe(line.stretches[1]?.startLsn);
    const lines = [{ ...line, problem: undefined }];
    const counts = { count: 0, readWhole: 0 };
    const window = { archive: '/archive', systemIdentifier: 1n, lines, segments: counts, passedOver: [] };
    const rows = windowLines(window, { backupsNamed: true }).filter((row) => /^ {2}[+x#] /.test(row));
    expect(rows.map((row) => row.replaceAll(/ +/g, ' ').replace(/ \d{4}-\d\d-\S+ \S+/, ''))).toEqual([
      expect.stringMatching(/^ \+ 0\/26000000 WAL from/),
      expect.stringMatching(/^ x 0\/29000000 WAL breaks/),
      expect.stringMatching(/^ x 0\/29000000 gap: /),
      expect.stringMatching(/^ \+ 0\/29000000 WAL from \w+29 on/),
      expect.stringMatching(/^ # 0\/2C000000 latest point/),
    ]);
  });
});
