import type { ByteString } from '../bytes/byte-string.ts';
import { createChecksum, type ChecksumAlgorithm } from '../manifest/checksum.ts';
import { ManifestWriter } from '../manifest/writer.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { TimelineId } from '../wal/segment.ts';

/** Follows one file while it is written. */
export interface ObservedFile {
  update(piece: Uint8Array): void;
  /** @param sum the checksum where somebody else makes it; `update` is not called then */
  end(sizeBytes: number, sum?: Promise<string>): void;
}

/** Sees every file of a backup while it passes. */
export interface FileObserver {
  /** @param mtime seconds since 1970; undefined where the archive has none */
  begin(path: ByteString, mtime: number | undefined): ObservedFile;
}

/** Not in a manifest: WAL, which its ranges name, and the manifest itself. Source: PostgreSQL, "Backup Manifest Format". */
export const unlistedFile = /^(?:pg_wal|pg_xlog)\/|^backup_manifest$/;

/**
 * Makes the manifest for a server that sends none, while the backup passes by: nothing is read a second time.
 * `write` gets the text in order; memory does not grow with the number of files.
 */
export class ManifestBuilder implements FileObserver {
  readonly #algorithm: ChecksumAlgorithm;
  readonly #writer: ManifestWriter;
  readonly #write: (text: Uint8Array) => void;
  /** Entries whose checksum is still being made, in order. */
  #waiting: Promise<void> = Promise.resolve();

  constructor(
    algorithm: ChecksumAlgorithm,
    { systemIdentifier, forceEncode }: { readonly systemIdentifier: bigint; readonly forceEncode?: boolean },
    write: (text: Uint8Array) => void,
  ) {
    this.#algorithm = algorithm;
    this.#writer = new ManifestWriter({ systemIdentifier, forceEncode });
    this.#write = write;
  }

  begin(path: ByteString, mtime: number | undefined): ObservedFile {
    if (unlistedFile.test(path)) return { update: () => undefined, end: () => undefined };
    const checksum = createChecksum(this.#algorithm);
    return {
      update: (piece) => {
        checksum.update(piece);
      },
      end: (size, sum) => {
        const add = (checksum: string): void =>
          this.#write(this.#writer.addFile({ path, size, mtime, algorithm: this.#algorithm, checksum }));
        if (sum === undefined) {
          add(checksum.digestHex());
          return;
        }
        this.#waiting = this.#waiting.then(async () => add(await sum));
        // Told by `settled`.
        this.#waiting.catch(() => undefined);
      },
    };
  }

  /** Resolves when every checksum is there, as `finish` needs it. @throws what made one fail */
  settled(): Promise<void> {
    return this.#waiting;
  }

  finish(timeline: TimelineId, startLsn: Lsn, endLsn: Lsn): void {
    this.#write(this.#writer.addWalRange({ timeline, startLsn, endLsn }));
    this.#write(this.#writer.finish());
  }
}
