import type { ErrorCode } from '../errors/codes.ts';
import { say, type Message } from '../messages/message.ts';
import { recoveryFailures, type FailureKey } from './recovery-failures.ts';

/** What a line of a server's log says about its recovery. Positions are text as the server wrote them. */
export type RecoveryLogEvent =
  | { readonly kind: 'begin'; readonly text: string }
  /** `text`: what it recovers to, undefined: the end of the WAL. */
  | { readonly kind: 'target'; readonly text: string | undefined }
  | { readonly kind: 'standby' }
  | { readonly kind: 'restored'; readonly name: string }
  | { readonly kind: 'consistent'; readonly lsn: string }
  | { readonly kind: 'read-only' }
  | { readonly kind: 'replaying'; readonly lsn: string }
  /** It does something that can take long and is no replay. */
  | { readonly kind: 'working' }
  /** `text`: `before commit of transaction 14244, time …`. */
  | { readonly kind: 'stopping'; readonly text: string }
  | { readonly kind: 'paused' }
  | { readonly kind: 'redo-done'; readonly lsn: string }
  | { readonly kind: 'prepared'; readonly xid: string }
  | { readonly kind: 'complete' }
  | { readonly kind: 'open' }
  | { readonly kind: 'shut-down' }
  /** The server goes on, without something that was to be recovered. */
  | { readonly kind: 'warning'; readonly text: string }
  | {
      readonly kind: 'failure';
      /** The server cannot go on; else it can, but not to the end that was wanted. */
      readonly fatal: boolean;
      readonly known: KnownFailure | undefined;
      readonly text: string;
    };

/** What a failure means and what to do. */
export interface KnownFailure {
  readonly key: FailureKey;
  readonly code: ErrorCode;
  readonly sentence: Message;
  readonly hint: Message;
}

const severities = 'LOG|FATAL|PANIC|ERROR|WARNING|NOTICE|INFO|DETAIL|HINT|STATEMENT|CONTEXT';
const ofStderr = new RegExp(`(?:^|[\\s\\]])(${severities}):\\s+(.*)$`);
const ofCsv = new RegExp(`,(${severities}),[0-9A-Z]{5},"((?:[^"]|"")*)"`);
const ofJson = new RegExp(`"error_severity":"(${severities})".*?"message":"((?:[^"\\\\]|\\\\.)*)"`);

/** Severity and text of a log line in any of the formats: stderr with any prefix, csvlog, jsonlog. */
function messageOf(line: string): { severity: string; text: string } | undefined {
  // The rest of a message or statement of several lines.
  if (line.startsWith('\t')) return undefined;
  const csv = ofCsv.exec(line);
  if (csv !== null) return { severity: csv[1] ?? '', text: (csv[2] ?? '').replaceAll('""', '"') };
  const json = line.startsWith('{') ? ofJson.exec(line) : null;
  if (json !== null) return { severity: json[1] ?? '', text: (json[2] ?? '').replaceAll('\\"', '"') };
  const plain = ofStderr.exec(line);
  return plain === null ? undefined : { severity: plain[1] ?? '', text: plain[2] ?? '' };
}

type Reader = (match: RegExpExecArray) => RecoveryLogEvent;
const position = '([0-9A-F]{1,8}/[0-9A-F]{1,8})';

/** The same words in both products, but for those marked. Source: xlog.c, xlogrecovery.c, xlog.cpp; `test/fixtures/opengauss/pitr/outcomes.md`. */
const readers: readonly (readonly [RegExp, Reader])[] = [
  [
    /^database system (?:was interrupted|was shut down|was not properly shut down|shutdown was interrupted)/,
    (found) => ({ kind: 'begin', text: found.input }),
  ],
  [/^starting point-in-time recovery to (.+)$/, (found) => ({ kind: 'target', text: found[1] ?? '' })],
  [/^starting archive recovery$/, () => ({ kind: 'target', text: undefined })],
  [/^entering standby mode$/, () => ({ kind: 'standby' })],
  [/^restored log file "([0-9A-F]{24})" from archive$/, (found) => ({ kind: 'restored', name: found[1] ?? '' })],
  [
    new RegExp(`^consistent recovery state reached at ${position}`),
    (found) => ({ kind: 'consistent', lsn: found[1] ?? '' }),
  ],
  [/^database system is ready to accept read[ -]only connections$/, () => ({ kind: 'read-only' })],
  [
    new RegExp(`^redo in progress, .*current LSN: ${position}`),
    (found) => ({ kind: 'replaying', lsn: found[1] ?? '' }),
  ],
  [/^(?:syncing data directory|resetting unlogged relations).*elapsed time/, () => ({ kind: 'working' })],
  [/^recovery stopping (.+)$/, (found) => ({ kind: 'stopping', text: found[1] ?? '' })],
  // PostgreSQL 13 and later pause with other words where the target is.
  [/^(?:recovery has paused|pausing at the end of recovery)$/, () => ({ kind: 'paused' })],
  [new RegExp(`^redo done at ${position}`), (found) => ({ kind: 'redo-done', lsn: found[1] ?? '' })],
  [
    /^recovering prepared transaction (\d+) from shared memory$/,
    (found) => ({ kind: 'prepared', xid: found[1] ?? '' }),
  ],
  [/^archive recovery complete$/, () => ({ kind: 'complete' })],
  [/^database system is ready to accept connections$/, () => ({ kind: 'open' })],
  [/^(?:database system is shut down|shutdown at recovery target)$/, () => ({ kind: 'shut-down' })],
];

/** Warnings of a recovery that leaves out something that it should bring. Source: twophase.c, xlogutils.c, xlog.c, slot.c. */
const lostOnTheWay =
  /two-phase|prepared transaction|invalid page|page \d+ of relation|relation .* does not exist|could not (?:remove|open|read|rename|fsync) |tablespace|checksum|recover|\bWAL\b|\bxlog\b|missing contrecord|history file/i;

/** The text of a DETAIL line. */
export function readDetail(line: string): string | undefined {
  const message = messageOf(line);
  return message?.severity === 'DETAIL' ? message.text : undefined;
}

/** FATAL ends a session, too. Such an end says nothing of the recovery; our own attempts to log in cause the first of them. */
const endOfSession =
  /^the database system is (?:starting up|shutting down|in recovery mode|not (?:yet )?accepting connections)|^terminating (?:\w+ )*(?:connection|process|worker|receiver|walreceiver|launcher)|^canceling authentication|^connection to client lost|^(?:role|database) ".*" (?:does not exist|is not permitted to log in)|authentication failed for user|^(?:no pg_hba\.conf entry|pg_hba\.conf rejects)|^sorry, too many clients|^remaining connection slots|^too many connections|^unsupported frontend protocol|^(?:Forbid|Invalid username\/password)/;

/** What a line of the log says; undefined for all that is not about recovery. */
export function readRecoveryLine(line: string): RecoveryLogEvent | undefined {
  const message = messageOf(line);
  if (message === undefined) return undefined;
  const { severity, text } = message;
  if (severity === 'LOG') {
    for (const [pattern, read] of readers) {
      const found = pattern.exec(text);
      if (found !== null) return read(found);
    }
  }
  // ERROR is what sessions are told; what goes with a message is not a message.
  if (!['LOG', 'WARNING', 'FATAL', 'PANIC'].includes(severity)) return undefined;
  const known = knownFailure(text);
  const fatal = severity === 'PANIC' || (severity === 'FATAL' && !endOfSession.test(text));
  if (known === undefined && !fatal) {
    return severity === 'WARNING' && lostOnTheWay.test(text) ? { kind: 'warning', text } : undefined;
  }
  return { kind: 'failure', fatal, known, text: `${severity}:  ${text}` };
}

function knownFailure(text: string): KnownFailure | undefined {
  for (const { pattern, code, key } of recoveryFailures) {
    if (!pattern.test(text)) continue;
    return { key, code, sentence: say(`recovery-failure.${key}`, { text }), hint: say(`recovery-failure.${key}.hint`) };
  }
  return undefined;
}
