import type { ByteString } from '../bytes/byte-string.ts';
import type { RequiredLimit } from '../server/recovery-limits.ts';

/** postgresql.conf of a copy whose backup has none: what a recovery checks, and nothing else. */
export function minimalSettings(limits: readonly RequiredLimit[]): ByteString {
  return [
    '# Made by gausskeep restore: the source keeps its configuration outside of its data directory, and the backup',
    '# does not have it. Everything is at its default but what the server checks when it recovers:',
    ...limits.map(({ name, value }) => `${name} = ${value}`),
    '',
  ].join('\n') as ByteString;
}

/**
 * pg_hba.conf that lets in who is on this host already, as the account that he is.
 * @param hasIdent there is a pg_ident.conf that is not ours
 */
export function minimalHba(hasIdent: boolean): ByteString {
  return [
    '# Made by gausskeep restore: the backup has no pg_hba.conf. Local connections only, each account as itself.',
    // `all` leaves out replication, which a backup of the copy needs.
    ...['all', 'replication'].map((database) => `local ${database} all peer${hasIdent ? '' : ' map=gausskeep'}`),
    '',
  ].join('\n') as ByteString;
}

/** pg_ident.conf for it. @param account that the server will run as; undefined: it has no name */
export function minimalIdent(account: string | undefined): ByteString {
  return [
    '# Made by gausskeep restore: each account as itself, and that of the server as postgres too.',
    'gausskeep /^(.*)$ \\1',
    ...(account === undefined ? [] : [`gausskeep "${account}" postgres`]),
    '',
  ].join('\n') as ByteString;
}
