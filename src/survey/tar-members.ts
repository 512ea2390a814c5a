import type { ByteSource } from '../bytes/byte-reader.ts';
import { SkippedBytes } from '../bytes/skipped-bytes.ts';
import { decompressDetected } from '../compression/decompress.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { Member } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import type { SetTar } from '../wal-archive/tar-set.ts';

/** Where a pass through a tar is. */
interface Pass {
  readonly members: AsyncGenerator<Member, void, undefined>;
  isBusy: boolean;
}

/**
 * Members of a tar by name, as they are asked for. One that lies behind the one read last is found in the same pass, so that
 * reading them in order costs one pass through the tar. Memory: one piece.
 */
export class TarMembers {
  readonly #storage: Storage;
  readonly #tar: SetTar;
  #pass: Pass | undefined;

  constructor(storage: Storage, tar: SetTar) {
    this.#storage = storage;
    this.#tar = tar;
  }

  /** All members in order. @param onBytes told of each piece of the tar as it is stored */
  all(options: StorageOptions, onBytes?: (count: number) => void): AsyncGenerator<Member, void, undefined> {
    const stored = counted(this.#storage.get(this.#tar.name, options), onBytes);
    // As a restore does: the content tells how it is compressed.
    // Of data that nobody asks for only the headers matter: a restore checks it, when it reads it.
    const skipped = new SkippedBytes();
    const source = decompressDetected(stored, { skipped, signal: options.signal ?? new AbortController().signal });
    return readMembers(source, 'detect', { ...options, skipped, terminated: false });
  }

  /** @throws BackupError `CORRUPT` where the tar is damaged before it, or it is not there any more */
  async *read(name: string, options: StorageOptions = {}): ByteSource {
    // A pass that somebody is reading from stands still for him.
    const ahead = this.#pass?.isBusy === false ? this.#pass : undefined;
    const passes = ahead === undefined ? [this.#begin(options)] : [ahead, undefined];
    for (const one of passes) {
      const pass = one ?? this.#begin(options);
      pass.isBusy = true;
      let isDone = false;
      try {
        const member = await memberNamed(name, pass);
        if (member === undefined) continue;
        yield* member.content;
        isDone = true;
        return;
      } finally {
        pass.isBusy = false;
        if (!isDone) await this.#leave(pass);
      }
    }
    throw new BackupError('CORRUPT', say('survey.member-gone', { name, tar: this.#tar.name }));
  }

  #begin(options: StorageOptions): Pass {
    const pass = { members: this.all(options), isBusy: false };
    if (this.#pass?.isBusy !== true) {
      void this.#pass?.members.return().catch(() => undefined);
      this.#pass = pass;
    }
    return pass;
  }

  async #leave(pass: Pass): Promise<void> {
    if (this.#pass === pass) this.#pass = undefined;
    await pass.members.return();
  }
}

async function memberNamed(name: string, { members }: Pass): Promise<Member | undefined> {
  for (;;) {
    const { value, done } = await members.next();
    if (done === true) return undefined;
    if (value.header.type === 'file' && value.header.name === name) return value;
  }
}

async function* counted(source: ByteSource, onBytes: (count: number) => void = () => undefined): ByteSource {
  for await (const piece of source) {
    onBytes(piece.length);
    yield piece;
  }
}
