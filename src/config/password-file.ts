import { readFile, stat } from 'node:fs/promises';
import { reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** What a line of the password file is chosen by. `host` is `localhost` for a socket in a default directory. */
export interface PasswordQuery {
  readonly host: string;
  readonly port: number;
  /** `replication` for a physical replication connection. */
  readonly database: string;
  readonly user: string;
}

export interface PasswordFileAnswer {
  readonly password: string | undefined;
  /** Why the file was not used. */
  readonly warnings: readonly Message[];
}

/**
 * Looks a password up in a file as libpq does (PostgreSQL documentation, "The Password File"). A file that is not there has no
 * passwords; one that others may read is ignored with a warning.
 */
export async function readPasswordFile(path: string, query: PasswordQuery): Promise<PasswordFileAnswer> {
  try {
    const status = await stat(path);
    if (!status.isFile()) return { password: undefined, warnings: [say('settings.passfile-not-plain', { path })] };
    if ((status.mode & 0o077) !== 0) {
      return { password: undefined, warnings: [say('settings.passfile-open', { path })] };
    }
    return { password: findPassword(await readFile(path, 'utf8'), query), warnings: [] };
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return { password: undefined, warnings: [] };
    return { password: undefined, warnings: [say('settings.passfile-unreadable', { path, reason: reasonFor(error) })] };
  }
}

/**
 * The password of the first line `host:port:database:user:password` that fits; undefined when none does. `*` fits anything, `\`
 * takes the character after it as it is, a line beginning with `#` is a comment.
 */
export function findPassword(text: string, query: PasswordQuery): string | undefined {
  const wanted = [query.host, String(query.port), query.database, query.user];
  for (const rawLine of text.split('\n')) {
    const line = rawLine.replace(/\r+$/, '');
    if (line === '' || line.startsWith('#')) continue;
    const fields = splitFields(line, wanted.length);
    if (fields === undefined) continue;
    const fits = wanted.every((value, index) => fields.names[index] === '*' || unescape(fields.names[index]) === value);
    if (fits) return unescape(fields.rest);
  }
  return undefined;
}

/** The first `count` fields, still escaped, and what is behind them; undefined when the line has fewer. */
function splitFields(
  line: string,
  count: number,
): { readonly names: readonly string[]; readonly rest: string } | undefined {
  const names: string[] = [];
  let start = 0;
  for (let position = 0; position < line.length; position += 1) {
    if (line[position] === '\\') {
      position += 1;
    } else if (line[position] === ':') {
      names.push(line.slice(start, position));
      start = position + 1;
      if (names.length === count) return { names, rest: line.slice(start) };
    }
  }
  return undefined;
}

function unescape(field: string | undefined): string | undefined {
  return field?.replace(/\\(.)/gs, '$1');
}
