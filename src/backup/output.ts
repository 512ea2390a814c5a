import type { ByteSource } from '../bytes/byte-reader.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import type { Member } from '../tar/member.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import type { ConfigurationEntry } from './configuration.ts';
import type { ExtraFile } from './extra-files.ts';
import type { TarEvent } from './plain-output.ts';
import type { ProgressMeter } from './progress-meter.ts';
import type { ReceivedFiles } from './received-files.ts';
import type { BackupRequest } from './request.ts';
import type { WalTarget } from './wal-store.ts';
import type { HeldFile, ClaimedPlaces } from './claimed-places.ts';

export type BackupStart = { readonly timeline: TimelineId; readonly startLsn: Lsn };
export type BackupEnd = { readonly timeline: TimelineId; readonly endLsn: Lsn };

/** Takes the parts of one base backup, in the order in which they come, and tells what to publish at the end. */
export interface Output {
  /** Permission bits of the files that we make beside those that the server sent. */
  readonly fileMode: number;
  begin(tablespaces: readonly TablespaceRow[], workplace: ClaimedPlaces): Promise<void>;
  archive(archive: TarEvent, signal: AbortSignal): Promise<void>;
  manifest(content: ByteSource, signal: AbortSignal): Promise<void>;
  /** Further files of the data directory, as an archive of their own where archives are written. */
  members(name: string, members: AsyncIterable<Member>, signal: AbortSignal): Promise<void>;
  /** Where WAL that is streamed goes. */
  walPlace(): WalTarget;
  /** Ends what is left to write; the files that get their names when everything is durable, in this order. */
  finish(start: BackupStart, end: BackupEnd, signal: AbortSignal): Promise<readonly HeldFile[]>;
}

export interface OutputParts {
  readonly request: BackupRequest;
  readonly session: ReplicationSession;
  readonly extraFiles: readonly ExtraFile[];
  /** Put into the data directory, or behind the members of the base archive. */
  readonly configuration: readonly ConfigurationEntry[];
  /** Is told of every file that the server sends. */
  readonly received: ReceivedFiles;
  readonly meter: ProgressMeter;
}
