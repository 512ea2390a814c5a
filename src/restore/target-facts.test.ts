import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { freeSuffix } from './target-facts.ts';

it('the name of an old copy is free, though the clock stands still or was put back to the same second', () => {
  const home = mkdtempSync(join(tmpdir(), 'gausskeep-suffix-'));
  try {
    const [data, space] = [join(home, 'data'), join(home, 'space')];
    const now = new Date('2026-11-21T09:30:00.500Z');
    const paths = [fromText(data), fromText(space)];
    const stamp = '.before-restore-20261121T093000Z';
    expect(freeSuffix(paths, now)).toBe(stamp);
    // Beside one of them, and inside the other, where entries are moved one by one.
    mkdirSync(`${data}${stamp}`);
    expect(freeSuffix(paths, now)).toBe(`${stamp}-2`);
    mkdirSync(join(space, `gausskeep${stamp}-2`), { recursive: true });
    expect(freeSuffix(paths, now)).toBe(`${stamp}-3`);
  } finally {
    rmSync(home, { recursive: true });
  }
});
