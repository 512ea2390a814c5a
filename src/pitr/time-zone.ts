import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { formatUtc } from '../server/recovery-target.ts';

/**
 * Offsets of a zone from UTC: a fixed one, or one of the zone database that Node carries.
 * Offsets are in seconds, positive east of Greenwich.
 */
export interface TimeZone {
  readonly name: string;
  readonly offsetAt: (unixSeconds: number) => number;
}

export function fixedZone(offsetSeconds: number, name = formatOffset(offsetSeconds)): TimeZone {
  return { name, offsetAt: () => offsetSeconds };
}

/**
 * The zone that the server's `timezone` setting names, as both products read it: a name of the zone database (`PRC`,
 * `Europe/Berlin`), a POSIX specification without daylight saving (`UTC-8`, `<+08>-08`: there the sign is reversed), or
 * hours east of Greenwich (`8`, `+08:00`). Undefined for anything else, for a rule that is guessed is a wrong moment.
 */
export function configuredZone(setting: string): TimeZone | undefined {
  const text = setting.trim();
  const hours = /^[+-]?\d{1,2}(?:\.\d+)?$/.exec(text);
  if (hours !== null) return zoneIfPossible(Number(text) * 3600, text);
  const clock = /^([+-])(\d{1,2}):(\d{2})$/.exec(text);
  if (clock !== null) return zoneIfPossible(secondsOf(clock), text);
  return databaseZone(text) ?? posixZone(text);
}

/** A zone of the database by its name in any case, links such as `PRC` and `UCT` included. */
export function databaseZone(name: string): TimeZone | undefined {
  // Intl takes offsets ("+08:00") as names, too; those are not names here.
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  } catch {
    return undefined;
  }
  return { name, offsetAt: (unixSeconds) => localSeconds(format, unixSeconds) - unixSeconds };
}

function localSeconds(format: Intl.DateTimeFormat, unixSeconds: number): number {
  const parts = new Map(format.formatToParts(unixSeconds * 1000).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) / 1000;
}

function posixZone(text: string): TimeZone | undefined {
  const match = /^(?:<[A-Za-z0-9+-]+>|[A-Za-z]{3,})([+-]?)(\d{1,2})(?::?(\d{2}))?(?::(\d{2}))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign, hours, minutes = '0', seconds = '0'] = match;
  const west = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return zoneIfPossible(sign === '-' ? west : -west, text);
}

function zoneIfPossible(offsetSeconds: number, name: string): TimeZone | undefined {
  return Math.abs(offsetSeconds) < 16 * 3600 ? fixedZone(offsetSeconds, name) : undefined;
}

function secondsOf([, sign, hours, minutes]: readonly string[]): number {
  const size = Number(hours) * 3600 + Number(minutes) * 60;
  return sign === '-' ? -size : size;
}

/**
 * The moments that a local time can be, in seconds since 1970 UTC, earliest first: one, none (the clocks were put forward
 * past it) or two (put back). With none, `near` has what it would be by the offsets before and after the change.
 */
function momentsOf(localAsUtc: number, zone: TimeZone): { readonly exact: number[]; readonly near: number[] } {
  const day = 86_400;
  const offsets = new Set([localAsUtc - day, localAsUtc, localAsUtc + day].map((moment) => zone.offsetAt(moment)));
  const near = [...offsets].map((offset) => localAsUtc - offset).sort((left, right) => left - right);
  return { exact: near.filter((moment) => zone.offsetAt(moment) === localAsUtc - moment), near };
}

/** `2026-11-21 05:28:25.980598+08`: a moment on the clocks of a zone, with its offset. */
export function formatLocal(timeUs: bigint, zone: TimeZone): string {
  const offset = zone.offsetAt(Number(timeUs / 1_000_000n));
  const shifted = formatUtc(timeUs + BigInt(offset) * 1_000_000n);
  return `${shifted.slice(0, -3)}${formatOffset(offset)}`;
}

/** `+08`, `+05:30`, `-03:30`, `+00`. */
export function formatOffset(offsetSeconds: number): string {
  const size = Math.abs(offsetSeconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(size / 3600), Math.floor((size % 3600) / 60), size % 60];
  const tail = seconds === 0 ? (minutes === 0 ? '' : `:${two(minutes)}`) : `:${two(minutes)}:${two(seconds)}`;
  return `${offsetSeconds < 0 ? '-' : '+'}${two(hours)}${tail}`;
}

/**
 * The one moment of a local time. @throws BackupError `USAGE` with both readings when the clocks were changed there
 */
export function momentOf(localAsUtc: number, zone: TimeZone, text: string): number {
  const { exact, near } = momentsOf(localAsUtc, zone);
  const [only, other] = exact;
  if (only !== undefined && other === undefined) return only;
  const readings = only === undefined ? near : exact;
  const [first = '', second = ''] = readings.map((moment) => formatLocal(BigInt(moment) * 1_000_000n, zone));
  const key = only === undefined ? 'target.skipped-time' : 'target.repeated-time';
  throw new BackupError('USAGE', say(key, { zone: zone.name, text, first, second }), {
    hint: say('target.two-readings.hint'),
  });
}
