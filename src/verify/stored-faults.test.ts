import { describe, expect, it } from 'vitest';
import { storedVerdictLines } from '../cli/verify-stored-text.ts';
import { render, say } from '../messages/message.ts';
import { StoredFaults } from './stored-faults.ts';

const missing = (pack: number) => say('packs.missing', { object: `packs/${pack}` });

function linesOf(faults: StoredFaults): string[] {
  const { kept, count, files } = faults;
  return storedVerdictLines(
    {
      ...{ kind: 'verdict', instance: 'orders', backup: 'monday', state: 'damaged', faults: kept },
      ...{ moreFaults: count - kept.length, damagedFiles: files },
      ...{ filesRead: 0, unhashed: { blocks: 0, files: 0 }, wal: undefined },
    },
    'all',
  ).map((line) => render(line));
}

describe('what is wrong with a backup', () => {
  it('is told once for an object, with how many files it concerns and some of their names', () => {
    const faults = new StoredFaults();
    faults.add(undefined, missing(7));
    for (let file = 1; file <= 1000; file += 1) faults.add(`base/1/${file}`, missing(7));
    expect(linesOf(faults)).toEqual([
      'monday of "orders": damaged',
      '   - "packs/7" is missing, which the backup needs',
      '     1000 files: base/1/1, base/1/2, base/1/3 and 997 more',
    ]);
  });

  it('says how much more there is than it names', () => {
    const faults = new StoredFaults();
    for (let pack = 1; pack <= 25; pack += 1) faults.add(`base/1/${pack}`, missing(pack));
    const lines = linesOf(faults);
    expect(lines).toHaveLength(1 + 2 * 20 + 2);
    expect(lines.slice(1, 3)).toEqual(['   - "packs/1" is missing, which the backup needs', '     1 file: base/1/1']);
    expect(lines.slice(-2)).toEqual([
      '   - and 5 more faults',
      '   25 files are damaged in all, each counted with the first thing that was found wrong with it',
    ]);
  });

  it('says of several places of one object what is true of all of them', () => {
    const wrong = (file: string) => say('packs.wrong-block', { file, offset: 0, object: 'packs/1' });
    const chunk = (offset: number) => say('packs.damaged-chunk', { object: 'packs/2', offset });
    const faults = new StoredFaults();
    faults.add('a', wrong('a'));
    expect(linesOf(faults)[1]).toBe(
      '   - the content of "a" from byte 0 on is not what was backed up: it is in "packs/1"',
    );
    faults.add('b', wrong('b'));
    for (const file of ['c', 'd']) faults.add(file, chunk(17));
    expect(linesOf(faults).slice(1, 5)).toEqual([
      '   - "packs/1" holds content, in several places, that is not what was backed up',
      '     2 files: a, b',
      '   - "packs/2" is damaged: the chunk at byte 17 cannot be read',
      '     2 files: c, d',
    ]);
    faults.add('e', chunk(18));
    expect(linesOf(faults)[3]).toBe('   - "packs/2" is damaged: several parts of it cannot be read');
    expect(faults).toMatchObject({ count: 2, files: 5 });
  });
});
