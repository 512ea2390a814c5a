import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { commandComplete, dataRow, readyForQuery, rowDescription, type ColumnShape } from '../scripted/messages.ts';
import { queryText } from '../scripted/frontend-reader.ts';
import { fetchMotCheckpoint, runBaseBackup } from './base-backup.ts';
import { parseCommand, Refusal, type ReplicationCommand } from './commands.ts';
import type { Fault } from './faults.ts';
import { login } from './login.ts';
import { SessionOver } from './output.ts';
import { badSlotName, fatal, fields, noSuchSlot, refusals } from './refusals.ts';
import { Session } from './session.ts';
import { answerSql } from './sql.ts';
import { ServerState, type OpengaussOptions, type ServerEvent, type StreamCut } from './state.ts';
import { streamWal } from './wal-stream.ts';
import { lsnText, type WalStore } from './wal-store.ts';

const text = 25;
const int4 = 23;
const bool = 16;

/** A stand-in openGauss on the loopback address. */
export interface OpengaussServer {
  readonly host: '127.0.0.1';
  readonly sqlPort: number;
  /** Always `sqlPort` + 1. */
  readonly haPort: number;
  /** What came in and what was refused, in order. */
  readonly events: readonly ServerEvent[];
  /** What would have harmed a real server; tests expect none. */
  readonly violations: readonly string[];
  /** The WAL that it has now. */
  readonly wal: WalStore;
  readonly slots: ReadonlyMap<string, { readonly restartLsn: bigint; readonly active: number }>;
  /** Wrong passwords by user since the last right one. */
  readonly wrongPasswords: ReadonlyMap<string, number>;
  /** Errors of the stand-in itself; tests expect none. */
  readonly failures: readonly unknown[];
  readonly eventsOf: (kind: string) => readonly ServerEvent[];
  addFault(fault: Fault): void;
  /** Cuts the next streams of WAL, one each. */
  cutStreams(...cuts: readonly StreamCut[]): void;
  /** What IDENTIFY_MODE answers from now on. */
  setMode(mode: number): void;
  /** Streams send postgresql.conf between their other messages. */
  reload(text: string): void;
  /** Ends everything that runs, and is there again: with the WAL of a recovery, or as it was. */
  restart(wal?: WalStore): void;
  /** `fast` ends backups with an error and streams with `COPY 0`; `immediate` drops every socket. */
  shutdown(how: 'fast' | 'immediate'): void;
  /** Drops the sockets of these connections (numbers as in `events`), or of all. */
  disconnect(connections?: readonly number[]): void;
  stop(): Promise<void>;
}

async function answer(session: Session, columns: readonly ColumnShape[], row: (string | null)[]): Promise<void> {
  await session.out.write(rowDescription(columns), dataRow(row), commandComplete('SELECT'), readyForQuery());
}

function identify(session: Session, name: ReplicationCommand['name']): [ColumnShape[], (string | null)[]] {
  const { state } = session;
  const flushed = lsnText(state.wal.insertLsn);
  switch (name) {
    case 'IDENTIFY_SYSTEM':
      return [
        [
          { name: 'systemid', oid: text },
          { name: 'timeline', oid: int4 },
          { name: 'xlogpos', oid: text },
          { name: 'dbname', oid: text },
        ],
        [state.systemId.toString(), '1', flushed, session.walSender === 'database' ? session.database : null],
      ];
    case 'IDENTIFY_VERSION':
      return [
        [
          { name: 'sversion', oid: int4 },
          { name: 'pversion', oid: text },
          { name: 'term', oid: int4 },
        ],
        ['90204', 'MPPDB', '1'],
      ];
    case 'IDENTIFY_MODE':
      return [[{ name: 'smode', oid: int4 }], [String(state.mode)]];
    case 'IDENTIFY_MAXLSN':
      return [[{ name: 'recptr', oid: text }], [`n1|${flushed}`]];
    case 'IDENTIFY_AZ':
      return [[{ name: 'azname', oid: text }], ['']];
    default:
      return [[{ name: 'identifier', oid: bool }], ['f']];
  }
}

async function createSlot(session: Session, name: string, lsn: bigint): Promise<void> {
  const { state } = session;
  if (!/^[a-z0-9_?.-]+$/.test(name) || name === '.' || name === '..') await session.fail(badSlotName(name));
  if (state.slots.has(name)) {
    await session.notice(fields('WARNING', '42710', `replication slot "${name}" already exists`));
  } else {
    if (state.slots.size >= (state.options.maxReplicationSlots ?? 8)) await session.fail(refusals.slotsInUse);
    state.slots.set(name, { restartLsn: lsn, active: 0 });
  }
  const columns = ['slot_name', 'consistent_point', 'snapshot_name', 'output_plugin'];
  await answer(
    session,
    columns.map((column) => ({ name: column, oid: text })),
    [name, '0/0', null, null],
  );
}

async function dropSlot(session: Session, name: string): Promise<void> {
  const { slots } = session.state;
  if (!/^[a-z0-9_?.-]+$/.test(name)) await session.fail(badSlotName(name));
  const slot = slots.get(name);
  if (!slot) return session.fail(noSuchSlot(name));
  if (slot.active > 0) await session.fail(fatal('55006', `replication slot "${name}" is already active`));
  slots.delete(name);
  await session.out.write(commandComplete('DROP_REPLICATION_SLOT'), commandComplete('SELECT'), readyForQuery());
}

async function perform(session: Session, command: ReplicationCommand): Promise<'go on' | 'over'> {
  switch (command.name) {
    case 'BASE_BACKUP':
      await runBaseBackup(session, command);
      return 'go on';
    case 'FETCH_MOT_CHECKPOINT':
      await fetchMotCheckpoint(session);
      return 'go on';
    case 'CREATE_REPLICATION_SLOT':
      await createSlot(session, command.slot, command.lsn);
      return 'go on';
    case 'DROP_REPLICATION_SLOT':
      await dropSlot(session, command.slot);
      return 'go on';
    case 'START_REPLICATION':
      await streamWal(session, command.slot, command.lsn);
      return 'over';
    case 'SQL':
      if (session.walSender === 'physical') await session.fail(refusals.notConnected);
      await answerSql(session, command.text);
      return 'go on';
    default:
      await answer(session, ...identify(session, command.name));
      return 'go on';
  }
}

async function commands(session: Session): Promise<void> {
  for (;;) {
    const heard = await session.reader.message();
    if (!heard || heard.type === 'X' || heard.type === 'c') {
      session.note({ kind: heard ? 'terminate' : 'eof' });
      session.hangUp();
      return;
    }
    if (heard.type === 'P') {
      // Parse is swallowed without an answer: a client that uses it waits for ever.
      session.state.violations.push('extended query protocol');
      continue;
    }
    if (heard.type !== 'Q') {
      await session.fail(fatal('08P01', `invalid standby handshake message type ${heard.type.charCodeAt(0)}`));
    }
    const sent = queryText(heard.body);
    session.note({ kind: 'query', text: sent });
    await session.fault('command', /^\s*(\w*)/.exec(sent)?.[1]?.toUpperCase());
    if (session.walSender === 'no') {
      await answerSql(session, sent);
      continue;
    }
    let command: ReplicationCommand;
    try {
      command = parseCommand(sent, session.state.release);
    } catch (error) {
      if (error instanceof Refusal) return session.fail(error.fields);
      throw error;
    }
    if ((await perform(session, command)) === 'over') return;
  }
}

async function serve(session: Session, failures: unknown[]): Promise<void> {
  session.state.sessions.add(session);
  session.stream.on('error', () => undefined);
  try {
    await login(session);
    await commands(session);
  } catch (error) {
    if (!(error instanceof SessionOver)) {
      failures.push(error);
      session.destroy();
    }
  } finally {
    session.note({ kind: 'closed' });
    session.state.sessions.delete(session);
  }
}

async function listen(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const failed = (): void => resolve(false);
    server.once('error', failed);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', failed);
      resolve(true);
    });
  });
}

async function adjacentPorts(sql: Server, ha: Server): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    await listen(sql, 0);
    const { port } = sql.address() as AddressInfo;
    if (port < 65_535 && (await listen(ha, port + 1))) return port;
    await new Promise((resolve) => sql.close(resolve));
  }
  throw new Error('no two adjacent free ports');
}

/** Starts a stand-in on two adjacent free ports of 127.0.0.1. */
export async function startOpengaussServer(options: OpengaussOptions = {}): Promise<OpengaussServer> {
  const state = new ServerState(options);
  const failures: unknown[] = [];
  const sockets = new Map<Socket, number>();
  let accepted = 0;
  const accept = (port: 'sql' | 'ha') => (socket: Socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    accepted += 1;
    sockets.set(socket, accepted);
    socket.on('close', () => sockets.delete(socket));
    void serve(new Session(state, socket, accepted, port), failures);
  };
  // A client that closes its side must not close ours: the server decides when it ends.
  const sql = createServer({ allowHalfOpen: true }, accept('sql'));
  const ha = createServer({ allowHalfOpen: true }, accept('ha'));
  const sqlPort = await adjacentPorts(sql, ha);
  const disconnect = (connections?: readonly number[]): void => {
    for (const [socket, number] of sockets) {
      if (connections === undefined || connections.includes(number)) socket.destroy();
    }
  };
  return {
    host: '127.0.0.1',
    sqlPort,
    haPort: sqlPort + 1,
    events: state.events,
    violations: state.violations,
    get wal() {
      return state.wal;
    },
    slots: state.slots,
    wrongPasswords: state.wrongPasswords,
    failures,
    eventsOf: (kind) => state.events.filter((event) => event.kind === kind),
    addFault: (fault) => state.faults.add(fault),
    cutStreams: (...cuts) => void state.streamCuts.push(...cuts),
    setMode: (mode) => (state.mode = mode),
    reload: (text) => void state.reloaded.emit('configuration', text),
    restart(wal) {
      disconnect();
      state.shutdown = 'no';
      if (wal !== undefined) state.wal = wal;
    },
    shutdown(how) {
      if (how === 'immediate') {
        disconnect();
        return;
      }
      state.shutdown = 'fast';
      // The streams wait for WAL.
      state.wal.wake();
    },
    disconnect,
    async stop() {
      state.stop();
      disconnect();
      await Promise.all([sql, ha].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}
