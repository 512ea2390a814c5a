import { describe, expect, it } from 'vitest';
import { say } from '../messages/message.ts';
import { helpText, labelled } from './help-text.ts';
import { breakable, columnsOf, fitInto } from './text-width.ts';

describe('the width of a text', () => {
  it.each([
    ['', 0],
    ['plain text', 10],
    ['备份清单', 8],
    ['WAL 段，完整。', 14],
    ['e\u0301t\u00e9', 3],
    ['𠮷野家', 6],
  ])('of "%s" is %i columns', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });

  it('is what a line in place is cut to', () => {
    expect(fitInto('已还原 12 kB', 7)).toBe('已还原 ');
    expect(fitInto('已还原', 5)).toBe('已还');
    expect(fitInto('已还原', 6)).toBe('已还原');
    expect(fitInto('𠮷野家', 3)).toBe('𠮷');
    expect(fitInto('abc', 2)).toBe('ab');
  });
});

describe('a line of Chinese', () => {
  const text =
    '显示可恢复区间：对每个世代和每条时间线，用备份和 WAL 归档能从哪一点恢复到哪一点（时间为 UTC），哪里缺少 WAL。';

  it.each([20, 31, 40, 61])('is broken at %i columns, and not before a stop or behind a bracket', (columns) => {
    const lines = labelled('  --label', text, 12, columns);
    expect(lines.length).toBeGreaterThan(1);
    for (const line of lines) {
      expect(columnsOf(line)).toBeLessThanOrEqual(columns);
      expect(line.slice(line === lines[0] ? '  --label'.length : 0).trim()).not.toMatch(/^[，。；：、）]|（$/u);
    }
    // Whole, in its order: only spaces at which a line was broken are gone.
    const joined = lines.map((line) => line.trim()).join('');
    expect(joined.replaceAll(' ', '')).toBe(`--label${text}`.replaceAll(' ', ''));
  });

  it('fills the line', () => {
    const [first = ''] = labelled('', text, 2, 61);
    expect(columnsOf(first)).toBeGreaterThan(56);
  });

  it('is never broken within a word of Latin letters', () => {
    expect(breakable('--wal-supply=copy')).toEqual(['--wal-supply=copy']);
    expect(breakable('用--plan看')).toEqual(['用', '--plan', '看']);
    expect(breakable('（默认）。')).toEqual(['（默', '认）。']);
    expect(breakable('')).toEqual(['']);
  });
});

it('a line of English is broken at spaces only', () => {
  const text = helpText([say('restore.help.what')], [], [], 40);
  expect(text.trimEnd().split('\n').join(' ')).toBe(
    'Restores a backup into a data directory: plain, or a set of archives of gs_basebackup or pg_basebackup. Carries out the steps of the manual; --plan shows them first.',
  );
});
