import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';

/** Keywords that are read, and the variable that says the same. */
const variables: Readonly<Record<string, string>> = {
  host: 'PGHOST',
  hostaddr: 'PGHOSTADDR',
  port: 'PGPORT',
  user: 'PGUSER',
  password: 'PGPASSWORD',
  passfile: 'PGPASSFILE',
  application_name: 'PGAPPNAME',
  connect_timeout: 'PGCONNECT_TIMEOUT',
  sslmode: 'PGSSLMODE',
  options: 'PGOPTIONS',
  client_encoding: 'PGCLIENTENCODING',
};
/** A replication connection has no database, and is one anyway. */
const passedOver: readonly string[] = ['dbname', 'replication'];
/** Other keywords of libpq: their names may be repeated in an error. Any other word may be a part of a password. */
const known =
  'service fallback_application_name keepalives keepalives_idle keepalives_interval keepalives_count tcp_user_timeout gssencmode krbsrvname gsslib gssdelegation sslcompression sslcert sslkey sslpassword sslrootcert sslcrl sslcrldir sslsni sslnegotiation sslcertmode requiressl requirepeer require_auth ssl_min_protocol_version ssl_max_protocol_version min_protocol_version max_protocol_version target_session_attrs load_balance_hosts channel_binding scram_client_key scram_server_key sslkeylogfile oauth_issuer oauth_client_id oauth_client_secret oauth_scope'.split(
    ' ',
  );

const refuse = (sentence: Message): BackupError =>
  new BackupError('USAGE', sentence, { hint: say('settings.connection-hint') });

/**
 * Reads a connection string of libpq (PostgreSQL documentation, "Connection Strings"), `keyword=value …` or `postgresql://…`, as the
 * environment variables that say the same. Nothing of it is repeated in an error but names of keywords.
 * @throws BackupError `USAGE`, also for keywords that are not supported
 */
export function parseConnectionString(text: string): Record<string, string> {
  const pairs = /^postgres(?:ql)?:\/\//.test(text) ? pairsOfUri(text) : pairsOfWords(text);
  const environment: Record<string, string> = {};
  for (const [keyword, value] of pairs) {
    if (passedOver.includes(keyword)) continue;
    const variable = Object.hasOwn(variables, keyword) ? variables[keyword] : undefined;
    if (variable === undefined) {
      const isKnown = known.includes(keyword);
      throw refuse(isKnown ? say('settings.connection-later', { option: keyword }) : say('settings.connection-option'));
    }
    environment[variable] = value;
  }
  return environment;
}

/** Values in single quotes may hold blanks; a backslash takes the next character as it is, in quotes and without. */
function pairsOfWords(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  const pattern = /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?!')(?:[^\s\\]|\\.)*))(?=\s|$)/gsy;
  let at = 0;
  while (text.slice(at).trim() !== '') {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) {
      const opensQuote = /^\s*[^\s=]+\s*=\s*'/.test(text.slice(at));
      throw refuse(say(opensQuote ? 'settings.connection-quote' : 'settings.connection-equals'));
    }
    const [whole, keyword = '', quoted, bare = ''] = match;
    pairs.push([keyword, (quoted ?? bare).replace(/\\(.)/gs, '$1')]);
    at += whole.length;
  }
  return pairs;
}

/** `postgresql://[user[:password]@][host[:port],…][/dbname][?keyword=value&…]` */
function pairsOfUri(text: string): [string, string][] {
  const match = /^[a-z]+:\/\/(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/s.exec(text);
  if (match === null) throw refuse(say('settings.connection-uri'));
  const [, login, places = '', , query = ''] = match;
  const pairs: [string, string][] = [];
  if (login !== undefined) {
    const colon = login.indexOf(':');
    pairs.push(['user', decoded(colon < 0 ? login : login.slice(0, colon))]);
    if (colon >= 0) pairs.push(['password', decoded(login.slice(colon + 1))]);
  }
  const hosts = places.split(',').map((place) => {
    const parts = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/.exec(place);
    if (parts === null) throw refuse(say('settings.connection-uri'));
    return { host: parts[1] ?? parts[2] ?? '', port: parts[3] ?? '' };
  });
  if (hosts.some(({ host }) => host !== '')) pairs.push(['host', hosts.map(({ host }) => decoded(host)).join(',')]);
  if (hosts.some(({ port }) => port !== '')) pairs.push(['port', hosts.map(({ port }) => port).join(',')]);
  for (const part of query === '' ? [] : query.split('&')) {
    const equals = part.indexOf('=');
    if (equals < 0) throw refuse(say('settings.connection-equals'));
    pairs.push([decoded(part.slice(0, equals)), decoded(part.slice(equals + 1))]);
  }
  return pairs;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refuse(say('settings.connection-encoding'));
  }
}
