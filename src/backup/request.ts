import type { ChecksumAlgorithm } from '../manifest/checksum.ts';
import type { Message } from '../messages/message.ts';
import type { SessionSettings } from '../replication/open-session.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { TablespaceMapping } from './tablespaces.ts';
import type { BackupSink } from './sink.ts';

/**
 * Takes bytes; where it returns a promise, the bytes may be reused once that is settled, else at once. A promise must settle
 * soon after `signal` is aborted.
 */
export interface ByteSink {
  write(piece: Uint8Array, options: { readonly signal: AbortSignal }): void | Promise<void>;
}

export type TarCompression =
  { readonly method: 'none' } | { readonly method: 'gzip'; readonly level: number | undefined };

/** Where a backup goes and in which shape. Paths are absolute. */
export type BackupTarget =
  | {
      readonly kind: 'plain';
      /** Missing or empty; made with mode 0700. */
      readonly directory: string;
      /** Put the WAL directory there and a link in its place. Missing or empty. */
      readonly walDirectory?: string | undefined;
      readonly mappings: readonly TablespaceMapping[];
    }
  | {
      readonly kind: 'tar';
      /** Missing or empty: gets `base.tar`, `<oid>.tar`, the tar of streamed WAL, `backup_manifest`. */
      readonly directory: string;
      readonly compression: TarCompression;
      /** `opengauss`: the tars byte for byte as the server sent them, for openGauss's own gs_tar. */
      readonly tarFormat: 'standard' | 'opengauss';
    }
  | {
      /** The base tar to a stream; only for an instance without tablespaces of its own. */
      readonly kind: 'stream';
      readonly sink: ByteSink;
      readonly compression: TarCompression;
      readonly tarFormat: 'standard' | 'opengauss';
    }
  | {
      /** Each file, directory and link to a place of the caller's. WAL comes with them (`wal: 'fetch'`) or not at all. */
      readonly kind: 'members';
      readonly sink: BackupSink;
    };

/** A replication slot for the WAL stream: what the server has by default (a temporary one where it can), none, or a named one. */
export type SlotChoice =
  { readonly kind: 'default' | 'none' } | { readonly kind: 'named'; readonly name: string; readonly create: boolean };

export interface BackupRequest {
  /** Where the server is. Plain data, without callbacks: the WAL receiver on another thread gets it too. */
  readonly source: SessionSettings;
  readonly output: BackupTarget;
  readonly label: string;
  readonly checkpoint: 'fast' | 'spread';
  /** How the WAL of the backup comes along: not at all, at its end (fetch), or meanwhile over a second connection (stream). */
  readonly wal: 'none' | 'fetch' | 'stream';
  readonly slot: SlotChoice;
  /** KiB per second, 32 … 1048576. */
  readonly maxRateKib?: number | undefined;
  /** Checksums of the manifest; undefined makes none. */
  readonly manifest: ChecksumAlgorithm | undefined;
  /** Ask the server for its size, so that progress has a total. */
  readonly estimateSize: boolean;
  /** Between status updates of the WAL stream; 0: only when the server asks. */
  readonly statusIntervalMs: number;
  /** Wait until everything is on disk (fsync). */
  readonly sync: boolean;
  /**
   * openGauss: when the role may not use the HA channel, go on under another client name, for which the server checks no role
   * and leaves its configuration out.
   */
  readonly allowMissingConfig: boolean;
  /**
   * A directory on this host with the configuration that the server has outside of its data directory (Debian's layout): taken along
   * as `gausskeep_config/`. Absolute.
   */
  readonly configDirectory?: string | undefined;
  /** Remove what was written when the backup fails. */
  readonly clean: boolean;
}

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
