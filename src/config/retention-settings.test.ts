import { expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { parseOptions } from './parse-options.ts';
import { expireOptions } from './retention-options.ts';
import { durationOption, retentionSettings } from './retention-settings.ts';

const given = (...argv: string[]) => parseOptions('gausskeep expire', expireOptions, argv);
const hourMs = 3_600_000;

it('rules come from their options, each by itself', () => {
  const argv = ['--keep-last=7', '--keep-within=36h', '--keep-window', '14d', '--keep-daily=1', '--keep-weekly=8'];
  expect(retentionSettings(given(...argv, '--keep-monthly=12', '--keep-yearly=1000000', '--keep-minimum=2'))).toEqual({
    ...{ keepLast: 7, keepWithinMs: 36 * hourMs, keepWindowMs: 14 * 24 * hourMs, keepDaily: 1, keepWeekly: 8 },
    ...{ keepMonthly: 12, keepYearly: 1_000_000, keepMinimum: 2 },
  });
  expect(Object.values(retentionSettings(given())).every((value) => value === undefined)).toBe(true);
});

it.each([
  ['0d', 0],
  // What the hint of a grace that is too short names.
  ['10min', hourMs / 6],
  ['90min', 1.5 * hourMs],
  ['2 w', 14 * 24 * hourMs],
  ['36525d', 36_525 * 24 * hourMs],
])('%s is a time', (text, expected) => {
  expect(durationOption(given('--grace', text), 'grace')).toBe(expected);
});

it.each(['', '7', 'd', '-1d', '1.5d', '1m', '1D', '36526d', '9999999999d', 'NaNd', '1d2h', 'Infinityd'])(
  '"%s" is none',
  (text) => {
    expect(() => durationOption(given(`--grace=${text}`), 'grace')).toThrow(BackupError);
  },
);

it.each(['0', '-1', '1.5', '', 'all', '1000001', '1e3', 'NaN', 'Infinity'])('"%s" is no count', (text) => {
  expect(() => retentionSettings(given(`--keep-last=${text}`))).toThrow(BackupError);
});
