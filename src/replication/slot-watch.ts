import type { Abortable, Connection } from '../connection/connection.ts';
import { ServerError } from '../connection/server-error.ts';
import { refusalOf } from '../server/refusals.ts';
import { openSqlConnection, readSlotState, selectSlot, unknownSlot, type SlotState } from './ask-slot.ts';
import { openReplicationSession, type ReplicationSession, type SessionSettings } from './open-session.ts';
import { slotWord } from './slots.ts';

/** Whom to ask, and for what. */
export interface SlotWatchTarget {
  /** Where the session that streams leads; `port` is the SQL port. */
  readonly settings: SessionSettings;
  /** The session that streams, or is about to: it is not asked anything. */
  readonly session: Pick<ReplicationSession, 'capabilities' | 'system' | 'endpoint'>;
  readonly name: string;
}

/**
 * Asks a server about one slot again and again, over a connection that is kept and opened again when it broke. Where there is
 * READ_REPLICATION_SLOT (PostgreSQL 15+), that is a replication session, which takes one of max_wal_senders, and SQL only once to
 * tell a slot that keeps nothing yet from one that lost its WAL; else SQL. A login that was refused is not tried again:
 * repeated failures may lock the account. One ask at a time.
 */
export class SlotWatch {
  readonly #target: SlotWatchTarget;
  #reader: Promise<ReplicationSession> | undefined;
  #sql: Promise<Connection> | undefined;
  #refused = { reader: false, sql: false };
  /** Whether the slot has kept WAL since it was watched, and what was learned since it keeps none. */
  #kept = false;
  #lost: boolean | undefined;
  #closed = false;

  /** @throws BackupError `USAGE` for a name that no server takes */
  constructor(target: SlotWatchTarget) {
    slotWord(target.session.capabilities, target.name);
    this.#target = target;
  }

  /** How the slot is now; what could not be learned is undefined. Never rejects, but for the reason of `signal`. */
  async ask(options: Abortable = {}): Promise<SlotState> {
    options.signal?.throwIfAborted();
    if (this.#closed) return unknownSlot;
    const { capabilities } = this.#target.session;
    const state = capabilities.slots.read ? await this.#read(options) : await this.#select(options);
    options.signal?.throwIfAborted();
    return state;
  }

  /** Gives the connections up. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([this.#dropReader(), this.#dropSql()]);
  }

  async #read(options: Abortable): Promise<SlotState> {
    if (this.#refused.reader) return unknownSlot;
    let state: SlotState | undefined;
    try {
      state = await readSlotState(await this.#openReader(options), this.#target.name, options);
    } catch (error) {
      this.#refused.reader = isFinal(error);
      await this.#dropReader();
    }
    if (state?.exists !== true) return state ?? unknownSlot;
    if (state.restartLsn !== undefined) {
      this.#kept = true;
      this.#lost = undefined;
      return { ...state, lost: false };
    }
    // What it kept is given up; or it never kept anything, which a slot may do as well that was lost before.
    if (this.#kept) return { ...state, lost: true };
    if (this.#lost === undefined) {
      this.#lost = (await this.#select(options)).lost;
      await this.#dropSql();
    }
    return { ...state, lost: this.#lost };
  }

  async #select(options: Abortable): Promise<SlotState> {
    if (this.#refused.sql) return unknownSlot;
    try {
      const { session, name } = this.#target;
      return await selectSlot(await this.#openSql(options), session.capabilities, name, options);
    } catch (error) {
      this.#refused.sql = isFinal(error);
      await this.#dropSql();
      return unknownSlot;
    }
  }

  #openReader(options: Abortable): Promise<ReplicationSession> {
    const { settings, session } = this.#target;
    this.#reader ??= openReplicationSession(settings, {
      ...options,
      replicationPort: session.endpoint.port,
      systemIdentifier: session.system.systemIdentifier,
    });
    return this.#reader;
  }

  #openSql(options: Abortable): Promise<Connection> {
    this.#sql ??= openSqlConnection(this.#target.settings, options);
    return this.#sql;
  }

  async #dropReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.then(({ connection }) => connection.close()).catch(() => undefined);
  }

  async #dropSql(): Promise<void> {
    const sql = this.#sql;
    this.#sql = undefined;
    await sql?.then((connection) => connection.close()).catch(() => undefined);
  }
}

/** The server took the connection and refused us; another try would be refused as well. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof ServerError)) return false;
  const { code, retryable } = refusalOf(error.fields);
  return code !== 'SERVER_UNREACHABLE' && retryable !== true;
}
