import type { SessionSettings } from '../replication/open-session.ts';

/**
 * The connection string with which a standby reaches the server that `settings` lead to, as libpq reads it. A password is in it
 * where one was given, as with the original; one from a password file is not: the file is named.
 * @param password the one that was used
 */
export function primaryConninfo(settings: SessionSettings, password: string | undefined): string {
  const { host, hostaddr, port, user, passwordFile, sslmode, parameters } = settings;
  const words: readonly (readonly [string, string | undefined])[] = [
    ['user', user],
    ['password', passwordFile === undefined ? password : undefined],
    ['passfile', passwordFile],
    ['host', host],
    ['hostaddr', hostaddr],
    ['port', String(port)],
    ['sslmode', sslmode ?? 'prefer'],
    ['options', parameters?.['options']],
  ];
  return words
    .flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${quoted(value)}`]))
    .join(' ');
}

/** What has anything but letters, digits, `_` and `.` stands in quotes, in which `\` and `'` are escaped. */
function quoted(value: string): string {
  return /^[\w.]+$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`;
}
