import { display, fromText } from '../bytes/byte-string.ts';
import type { Connection } from '../connection/connection.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say, type MessageValue } from '../messages/message.ts';
import type { ErrorFields, QueryResult } from '../protocol/backend-messages.ts';
import { unexpectedMessage } from '../protocol/protocol-violation.ts';
import type { Capabilities } from '../server/capabilities.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { BackupAnswer, type AnswerOptions } from './backup-answer.ts';
import { baseBackupCommand } from './backup-command.ts';
import { FramedCopy, PlainCopy } from './backup-copy.ts';
import type { BaseBackupEvent, BaseBackupRequest, TablespaceRow } from './base-backup.ts';
import { uploadManifest } from './upload-manifest.ts';
import { badResult, lsnOf, onlyRow, uint32Of, type Row } from './query-row.ts';

export interface BaseBackupOptions extends AnswerOptions {
  /** Bytes done by the server's own count, from PostgreSQL 15 with `progress`. */
  readonly onProgress?: ((doneBytes: bigint) => void) | undefined;
}

/**
 * Runs BASE_BACKUP and yields what comes, in order; see `BaseBackupEvent`. After `end` the connection takes the next
 * command. When the generator is left before, or fails, the connection is in the middle of an answer: close it.
 *
 * The inactivity time-out of the connection holds while archives come. It is off until the start position (a spread
 * checkpoint takes minutes) and, unless the request has `noWait`, while the end position is awaited (WAL is archived);
 * `onWaiting` is called meanwhile.
 * @throws ServerError what the server reported, with advice; BackupError `USAGE` (see `baseBackupCommand`),
 * `PROTOCOL_VIOLATION`, `SERVER_UNREACHABLE`
 */
export async function* startBaseBackup(
  connection: Connection,
  capabilities: Capabilities,
  request: BaseBackupRequest,
  options: BaseBackupOptions = {},
): AsyncGenerator<BaseBackupEvent, void, undefined> {
  const command = baseBackupCommand(capabilities, request);
  const answer = new BackupAnswer(connection, options);
  try {
    if (request.incremental !== undefined) await uploadManifest(answer, request.incremental);
    answer.expectSilence('start-position');
    await connection.send(command, { signal: options.signal });
    if (capabilities.baseBackup.grammar === 'opengauss') await readWalLink(answer);
    const start = readPosition(
      await answer.result('replication.failed-backup-begin', say('protocol.phase.start-position')),
    );
    const list = await answer.result('replication.failed-backup-list', say('protocol.phase.tablespaces'));
    answer.endSilence();
    const tablespaces = readTablespaces(list);
    checkRelative(tablespaces, capabilities);
    yield { type: 'start', startLsn: start.lsn, timeline: start.timeline, tablespaces };
    yield* capabilities.baseBackup.framed
      ? framedTars(answer, capabilities, tablespaces, request, options)
      : plainTars(answer, capabilities, tablespaces, request);
    if (!request.noWait) answer.expectSilence('end-position');
    const end = readPosition(await answer.result('replication.failed-backup-end', say('protocol.phase.end-position')));
    const checksumFailure = await readCompletion(answer);
    yield { type: 'end', endLsn: end.lsn, timeline: end.timeline, checksumFailure };
  } finally {
    answer.release();
  }
}

/** openGauss tells first where its pg_xlog link points; nobody needs it. */
async function readWalLink(answer: BackupAnswer): Promise<void> {
  const link = await answer.result('replication.failed-backup-begin', say('protocol.phase.wal-link'));
  const [column] = link.columns;
  if (link.columns.length !== 1 || column?.name !== 'xloglink') {
    throw badResult('BASE_BACKUP', say('replication.answer.no-wal-link'));
  }
}

/** One copy for each tablespace, then perhaps one with the manifest: PostgreSQL up to 14, openGauss. */
async function* plainTars(
  answer: BackupAnswer,
  capabilities: Capabilities,
  tablespaces: readonly TablespaceRow[],
  request: BaseBackupRequest,
): AsyncGenerator<BaseBackupEvent, void, undefined> {
  const { tarFormat: format, terminated } = capabilities.baseBackup;
  for (const [index, tablespace] of tablespaces.entries()) {
    if (index === tablespaces.length - 1) expectEnd(answer, request);
    const copy = await beginCopy(
      answer,
      say('protocol.phase.archive', { number: index + 1, count: tablespaces.length }),
    );
    yield { type: 'archive', tablespace, format, terminated, content: copy.content() };
    await copy.finish();
    answer.endSilence();
  }
  if (request.manifest === undefined) return;
  if (!request.noWait) answer.expectSilence('end-position');
  const copy = await beginCopy(answer, say('protocol.phase.manifest'));
  answer.endSilence();
  yield { type: 'manifest', content: copy.content() };
  await copy.finish();
}

/** The last archive: behind its files the server may wait for its archiver, in the middle of the copy. */
function expectEnd(answer: BackupAnswer, { noWait }: BaseBackupRequest): void {
  answer.noticesMeanWaiting = true;
  if (!noWait) answer.allowForArchiver();
}

async function beginCopy(answer: BackupAnswer, what: MessageValue): Promise<PlainCopy> {
  const message = await answer.receive();
  if (message.type !== 'CopyOutResponse') {
    throw answer.failure(message, 'replication.failed-backup-data', say('protocol.phase.wait', { what }));
  }
  return new PlainCopy(answer, say('protocol.phase.read', { what }));
}

/** PostgreSQL 15 and later. */
async function* framedTars(
  answer: BackupAnswer,
  capabilities: Capabilities,
  tablespaces: readonly TablespaceRow[],
  request: BaseBackupRequest,
  options: BaseBackupOptions,
): AsyncGenerator<BaseBackupEvent, void, undefined> {
  const { tarFormat: format, terminated } = capabilities.baseBackup;
  const begin = await answer.receive();
  if (begin.type !== 'CopyOutResponse') {
    throw answer.failure(begin, 'replication.failed-backup-data', say('protocol.phase.archives-begin'));
  }
  const copy = new FramedCopy(answer, options.onProgress);
  let archives = 0;
  for (;;) {
    const start = await copy.nextStart();
    answer.endSilence();
    if (start.kind === 'done') break;
    if (start.kind === 'manifest') {
      if (request.manifest === undefined) throw badResult('BASE_BACKUP', say('replication.answer.manifest'));
      yield { type: 'manifest', content: copy.content() };
      continue;
    }
    const tablespace = tablespaceOf(start.name, tablespaces);
    archives += 1;
    if (archives === tablespaces.length) expectEnd(answer, request);
    yield { type: 'archive', tablespace, format, terminated, name: start.name, content: copy.content() };
  }
  if (archives !== tablespaces.length) {
    throw badResult('BASE_BACKUP', say('replication.answer.archives', { archives, tablespaces: tablespaces.length }));
  }
}

/** `base.tar…` is the data directory, `<oid>.tar…` a tablespace. */
function tablespaceOf(archive: string, tablespaces: readonly TablespaceRow[]): TablespaceRow {
  const stem = /^(base|\d{1,10})\.tar(?:\.[a-z0-9]+)?$/.exec(archive)?.[1];
  const oid = stem === 'base' ? undefined : Number(stem);
  const row = stem === undefined ? undefined : tablespaces.find((tablespace) => tablespace.oid === oid);
  if (row === undefined) throw badResult('BASE_BACKUP', say('replication.answer.archive-name', { name: archive }));
  return row;
}

/** Positions come in column recptr; the timeline in tli, which openGauss does not send: it never leaves 1. */
function readPosition(result: QueryResult): { lsn: Lsn; timeline: TimelineId } {
  const row = onlyRow(result, 'BASE_BACKUP');
  const timeline = row.has('tli') ? uint32Of(row, 'tli', 'BASE_BACKUP') : 1;
  return { lsn: lsnOf(row, 'recptr', 'BASE_BACKUP'), timeline };
}

function readTablespaces(result: QueryResult): TablespaceRow[] {
  const rows = result.rows.map((_, index) => {
    return readTablespace(onlyRow({ ...result, rows: result.rows.slice(index, index + 1) }, 'BASE_BACKUP'));
  });
  if (rows.filter((row) => row.oid === undefined).length !== 1 || rows.at(-1)?.oid !== undefined) {
    throw badResult('BASE_BACKUP', say('replication.answer.order'));
  }
  if (new Set(rows.map((row) => row.oid)).size !== rows.length) {
    throw badResult('BASE_BACKUP', say('replication.answer.twice'));
  }
  return rows;
}

/**
 * openGauss takes a tablespace whose path only begins like that of the data directory (/data/g2 and /data/g2_ts) for one inside
 * of it, cuts the path, and sends links that lead nowhere. Such a backup could not be restored.
 */
function checkRelative(rows: readonly TablespaceRow[], { relativeTablespaces }: Capabilities): void {
  if (relativeTablespaces === undefined) return;
  for (const { oid, location, relative } of rows) {
    if (!relative || location === undefined || relativeTablespaces.test(location)) continue;
    throw new BackupError(
      'SERVER_ERROR',
      say('replication.tablespace-cut', { oid: oid ?? 0, path: display(location) }),
      {
        hint: say('replication.tablespace-cut.hint'),
      },
    );
  }
}

function readTablespace(row: Row): TablespaceRow {
  const isNull = (column: string): boolean => (row.get(column) ?? null) === null;
  if (!row.has('spcoid') || !row.has('spclocation')) throw badResult('BASE_BACKUP', say('replication.answer.no-list'));
  const size = row.get('size') ?? null;
  if (size !== null && !/^\d{1,19}$/.test(size))
    throw badResult('BASE_BACKUP', say('replication.answer.bad-column', { column: 'size', text: size }));
  const sizeKib = size === null ? undefined : BigInt(size);
  if (isNull('spcoid')) return { oid: undefined, location: undefined, relative: false, sizeKib };
  const location = row.get('spclocation') ?? '';
  // openGauss says so in a column; a tablespace in place of PostgreSQL has a path below the data directory.
  const relative = row.has('relative') ? row.get('relative') === '1' : !location.startsWith('/');
  return { oid: uint32Of(row, 'spcoid', 'BASE_BACKUP'), location: fromText(location), relative, sizeKib };
}

/** SQLSTATE data_corrupted: comes after the end position when pages failed their checksum. */
const dataCorrupted = 'XX001';

/** The command's own CommandComplete, which follows that of its last result, or the error about checksums; and ReadyForQuery. */
async function readCompletion(answer: BackupAnswer): Promise<ErrorFields | undefined> {
  let checksumFailure: ErrorFields | undefined;
  for (let completions = 0; ; completions++) {
    const message = await answer.receive();
    if (message.type === 'ReadyForQuery') return checksumFailure;
    if (completions > 0) throw unexpectedMessage(message, say('protocol.phase.backup-end'));
    if (message.type === 'ErrorResponse' && message.fields['C'] === dataCorrupted) {
      checksumFailure = message.fields;
    } else if (message.type !== 'CommandComplete') {
      throw answer.failure(message, 'replication.failed-backup-end', say('protocol.phase.backup-end'));
    }
  }
}
