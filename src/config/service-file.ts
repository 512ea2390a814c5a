import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import { isConnectionKeyword, type ConnectionKeyword, type ConnectionWords } from './connection-keywords.ts';

export interface ServiceQuery {
  readonly service: string;
  /** That must be there, where one is named (PGSERVICEFILE). */
  readonly file: string | undefined;
  readonly home: string;
  /** Where the file for all users is; undefined: where distributions have it. */
  readonly systemDirectory: string | undefined;
}

/** Debian's and PostgreSQL's own places for files of all users. */
const systemDirectories = ['/etc/postgresql-common', '/etc/sysconfig/pgsql', '/usr/local/pgsql/etc', '/etc'] as const;

/**
 * What a service file says of a service, as libpq finds it (PostgreSQL documentation, "The Connection Service File"): the file that is
 * named or the user's own, then that of all users.
 * @throws BackupError `CONFIG_INVALID` where no file knows the service, or one cannot be read
 */
export async function readService({ service, file, home, systemDirectory }: ServiceQuery): Promise<ConnectionWords> {
  const own = file ?? join(home, '.pg_service.conf');
  const directories = systemDirectory === undefined ? systemDirectories : [systemDirectory];
  for (const path of [own, ...directories.map((directory) => join(directory, 'pg_service.conf'))]) {
    const text = await readOptional(path);
    if (text === undefined && path === file) throw refuse(say('settings.service-no-file', { path }));
    const found = text === undefined ? undefined : findService(text, service, path);
    if (found !== undefined) return found;
  }
  throw refuse(say('settings.service-unknown', { service }), say('settings.service-unknown-hint'));
}

/**
 * The words of the section `[service]`; undefined when there is none. The first of several values counts.
 * @throws BackupError `CONFIG_INVALID` naming the line, but nothing that stands in it: it may hold a password
 */
export function findService(text: string, service: string, path: string): ConnectionWords | undefined {
  let words: Partial<Record<ConnectionKeyword, string>> | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const at = { path, line: index + 1 };
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('[')) {
      if (words !== undefined) return words;
      if (line.startsWith(`[${service}]`)) words = {};
      continue;
    }
    if (words === undefined) continue;
    if (line.startsWith('ldap')) throw refuse(say('settings.service-ldap', at));
    const equals = line.indexOf('=');
    const keyword = line.slice(0, Math.max(0, equals));
    if (keyword === 'service' || keyword === 'servicefile')
      throw refuse(say('settings.service-nested', { ...at, keyword }));
    if (!isConnectionKeyword(keyword)) throw refuse(say('settings.service-syntax', at));
    words[keyword] ??= line.slice(equals + 1);
  }
  return words;
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw refuse(say('settings.service-unreadable', { path, reason: reasonFor(error) }), undefined, error);
  }
}

function refuse(sentence: Message, hint?: Message, cause?: unknown): BackupError {
  return new BackupError('CONFIG_INVALID', sentence, { hint, cause });
}
