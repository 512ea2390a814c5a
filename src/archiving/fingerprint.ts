import { statSync, type BigIntStats } from 'node:fs';

/**
 * A file by what changes when its content does or another takes its name: device, number, size, times to the nanosecond.
 * The time of the last change of its entry (ctime) cannot be set by anybody, so a copy under the old name is another file.
 */
export function fingerprintOf(path: string): string {
  return textOf(statSync(path, { bigint: true }));
}

function textOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(':');
}

/** The same of what may not be there: undefined. */
export function fingerprintIfThere(path: string): string | undefined {
  const facts = statSync(path, { bigint: true, throwIfNoEntry: false });
  return facts && textOf(facts);
}

/** A fingerprint as `stat -c '%d %i %s %.9Y %.9Z'` prints it. */
export function statLine(fingerprint: string): string {
  const [dev, ino, size, mtime = '', ctime = ''] = fingerprint.split(':');
  return [dev, ino, size, secondsOf(mtime), secondsOf(ctime)].join(' ');
}

/** ns as stat(1) prints them: seconds with nine decimals. */
function secondsOf(ns: string): string {
  const digits = ns.padStart(10, '0');
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`;
}
