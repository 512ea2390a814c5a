import { lstat, stat, unlink } from 'node:fs/promises';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { ownerOfNewFiles, type Owner } from '../files/directory-owner.ts';
import { fileFailure } from '../files/failure.ts';
import { lockDirectory, type DirectoryLock } from '../files/lock-directory.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { entriesOf } from '../files/read-directory.ts';
import { readPieces } from '../files/read-file.ts';
import { writeDurably } from '../files/write-durably.ts';
import { say, type Message } from '../messages/message.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { segmentName, type TimelineId } from '../wal/segment.ts';
import { openSegmentFile } from './open-segment-file.ts';
import {
  contentSize,
  heldSegment,
  instanceOfFile,
  listSegmentFiles,
  parseSegmentFileName,
  segmentFileName,
  segmentFilesAt,
  type SegmentFileName,
} from './wal-directory-files.ts';
import type { HeldSegment, OpenSegment, ReceivedInstance, SegmentPosition, WalStore } from './wal-store.ts';
import { WriteBuffers } from './write-behind-file.ts';

export interface WalDirectoryOptions {
  /** An existing directory. */
  readonly directory: string;
  /** How segments are stored that are begun from now on. Default: as they are. */
  readonly compression?: { readonly method: 'none' } | undefined;
  /** False: nothing is flushed to disk. Default true. */
  readonly sync?: boolean | undefined;
  /** Told of files that are passed over. */
  readonly onWarning?: ((sentence: Message) => void) | undefined;
}

/**
 * A directory of WAL in the layout of pg_receivewal: either may go on where the other ended. Its lock is a file that begins
 * with a dot, which the tools of the servers do not look at.
 * @throws BackupError `STORAGE_UNAVAILABLE` when there is no such directory
 */
export async function openWalDirectory(options: WalDirectoryOptions): Promise<WalStore> {
  const directory = fromText(options.directory);
  const path = options.directory;
  try {
    if (!(await stat(fsPath(directory))).isDirectory()) {
      throw new BackupError('STORAGE_UNAVAILABLE', say('wal-directory.not-a-directory', { path }), {
        hint: say('wal-directory.missing.hint'),
        retryable: false,
      });
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('read', directory, error);
    throw new BackupError('STORAGE_UNAVAILABLE', say('wal-directory.missing', { path }), {
      hint: say('wal-directory.missing.hint'),
      retryable: false,
    });
  }
  return new DirectoryStore(directory, options, await ownerOfNewFiles(options.directory));
}

class DirectoryStore implements WalStore {
  readonly description: string;
  /** Nothing is left to do when `complete` resolves. */
  readonly failed = new Promise<never>(() => undefined);
  readonly #directory: ByteString;
  readonly #sync: boolean;
  readonly #owner: Owner | undefined;
  readonly #warn: (sentence: Message) => void;
  readonly #buffers = new WriteBuffers();
  #segmentSizeBytes = 0;
  #lock: DirectoryLock | undefined;

  constructor(directory: ByteString, options: WalDirectoryOptions, owner: Owner | undefined) {
    this.description = `directory ${options.directory}`;
    this.#directory = directory;
    this.#sync = options.sync ?? true;
    this.#owner = owner;
    this.#warn = options.onWarning ?? (() => undefined);
  }

  async begin(instance: ReceivedInstance): Promise<void> {
    this.#segmentSizeBytes = instance.segmentSizeBytes;
    this.#lock ??= lockDirectory(this.#directory);
    try {
      await this.#requireInstance(instance);
      await this.#removeLeftovers();
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  async newest(): Promise<HeldSegment | undefined> {
    for (const file of await listSegmentFiles(this.#directory)) {
      const held = await this.#held(file);
      if (held !== undefined) return held;
    }
    return undefined;
  }

  async find(position: SegmentPosition): Promise<HeldSegment | undefined> {
    for (const file of await segmentFilesAt(this.#directory, position, this.#segmentSizeBytes)) {
      const held = await this.#held(file);
      if (held !== undefined) return held;
    }
    return undefined;
  }

  async open(position: SegmentPosition): Promise<OpenSegment> {
    const files = await segmentFilesAt(this.#directory, position, this.#segmentSizeBytes);
    const whole = files.find(({ isWhole }) => isWhole);
    if (whole !== undefined) {
      const path = display(joinPath(this.#directory, whole.name));
      throw new BackupError('OBJECT_EXISTS', say('wal-directory.segment-exists', { path }), {
        hint: say('wal-directory.segment-exists.hint'),
        context: { path },
      });
    }
    const segment = segmentName(position.timeline, position.startLsn, this.#segmentSizeBytes);
    const codec: Codec = 'none';
    return openSegmentFile({
      path: joinPath(this.#directory, segmentFileName(segment, codec, false)),
      wholePath: joinPath(this.#directory, segmentFileName(segment, codec, true)),
      segmentSizeBytes: this.#segmentSizeBytes,
      sync: this.#sync,
      owner: this.#owner,
      buffers: this.#buffers,
    });
  }

  async putHistory(timeline: TimelineId, content: string): Promise<void> {
    const there = await this.readHistory(timeline);
    if (there === content) return;
    const path = this.#historyPath(timeline);
    if (there !== undefined) {
      throw new BackupError('OBJECT_EXISTS', say('wal-directory.history-exists', { path: display(path) }), {
        hint: say('wal-directory.history-exists.hint'),
        context: { path: display(path) },
      });
    }
    await writeDurably(path, Buffer.from(content), { sync: this.#sync, owner: this.#owner });
  }

  async readHistory(timeline: TimelineId): Promise<string | undefined> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of readPieces(this.#historyPath(timeline))) pieces.push(Buffer.from(piece));
    } catch (error) {
      if (error instanceof BackupError && systemCodeOf(error.cause) === 'ENOENT') return undefined;
      throw error;
    }
    return Buffer.concat(pieces).toString('utf8');
  }

  recordGap(): Promise<void> {
    return Promise.resolve();
  }

  startGeneration(): Promise<void> {
    const path = display(this.#directory);
    return Promise.reject(
      new BackupError('USAGE', say('wal-directory.no-generations', { path }), {
        hint: say('wal-directory.no-generations.hint'),
      }),
    );
  }

  close(): Promise<void> {
    this.#release();
    return Promise.resolve();
  }

  #release(): void {
    this.#lock?.release();
    this.#lock = undefined;
  }

  #historyPath(timeline: TimelineId): ByteString {
    return joinPath(this.#directory, `${timeline.toString(16).padStart(8, '0').toUpperCase()}.history`);
  }

  /** A file as a segment; undefined where it is none. A whole one counts only with the right size. */
  async #held(file: SegmentFileName): Promise<HeldSegment | undefined> {
    const held = heldSegment(this.#directory, file, this.#segmentSizeBytes);
    if (held === undefined || !file.isWhole) return held;
    const path = held.from;
    const size = await contentSize(joinPath(this.#directory, file.name), file.codec, this.#segmentSizeBytes);
    if (size === this.#segmentSizeBytes) return held;
    if (typeof size !== 'number') this.#warn(say('wal-directory.skipped-damaged', { path, reason: reasonOf(size) }));
    else if (file.codec === 'none') this.#warn(say('wal-directory.skipped-size', { path, size }));
    else this.#warn(say('wal-directory.skipped-compressed-size', { path, size }));
    return undefined;
  }

  /** By the newest file that tells whose WAL it is. */
  async #requireInstance({ systemIdentifier, segmentSizeBytes }: ReceivedInstance): Promise<void> {
    for (const file of await listSegmentFiles(this.#directory)) {
      const actual = await instanceOfFile(this.#directory, file);
      if (actual === undefined) continue;
      const path = display(this.#directory);
      if (actual.systemIdentifier !== BigInt(systemIdentifier)) {
        const values = { path, actual: actual.systemIdentifier, expected: systemIdentifier };
        throw new BackupError('SYSTEM_MISMATCH', say('wal-directory.other-instance', values), {
          hint: say('wal-directory.other-instance.hint', { file: file.name }),
        });
      }
      if (actual.segmentSizeBytes !== segmentSizeBytes) {
        const values = { path, actual: actual.segmentSizeBytes, expected: segmentSizeBytes };
        throw new BackupError('SYSTEM_MISMATCH', say('wal-directory.other-segment-size', values), {
          hint: say('wal-directory.other-instance.hint', { file: file.name }),
        });
      }
      return;
    }
  }

  /** What runs left that were killed: names that only a receiver gives, and a second name of a segment that got its own. */
  async #removeLeftovers(): Promise<void> {
    for await (const { name } of entriesOf(this.#directory)) {
      const path = joinPath(this.#directory, name);
      const file = parseSegmentFileName(name);
      if (isUnfinishedName(name) || (file?.isWhole === false && (await this.#isSecondName(file)))) {
        await unlink(fsPath(path)).catch((error: unknown) => {
          throw fileFailure('remove', path, error);
        });
      }
    }
  }

  async #isSecondName({ name, segment, codec }: SegmentFileName): Promise<boolean> {
    const names = [name, segmentFileName(segment, codec, true)];
    const [partial, whole] = await Promise.all(
      names.map((one) => lstat(fsPath(joinPath(this.#directory, one))).catch(() => undefined)),
    );
    return whole !== undefined && partial?.dev === whole.dev && partial.ino === whole.ino;
  }
}

/** A history or a segment that a killed run was writing beside what is there. */
function isUnfinishedName(name: string): boolean {
  return /^[0-9A-F]{8}\.history\.tmp-[0-9a-f-]{36}$/.test(name);
}
