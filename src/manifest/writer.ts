import { createHash } from 'node:crypto';
import { display, isUtf8, toBytes } from '../bytes/byte-string.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { ManifestFile, WalRange } from './manifest.ts';

export interface ManifestWriterOptions {
  /** Stated in a version 2 manifest; undefined makes version 1, which has none. */
  readonly systemIdentifier: bigint | undefined;
  /** Every path as `Encoded-Path` (hex), as MANIFEST 'force-encode' does. */
  readonly forceEncode?: boolean | undefined;
}

/** A file as the writer takes it. */
export interface WrittenFile extends ManifestFile {
  /** Seconds since 1970; undefined leaves `Last-Modified` out, which every reader accepts. */
  readonly mtime: number | undefined;
}

/**
 * Makes a `backup_manifest` piece by piece: each call returns the bytes to append to it, in call order, so that nothing but a
 * running SHA-256 is held. Order: `addFile` for each file, `addWalRange` for each range, `finish`. The text is what
 * PostgreSQL's server writes (backup/backup_manifest.c), byte for byte.
 */
export class ManifestWriter {
  readonly #hash = createHash('sha256');
  readonly #forceEncode: boolean;
  #text: string;
  #part: 'files' | 'ranges' | 'finished' = 'files';
  #first = true;

  constructor({ systemIdentifier, forceEncode = false }: ManifestWriterOptions) {
    this.#forceEncode = forceEncode;
    this.#text =
      systemIdentifier === undefined
        ? '{ "PostgreSQL-Backup-Manifest-Version": 1,\n"Files": ['
        : `{ "PostgreSQL-Backup-Manifest-Version": 2,\n"System-Identifier": ${systemIdentifier.toString()},\n"Files": [`;
  }

  /** @throws Error when WAL ranges were already added (a defect of the caller) */
  addFile(file: WrittenFile): Uint8Array {
    this.#expect('files');
    this.#text += this.#separator() + fileEntry(file, this.#forceEncode);
    return this.#take();
  }

  addWalRange(range: WalRange): Uint8Array {
    this.#beginRanges();
    const separator = this.#first ? '' : ',\n';
    this.#first = false;
    this.#text +=
      `${separator}{ "Timeline": ${range.timeline}, "Start-LSN": "${formatLsn(range.startLsn)}", ` +
      `"End-LSN": "${formatLsn(range.endLsn)}" }`;
    return this.#take();
  }

  /** Ends the manifest with the checksum of all that was returned before. */
  finish(): Uint8Array {
    this.#beginRanges();
    this.#text += '\n],\n';
    const rest = this.#take();
    this.#part = 'finished';
    return Buffer.concat([rest, Buffer.from(`"Manifest-Checksum": "${this.#hash.digest('hex')}"}\n`)]);
  }

  #beginRanges(): void {
    if (this.#part === 'files') {
      this.#part = 'ranges';
      this.#first = true;
      this.#text += '\n],\n"WAL-Ranges": [\n';
    }
    this.#expect('ranges');
  }

  #expect(part: 'files' | 'ranges'): void {
    if (this.#part !== part) throw new Error(`a manifest is written in order: ${part} cannot follow ${this.#part}`);
  }

  #separator(): string {
    const separator = this.#first ? '\n' : ',\n';
    this.#first = false;
    return separator;
  }

  #take(): Uint8Array {
    const bytes = Buffer.from(this.#text, 'utf8');
    this.#text = '';
    this.#hash.update(bytes);
    return bytes;
  }
}

/** The entry of one file, without separators. */
export function fileEntry({ path, size, mtime, algorithm, checksum }: WrittenFile, forceEncode = false): string {
  const name =
    !forceEncode && isUtf8(path)
      ? `"Path": ${escapeJson(display(path))}`
      : `"Encoded-Path": "${toBytes(path).toString('hex')}"`;
  const modified = mtime === undefined ? '' : `, "Last-Modified": "${formatTime(mtime)}"`;
  const sum = algorithm === 'NONE' ? '' : `, "Checksum-Algorithm": "${algorithm}", "Checksum": "${checksum}"`;
  return `{ ${name}, "Size": ${size}${modified}${sum} }`;
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

/** As escape_json (utils/adt/json.c): other control characters as `\u00xx`, everything else as it is. */
function escapeJson(text: string): string {
  const escaped = text.replace(
    /["\\\u0000-\u001f]/g,
    (character) => shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** Of the years with four digits; in seconds since 1970. */
const [firstSecond, lastSecond] = [-62_167_219_200, 253_402_300_799];

/** `2026-11-20 20:22:14 GMT`. A header of a tar can hold any number; nobody goes by this time. */
function formatTime(seconds: number): string {
  const iso = new Date(Math.min(lastSecond, Math.max(firstSecond, Math.floor(seconds))) * 1000).toISOString();
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} GMT`;
}
