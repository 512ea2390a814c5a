import {
  commandComplete,
  copyDone,
  copyOutResponse,
  dataRow,
  readyForQuery,
  rowDescription,
} from '../scripted/messages.ts';
import type { BaseBackupCommand } from './commands.ts';
import { memberOf, singleFile, walk, type Piece, type WalkOptions } from './members.ts';
import { fatal, fields, refusals } from './refusals.ts';
import type { Session } from './session.ts';
import type { TestTablespace } from './state.ts';
import { lsnText, xlogInfo } from './wal-store.ts';

const text = 25;
const int8 = 20;
const oid = 26;

function catalogDirectory(): string {
  return 'PG_9.2_201611171_n1';
}

/** Sends one archive's pieces as CopyData, with the faults and aborts of their places. */
async function sendPieces(session: Session, pieces: Iterable<Piece>): Promise<void> {
  const { corruptPage } = session.state.options;
  for (const piece of pieces) {
    if (session.state.shutdown === 'fast') await session.fail(refusals.shutdown);
    switch (piece.kind) {
      case 'too-large':
        await session.notice(fields('WARNING', '42622', `archive member "${piece.member}" too large for tar format`));
        break;
      case 'special':
        await session.notice(fields('WARNING', '42809', `skipping special file "./${piece.member}"`));
        break;
      case 'header':
        await session.sendCopyData(piece.bytes, 'header', piece.member);
        break;
      case 'padding':
        await session.sendCopyData(piece.bytes);
        break;
      case 'data': {
        if (corruptPage?.file === piece.member && piece.offset + piece.bytes.length > corruptPage.block * 8192) {
          const where = `"./${corruptPage.file}" block ${corruptPage.block}`;
          const sums = '(computed: 4711, recorded: 815)';
          await session.fail(fatal('XX000', `base backup cheksum failed in file ${where} ${sums}, aborting backup`));
        }
        const middle = piece.offset + piece.bytes.length > piece.size / 2;
        await session.sendCopyData(piece.bytes, middle ? 'mid-member' : undefined, piece.member);
      }
    }
  }
}

function sizeKib(root: string, options: WalkOptions | undefined): string {
  let bytes = 0;
  for (const piece of walk(root, Buffer.alloc(0), options)) {
    if ('bytes' in piece) bytes += piece.bytes.length;
  }
  return String(Math.floor(bytes / 1024));
}

function backupLabel(start: bigint, checkpoint: bigint, segment: string, label: string): Buffer {
  return Buffer.from(
    [
      `START WAL LOCATION: ${lsnText(start)} (file ${segment})`,
      `CHECKPOINT LOCATION: ${lsnText(checkpoint)}`,
      'BACKUP METHOD: streamed',
      'BACKUP FROM: master',
      'START TIME: 2026-11-20 21:12:09 UTC',
      `LABEL: ${label}`,
      '',
    ].join('\n'),
  );
}

function positionResult(lsn: bigint, dcf: boolean): Buffer {
  const columns = [{ name: 'recptr', oid: text }, ...(dcf ? [{ name: 'consensusPaxosIndex', oid: int8 }] : [])];
  return Buffer.concat([
    rowDescription(columns),
    dataRow([lsnText(lsn), ...(dcf ? ['0'] : [])]),
    commandComplete('SELECT'),
  ]);
}

function tablespaceResult(session: Session, progress: boolean, options: WalkOptions): Buffer {
  const { dataDirectory, tablespaces = [] } = session.state.options;
  const row = (space: TestTablespace): Buffer =>
    dataRow([
      String(space.oid),
      space.relative ?? space.announced ?? space.path,
      progress ? sizeKib(space.path, undefined) : null,
      space.relative === undefined ? null : '1',
    ]);
  return Buffer.concat([
    rowDescription([
      { name: 'spcoid', oid },
      { name: 'spclocation', oid: text },
      { name: 'size', oid: int8 },
      { name: 'relative', oid: int8 },
    ]),
    ...tablespaces.map(row),
    dataRow([null, null, progress ? sizeKib(dataDirectory!, options) : null, null]),
    commandComplete('SELECT'),
  ]);
}

function infoLine(session: Session, start: bigint): string {
  const first = `The starting position of the xlog copy of the full build is: ${lsnText(start)}. The slot minimum LSN is: 0/0.`;
  if (session.state.release < 3) return first;
  return `${first} The disaster slot minimum LSN is: 0/0. The logical slot minimum LSN is: 0/0.`;
}

function* walMembers(session: Session, start: bigint, end: bigint): Generator<Piece> {
  const { wal } = session.state;
  for (let number = wal.segmentOf(start); number <= wal.segmentOf(end - 1n); number += 1n) {
    const name = wal.segmentName(number);
    yield* memberOf(`pg_xlog/${name}`, 0o100600, wal.segment(number));
    yield* memberOf(`pg_xlog/archive_status/${name}.done`, 0o600, Buffer.alloc(0));
  }
}

async function checkRequest(session: Session, command: BaseBackupCommand): Promise<void> {
  const { state } = session;
  if (!session.sysadmin && !session.replication) await session.fail(refusals.noRight);
  if (/^gs_ctl full build$|^gs_roach/.test(command.label)) state.violations.push(`label ${command.label}`);
  if (Buffer.byteLength(command.label) > 1024) {
    await session.fail(fatal('22023', 'backup label too long (max 1024 bytes)'));
  }
  if (command.options.has('WAL') && state.release < 1.1) state.violations.push('BASE_BACKUP WAL on a 1.0 server');
  if (state.options.dataDirectory === undefined)
    await session.fail(fatal('58P01', 'the stand-in has no data directory'));
}

async function sendArchive(session: Session, name: string, pieces: Iterable<Piece>): Promise<void> {
  await session.out.write(copyOutResponse());
  await sendPieces(session, pieces);
  const disorder = await session.fault('between-tablespaces', name);
  if (disorder) await session.out.write(copyOutResponse());
  await session.out.write(copyDone());
}

function* basePieces(
  session: Session,
  command: BaseBackupCommand,
  label: Buffer,
  options: WalkOptions,
): Generator<Piece> {
  const root = session.state.options.dataDirectory!;
  yield* memberOf('backup_label', 0o600, label);
  const spaces = session.state.options.tablespaces ?? [];
  if (command.options.has('TABLESPACE_MAP') && spaces.length > 0) {
    const line = (space: TestTablespace): string => {
      const path = space.relative === undefined ? (space.announced ?? space.path) : `${root}/${space.relative}`;
      return `${space.oid} ${path}\n`;
    };
    yield* memberOf('tablespace_map', 0o600, Buffer.from(spaces.map(line).join('')));
  }
  yield* walk(root, Buffer.alloc(0), options);
  yield* singleFile(root, 'global/pg_control');
}

/** BASE_BACKUP from its command to ReadyForQuery. */
export async function runBaseBackup(session: Session, command: BaseBackupCommand): Promise<void> {
  await checkRequest(session, command);
  const { state } = session;
  const { wal, options } = state;
  session.phase = 'backup';
  try {
    const walkOptions: WalkOptions = {
      applicationName: session.applicationName,
      release: state.release,
      logDirectory: options.logDirectory ?? 'pg_log',
      slots: new Set(state.slots.keys()),
      tablespaceMap: command.options.has('TABLESPACE_MAP'),
      mot: options.mot !== undefined && options.mot !== 'lite',
      tlsFiles: options.tlsFiles ?? ['server.crt', 'server.key', 'cacert.pem'],
    };
    wal.switchSegment();
    const redo = wal.append(xlogInfo.noop, Buffer.alloc(16, 2));
    const redoBytes = Buffer.alloc(120);
    redoBytes.writeBigUInt64LE(redo);
    const checkpoint = wal.append(xlogInfo.checkpoint, redoBytes);
    const start = options.startLsnOverride ?? redo;
    const link = options.xlogLink ?? 'data/pg_xlog';
    await session.out.write(
      rowDescription([{ name: 'xloglink', oid: text }]),
      dataRow([link]),
      commandComplete('SELECT'),
    );
    await session.notice(fields('INFO', '00000', infoLine(session, start)));
    const results = [
      positionResult(start, options.dcf ?? false),
      tablespaceResult(session, command.options.has('PROGRESS'), walkOptions),
    ];
    if (await session.fault('start')) results.reverse();
    await session.out.write(...results);
    for (const space of options.tablespaces ?? []) {
      const prefix = Buffer.from(catalogDirectory());
      await sendArchive(session, String(space.oid), tablespacePieces(space, prefix));
    }
    const label = backupLabel(redo, checkpoint, wal.segmentName(wal.segmentOf(redo)), command.label);
    await session.out.write(copyOutResponse());
    await sendPieces(session, basePieces(session, command, label, walkOptions));
    wal.grow(options.writtenDuringBackup ?? 40_000);
    const startBytes = Buffer.alloc(8);
    startBytes.writeBigUInt64LE(redo);
    wal.append(xlogInfo.backupEnd, startBytes);
    const end = wal.insertLsn;
    session.note({ kind: 'backup-end', startLsn: start, endLsn: end });
    wal.switchSegment();
    wal.grow(1000);
    if (command.options.has('WAL')) await appendWal(session, start, end);
    if (await session.fault('between-tablespaces', 'base')) await session.out.write(copyOutResponse());
    await session.out.write(copyDone());
    if (!command.options.has('NOWAIT')) for (const notice of options.endNotices ?? []) await session.notice(notice);
    const disorder = await session.fault('end-lsn');
    if (disorder) await session.out.write(commandComplete('SELECT'));
    await session.out.write(positionResult(end, options.dcf ?? false), commandComplete('SELECT'), readyForQuery());
  } finally {
    session.phase = 'idle';
  }
}

function* tablespacePieces(space: TestTablespace, prefix: Buffer): Generator<Piece> {
  // Only the directory of this instance's catalog version is sent, its own entry first.
  const name = prefix.toString();
  for (const piece of walk(space.path, Buffer.alloc(0), undefined)) {
    if ('member' in piece && !piece.member.startsWith(name)) continue;
    yield piece;
  }
}

async function appendWal(session: Session, start: bigint, end: bigint): Promise<void> {
  const { wal, options } = session.state;
  const first = wal.segmentOf(start);
  if (options.walRecycled || !wal.has(first)) {
    await session.fail(fatal('58P01', `could not find WAL file "${wal.segmentName(first)}"`));
  }
  await sendPieces(session, walMembers(session, start, end));
}

/** FETCH_MOT_CHECKPOINT: a build without MOT ends the session. */
export async function fetchMotCheckpoint(session: Session): Promise<void> {
  const mot = session.state.options.mot ?? 'lite';
  if (mot === 'lite') return session.fail(fatal('08P01', 'invalid standby query string: FETCH_MOT_CHECKPOINT'));
  if (mot !== 'none') {
    await session.out.write(
      rowDescription([{ name: 'chkptloc', oid: text }]),
      dataRow([mot.location]),
      commandComplete('SELECT'),
      copyOutResponse(),
    );
    for (const [name, content] of mot.files) await sendPieces(session, memberOf(name, 0o100600, content));
    await session.out.write(copyDone());
  }
  await session.out.write(commandComplete('SELECT'), readyForQuery());
}
