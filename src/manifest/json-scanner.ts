import type { ByteString } from '../bytes/byte-string.ts';
import { fromText } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';

/** Receives a JSON document as events, in document order. A number, `true`, `false` and `null` arrive as their text. */
export interface JsonListener {
  beginObject(): void;
  endObject(): void;
  beginArray(): void;
  endArray(): void;
  field(name: ByteString): void;
  scalar(text: ByteString): void;
}

/** Longest string or number. A path has at most 4 KiB, six times that when every byte is escaped. */
const longestTokenBytes = 64 * 1024;

/** Deepest nesting; a manifest has three levels. */
const deepest = 64;

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

type Expectation = 'value' | 'valueOrEnd' | 'field' | 'fieldOrEnd' | 'colon' | 'commaOrEnd' | 'end';

/**
 * A JSON reader (RFC 8259) that is fed pieces of any size, so that a manifest of a million files is never held whole.
 * Strings keep their bytes as they are; only escapes are decoded.
 */
export class JsonScanner {
  readonly #listener: JsonListener;
  readonly #open: ('object' | 'array')[] = [];
  #expect: Expectation = 'value';
  /** The beginning of a token whose end has not arrived. */
  #rest: Buffer = Buffer.alloc(0);
  #offset = 0;

  constructor(listener: JsonListener) {
    this.#listener = listener;
  }

  /** @throws BackupError `CORRUPT` where the text stops being JSON */
  push(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    this.#scan(this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]), false);
  }

  /** @throws BackupError `CORRUPT` when the document is not complete */
  end(): void {
    this.#scan(this.#rest, true);
    if (this.#expect !== 'end' || this.#rest.length > 0) {
      throw new BackupError('CORRUPT', say('manifest.ended-in-json'), { hint: say('manifest.hint') });
    }
  }

  #scan(bytes: Buffer, last: boolean): void {
    let position = 0;
    while (position < bytes.length) {
      const byte = bytes[position] ?? 0;
      if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
        position++;
        continue;
      }
      const end = this.#token(bytes, position, byte, last);
      if (end === undefined) break;
      position = end;
    }
    if (bytes.length - position > longestTokenBytes) {
      throw new BackupError('CORRUPT', say('manifest.token-too-long', { limit: longestTokenBytes }));
    }
    this.#rest = Buffer.from(bytes.subarray(position));
    this.#offset += position;
  }

  /** Handles the token at `position`; returns its end, or undefined when that has not arrived. */
  #token(bytes: Buffer, position: number, byte: number, last: boolean): number | undefined {
    switch (byte) {
      case openBrace:
      case openBracket:
        this.#begin(byte === openBrace ? 'object' : 'array', position);
        return position + 1;
      case closeBrace:
      case closeBracket:
        this.#end(byte === closeBrace ? 'object' : 'array', position);
        return position + 1;
      case comma:
        if (this.#expect !== 'commaOrEnd') this.#fail(position);
        this.#expect = this.#open.at(-1) === 'object' ? 'field' : 'value';
        return position + 1;
      case colon:
        if (this.#expect !== 'colon') this.#fail(position);
        this.#expect = 'value';
        return position + 1;
      case quote:
        return this.#string(bytes, position);
      default:
        return this.#word(bytes, position, last);
    }
  }

  #begin(kind: 'object' | 'array', position: number): void {
    this.#requireValue(position);
    if (this.#open.length === deepest) this.#fail(position);
    this.#open.push(kind);
    this.#expect = kind === 'object' ? 'fieldOrEnd' : 'valueOrEnd';
    if (kind === 'object') this.#listener.beginObject();
    else this.#listener.beginArray();
  }

  #end(kind: 'object' | 'array', position: number): void {
    const allowed = this.#expect === 'commaOrEnd' || this.#expect === (kind === 'object' ? 'fieldOrEnd' : 'valueOrEnd');
    if (!allowed || this.#open.at(-1) !== kind) this.#fail(position);
    this.#open.pop();
    this.#afterValue();
    if (kind === 'object') this.#listener.endObject();
    else this.#listener.endArray();
  }

  #string(bytes: Buffer, position: number): number | undefined {
    let end = position + 1;
    let escaped = false;
    for (;;) {
      const byte = bytes[end];
      if (byte === undefined) return undefined;
      if (byte === quote) break;
      if (byte < 0x20) this.#fail(end);
      if (byte === backslash) {
        escaped = true;
        end++;
      }
      end++;
    }
    let text = bytes.toString('latin1', position + 1, end) as ByteString;
    if (escaped) text = this.#unescape(text, position);
    if (this.#expect === 'field' || this.#expect === 'fieldOrEnd') {
      this.#expect = 'colon';
      this.#listener.field(text);
    } else {
      this.#requireValue(position);
      this.#afterValue();
      this.#listener.scalar(text);
    }
    return end + 1;
  }

  /** Bytes that are not part of an escape stay as they are, valid UTF-8 or not. */
  #unescape(text: ByteString, position: number): ByteString {
    const pattern = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[^u]|.?)/gs;
    return text.replace(pattern, (escape) => {
      let character: unknown;
      try {
        character = JSON.parse(`"${escape}"`);
      } catch {
        return this.#fail(position);
      }
      // A lone surrogate is no character, and NUL ends a path.
      if (typeof character !== 'string' || /^[\ud800-\udfff\0]$/.test(character)) return this.#fail(position);
      return fromText(character);
    }) as ByteString;
  }

  #word(bytes: Buffer, position: number, last: boolean): number | undefined {
    let end = position;
    while (end < bytes.length && isWordByte(bytes[end] ?? 0)) end++;
    if (end === position) this.#fail(position);
    if (end === bytes.length && !last) return undefined;
    const text = bytes.toString('latin1', position, end) as ByteString;
    if (!/^(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)$/.test(text)) this.#fail(position);
    this.#requireValue(position);
    this.#afterValue();
    this.#listener.scalar(text);
    return end;
  }

  #requireValue(position: number): void {
    if (this.#expect !== 'value' && this.#expect !== 'valueOrEnd') this.#fail(position);
  }

  #afterValue(): void {
    this.#expect = this.#open.length === 0 ? 'end' : 'commaOrEnd';
  }

  #fail(position: number): never {
    throw new BackupError('CORRUPT', say('manifest.bad-json', { offset: this.#offset + position }), {
      hint: say('manifest.hint'),
    });
  }
}

/** Letters, digits, `+`, `-`, `.`: what numbers and the three words consist of. */
function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    (byte >= 0x61 && byte <= 0x7a) ||
    (byte >= 0x41 && byte <= 0x5a) ||
    byte === 0x2b ||
    byte === 0x2d ||
    byte === 0x2e
  );
}
