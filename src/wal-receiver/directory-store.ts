import { lstat, stat, unlink } from 'node:fs/promises';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { createFlushingEncoder } from '../compression/flushing-encoder.ts';
import { ownerOfNewFiles, type Owner } from '../files/directory-owner.ts';
import { fileFailure } from '../files/failure.ts';
import { lockDirectory, type DirectoryLock } from '../files/lock-directory.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { entriesOf } from '../files/read-directory.ts';
import { readPieces } from '../files/read-file.ts';
import { syncFileApart } from '../files/sync-tree.ts';
import { writeDurably } from '../files/write-durably.ts';
import { say, type Message } from '../messages/message.ts';
import type { Codec } from '../wal-archive/codec.ts';
import { refuseInside } from '../repository/refuse-nested.ts';
import { parseSegmentName, segmentName, type TimelineId } from '../wal/segment.ts';
import { openSegmentFile, segmentBuffers, type SegmentFile } from './open-segment-file.ts';
import { ReplacingSegment } from './replacing-segment.ts';
import {
  beginningLength,
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

interface SegmentCompression {
  readonly method: Codec;
  /** As the codec counts: see `createFlushingEncoder`. */
  readonly level?: number | undefined;
}

export interface WalDirectoryOptions {
  /** An existing directory. */
  readonly directory: string;
  /** How segments are stored from the first that is not whole. Default: as they are. */
  readonly compression?: SegmentCompression | undefined;
  /** False: nothing is flushed to disk. Default true. */
  readonly sync?: boolean | undefined;
  /** Told of files that are passed over. */
  readonly onWarning?: ((sentence: Message) => void) | undefined;
}

/**
 * A directory of WAL in the layout of pg_receivewal: either may go on where the other ended. Its lock is a file that begins
 * with a dot, which the tools of the servers do not look at.
 * @throws BackupError `REPOSITORY_NOT_FOUND` when there is no such directory; `CONFIG_INVALID` for a level that the codec does not
 *   have or when its package is not installed
 */
export async function openWalDirectory(options: WalDirectoryOptions): Promise<WalStore> {
  const directory = fromText(options.directory);
  const path = options.directory;
  try {
    if (!(await stat(fsPath(directory))).isDirectory()) {
      throw new BackupError('REPOSITORY_NOT_FOUND', say('wal-directory.not-a-directory', { path }), {
        hint: say('wal-directory.missing.hint'),
        retryable: false,
      });
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('read', directory, error);
    throw new BackupError('REPOSITORY_NOT_FOUND', say('wal-directory.missing', { path }), {
      hint: say('wal-directory.missing.hint'),
      retryable: false,
    });
  }
  const { method = 'none', level } = options.compression ?? {};
  // What is wrong with it is said before anything is received.
  if (method !== 'none') (await createFlushingEncoder(method, level)).close();
  return new DirectoryStore(directory, options, await ownerOfNewFiles(options.directory));
}

class DirectoryStore implements WalStore {
  readonly description: string;
  /** Nothing is left to do when `complete` resolves. */
  readonly failed = new Promise<never>(() => undefined);
  readonly #directory: ByteString;
  readonly #path: string;
  readonly #sync: boolean;
  readonly #owner: Owner | undefined;
  readonly #warn: (sentence: Message) => void;
  readonly #compression: SegmentCompression;
  readonly #buffers = segmentBuffers();
  /** Files that are known to be no segments: said once. */
  readonly #passedOver = new Set<string>();
  #segmentSizeBytes = 0;
  #lock: DirectoryLock | undefined;

  constructor(directory: ByteString, options: WalDirectoryOptions, owner: Owner | undefined) {
    this.description = `directory ${options.directory}`;
    this.#directory = directory;
    this.#path = options.directory;
    this.#sync = options.sync ?? true;
    this.#compression = options.compression ?? { method: 'none' };
    this.#owner = owner;
    this.#warn = options.onWarning ?? (() => undefined);
  }

  async begin(instance: ReceivedInstance): Promise<void> {
    this.#segmentSizeBytes = instance.segmentSizeBytes;
    this.#lock ??= this.#lockAtOnce();
    try {
      // What was begun there goes on.
      if ((await listSegmentFiles(this.#directory)).length === 0) await refuseInside(this.#path);
      await this.#requireInstance(instance);
      await this.#removeLeftovers();
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  /** Another receiver has it for months: there is nothing to wait for. */
  #lockAtOnce(): DirectoryLock {
    try {
      return lockDirectory(this.#directory);
    } catch (error) {
      throw error instanceof BackupError && error.code === 'LOCKED' ? error.with({ retryable: false }) : error;
    }
  }

  async newest(): Promise<HeldSegment | undefined> {
    for (const file of await listSegmentFiles(this.#directory)) {
      const held = file.isWhole
        ? await this.#heldWhole(file)
        : await this.#longestOf(await this.#filesAt(parseSegmentName(file.segment, this.#segmentSizeBytes)));
      if (held !== undefined) return held;
    }
    return undefined;
  }

  async find(position: SegmentPosition): Promise<HeldSegment | undefined> {
    const files = await this.#filesAt(position);
    for (const file of files) {
      const held = file.isWhole ? await this.#heldWhole(file) : undefined;
      if (held !== undefined) return held;
    }
    return this.#longestOf(files);
  }

  async open(position: SegmentPosition): Promise<OpenSegment> {
    const files = await this.#filesAt(position);
    const whole = files.find(({ isWhole }) => isWhole);
    if (whole !== undefined) {
      const path = display(this.#pathOf(whole.name));
      throw new BackupError('OBJECT_EXISTS', say('wal-directory.segment-exists', { path }), {
        hint: say('wal-directory.segment-exists.hint'),
        context: { path },
      });
    }
    const { method } = this.#compression;
    const segment = segmentName(position.timeline, position.startLsn, this.#segmentSizeBytes);
    const canGoOn = files.every(({ codec }) => codec === 'none' && method === 'none');
    if (canGoOn) return this.#openFile(segment, method, segmentFileName(segment, method, false));
    return this.#openReplacing(segment, files);
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

  #pathOf(name: string): ByteString {
    return joinPath(this.#directory, name);
  }

  async #filesAt(position: SegmentPosition | undefined): Promise<SegmentFileName[]> {
    return position === undefined ? [] : segmentFilesAt(this.#directory, position, this.#segmentSizeBytes);
  }

  #openFile(segment: string, codec: Codec, name: string): Promise<SegmentFile> {
    const { level } = this.#compression;
    return openSegmentFile({
      path: this.#pathOf(name),
      wholePath: this.#pathOf(segmentFileName(segment, codec, true)),
      segmentSizeBytes: this.#segmentSizeBytes,
      sync: this.#sync,
      owner: this.#owner,
      compression: codec === 'none' ? undefined : { method: codec, level },
      buffers: this.#buffers,
    });
  }

  /** Where there are beginnings that cannot be gone on with as they are. */
  async #openReplacing(segment: string, files: readonly SegmentFileName[]): Promise<OpenSegment> {
    let contentBytes = 0;
    for (const { name, codec } of files) {
      const path = this.#pathOf(name);
      contentBytes = Math.max(contentBytes, await beginningLength(path, codec, this.#segmentSizeBytes));
      // Who wrote it may not have made it durable, and the new one leans on it.
      if (this.#sync) await syncFileApart(path);
    }
    const { method } = this.#compression;
    const name = segmentFileName(segment, method, false);
    const plain = files.find(({ codec }) => codec === 'none');
    const beside = plain && (await this.#openFile(segment, 'none', plain.name));
    try {
      return new ReplacingSegment({
        next: await this.#openFile(segment, method, unfinishedName(name)),
        partialPath: this.#pathOf(name),
        old: files.map((file) => this.#pathOf(file.name)),
        contentBytes,
        beside,
      });
    } catch (error) {
      await beside?.close();
      throw error;
    }
  }

  /** A whole one counts only with the right size. */
  async #heldWhole(file: SegmentFileName): Promise<HeldSegment | undefined> {
    const held = heldSegment(this.#directory, file, this.#segmentSizeBytes);
    if (held === undefined) return undefined;
    const path = held.from;
    const size = await contentSize(this.#pathOf(file.name), file.codec, this.#segmentSizeBytes);
    if (size === this.#segmentSizeBytes) return held;
    if (this.#passedOver.has(file.name)) return undefined;
    this.#passedOver.add(file.name);
    if (typeof size !== 'number') this.#warn(say('wal-directory.skipped-damaged', { path, reason: reasonFor(size) }));
    else if (file.codec === 'none') this.#warn(say('wal-directory.skipped-size', { path, size }));
    else this.#warn(say('wal-directory.skipped-compressed-size', { path, size }));
    return undefined;
  }

  /** Of several beginnings of one segment, as a change of compression leaves them, the one that holds most. */
  async #longestOf(files: readonly SegmentFileName[]): Promise<HeldSegment | undefined> {
    const beginnings = files.filter(({ isWhole }) => !isWhole);
    let longest = beginnings[0];
    let most = -1;
    for (const file of beginnings.length > 1 ? beginnings : []) {
      const length = await beginningLength(this.#pathOf(file.name), file.codec, this.#segmentSizeBytes);
      if (length <= most) continue;
      most = length;
      longest = file;
    }
    return longest && heldSegment(this.#directory, longest, this.#segmentSizeBytes);
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

/** What a segment is named that grows beside what is to be replaced: no tool of a server looks at it. */
function unfinishedName(partialName: string): string {
  return `.gausskeep.${partialName}`;
}

/** A history or a segment that a killed run was writing beside what is there. */
function isUnfinishedName(name: string): boolean {
  return /^(?:[0-9A-F]{8}\.history\.tmp-[0-9a-f-]{36}|\.gausskeep\.[0-9A-F]{24}(?:\.gz|\.lz4|\.zst)?\.partial)$/.test(
    name,
  );
}
