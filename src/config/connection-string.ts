import { BackupError } from '../errors/backup-error.ts';
import { say, type MessageKey } from '../messages/message.ts';
import { isConnectionKeyword, type ConnectionKeyword, type ConnectionWords } from './connection-keywords.ts';

type Pair = readonly [keyword: string, value: string];

/**
 * Reads a connection string of libpq (PostgreSQL documentation, "Connection Strings"), `keyword=value …` or `postgresql://…`. The
 * last of several values counts. Nothing of it is repeated in an error: each word may be a part of a password.
 * @throws BackupError `USAGE`
 */
export function parseConnectionString(text: string): ConnectionWords {
  const pairs = /^postgres(?:ql)?:\/\//.test(text) ? pairsOfUri(text) : pairsOfWords(text);
  const words: Partial<Record<ConnectionKeyword, string>> = {};
  for (const [keyword, value] of pairs) {
    if (!isConnectionKeyword(keyword)) throw refuse('settings.connection-option');
    words[keyword] = value;
  }
  return words;
}

/** Values in single quotes may hold blanks; a backslash takes the next character as it is, in quotes and without. */
function pairsOfWords(text: string): Pair[] {
  const pairs: Pair[] = [];
  // Between a closing quote and the next keyword no blank is needed.
  const pattern = /\s*([^\s=]*)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?!')(?:[^\s\\]|\\.|\\$)*))/sy;
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const rest = text.slice(pattern.lastIndex);
    const match = pattern.exec(text);
    if (match === null) {
      throw refuse(/^\s*[^\s=]*\s*=\s*'/.test(rest) ? 'settings.connection-quote' : 'settings.connection-equals');
    }
    const [, keyword = '', quoted, bare = ''] = match;
    pairs.push([keyword, (quoted ?? bare).replace(/\\(.?)/gs, '$1')]);
  }
  return pairs;
}

/** `postgresql://[user[:password]@][host[:port],…][/dbname][?keyword=value&…]` */
function pairsOfUri(text: string): Pair[] {
  const [start = '', login] = /^[a-z]+:\/\/(?:([^@/]*)@)?/.exec(text) ?? [];
  const { hosts, ports, end } = placesOfUri(text, start.length);
  const [, path = '', query = ''] = /^(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text.slice(end)) ?? [];
  const pairs: Pair[] = [];
  const add = (keyword: ConnectionKeyword, value: string): void => {
    if (value !== '') pairs.push([keyword, decoded(value)]);
  };
  if (login !== undefined) {
    const colon = login.indexOf(':');
    add('user', colon < 0 ? login : login.slice(0, colon));
    if (colon >= 0) add('password', login.slice(colon + 1));
  }
  add('host', hosts.join(','));
  add('port', ports.join(','));
  add('dbname', path);
  // A separator at the end is taken as none.
  const parts = query.replace(/(?<=.)&$/s, '');
  for (const part of parts === '' ? [] : parts.split('&')) pairs.push(pairOfQuery(part));
  return pairs;
}

/** From `start` on: hosts, in brackets where they are IPv6 addresses, each with its port. */
function placesOfUri(text: string, start: number) {
  const place = /(?:\[([^\]]*)\](?=[:/?,]|$)|(?!\[)([^:/?,]*))(?::([^/?,]*))?/sy;
  const [hosts, ports]: [string[], string[]] = [[], []];
  for (place.lastIndex = start; ; place.lastIndex += 1) {
    const rest = text.slice(place.lastIndex);
    const match = place.exec(text);
    if (match === null) throw refuse(rest.includes(']') ? 'settings.connection-uri' : 'settings.connection-bracket');
    const [, literal, host = '', port = ''] = match;
    if (literal === '') throw refuse('settings.connection-empty-literal');
    hosts.push(literal ?? host);
    ports.push(port);
    if (text[place.lastIndex] !== ',') return { hosts, ports, end: place.lastIndex };
  }
}

function pairOfQuery(part: string): Pair {
  const words = part.split('=');
  const [keyword = '', value] = words;
  if (value === undefined) throw refuse('settings.connection-uri-equals');
  if (words.length > 2) throw refuse('settings.connection-extra-equals');
  // The spelling of JDBC, which libpq takes as well.
  if (keyword === 'ssl' && value === 'true') return ['sslmode', 'require'];
  return [decoded(keyword), decoded(value)];
}

function decoded(text: string): string {
  if (text.includes('%00')) throw refuse('settings.connection-zero');
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse('settings.connection-encoding');
  }
}

function refuse(key: Extract<MessageKey, `settings.connection-${string}`>): BackupError {
  return new BackupError('USAGE', say(key as 'settings.connection-uri'), { hint: say('settings.connection-hint') });
}
