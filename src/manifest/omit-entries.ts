import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

const listBegin = Buffer.from('"Files": [\n');
/** An entry is one line. Longer ones are none: the longest path has 4096 bytes, as hex digits twice as many. */
const lineLimit = 32 * 1024;

/**
 * Leaves entries out of the list of files of a manifest that passes by; everything else stays as the server wrote it. Its checksum does not hold
 * then: that is for a `ManifestExtension` behind it. Pieces may be of any size.
 */
export class OmittedEntries {
  readonly #omitted: ReadonlySet<ByteString>;
  #state: 'head' | 'list' | 'tail' = 'head';
  /** Not yet passed on: what may be the end of the head, or a line without its end. */
  #held: Buffer = Buffer.alloc(0);
  /** The last entry that stays, without a comma: whether one belongs behind it is known when the next line is there. */
  #entry: Buffer | undefined;

  /** @param omitted paths relative to the data directory */
  constructor(omitted: ReadonlySet<ByteString>) {
    this.#omitted = omitted;
  }

  /** @throws BackupError `CORRUPT` for a list that has not one entry in each line */
  push(piece: Uint8Array): Uint8Array {
    if (this.#isIn('tail')) return piece;
    this.#held = Buffer.concat([this.#held, piece]);
    const passed: Uint8Array[] = [];
    if (this.#isIn('head')) this.#head(passed);
    while (this.#isIn('list')) {
      const end = this.#held.indexOf('\n');
      if (end === -1) break;
      this.#line(this.#take(end + 1), passed);
    }
    if (this.#isIn('tail')) passed.push(this.#take(this.#held.length));
    else if (this.#held.length > lineLimit) throw unknownShape();
    return Buffer.concat(passed);
  }

  /** @throws BackupError `CORRUPT` where the list did not end */
  finish(): void {
    if (this.#state !== 'tail') throw unknownShape();
  }

  #isIn(state: 'head' | 'list' | 'tail'): boolean {
    return this.#state === state;
  }

  #head(passed: Uint8Array[]): void {
    const begin = this.#held.indexOf(listBegin);
    if (begin === -1) return;
    passed.push(this.#take(begin + listBegin.length));
    this.#state = 'list';
  }

  #line(line: Buffer, passed: Uint8Array[]): void {
    if (line.toString('latin1').startsWith(']')) {
      if (this.#entry !== undefined) passed.push(this.#entry, Buffer.from('\n'));
      passed.push(line);
      this.#state = 'tail';
      return;
    }
    const entry = line.toString('utf8').replace(/,?\n$/, '');
    if (this.#omitted.has(pathOf(entry))) return;
    if (this.#entry !== undefined) passed.push(this.#entry, Buffer.from(',\n'));
    this.#entry = line.subarray(0, Buffer.byteLength(entry));
  }

  #take(length: number): Buffer {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }
}

function pathOf(entry: string): ByteString {
  let value: unknown;
  try {
    value = JSON.parse(entry);
  } catch {
    throw unknownShape();
  }
  const { Path: plain, 'Encoded-Path': encoded } = value as Record<string, unknown>;
  if (typeof plain === 'string') return fromText(plain);
  if (typeof encoded === 'string') return Buffer.from(encoded, 'hex').toString('latin1') as ByteString;
  throw unknownShape();
}

function unknownShape(): BackupError {
  return new BackupError('CORRUPT', say('manifest.unknown-shape'), { hint: say('manifest.hint') });
}
