import { expect, it } from 'vitest';
import { parseOptions } from './parse-options.ts';
import { readAmount } from './read-amount.ts';
import { verifyOptions } from './verify-options.ts';

const amount = (...argv: string[]) => readAmount(parseOptions('gausskeep', verifyOptions, argv));

it('a part of the content is a percentage or a size, and a number alone is neither', () => {
  expect(amount()).toBe('none');
  expect(amount('--read-data')).toBe('all');
  expect(amount('--read-data=12.5%')).toEqual({ percent: 12.5 });
  expect(amount('--read-data=10MB')).toEqual({ bytes: 10 << 20 });
  const refused = (text: string, key: string): void => {
    expect(() => amount(`--read-data=${text}`)).toThrow(
      expect.objectContaining({ code: 'USAGE', sentence: { key, parameters: { text } } }) as Error,
    );
  };
  for (const text of ['10', '1000000']) refused(text, 'verify-stored.bare-amount');
  for (const text of ['0%', '101%', 'x', '-1GB']) refused(text, 'verify-stored.bad-amount');
});
