import type { ErrorCode, ErrorKind } from '../errors/codes.ts';
import type { Message } from '../messages/message.ts';
import type { ServerFamily } from './identity.ts';
import type { RefusalPlace } from './refusal-rule.ts';
import { accessRefusals, roleWord } from './refusals-access.ts';
import { commandRefusals } from './refusals-commands.ts';
import { streamRefusals } from './refusals-stream.ts';

export interface Refusal {
  readonly code: ErrorCode;
  readonly hint: Message | undefined;
  readonly retryable: boolean | undefined;
  readonly kind: ErrorKind | undefined;
}

/** Fields of an ErrorResponse by their letters. */
type Fields = Readonly<Record<string, string>>;

/**
 * Which family wrote an error: every PostgreSQL since 9.6 sends the field V, openGauss never does.
 * Works before anything else about the server is known.
 */
export function familyOfError(fields: Fields): ServerFamily {
  return fields['V'] === undefined ? 'opengauss' : 'postgresql';
}

/**
 * Code, kind and advice for an error that a server sent. Matching is on SQLSTATE and English text; without a match, on the SQLSTATE
 * class. With `streaming`, what START_REPLICATION and its stream are refused with is known in every language of the server.
 */
export function refusalOf(fields: Fields, place: RefusalPlace = {}): Refusal {
  const sqlstate = fields['C'] ?? '';
  const text = fields['M'] ?? '';
  const family = familyOfError(fields);
  const rules = [...(place.streaming === true ? streamRefusals : []), ...accessRefusals, ...commandRefusals];
  for (const rule of rules) {
    if (rule.family !== undefined && rule.family !== family) continue;
    if (rule.sqlstates !== undefined && !rule.sqlstates.includes(sqlstate)) continue;
    if (rule.routines !== undefined && !rule.routines.includes(fields['R'] ?? '')) continue;
    const match = rule.message.exec(text);
    if (match === null) continue;
    const hint = rule.hint(match, { user: place.user === undefined ? 'NAME' : roleWord(place.user) }, family);
    return { code: rule.code, hint, retryable: rule.retryable, kind: rule.kind };
  }
  return { code: codeOfSqlstate(sqlstate), hint: undefined, retryable: undefined, kind: undefined };
}

/** Class of SQLSTATE → code. Source: PostgreSQL manual, appendix "Error Codes". */
function codeOfSqlstate(sqlstate: string): ErrorCode {
  if (sqlstate.startsWith('28') || sqlstate === '42501') return 'AUTHENTICATION';
  if (sqlstate === '42704') return 'OBJECT_NOT_FOUND';
  if (sqlstate === '42710') return 'OBJECT_EXISTS';
  if (sqlstate.startsWith('57P')) return 'SERVER_UNREACHABLE';
  if (sqlstate === 'XX001' || sqlstate === 'XX002') return 'CORRUPT';
  return 'SERVER_ERROR';
}

/**
 * Whether an error says that replication must go to the HA port. It comes before any login, as an ERROR that only an
 * openGauss server sends. The only reason to try another port than the one that was named.
 */
export function wantsReplicationPort(fields: Fields): boolean {
  return (
    fields['C'] === '22023' &&
    familyOfError(fields) === 'opengauss' &&
    (fields['M'] ?? '').includes('should connect HA port in thread_pool')
  );
}

/** Whether the HA port refused the role because of the client name `gs_basebackup`: under another name no role is checked. */
export function refusesChannel(fields: Fields): boolean {
  return (fields['M'] ?? '').includes('Normal user is not allowed to use HA channel');
}

/**
 * The file that a notice says was left out of the backup because its format has no room for its size (openGauss,
 * 8 GiB); undefined for any other notice. Such a backup is incomplete.
 */
export function fileLeftOutBy(notice: Fields): string | undefined {
  return /archive member "(.*)" too large for tar format/s.exec(notice['M'] ?? '')?.[1];
}
