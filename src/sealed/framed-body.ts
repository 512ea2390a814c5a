import type { ByteSource } from '../bytes/byte-reader.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { cutParts } from './cut-parts.ts';
import { newHeader, pieceSize, tagSize } from './frame-format.ts';
import { objectFrames, type FrameProtection, type ObjectFrames } from './object-frames.ts';

/**
 * What is put for an object: its header, then its frames. A storage may read it more than once, and gets the same bytes then: so it
 * recognises what it stored itself. Content that reads otherwise the second time is refused, because a key and a nonce serve one content only.
 */
export class FramedBody {
  readonly #name: string;
  readonly #content: () => ByteSource;
  readonly #header: Uint8Array;
  readonly #frames: ObjectFrames;
  readonly #tags = new KeptTags();
  /** What reading the content threw. */
  failure: unknown;

  constructor(protection: FrameProtection, name: string, content: () => ByteSource) {
    this.#name = name;
    this.#content = content;
    this.#header = newHeader(protection.kind);
    this.#frames = objectFrames(protection, this.#header, name);
  }

  /** @throws BackupError `CORRUPT` when the content is another than that of the reading before; what the content throws */
  async *read(): ByteSource {
    yield this.#header;
    try {
      for await (const { bytes, number, isLast } of cutParts(this.#content(), pieceSize)) {
        const frame = this.#frames.seal(bytes, number, isLast);
        if (!this.#tags.fits(number, frame.subarray(-tagSize))) throw changedContent(this.#name);
        yield frame;
      }
    } catch (error) {
      this.failure = error;
      throw error;
    }
  }
}

/** The tags of the frames that were made, 16 bytes for each 64 KiB. */
class KeptTags {
  #kept = Buffer.alloc(0);
  #count = 0;

  /** Whether `tag` is that of frame `number`, or the first that there is. */
  fits(number: number, tag: Uint8Array): boolean {
    const at = number * tagSize;
    if (number < this.#count) return this.#kept.subarray(at, at + tagSize).equals(tag);
    if (at === this.#kept.length) this.#kept = Buffer.concat([this.#kept], Math.max(4 * tagSize, at * 2));
    this.#kept.set(tag, at);
    this.#count += 1;
    return true;
  }
}

function changedContent(name: string): BackupError {
  return new BackupError('CORRUPT', say('sealed.changed-content', { name }));
}
