import type { SyncMethod } from '../files/sync-file-system.ts';
import type { ChecksumAlgorithm } from '../manifest/checksum.ts';
import type { Message } from '../messages/message.ts';
import type { SessionSettings } from '../replication/open-session.ts';
import type { ServerIdentity } from '../server/identity.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { TablespaceMapping } from './tablespaces.ts';
import type { BackupListener } from './events.ts';
import type { BackupSink } from './sink.ts';

/**
 * Takes bytes; where it returns a promise, the bytes may be reused once that is settled, else at once. A promise must settle
 * soon after `signal` is aborted.
 */
export interface ByteSink {
  write(piece: Uint8Array, options: { readonly signal: AbortSignal }): void | Promise<void>;
}

export type TarCompression =
  | { readonly method: 'none' }
  | {
      readonly method: 'gzip' | 'lz4' | 'zstd';
      readonly level: number | undefined;
      /** Threads of zstd at most; default: one for each processor, 4 at most. */
      readonly workers?: number | undefined;
    };

/** Where a backup goes and in which shape. Paths are absolute. */
export type BackupTarget =
  | {
      readonly kind: 'plain';
      /** Missing or empty; made with mode 0700. */
      readonly directory: string;
      /** Put the WAL directory there and a link in its place. Missing or empty. */
      readonly walDirectory?: string | undefined;
      /** Default: each tablespace to its own path. */
      readonly mappings?: readonly TablespaceMapping[] | undefined;
    }
  | {
      readonly kind: 'tar';
      /** Missing or empty: gets `base.tar`, `<oid>.tar`, the tar of streamed WAL, `backup_manifest`. */
      readonly directory: string;
      /** Default: none. */
      readonly compression?: TarCompression | undefined;
      /** `opengauss`: the tars byte for byte as the server sent them, for openGauss's own gs_tar. Default `standard`. */
      readonly tarFormat?: 'standard' | 'opengauss' | undefined;
    }
  | {
      /** The base tar to a stream; only for an instance without tablespaces of its own. */
      readonly kind: 'stream';
      readonly sink: ByteSink;
      /** Default: none. */
      readonly compression?: TarCompression | undefined;
      readonly tarFormat?: 'standard' | 'opengauss' | undefined;
    }
  | {
      /** Each file, directory and link to a place of the caller's. WAL comes with them (`wal: 'fetch'`), goes to `streamedWal`, or does not come. */
      readonly kind: 'members';
      readonly sink: BackupSink;
      readonly streamedWal?: StreamedWalTarget | undefined;
      /** Called when the server has begun the backup, before the first member; its rejection ends the backup. */
      readonly onStart?: ((start: BackupStart) => Promise<void>) | undefined;
    }
  | {
      /** The server keeps the backup (PostgreSQL 15): `server` with a directory there as its detail, or `blackhole`. Nothing of it comes here. */
      readonly kind: 'server';
      readonly name: string;
      readonly detail?: string | undefined;
    };

/** What a server says when it begins a backup. */
export interface BackupStart {
  readonly server: ServerIdentity;
  /** Of the data directory, for WAL. */
  readonly walDirectory: 'pg_wal' | 'pg_xlog';
  readonly systemIdentifier: string;
  readonly timeline: TimelineId;
  readonly startLsn: Lsn;
}

/** Where WAL goes that is streamed for a backup whose members go elsewhere. */
export interface StreamedWalTarget {
  /** Absolute; an empty directory of the caller's, who removes it. */
  readonly directory: string;
  /** How far WAL is wanted of a backup that ends at `endLsn`: there or behind it. */
  endsAt(endLsn: Lsn, segmentSizeBytes: number): Lsn;
}

/** Where a backup that comes here goes. */
export type LocalTarget = Exclude<BackupTarget, { kind: 'server' }>;

/** What the server is asked to compress the tars with: its own words, which it judges itself. */
export interface ServerCompression {
  readonly method: string;
  readonly detail?: string | undefined;
}

/** A replication slot for the WAL stream: what the server has by default (a temporary one where it can), none, or a named one. */
export type SlotChoice =
  { readonly kind: 'default' | 'none' } | { readonly kind: 'named'; readonly name: string; readonly create: boolean };

export interface BackupRequest {
  /** Where the server is. */
  readonly source: SessionSettings;
  /** Other servers, in the order to try, where the first is away or not of the kind that its `targetSessionAttrs` wants. */
  readonly otherSources?: readonly SessionSettings[] | undefined;
  readonly output: BackupTarget;
  /** What the server calls the backup in its backup label. Default `gausskeep base backup`. */
  readonly label?: string | undefined;
  /** `fast` makes the server write everything at once; `spread` (default) takes up to its checkpoint_timeout. */
  readonly checkpoint?: 'fast' | 'spread' | undefined;
  /**
   * How the WAL of the backup comes along: not at all, at its end (fetch), or meanwhile over a second connection (stream).
   * Default `stream`; `fetch` where the output is a stream or members.
   */
  readonly wal?: 'none' | 'fetch' | 'stream' | undefined;
  /** Default: what the server has. */
  readonly slot?: SlotChoice | undefined;
  /** KiB per second, 32 … 1048576. Default: unlimited. */
  readonly maxRateKib?: number | undefined;
  /** Checksums of the manifest, default `CRC32C`; `NONE`: a manifest without checksums; false: no manifest. */
  readonly manifest?: ChecksumAlgorithm | false | undefined;
  /** Every path of the manifest as hex digits, as MANIFEST 'force-encode' does. Default false. */
  readonly manifestForceEncode?: boolean | undefined;
  /** Have the server compress what it sends (PostgreSQL 15). Tars are stored as they come. Default: not. */
  readonly serverCompression?: ServerCompression | undefined;
  /** Have the server verify the checksums of the pages that it sends. False needs PostgreSQL 11. Default true. */
  readonly verifyChecksums?: boolean | undefined;
  /** Put in what makes a server that is started on the copy a standby of the source (PostgreSQL). Default false. */
  readonly standby?: boolean | undefined;
  /** Further keywords of libpq for the `primary_conninfo` of that standby, which the connection of the backup does without: `tcp_user_timeout`, `dbname`, … */
  readonly standbyParameters?: Readonly<Record<string, string>> | undefined;
  /**
   * Ask the server for its size: progress has a total then, and a backup that there is no room for is refused before its first file is written. Default:
   * where the output is a directory on this host and nothing is compressed.
   */
  readonly estimateSize?: boolean | undefined;
  /**
   * Manifest of an earlier backup of the same server, an absolute path: an incremental backup, with the blocks that changed since
   * (PostgreSQL 17 with summarize_wal = on). It is restored together with those that it builds on. Default: a full backup.
   */
  readonly incrementalTo?: string | undefined;
  /** Longest time between two status updates of the WAL receiver in ms; 0: only when the server asks. Default 10 s. */
  readonly statusIntervalMs?: number | undefined;
  /** Make everything durable before the backup counts as done. Default true. */
  readonly sync?: boolean | undefined;
  /**
   * How: `fsync` flushes each file, early; `syncfs` flushes the whole file system at the end, other people's data as well, which for many small files on a file
   * system of their own is much faster (where coreutils' `sync` is missing, the files are flushed). Default: `syncfs` where the directories of the backup have a
   * file system of their own (mounted there or at the directory above, which holds nothing but backups) and Linux is 5.8 or newer, which tells of failed writes then; else `fsync`.
   */
  readonly syncMethod?: SyncMethod | undefined;
  /**
   * openGauss with enable_thread_pool = on lets only the operator role onto its HA port as `gs_basebackup`. Go on under a
   * name of our own then: the server leaves its configuration out. Default false.
   */
  readonly allowMissingConfig?: boolean | undefined;
  /**
   * A directory on this host with the configuration that the server has outside of its data directory (Debian's layout): taken along
   * as `gausskeep_config/`. Absolute.
   */
  readonly configDirectory?: string | undefined;
  /** Remove what was written when the backup fails. Default true. */
  readonly clean?: boolean | undefined;
}

export interface BackupOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: BackupListener | undefined;
  /**
   * Work on a thread of its own, for a process that must answer others meanwhile: a backup makes directories and its
   * manifest synchronously, which is fastest, and a slow disk then holds up its thread. For the outputs `plain` and `tar`. A password given as a function is asked for first, progress is told
   * ten times a second at most, and what a server reported is a BackupError, not a ServerError. Default false.
   */
  readonly ownThread?: boolean | undefined;
}

type Filled<Part, Keys extends keyof Part> = Omit<Part, Keys> & {
  readonly [Key in Keys]-?: Exclude<Part[Key], undefined>;
};

/** A request with the defaults in their places. */
export type BackupOrder = Omit<
  Filled<
    BackupRequest,
    | 'label'
    | 'checkpoint'
    | 'wal'
    | 'slot'
    | 'estimateSize'
    | 'statusIntervalMs'
    | 'sync'
    | 'allowMissingConfig'
    | 'clean'
    | 'manifestForceEncode'
    | 'verifyChecksums'
    | 'standby'
  >,
  'manifest'
> & { readonly manifest: ChecksumAlgorithm | undefined };

export function orderOf(request: BackupRequest): BackupOrder {
  const { manifest = 'CRC32C', output } = request;
  const isLocal = output.kind === 'plain' || output.kind === 'tar';
  return {
    ...request,
    label: request.label ?? 'gausskeep base backup',
    checkpoint: request.checkpoint ?? 'spread',
    wal: request.wal ?? (isLocal ? 'stream' : 'fetch'),
    slot: request.slot ?? { kind: 'default' },
    estimateSize: request.estimateSize ?? takesServersSize(output, request),
    statusIntervalMs: request.statusIntervalMs ?? 10_000,
    sync: request.sync ?? true,
    allowMissingConfig: request.allowMissingConfig ?? false,
    clean: request.clean ?? true,
    manifestForceEncode: request.manifestForceEncode ?? false,
    verifyChecksums: request.verifyChecksums ?? true,
    standby: request.standby ?? false,
    manifest: manifest === false ? undefined : manifest,
  };
}

/** Whether the size of the server's files is that of the backup: not where they are compressed, nor where they do not stay here, and not of a part of them. */
export function takesServersSize(
  output: BackupTarget,
  { serverCompression, incrementalTo }: Pick<BackupRequest, 'serverCompression' | 'incrementalTo'>,
): boolean {
  if (serverCompression !== undefined || incrementalTo !== undefined) return false;
  return (
    output.kind === 'plain' || (output.kind === 'tar' && (output.compression ?? { method: 'none' }).method === 'none')
  );
}

/** The same for a backup that comes here. */
export type LocalOrder = Omit<BackupOrder, 'output'> & { readonly output: LocalTarget };

export interface BackupResult {
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
  readonly timeline: TimelineId;
  readonly systemIdentifier: string;
  /** Bytes of the archives as the server sent them. */
  readonly receivedBytes: number;
  /** Pages failed their checksum on the server: the backup is whole but holds them. */
  readonly checksumFailures: boolean;
  /** What the user must know before the copy is used; empty where the copy can be started as it is. */
  readonly advice: readonly Message[];
}
