import { describe, expect, it } from 'vitest';
import { breakable, cutToWidth, textWidth } from './text-width.ts';

describe('the width of a text', () => {
  it('is two columns for a Chinese character and its punctuation', () => {
    expect(textWidth('abc')).toBe(3);
    expect(textWidth('备份 a，')).toBe(8);
    expect(textWidth('')).toBe(0);
  });

  it('is what a line is cut to, never within a character', () => {
    expect(cutToWidth('abcdef', 4)).toBe('abcd');
    expect(cutToWidth('备份完成', 5)).toBe('备份');
    expect(cutToWidth('备份', 80)).toBe('备份');
  });

  it('is kept by breaking between Chinese characters, not before a comma and not within a word of Latin letters', () => {
    expect(breakable('still-one')).toEqual(['still-one']);
    expect(breakable('归档，（见--lang）。')).toEqual(['归', '档，', '（见', '--lang）。']);
    const text = '从（a）“备份”：b。';
    expect(breakable(text).join('')).toBe(text);
  });
});
