import type { ByteString } from '../bytes/byte-string.ts';
import type { HeldFile } from '../files/held-file.ts';
import { joinPath } from '../files/path.ts';

export const controlFile = 'global/pg_control' as ByteString;
/** Its name until then. */
export const unfinishedControlFile = 'global/pg_control.unfinished' as ByteString;

/**
 * The pg_control of a data directory that is being filled: it gets its name when all the rest is durable, because no server
 * starts a directory without it.
 */
export class HeldControlFile {
  readonly #root: ByteString;
  #isWritten = false;

  constructor(root: ByteString) {
    this.#root = root;
  }

  /** The name under which a file of the data directory is to be written: its own, unless it is pg_control. */
  nameFor(name: ByteString): ByteString {
    if (name !== controlFile) return name;
    this.#isWritten = true;
    return unfinishedControlFile;
  }

  /** Where it is until then. */
  get path(): ByteString {
    return joinPath(this.#root, unfinishedControlFile);
  }

  /** What is to be revealed as the very last; undefined when no pg_control came. */
  get held(): HeldFile | undefined {
    if (!this.#isWritten) return undefined;
    return { from: this.path, to: joinPath(this.#root, controlFile) };
  }
}
