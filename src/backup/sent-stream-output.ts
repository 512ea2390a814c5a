import { BackupError } from '../errors/backup-error.ts';
import type { HeldFile } from '../files/held-file.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import { say } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import { onlyDataDirectory } from './stream-output.ts';
import type { Output, OutputParts } from './output.ts';
import type { LocalTarget } from './request.ts';
import type { WalTarget } from './wal-store.ts';

type Target = Extract<LocalTarget, { kind: 'stream' }>;

/**
 * A backup as the one tar that the server compressed: its bytes go on as they come, and are read on the way, so that a stream that cannot be
 * decompressed fails here. Nothing of ours can be put into it, a manifest neither.
 */
export class SentStreamOutput implements Output {
  readonly fileMode = 0o600;
  readonly verbatim = true;
  readonly foreign = true;
  readonly #target: Target;
  readonly #signal: AbortSignal;

  /** @throws BackupError `USAGE` with a manifest, which would have to go into the stream that the server compresses */
  constructor({ signal }: OutputParts, target: Target, hasManifest: boolean) {
    if (hasManifest) {
      const hint = say('backup.stdout-server-compressed.hint');
      throw new BackupError('USAGE', say('backup.stdout-server-compressed'), { hint });
    }
    this.#target = target;
    this.#signal = signal;
  }

  begin(tablespaces: readonly TablespaceRow[]): Promise<readonly OriginalTablespace[]> {
    return onlyDataDirectory(tablespaces);
  }

  /** Hands the bytes of the tar on while they are read. */
  async *sent(_name: string, content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of content) {
      await this.#target.sink.write(piece, { signal: this.#signal });
      yield piece;
    }
  }

  directory(): void {
    // It is in the bytes.
  }

  file(): void {
    // What nobody reads is skipped, after it was decompressed.
  }

  link(): void {
    // It is in the bytes.
  }

  end(): void {
    // The end of the tar is in the bytes.
  }

  writeManifest(): void {
    // There is none.
  }

  walPlace(): WalTarget {
    throw new BackupError('USAGE', say('backup.stream-to-stdout'), { hint: say('backup.stream-to-stdout.hint') });
  }

  finish(): Promise<readonly HeldFile[]> {
    return Promise.resolve([]);
  }

  abandon(): void {
    // What was written is with its reader.
  }
}
