import { createHash } from 'node:crypto';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { fileEntry, type WrittenFile } from './writer.ts';

/** Where the list of files begins, within the first lines of every manifest that a server writes. */
const listBegin = '"Files": [';
const headLimit = 4096;
/** The last line: a name and 64 hex digits. */
const lastLine = /^"Manifest-Checksum": "[0-9a-fA-F]{64}"\}\n$/;
const lastLineLength = '"Manifest-Checksum": ""}\n'.length + 64;

/**
 * Puts files of ours in front of the list of a manifest that passes by, and gives it the checksum that it then has.
 * Everything else stays as the server wrote it. Whether it was right before is for a `ManifestParser` beside it to say.
 * Pieces may be of any size; what is returned is to be written in this order.
 */
export class ManifestExtension {
  readonly #hash = createHash('sha256');
  readonly #entries: string;
  #inserted = false;
  /** Not yet passed on: the head, or what may be the last line. */
  #held: Buffer = Buffer.alloc(0);

  /** @param forceEncode every path of `files` as hex digits */
  constructor(files: readonly WrittenFile[], forceEncode = false) {
    this.#entries = files.map((file) => `\n${fileEntry(file, forceEncode)},`).join('');
  }

  /** @throws BackupError `CORRUPT` where no list of files begins */
  push(piece: Uint8Array): Uint8Array {
    this.#held = Buffer.concat([this.#held, piece]);
    if (!this.#inserted) {
      const begin = this.#held.subarray(0, headLimit).indexOf(listBegin);
      if (begin === -1) {
        if (this.#held.length > headLimit) throw unknownShape();
        return new Uint8Array(0);
      }
      const end = begin + listBegin.length;
      this.#held = Buffer.concat([this.#held.subarray(0, end), Buffer.from(this.#entries), this.#held.subarray(end)]);
      this.#inserted = true;
    }
    return this.#pass(Math.max(this.#held.length - lastLineLength, 0));
  }

  /** The last line. @throws BackupError `CORRUPT` where that is not the checksum */
  finish(): Uint8Array {
    if (!this.#inserted || !lastLine.test(this.#held.toString('latin1'))) throw unknownShape();
    return Buffer.from(`"Manifest-Checksum": "${this.#hash.digest('hex')}"}\n`);
  }

  #pass(length: number): Uint8Array {
    const passed = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    this.#hash.update(passed);
    return passed;
  }
}

function unknownShape(): BackupError {
  return new BackupError('CORRUPT', say('manifest.unknown-shape'), { hint: say('manifest.hint') });
}
