import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { formatUtc } from '../server/recovery-target.ts';
import { configuredZone, databaseZone, fixedZone, formatLocal, momentOf, type TimeZone } from './time-zone.ts';

/** A target time and how to show it. */
export interface TargetTime {
  /** Microseconds since 1970-01-01 UTC. */
  readonly timeUs: bigint;
  /** The zone of the text, or the configured one. */
  readonly zone: TimeZone;
}

const dateTime = /^(\d{4,5})-(\d{1,2})-(\d{1,2})(?:[ Tt]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?)?\s*(\S.*)?$/;
const movingTimes = new Set(['now', 'today', 'tomorrow', 'yesterday', 'epoch', 'infinity', '-infinity', 'allballs']);
/** Names of UTC that no place uses for anything else. */
const namesOfUtc = new Set(['z', 'utc', 'gmt', 'uct', 'zulu']);

/**
 * Reads `2026-01-31 12:00:00[.ffffff][ZONE]`. ZONE is an offset (`+08`, `-03:30`), `Z`, `UTC`, or a name of the zone
 * database (`Asia/Shanghai`); without one the time is on the clocks of `timezone`, as the server itself would take it.
 * @param timezone the setting of that name in the backed-up configuration, where it is known
 * @throws BackupError `USAGE` with the reason
 */
export function parseTargetTime(text: string, timezone: string | undefined): TargetTime {
  const trimmed = text.trim();
  if (movingTimes.has(trimmed.toLowerCase())) throw new BackupError('USAGE', say('target.special-time', { text }));
  const match = dateTime.exec(trimmed);
  if (match === null) throw badTime(text);
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zoneText] = match;
  const numbers = [year, month, day, hour, minute, second].map(Number);
  const localAsUtc = secondsSince1970(text, numbers as SixNumbers);
  const zone = zoneText === undefined ? zoneOfServer(trimmed, timezone) : zoneOfText(text, zoneText);
  const moment = momentOf(localAsUtc, zone, trimmed);
  return { timeUs: BigInt(moment) * 1_000_000n + BigInt(fraction.padEnd(6, '0')), zone };
}

/** `… (UTC), … (ZONE)`; once where they are the same. */
export function timeEcho({ timeUs, zone }: TargetTime): Message {
  const [utc, local] = [formatUtc(timeUs), formatLocal(timeUs, zone)];
  return utc === local
    ? say('target.time-echo', { utc })
    : say('target.time-echo-local', { utc, local, zone: zone.name });
}

type SixNumbers = [year: number, month: number, day: number, hour: number, minute: number, second: number];

function secondsSince1970(text: string, [year, month, day, hour, minute, second]: SixNumbers): number {
  const impossible = (reason: Message): BackupError =>
    new BackupError('USAGE', say('target.no-such-time', { text, reason }));
  if (year < 1970) throw impossible(say('target.year'));
  if (month < 1 || month > 12) throw impossible(say('target.month', { month }));
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  if (day < 1 || day > days) throw impossible(say('target.day', { day }));
  if (hour > 23 || minute > 59 || second > 59) throw impossible(say('target.clock'));
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second);
  // The last day that a Date can hold, less than a zone's offset away from it.
  if (!(milliseconds < 253_402_300_800_000)) throw badTime(text);
  return milliseconds / 1000;
}

function zoneOfServer(text: string, timezone: string | undefined): TimeZone {
  if (timezone === undefined || timezone.trim() === '') {
    throw new BackupError('USAGE', say('target.no-zone', { text }), {
      hint: say('target.no-zone.hint', { text }),
      kind: 'no-time-zone',
    });
  }
  const zone = configuredZone(timezone);
  if (zone === undefined) throw unknownZone(timezone);
  return zone;
}

function zoneOfText(text: string, zoneText: string): TimeZone {
  const offset = /^([+-])(\d{1,2})(?::?(\d{2})(?::?(\d{2}))?)?$/.exec(zoneText);
  if (offset !== null) {
    const [, sign, hours, minutes = '0', seconds = '0'] = offset;
    const [h, m, s] = [Number(hours), Number(minutes), Number(seconds)];
    // The servers' own limit, MAX_TZDISP_HOUR.
    if (h > 15 || m > 59 || s > 59) throw new BackupError('USAGE', say('target.offset-range', { offset: zoneText }));
    return fixedZone((sign === '-' ? -1 : 1) * (h * 3600 + m * 60 + s), zoneText);
  }
  if (namesOfUtc.has(zoneText.toLowerCase())) return fixedZone(0, 'UTC');
  if (/^[A-Za-z]{1,5}$/.test(zoneText) && zoneText.toUpperCase() !== 'PRC') {
    // The servers read EST or IST by a table of abbreviations, which a setting can exchange.
    throw new BackupError('USAGE', say('target.ambiguous-zone', { zone: zoneText }), {
      hint: say('target.unknown-zone.hint'),
    });
  }
  const zone = /[A-Za-z]/.test(zoneText) ? databaseZone(zoneText) : undefined;
  if (zone !== undefined) return zone;
  throw /^[A-Za-z][A-Za-z0-9_+/<>:-]*$/.test(zoneText) ? unknownZone(zoneText) : badTime(text);
}

function unknownZone(zone: string): BackupError {
  return new BackupError('USAGE', say('target.unknown-zone', { zone }), { hint: say('target.unknown-zone.hint') });
}

function badTime(text: string): BackupError {
  return new BackupError('USAGE', say('target.bad-time', { text }), { hint: say('target.bad-time.hint') });
}
