import { expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { pinDate } from './pin-date.ts';

const nowMs = Date.parse('2026-11-22T12:00:00Z');

it('is the end of a day that has not passed', () => {
  expect(pinDate('2026-11-22', nowMs)).toBe('2026-11-22T23:59:59.000Z');
  expect(pinDate('2028-02-29', nowMs)).toBe('2028-02-29T23:59:59.000Z');
});

it.each(['', '2026-11-21', '2027-02-29', '2027-02-31', '2027-13-01', '27-01-01', 'tomorrow', '2027-01-01T00:00:00Z'])(
  'and not "%s"',
  (text) => {
    expect(() => pinDate(text, nowMs)).toThrow(BackupError);
  },
);
