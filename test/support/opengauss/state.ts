import { EventEmitter } from 'node:events';
import type { Fields } from '../scripted/messages.ts';
import { recordedHba, recordedUsers, storedPassword, type HbaLine, type TestUser } from './access.ts';
import { FaultScript, type Fault } from './faults.ts';
import type { Chunking } from './output.ts';
import type { StoredPassword } from './passwords.ts';
import type { Session } from './session.ts';
import { WalStore } from './wal-store.ts';

/** What the stand-in noted, in order. */
export interface ServerEvent {
  readonly kind: string;
  readonly connection: number;
  readonly port: 'sql' | 'ha';
  /** ms since the server started */
  readonly atMs: number;
  readonly [more: string]: unknown;
}

export interface TestTablespace {
  readonly oid: number;
  /** Where it is on disk. */
  readonly path: string;
  /** Path below the data directory, for a relative one. */
  readonly relative?: string;
  /** What the tablespace list and the links call it, default `path`; the files are read from `path`. */
  readonly announced?: string;
}

export interface OpengaussOptions {
  /** Directory whose members BASE_BACKUP sends; without it only logins, commands and WAL work. */
  readonly dataDirectory?: string;
  readonly tablespaces?: readonly TestTablespace[];
  /** Default 5.05; 1.0 … 6.0. Decides grammar, exclusions, notices and `version()`. */
  readonly release?: number;
  /** Text of `version()`. */
  readonly version?: string;
  readonly systemId?: bigint;
  readonly wal?: WalStore;
  readonly users?: readonly TestUser[];
  readonly hba?: readonly HbaLine[];
  /** What the server believes to be the peer; 127.0.0.1 is its own address: no password, any user. Default 127.0.0.2. */
  readonly clientAddress?: string;
  readonly threadPool?: boolean;
  /** Default 16. */
  readonly maxWalSenders?: number;
  /** Slots for walsenders already in use by others. */
  readonly busyWalSenders?: number;
  /** Settings that pg_settings does not show, or everything: any query over SQL is refused. */
  readonly hides?: 'everything' | readonly string[];
  /** Of all tablespaces, as SQL tells it; default 25 MiB. */
  readonly sizeBytes?: bigint;
  /** Default 6000; times four for gs_basebackup, as the server has it. */
  readonly walSenderTimeoutMs?: number;
  readonly maxReplicationSlots?: number;
  /** Wrong passwords until the account is locked, default 10. */
  readonly failedLoginAttempts?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly xlogLink?: string;
  /** Default `pg_log`. */
  readonly logDirectory?: string;
  readonly tlsFiles?: readonly string[];
  /** `lite` builds have no MOT and end the session; `none` has no checkpoint; or the files of one (name to content). */
  readonly mot?: 'lite' | 'none' | { readonly location: string; readonly files: ReadonlyMap<string, Buffer> };
  /** Two-column recptr of a server with DCF. */
  readonly dcf?: boolean;
  /** Page that never has the right checksum: the backup is aborted there. */
  readonly corruptPage?: { readonly file: string; readonly block: number };
  /** Notices before the end position (waiting for archiving). */
  readonly endNotices?: readonly Fields[];
  /** Lowers the announced start position, as a lagging slot does. */
  readonly startLsnOverride?: bigint;
  /** Base backups whose WAL segments were recycled: `could not find WAL file`. */
  readonly walRecycled?: boolean;
  /** Bytes of WAL that other sessions write during a base backup; default 40000. */
  readonly writtenDuringBackup?: number;
  /** What IDENTIFY_MODE answers, default 1 (normal). */
  readonly mode?: number;
  /** Most WAL in one message (walsender_max_send_size), default 8 MiB. */
  readonly maxSendBytes?: number;
  /** Told about each event as it happens, before the session goes on. */
  readonly onEvent?: (event: ServerEvent) => void;
  readonly settings?: Readonly<Record<string, string>>;
  /** How far its clock is ahead of ours, default 0. */
  readonly clockAheadMs?: number;
  readonly faults?: readonly Fault[];
  readonly chunking?: Chunking;
}

/** Where a stream of WAL breaks: counted from behind CopyBothResponse. */
export interface StreamCut {
  /** So many whole messages go out. */
  readonly afterMessages?: number;
  /** So many bytes go out, in the middle of a message perhaps. */
  readonly afterBytes?: number;
  /** Orderly end of the connection (FIN), or RST. */
  readonly how: 'close' | 'reset';
}

export interface Slot {
  restartLsn: bigint;
  active: number;
}

/** Everything that the sessions of one stand-in share. */
export class ServerState {
  readonly options: OpengaussOptions;
  readonly release: number;
  readonly systemId: bigint;
  /** Another one when the server was recovered to a point in time. */
  wal: WalStore;
  /** What IDENTIFY_MODE answers: 1 normal, 2 primary, 3 standby, 4 cascade standby, 5 pending, … */
  mode: number;
  /** How the next streams of WAL are cut, first come first served. */
  readonly streamCuts: StreamCut[] = [];
  /** `configuration`: the streams send postgresql.conf. */
  readonly reloaded = new EventEmitter<{ configuration: [text: string] }>().setMaxListeners(0);
  readonly faults: FaultScript;
  readonly users: ReadonlyMap<string, TestUser>;
  readonly hba: readonly HbaLine[];
  readonly slots = new Map<string, Slot>();
  readonly sessions = new Set<Session>();
  readonly events: ServerEvent[] = [];
  /** Things that would harm or crash a real server. Tests expect none. */
  readonly violations: string[] = [];
  readonly wrongPasswords = new Map<string, number>();
  shutdown: 'no' | 'fast' = 'no';
  readonly #stored = new Map<string, StoredPassword>();
  readonly #started = performance.now();
  readonly #stop = new AbortController();

  constructor(options: OpengaussOptions) {
    this.options = options;
    this.release = options.release ?? 5.05;
    this.systemId = options.systemId ?? 215046882207068335n;
    this.wal = options.wal ?? new WalStore({ systemId: this.systemId });
    this.mode = options.mode ?? 1;
    this.faults = new FaultScript(options.faults ?? []);
    this.users = new Map((options.users ?? recordedUsers).map((user) => [user.name, user]));
    this.hba = options.hba ?? recordedHba;
  }

  get stopSignal(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** Resolves when the server stops. */
  async stopped(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    await new Promise<void>((resolve) => this.#stop.signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  note(event: Omit<ServerEvent, 'atMs'> & { readonly kind: string }): void {
    const noted = { atMs: performance.now() - this.#started, ...event } as ServerEvent;
    this.events.push(noted);
    this.options.onEvent?.(noted);
  }

  storedPassword(name: string): StoredPassword | undefined {
    const user = this.users.get(name);
    if (!user) return undefined;
    const found = this.#stored.get(name) ?? storedPassword(user);
    this.#stored.set(name, found);
    return found;
  }

  /** Of pg_stat_replication: only those that stream are listed. */
  streamingSenders(): number {
    const here = [...this.sessions].filter(({ phase }) => phase === 'streaming');
    return here.length + (this.options.busyWalSenders ?? 0);
  }

  /** Of pg_thread_wait_status: a WAL sender has the name of its client, until it streams. */
  walSendersNamed(names: ReadonlySet<string>): number {
    const here = [...this.sessions].filter(
      ({ walSender, phase }) => walSender !== 'no' && phase !== 'login' && phase !== 'streaming',
    );
    return here.filter(({ applicationName }) => names.has(applicationName)).length;
  }

  walSenders(): number {
    const here = [...this.sessions].filter((session) => session.walSender !== 'no' && session.phase !== 'login');
    return here.length + (this.options.busyWalSenders ?? 0);
  }
}
