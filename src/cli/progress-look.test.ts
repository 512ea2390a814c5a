import { describe, expect, it } from 'vitest';
import { durationText, Pace, showJob } from './progress-look.ts';
import type { Terminal } from './terminal.ts';

function shown(columns: number, hasColors: boolean, state: Parameters<typeof showJob>[1]): string {
  let line = '';
  const live = (text: string, paint: (line: string) => string = (same) => same): void => {
    line = hasColors ? paint(text) : text;
  };
  showJob({ columns, live } as unknown as Terminal, state);
  return line;
}

describe('the progress of a long job', () => {
  const state = { done: 50, total: 100, text: '50/100 kB (50%)', perSecond: 1536, leftSeconds: 65 };

  it('is a bar, counts, rate and time left, within the width of the terminal', () => {
    expect(shown(80, false, state)).toBe(`[${'#'.repeat(12)}${'-'.repeat(12)}] 50/100 kB (50%)  1.5 kB/s, 1:05 left`);
    expect(shown(80, true, state)).toContain(`[\u001b[32m${'#'.repeat(12)}\u001b[39m---`);
    for (const columns of [20, 40, 50, 60]) {
      const line = shown(columns, false, state);
      expect(line.length < columns || !line.startsWith('[')).toBe(true);
    }
    expect(shown(40, false, state)).toBe('50/100 kB (50%)  1.5 kB/s, 1:05 left');
  });

  it('tells no rate before it is one: the first bytes come late', () => {
    const pace = new Pace();
    expect(pace.measure(0, 1e9, 0)).toEqual({ perSecond: undefined, leftSeconds: undefined });
    expect(pace.measure(100, 1e9, 1500)).toEqual({ perSecond: undefined, leftSeconds: undefined });
    expect(shown(80, false, { ...state, perSecond: undefined, leftSeconds: undefined })).toContain('? B/s, ? left');
    // A slow begin is forgotten.
    for (let second = 2; second <= 60; second += 1)
      pace.measure(second < 20 ? 100 : (second - 20) * 1e6, 1e9, second * 1000);
    const { perSecond, leftSeconds } = pace.measure(41e6, 1e9, 61_000);
    expect(perSecond).toBeCloseTo(1e6, -4);
    expect(leftSeconds).toBeCloseTo(959, -1);
    expect(durationText(3723)).toBe('1:02:03');
  });
});
