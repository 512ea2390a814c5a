import type { Connection } from '../connection/connection.ts';
import { openConnection } from '../connection/open-connection.ts';
import { ServerError } from '../connection/server-error.ts';
import type { ConnectionSettings } from '../connection/settings.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { readReplayLsn, type RecoveryDialect } from '../server/recovery-dialect.ts';
import { parseLsn, type Lsn } from '../wal/lsn.ts';
import { placeOf, type Postmaster } from './postmaster.ts';

/** What a running server says of its recovery. */
export interface ServerState {
  readonly inRecovery: boolean;
  readonly paused: boolean;
  /** End of the last replayed record. */
  readonly replayLsn: Lsn | undefined;
  /** Time of the last replayed commit or abort, in UTC, as the server writes it. */
  readonly lastCommit: string | undefined;
}

/** A transaction that was prepared and neither committed nor rolled back. */
export interface PreparedTransaction {
  readonly xid: string;
  readonly name: string;
  /** These three only once the server shows it: while it recovers it does not. */
  readonly database?: string | undefined;
  readonly owner?: string | undefined;
  readonly preparedAt?: string | undefined;
}

/** What a server knows of one transaction. `absent`: it has never come that far. */
export type TransactionStatus = 'committed' | 'aborted' | 'in progress' | 'absent';

/** How to log in; what is undefined is found out. */
export interface Login {
  readonly user: string;
  /** Tried when the server does not know `user`. */
  readonly otherUser?: string | undefined;
  readonly database: string;
  readonly password: ConnectionSettings['password'];
  /** Instead of the socket that the server has. */
  readonly host?: string | undefined;
}

/** A SELECT can hang on rows of a prepared transaction, and a server can hang altogether. */
const queryTimeoutMs = 10_000;

/** Asks one server, over a session that is opened anew whenever it broke. */
export class ServerQuestions {
  readonly #postmaster: Postmaster;
  readonly #dialect: RecoveryDialect;
  #login: Login;
  #connection: Connection | undefined;

  constructor(postmaster: Postmaster, dialect: RecoveryDialect, login: Login) {
    this.#postmaster = postmaster;
    this.#dialect = dialect;
    this.#login = login;
  }

  /** As whom we are let in: what the server did not know has been replaced. */
  get user(): string {
    return this.#login.user;
  }

  /**
   * Undefined: it does not take sessions (yet).
   * @throws BackupError `AUTHENTICATION` and what else the server answers
   */
  async state(signal?: AbortSignal): Promise<ServerState | undefined> {
    try {
      const state = await this.#position(signal);
      if (!state.inRecovery || !(await this.#isPaused(signal))) return state;
      // Asked again: the pause may have come after the position was told. From here on nothing moves.
      return { ...(await this.#position(signal)), paused: true };
    } catch (error) {
      if (signal?.aborted !== true && isOutOfReach(error)) return undefined;
      throw error;
    }
  }

  async #position(signal: AbortSignal | undefined): Promise<ServerState> {
    const [row = []] = await this.#rows(this.#dialect.stateQuery, signal);
    const [inRecovery = null, replay = null, lastCommit = null] = row;
    const replayText = readReplayLsn(replay);
    return {
      inRecovery: inRecovery === 't',
      paused: false,
      // 0/0: nothing was replayed since the server was started.
      replayLsn: replayText === undefined || parseLsn(replayText) === 0n ? undefined : parseLsn(replayText),
      lastCommit: lastCommit ?? undefined,
    };
  }

  async #isPaused(signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const [row] = await this.#rows(this.#dialect.pausedQuery, signal);
      return row?.[0] === 't';
    } catch (error) {
      // Recovery ended between the two questions.
      if (error instanceof ServerError && error.sqlState === '55000') return false;
      throw error;
    }
  }

  async prepared(signal?: AbortSignal): Promise<PreparedTransaction[]> {
    const rows = await this.#rows(this.#dialect.preparedQuery, signal);
    return rows.map(([xid, name, database, owner, preparedAt]) => ({
      ...{ xid: xid ?? '', name: name ?? '', database: database ?? '', owner: owner ?? '' },
      preparedAt: preparedAt ?? '',
    }));
  }

  /** undefined: the server cannot tell (any more). `xid` without epoch, as the WAL has it. */
  async transactionStatus(xid: bigint, signal?: AbortSignal): Promise<TransactionStatus | undefined> {
    const { nextXidQuery, transactionStatusQuery } = this.#dialect;
    if (nextXidQuery === undefined || transactionStatusQuery === undefined) return undefined;
    const [row] = await this.#rows(nextXidQuery, signal);
    const next = BigInt(row?.[0] ?? 0);
    const epoch = 1n << 32n;
    const inThisEpoch = (next / epoch) * epoch + BigInt.asUintN(32, xid);
    const whole = inThisEpoch < next ? inThisEpoch : inThisEpoch - epoch;
    // Numbers go round in a circle: what lies more than half of it back is ahead.
    if (whole < 0n || next - whole > epoch / 2n) return 'absent';
    const [answer] = await this.#rows(transactionStatusQuery(whole), signal);
    return (answer?.[0] ?? undefined) as TransactionStatus | undefined;
  }

  /** `on`, `off` or `always`, as it is in force. */
  async archiveMode(signal?: AbortSignal): Promise<string | undefined> {
    const [row] = await this.#rows('SHOW archive_mode', signal);
    return row?.[0] ?? undefined;
  }

  /** The value that is configured, though archiving is off; '' where there is none. PostgreSQL only. */
  async archiveCommand(signal?: AbortSignal): Promise<string | undefined> {
    const query = `SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'archive_command'`;
    const [row] = await this.#rows(query, signal);
    return row?.[0] ?? undefined;
  }

  async resume(signal?: AbortSignal): Promise<void> {
    await this.#rows(this.#dialect.resumeQuery, signal);
  }

  async close(): Promise<void> {
    await this.#connection?.close();
    this.#connection = undefined;
  }

  async #rows(sql: string, signal: AbortSignal | undefined): Promise<readonly (readonly (string | null)[])[]> {
    const timeout = AbortSignal.timeout(queryTimeoutMs);
    const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
    try {
      this.#connection ??= await this.#connect(both);
      const [result] = await this.#connection.query(sql, { signal: both });
      return result?.rows ?? [];
    } catch (error) {
      if (!(error instanceof ServerError)) {
        this.#connection?.destroy();
        this.#connection = undefined;
      }
      if (timeout.aborted && signal?.aborted !== true) {
        throw new BackupError('SERVER_UNREACHABLE', say('recovery.query-timeout', { seconds: queryTimeoutMs / 1000 }), {
          cause: error,
        });
      }
      throw error;
    }
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    try {
      return await openConnection(this.#settings(), { signal });
    } catch (error) {
      const { otherUser } = this.#login;
      if (
        otherUser === undefined ||
        !(error instanceof ServerError) ||
        !/^role ".*" does not exist/.test(error.serverMessage)
      ) {
        throw error;
      }
      this.#login = { ...this.#login, user: otherUser, otherUser: undefined };
      return await openConnection(this.#settings(), { signal });
    }
  }

  #settings(): ConnectionSettings {
    const { user, database, password, host } = this.#login;
    const place = placeOf(this.#postmaster);
    return {
      host: host ?? place.host,
      port: place.port,
      user,
      database,
      password,
      dialect: this.#dialect.session,
      parameters: { application_name: 'gausskeep' },
      inactivityTimeoutMs: queryTimeoutMs,
    };
  }
}

/** Starting, stopping, or not listening: ask again later. */
function isOutOfReach(error: unknown): boolean {
  return error instanceof BackupError && error.code === 'SERVER_UNREACHABLE';
}
