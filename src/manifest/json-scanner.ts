import { fromBytes, fromText, type ByteString } from '../bytes/byte-string.ts';
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
  /**
   * An object is allowed to begin at `position` and does: whoever knows its form takes all of it at once, and none of it comes as events.
   * @returns where it ends; undefined: not taken
   */
  wholeObject?(text: string, position: number): number | undefined;
}

/** Longest string or number. A path has at most 4 KiB, six times that when every byte is escaped. */
const longestTokenBytes = 64 * 1024;

/** Deepest nesting; a manifest has three levels. */
const deepest = 64;

const [quote, comma, colon] = [0x22, 0x2c, 0x3a];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];

/** A string up to its end, to a control character, which stands in none, or to what has not arrived. Escapes are judged later. */
const stringBeginning = /"[^"\\\0-\x1f]*(?:\\[^][^"\\\0-\x1f]*)*/y;
const word = /[0-9A-Za-z+.-]*/y;
const space = /[ \n\r\t]*/y;

type Expectation = 'value' | 'valueOrEnd' | 'field' | 'fieldOrEnd' | 'colon' | 'commaOrEnd' | 'end';

/**
 * A JSON reader (RFC 8259) that is fed pieces of any size, so that a manifest of a million files is never held whole.
 * Strings keep their bytes as they are; only escapes are decoded.
 */
export class JsonScanner {
  readonly #listener: JsonListener;
  readonly #open: ('object' | 'array')[] = [];
  #expect: Expectation = 'value';
  /** The beginning of a token whose end has not arrived. Text is a byte string: one character for each byte. */
  #rest = '';
  #offset = 0;

  constructor(listener: JsonListener) {
    this.#listener = listener;
  }

  /** @throws BackupError `CORRUPT` where the text stops being JSON */
  push(piece: Uint8Array): void {
    this.#scan(this.#rest + fromBytes(piece), false);
  }

  /** @throws BackupError `CORRUPT` when the document is not complete */
  end(): void {
    this.#scan(this.#rest, true);
    if (this.#expect !== 'end' || this.#rest.length > 0) {
      throw new BackupError('CORRUPT', say('manifest.ended-in-json'), { hint: say('manifest.hint') });
    }
  }

  #scan(text: string, last: boolean): void {
    let position = afterMatch(space, text, 0);
    while (position < text.length) {
      const end = this.#token(text, position, last);
      if (end === undefined) break;
      position = afterMatch(space, text, end);
    }
    if (text.length - position > longestTokenBytes) {
      throw new BackupError('CORRUPT', say('manifest.token-too-long', { limit: longestTokenBytes }));
    }
    this.#rest = text.slice(position);
    this.#offset += position;
  }

  /** Handles the token at `position`; returns its end, or undefined when that has not arrived. */
  #token(text: string, position: number, last: boolean): number | undefined {
    const byte = text.charCodeAt(position);
    switch (byte) {
      case openBrace:
      case openBracket:
        return this.#begin(byte === openBrace ? 'object' : 'array', text, position);
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
        return this.#string(text, position);
      default:
        return this.#word(text, position, last);
    }
  }

  #begin(kind: 'object' | 'array', text: string, position: number): number {
    this.#requireValue(position);
    if (this.#open.length === deepest) this.#fail(position);
    const end = kind === 'object' ? this.#listener.wholeObject?.(text, position) : undefined;
    if (end !== undefined) {
      this.#afterValue();
      return end;
    }
    this.#open.push(kind);
    this.#expect = kind === 'object' ? 'fieldOrEnd' : 'valueOrEnd';
    if (kind === 'object') this.#listener.beginObject();
    else this.#listener.beginArray();
    return position + 1;
  }

  #end(kind: 'object' | 'array', position: number): void {
    const allowed = this.#expect === 'commaOrEnd' || this.#expect === (kind === 'object' ? 'fieldOrEnd' : 'valueOrEnd');
    if (!allowed || this.#open.at(-1) !== kind) this.#fail(position);
    this.#open.pop();
    this.#afterValue();
    if (kind === 'object') this.#listener.endObject();
    else this.#listener.endArray();
  }

  #string(text: string, position: number): number | undefined {
    const end = afterMatch(stringBeginning, text, position);
    // A backslash here is the last character.
    if (end === text.length || text[end] === '\\') return undefined;
    if (text[end] !== '"') this.#fail(end);
    const inside = text.slice(position + 1, end);
    const content = (inside.includes('\\') ? this.#unescape(inside as ByteString, position) : inside) as ByteString;
    if (this.#expect === 'field' || this.#expect === 'fieldOrEnd') {
      this.#expect = 'colon';
      this.#listener.field(content);
    } else {
      this.#requireValue(position);
      this.#afterValue();
      this.#listener.scalar(content);
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

  #word(bytes: string, position: number, last: boolean): number | undefined {
    const end = afterMatch(word, bytes, position);
    if (end === position) this.#fail(position);
    if (end === bytes.length && !last) return undefined;
    const text = bytes.slice(position, end) as ByteString;
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

/** Where what `pattern` (sticky, may be empty) matches at `position` ends. */
function afterMatch(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  pattern.test(text);
  return pattern.lastIndex;
}
