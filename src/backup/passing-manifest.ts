import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { ManifestExtension } from '../manifest/extend-manifest.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { OmittedEntries } from '../manifest/omit-entries.ts';
import { ManifestParser } from '../manifest/reader.ts';
import { say, type Message } from '../messages/message.ts';
import type { ReplicationSession } from '../replication/open-session.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';
import { manifestEntries, type ConfigurationEntry } from './configuration.ts';
import type { ExtraFile } from './extra-files.ts';
import { ManifestBuilder, unlistedFile, type FileObserver } from './manifest-builder.ts';
import { observeBoth, type ReceivedFiles } from './received-files.ts';
import type { BackupOrder } from './request.ts';

export type BackupStart = { readonly timeline: TimelineId; readonly startLsn: Lsn };
export type BackupEnd = { readonly timeline: TimelineId; readonly endLsn: Lsn };

/** Who is told of the files that pass. */
export interface ManifestObservers {
  /** Of those that the server sends. */
  readonly observer: FileObserver;
  /** Whether it must see their contents, too. */
  readonly wantsContents: boolean;
  /** Of those that we put beside them. */
  readonly ownObserver: FileObserver | undefined;
  /** Of one that the server sends, and that is no part of the backup. */
  leaveOut(path: ByteString): void;
}

export interface PassingManifestParts {
  readonly request: Pick<BackupOrder, 'manifest' | 'manifestForceEncode'>;
  readonly session: Pick<ReplicationSession, 'capabilities' | 'system'>;
  /** Put into the data directory beside what the server sends. */
  readonly configuration: readonly ConfigurationEntry[];
  /** Is told of every file that the server sends. */
  readonly received: ReceivedFiles;
}

/**
 * The manifest of a backup on its way to where it is stored: ours where the server makes none, else the server's own. That
 * is proved when it comes: by its own checksum, and against the files that were received.
 */
export class PassingManifest implements ManifestObservers {
  readonly #parts: PassingManifestParts;
  readonly #write: (text: Uint8Array) => void;
  readonly #builder: ManifestBuilder | undefined;
  #received: Manifest | undefined;
  #added: readonly ExtraFile[] = [];
  readonly #leftOut = new Set<ByteString>();

  /** @param write gets the text in order */
  constructor(parts: PassingManifestParts, write: (text: Uint8Array) => void) {
    const { request, session } = parts;
    this.#parts = parts;
    this.#write = write;
    if (request.manifest !== undefined && !session.capabilities.baseBackup.manifest) {
      const identity = {
        systemIdentifier: BigInt(session.system.systemIdentifier),
        forceEncode: request.manifestForceEncode,
      };
      this.#builder = new ManifestBuilder(request.manifest, identity, write);
    }
  }

  /** To be told of every file of the server. */
  get observer(): FileObserver {
    return observeBoth(this.#parts.received, this.#builder);
  }

  /** To be told of every file of ours, where it is not put into the manifest of the server. */
  get ownObserver(): FileObserver | undefined {
    return this.#builder;
  }

  /** Whether the contents of the server's files must be seen as well. */
  get wantsContents(): boolean {
    return this.#builder !== undefined;
  }

  leaveOut(path: ByteString): void {
    this.#leftOut.add(path);
  }

  /** Files of ours that are to stand in the manifest of the server. */
  add(files: readonly ExtraFile[]): void {
    this.#added = files;
  }

  /** Stores the manifest that the server sends. @throws BackupError `CORRUPT` when it is not right */
  async receive(content: ByteSource): Promise<void> {
    const { configuration, received, request, session } = this.#parts;
    const parser = new ManifestParser();
    const mtime = Math.floor(Date.now() / 1000);
    const own = [...configuration, ...this.#added.map((file) => ({ ...file, mtime }))];
    const added = manifestEntries(own, request.manifest ?? 'NONE');
    const omitted = this.#leftOut.size === 0 ? undefined : new OmittedEntries(this.#leftOut);
    const extension =
      added.length === 0 && omitted === undefined
        ? undefined
        : new ManifestExtension(added, request.manifestForceEncode);
    let manifest: Manifest;
    try {
      for await (const piece of content) {
        parser.push(piece);
        const kept = omitted?.push(piece) ?? piece;
        this.#write(extension?.push(kept) ?? kept);
      }
      manifest = parser.finish();
      omitted?.finish();
      if (extension !== undefined) this.#write(extension.finish());
    } catch (error) {
      if (error instanceof BackupError && error.code === 'CORRUPT') throw damaged(error.sentence);
      throw error;
    }
    if (
      manifest.systemIdentifier !== undefined &&
      String(manifest.systemIdentifier) !== session.system.systemIdentifier
    ) {
      throw damaged(say('backup.manifest-other-system', { identifier: manifest.systemIdentifier }));
    }
    compare(manifest, received, this.#leftOut);
    this.#received = manifest;
  }

  /** Resolves when `finish` may be called. */
  async settled(): Promise<void> {
    await this.#builder?.settled();
  }

  /** Ends our own manifest, or holds the server's against the positions of the backup. */
  finish(start: BackupStart, end: BackupEnd): void {
    const { request } = this.#parts;
    this.#builder?.finish(start.timeline, start.startLsn, end.endLsn);
    if (this.#builder !== undefined || request.manifest === undefined) return;
    const manifest = this.#received;
    if (manifest === undefined) throw damaged(say('backup.manifest-missing'));
    const begins = manifest.walRanges.some(({ startLsn }) => startLsn === start.startLsn);
    const ends = manifest.walRanges.some(({ timeline, endLsn }) => timeline === end.timeline && endLsn === end.endLsn);
    if (!begins || !ends) throw damaged(say('backup.manifest-other-wal'));
  }
}

function compare(manifest: Manifest, { sizes, twice }: ReceivedFiles, leftOut: ReadonlySet<ByteString>): void {
  if (twice !== undefined) throw damaged(say('backup.file-twice', { path: display(twice) }));
  for (const [path, size] of sizes) {
    const listed = manifest.files.get(path);
    // WAL is not listed as a rule; a server lists the marks and history files that it puts beside it (fetch).
    if (listed === undefined && unlistedFile.test(path)) continue;
    if (listed === undefined) throw damaged(say('backup.manifest-not-listed', { path: display(path) }));
    if (listed.size !== size) {
      const values = { path: display(path), listed: listed.size, size };
      throw damaged(say('backup.manifest-other-size', values));
    }
  }
  for (const path of manifest.files.keys()) {
    if (!sizes.has(path) && !leftOut.has(path))
      throw damaged(say('backup.manifest-not-received', { path: display(path) }));
  }
}

function damaged(reason: Message): BackupError {
  return new BackupError('CORRUPT', say('backup.manifest-damaged', { reason }), {
    hint: say('backup.manifest-damaged.hint'),
    retryable: true,
  });
}
