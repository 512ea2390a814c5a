import type { Abortable, Connection } from '../connection/connection.ts';
import { serverText, ServerError } from '../connection/server-error.ts';
import { say, type MessageValue } from '../messages/message.ts';
import type { QueryResult } from '../protocol/backend-messages.ts';
import { protocolViolation } from '../protocol/protocol-violation.ts';
import { parseLsn, type Lsn } from '../wal/lsn.ts';
import { serverFailure } from './server-failure.ts';

/** A row by the names of its columns. */
export type Row = ReadonlyMap<string, string | null>;

/** Runs `command`, with the advice for what the server may refuse. @throws ServerError */
export async function runCommand(
  connection: Connection,
  command: string,
  options: Abortable = {},
): Promise<readonly QueryResult[]> {
  try {
    return await connection.query(command, options);
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    throw serverFailure(error.fields, {
      sentence: say('replication.failed-command', { command: wordsOf(command), lines: serverText(error.fields) }),
      user: connection.user,
    });
  }
}

/** Runs `command` and returns the only row of its first result. @throws ServerError, BackupError `PROTOCOL_VIOLATION` */
export async function queryRow(connection: Connection, command: string, options: Abortable = {}): Promise<Row> {
  const [result] = await runCommand(connection, command, options);
  return onlyRow(result, wordsOf(command));
}

export function onlyRow(result: QueryResult | undefined, command: string): Row {
  const [row] = result?.rows ?? [];
  if (result === undefined || row === undefined || result.rows.length !== 1) {
    throw badResult(command, say('replication.answer.not-one-row', { rows: result?.rows.length ?? 0 }));
  }
  return new Map(result.columns.map((column, index) => [column.name, row[index] ?? null]));
}

/** The value of a column that must be there and not NULL. */
export function valueOf(row: Row, column: string, command: string): string {
  const value = row.get(column);
  if (value === undefined || value === null) throw badResult(command, say('replication.answer.no-column', { column }));
  return value;
}

export function lsnOf(row: Row, column: string, command: string): Lsn {
  const text = valueOf(row, column, command);
  try {
    return parseLsn(text);
  } catch (error) {
    throw badResult(command, say('replication.answer.bad-column', { column, text }), error);
  }
}

/** A number from 0 to 2^32-1, such as a timeline. */
export function uint32Of(row: Row, column: string, command: string): number {
  const text = valueOf(row, column, command);
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= 0xffff_ffff)) throw badResult(command, say('replication.answer.bad-column', { column, text }));
  return value;
}

export function badResult(command: MessageValue, reason: MessageValue, cause?: unknown): Error {
  return protocolViolation(say('replication.result-shape', { command, reason }), cause);
}

/** The upper-case words a command begins with: what it is, without names and labels. */
function wordsOf(command: string): string {
  return /^[A-Z_]+(?: [A-Z_]+\b(?!'))*/.exec(command)?.[0] ?? command;
}
