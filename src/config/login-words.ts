import { BackupError } from '../errors/backup-error.ts';
import { say, type Message } from '../messages/message.ts';
import type { ConnectionKeyword } from './connection-keywords.ts';
import type { SaidWords } from './connection-words.ts';

/** Ways of logging in that a server can ask for: libpq's, and `sha256` and `sm3` of openGauss. */
const methods = ['password', 'md5', 'scram-sha-256', 'sha256', 'sm3', 'gss', 'sspi', 'oauth', 'none'] as const;

/**
 * The ways of logging in that `require_auth` allows; undefined: all. A list of names allows these, one of names with `!` all others.
 * @throws BackupError `USAGE` or `CONFIG_INVALID`
 */
export function requiredAuthOf(words: SaidWords): readonly (typeof methods)[number][] | undefined {
  const text = words.get('require_auth');
  if (text === undefined) return undefined;
  const wrong = (sentence: Message): BackupError => new BackupError(words.code('require_auth'), sentence);
  const parts = text.split(',');
  const negated = parts[0]?.startsWith('!') === true;
  const named = new Set<(typeof methods)[number]>();
  for (const part of parts) {
    const word = part.replace(/^!/, '');
    const method = methods.find((known) => known === word);
    if (part.startsWith('!') !== negated) {
      throw wrong(
        part.startsWith('!')
          ? say('settings.auth-negative-mixed', { method: part })
          : say('settings.auth-positive-mixed', { method: part }),
      );
    }
    if (method === undefined) {
      throw new BackupError(
        words.code('require_auth'),
        say('settings.bad-word', { option: 'require_auth', text: part }),
        {
          hint: say('settings.bad-word-hint', { words: methods.join(', ') }),
        },
      );
    }
    if (named.has(method)) throw wrong(say('settings.auth-twice', { method: part }));
    named.add(method);
  }
  return methods.filter((method) => named.has(method) !== negated);
}

/** What a connection of libpq does with, and ours without, or with a value of its own. */
const onlyOfLibpq: readonly ConnectionKeyword[] = [
  'dbname',
  'application_name',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'gssencmode',
  'krbsrvname',
  'gsslib',
  'gssdelegation',
  'requirepeer',
  'min_protocol_version',
  'max_protocol_version',
];

/** These of them that were said. */
export function furtherWords(words: SaidWords): Readonly<Record<string, string>> {
  const pairs = onlyOfLibpq.map((keyword) => [keyword, words.get(keyword)] as const);
  return Object.fromEntries(pairs.filter((pair): pair is [ConnectionKeyword, string] => pair[1] !== undefined));
}

/** Keywords that change nothing here, and nothing about safety either: said with -v. */
const withoutEffect: readonly ConnectionKeyword[] = [
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
  'krbsrvname',
  'gsslib',
  'gssdelegation',
  'sslcompression',
  'sslkeylogfile',
  'max_protocol_version',
  'oauth_issuer',
  'oauth_client_id',
  'oauth_client_secret',
  'oauth_scope',
];

/**
 * Refuses what Node cannot do where a connection would be less safe without it.
 * @returns what is passed over
 * @throws BackupError `USAGE` or `CONFIG_INVALID`
 */
export function passedOver(words: SaidWords): readonly Message[] {
  const refuse = (keyword: ConnectionKeyword, option: string): BackupError =>
    new BackupError(words.code(keyword), say('settings.unsupported', { option }), {
      hint: say('settings.unsupported-hint'),
    });
  const encryption = words.choice('gssencmode', ['disable', 'prefer', 'require']);
  if (encryption === 'require') throw refuse('gssencmode', 'gssencmode=require');
  for (const keyword of ['scram_client_key', 'scram_server_key'] as const) {
    if (words.get(keyword) !== undefined) throw refuse(keyword, keyword);
  }
  const least = words.get('min_protocol_version');
  if (least !== undefined && least !== '3.0') throw refuse('min_protocol_version', 'min_protocol_version');
  // What libpq would not take must not reach the libpq of a standby either.
  for (const keyword of ['keepalives_interval', 'keepalives_count', 'tcp_user_timeout'] as const)
    words.integer(keyword);
  const options: string[] = withoutEffect.filter((keyword) => words.get(keyword) !== undefined);
  if (encryption === 'prefer') options.push('gssencmode=prefer');
  return options.map((option) => say('settings.passed-over', { option }));
}
