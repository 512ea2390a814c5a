import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { render } from '../messages/message.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import { formatUtc } from '../server/recovery-target.ts';
import { parseTarget, type TargetWords } from './target.ts';
import { parseTargetTime, timeEcho } from './target-time.ts';
import { configuredZone, formatOffset } from './time-zone.ts';

const opengauss = capabilitiesOf(identifyOpengauss());
const postgresql = capabilitiesOf(identifyPostgresql('17.1'));
const read = (words: TargetWords, capabilities = opengauss, timezone: string | undefined = 'PRC') =>
  parseTarget(words, { capabilities, timezone });
const utc = (text: string, timezone?: string): string => formatUtc(parseTargetTime(text, timezone).timeUs);

describe('the literal examples of the manual', () => {
  it('are read', () => {
    expect(read({ name: 'restore_point_1' }).target).toEqual({ kind: 'name', name: 'restore_point_1' });
    expect(read({ time: '2020-01-01 12:00:00' }).target).toEqual({ kind: 'time', timeUs: 1_577_851_200_000_000n });
    expect(read({ xid: '3000' }).target).toEqual({ kind: 'xid', xid: 3000n });
    expect(read({ lsn: '0/0FFFFFF' }).target).toEqual({ kind: 'lsn', lsn: 0xff_ffffn });
  });
});

describe('a target', () => {
  it('is the end of the WAL unless one is given, and pauses there', () => {
    expect(read({})).toEqual({
      target: { kind: 'latest' },
      inclusive: undefined,
      timeline: undefined,
      action: 'pause',
      time: undefined,
    });
    expect(() => read({ action: 'shutdown', timeline: '2' }, postgresql)).toThrow(
      /--target-action=shutdown needs a target/,
    );
    expect(() => read({ action: 'pause' })).toThrow(/needs a target/);
    expect(read({ action: 'promote' }).action).toBe('promote');
    expect(read({ immediate: true, action: 'promote', timeline: '2' })).toMatchObject({
      target: { kind: 'immediate' },
      action: 'promote',
      timeline: 2,
    });
    expect(read({ xid: '7', exclusive: true }).inclusive).toBe(false);
    expect(read({ lsn: '0/7', inclusive: true, timeline: 'latest' })).toMatchObject({
      inclusive: true,
      timeline: 'latest',
    });
    expect(read({ timeline: 'current' }).timeline).toBeUndefined();
  });

  it('is one', () => {
    expect(() => read({ time: '2020-01-01 12:00:00', xid: '5' })).toThrow('--target-time and --target-xid');
    expect(() => read({ name: 'a', immediate: true })).toThrow('two recovery targets');
    expect(() => read({ xid: '5', inclusive: true, exclusive: true })).toThrow('exclude each other');
  });

  it('of kind name, immediate or latest is neither inclusive nor exclusive', () => {
    for (const words of [{ name: 'a' }, { immediate: true }, {}]) {
      expect(() => read({ ...words, inclusive: true })).toThrow('--target-inclusive applies to');
      expect(() => read({ ...words, exclusive: true })).toThrow('--target-exclusive applies to');
    }
  });

  it('must be possible', () => {
    for (const xid of ['bogus', '-1', '0', '2', '', '0x10', '1.5', '18446744073709551616']) {
      expect(() => read({ xid }), xid).toThrow('no transaction id');
    }
    for (const timeline of ['bogus', '0', '4294967296', '-1', '']) {
      expect(() => read({ timeline }), timeline).toThrow('no timeline');
    }
    for (const lsn of ['0/0', 'zz', '0', '1/123456789', '0/']) expect(() => read({ lsn }), lsn).toThrow();
    expect(() => read({ name: '' })).toThrow('1 to 63');
    expect(() => read({ name: 'ä'.repeat(32) })).toThrow('1 to 63');
    expect(() => read({ action: 'stop' })).toThrow('pause, promote or shutdown');
    expect(() => read({ xid: '5', action: 'shutdown' })).toThrow('cannot shut down');
    expect(read({ xid: '5', action: 'shutdown' }, postgresql).action).toBe('shutdown');
  });

  it('takes a transaction id with its epoch', () => {
    expect(read({ xid: '4294967299' }, postgresql).target).toEqual({ kind: 'xid', xid: 4_294_967_299n });
    expect(() => read({ xid: '4294967297' }, postgresql)).toThrow('lower 32 bits');
    expect(read({ xid: '4294967297' }, opengauss).target).toEqual({ kind: 'xid', xid: 4_294_967_297n });
  });
});

describe('a time', () => {
  it('is read with its own zone', () => {
    expect(utc('2026-11-20 21:28:25.980598+00')).toBe('2026-11-20 21:28:25.980598+00');
    expect(utc('2026-11-20T21:28:25Z')).toBe('2026-11-20 21:28:25+00');
    expect(utc('2026-11-20 21:28 UTC')).toBe('2026-11-20 21:28:00+00');
    expect(utc('2026-11-21 05:28:25+08')).toBe('2026-11-20 21:28:25+00');
    expect(utc('2026-11-21 02:58:25+0530')).toBe('2026-11-20 21:28:25+00');
    expect(utc('2026-11-20 17:58:25.5 -03:30')).toBe('2026-11-20 21:28:25.5+00');
    expect(utc('2026-07-01 14:00:00 Europe/Berlin')).toBe('2026-07-01 12:00:00+00');
    expect(utc('2026-07-01 14:00:00 PRC')).toBe('2026-07-01 06:00:00+00');
    expect(utc('2026-11-20', 'UTC')).toBe('2026-11-20 00:00:00+00');
  });

  it('without a zone is on the clocks of the configured one', () => {
    const noon = '2026-07-01 12:00:00';
    expect(utc(noon, 'PRC')).toBe('2026-07-01 04:00:00+00');
    expect(utc(noon, 'UCT')).toBe('2026-07-01 12:00:00+00');
    expect(utc(noon, 'asia/kolkata')).toBe('2026-07-01 06:30:00+00');
    expect(utc(noon, 'Asia/Kathmandu')).toBe('2026-07-01 06:15:00+00');
    expect(utc(noon, 'America/St_Johns')).toBe('2026-07-01 14:30:00+00');
    expect(utc(noon, 'EST5EDT')).toBe('2026-07-01 16:00:00+00');
    expect(utc(noon, '<+08>-08')).toBe('2026-07-01 04:00:00+00');
    expect(utc(noon, 'UTC-8')).toBe('2026-07-01 04:00:00+00');
    expect(utc(noon, 'Etc/GMT+3')).toBe('2026-07-01 15:00:00+00');
    expect(utc(noon, '8')).toBe('2026-07-01 04:00:00+00');
    expect(utc(noon, '-3.5')).toBe('2026-07-01 15:30:00+00');
    expect(() => utc(noon)).toThrow('has no offset from UTC');
    expect(() => utc(noon, 'Mars/Olympus')).toThrow('time zone "Mars/Olympus"');
    expect(() => utc(noon, 'CET-1CEST,M3.5.0,M10.5.0/3')).toThrow('is not known here');
  });

  it('that the clocks skipped or had twice is refused with both readings', () => {
    expect(() => utc('2026-03-29 02:30:00', 'Europe/Berlin')).toThrow(
      'put forward past "2026-03-29 02:30:00"; it means 2026-03-29 01:30:00+01 or 2026-03-29 03:30:00+02',
    );
    expect(() => utc('2026-10-25 02:30:00', 'Europe/Berlin')).toThrow(
      'was twice: at 2026-10-25 02:30:00+02 and at 2026-10-25 02:30:00+01',
    );
    expect(() => utc('2026-04-05 01:45:00', 'Australia/Lord_Howe')).toThrow('+11 and at 2026-04-05 01:45:00+10:30');
    expect(utc('2026-10-25 02:30:00+02', 'Europe/Berlin')).toBe('2026-10-25 00:30:00+00');
    expect(utc('2026-10-25 03:00:00', 'Europe/Berlin')).toBe('2026-10-25 02:00:00+00');
  });

  it('that cannot be is refused with the reason', () => {
    expect(() => utc('2026-02-30 00:00:00+00')).toThrow('the month has no day 30');
    expect(() => utc('2025-02-29 00:00:00+00')).toThrow('the month has no day 29');
    expect(() => utc('2026-13-01 00:00:00+00')).toThrow('there is no month 13');
    expect(() => utc('2026-01-01 25:00:00+00')).toThrow('hours go to 23');
    expect(() => utc('1969-12-31 00:00:00+00')).toThrow('1970');
    for (const word of ['now', 'today', 'infinity']) expect(() => utc(word)).toThrow('changes its meaning');
    for (const text of [
      'not a time',
      '',
      '12:00',
      '2026/01/01',
      '2026-01-01 12',
      '99999-01-01 00:00+00',
      '2026-01-01 1:2:3 !!',
    ]) {
      expect(() => utc(text, 'UTC'), text).toThrow('no time that can be used');
    }
    for (const zone of ['EST', 'IST', 'cst'])
      expect(() => utc(`2026-01-01 00:00:00 ${zone}`)).toThrow('different offsets');
    expect(() => utc('2026-01-01 00:00:00+16')).toThrow('no offset');
    expect(() => utc('2026-01-01 00:00:00 Mars/Olympus')).toThrow('not known');
  });

  it('is echoed in UTC and on the local clocks', () => {
    expect(render(timeEcho(parseTargetTime('2020-01-01 12:00:00', 'PRC')))).toBe(
      '2020-01-01 04:00:00+00 (UTC), 2020-01-01 12:00:00+08 (PRC)',
    );
    expect(render(timeEcho(parseTargetTime('2020-01-01 12:00:00Z', 'PRC')))).toBe('2020-01-01 12:00:00+00 (UTC)');
  });

  it('comes back from what is written, in any zone', () => {
    const zones = [
      'UTC',
      'Asia/Kolkata',
      'America/St_Johns',
      'Pacific/Chatham',
      'Europe/London',
      'Australia/Lord_Howe',
    ];
    fc.assert(
      fc.property(fc.bigInt(100_000_000_000n, 4_000_000_000_000_000n), fc.constantFrom(...zones), (timeUs, name) => {
        const zone = configuredZone(name)!;
        const offset = zone.offsetAt(Number(timeUs / 1_000_000n));
        const local = formatUtc(timeUs + BigInt(offset) * 1_000_000n).slice(0, -3);
        expect(parseTargetTime(`${local}${formatOffset(offset)}`, undefined).timeUs).toBe(timeUs);
      }),
    );
  });

  it('never fails in another way, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (text, zone) => {
        try {
          parseTargetTime(text, zone);
        } catch (error) {
          expect(error).toMatchObject({ code: 'USAGE' });
        }
      }),
    );
  });
});
