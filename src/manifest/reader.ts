import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, fromBytes, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { ErrorKind } from '../errors/codes.ts';
import { say, type Message } from '../messages/message.ts';
import { formatLsn, parseLsn, type Lsn } from '../wal/lsn.ts';
import { parseChecksumAlgorithm } from './checksum.ts';
import { JsonScanner, type JsonListener } from './json-scanner.ts';
import { ManifestChecksum } from './manifest-checksum.ts';
import type { Manifest, ManifestFile, WalRange } from './manifest.ts';

/**
 * Reads a whole `backup_manifest`, version 1 or 2, and proves it by its own checksum.
 * @throws BackupError `CORRUPT` in the words of pg_verifybackup
 */
export async function readManifest(source: ByteSource, { signal }: { signal?: AbortSignal } = {}): Promise<Manifest> {
  const parser = new ManifestParser();
  for await (const piece of source) {
    signal?.throwIfAborted();
    parser.push(piece);
  }
  return parser.finish();
}

type State =
  | 'start'
  | 'field'
  | 'version'
  | 'identifier'
  | 'filesStart'
  | 'files'
  | 'file'
  | 'fileValue'
  | 'rangesStart'
  | 'ranges'
  | 'range'
  | 'rangeValue'
  | 'checksum'
  | 'closing'
  | 'finished';

const fileFields = ['Path', 'Encoded-Path', 'Size', 'Last-Modified', 'Checksum-Algorithm', 'Checksum'] as const;
const rangeFields = ['Timeline', 'Start-LSN', 'End-LSN'] as const;

/** Timelines that one backup can cross: one, or a few where a standby was promoted. Each costs a look for its segments. */
const rangeLimit = 1000;

/** A file as PostgreSQL and we write it, in one line and without escapes: nearly all of a manifest. Others come field by field. */
const writtenFile = new RegExp(
  String.raw`\{ "Path": "(TEXT)", "Size": (0|[1-9][0-9]*), "Last-Modified": "TEXT", "Checksum-Algorithm": "(TEXT)", "Checksum": "(TEXT)" \}`.replaceAll(
    'TEXT',
    String.raw`[^"\\\0-\x1f]*`,
  ),
  'y',
);

type FileField = (typeof fileFields)[number];
type RangeField = (typeof rangeFields)[number];

/** The states after each top-level field. */
const topFields: ReadonlyMap<string, State> = new Map<string, State>([
  ['System-Identifier', 'identifier'],
  ['Files', 'filesStart'],
  ['WAL-Ranges', 'rangesStart'],
  ['Manifest-Checksum', 'checksum'],
]);

/** `readManifest` for those who push: pieces of any size, then `finish`. */
export class ManifestParser implements JsonListener {
  readonly #scanner = new JsonScanner(this);
  readonly #checksum = new ManifestChecksum();
  readonly #files = new Map<ByteString, ManifestFile>();
  readonly #walRanges: WalRange[] = [];
  readonly #timelines = new Set<number>();
  #state: State = 'start';
  #version: 1 | 2 | undefined;
  #systemIdentifier: bigint | undefined;
  #ownChecksum = '';
  #fileField: FileField = 'Path';
  #rangeField: RangeField = 'Timeline';
  #file: Partial<Record<FileField, ByteString>> = {};
  #range: Partial<Record<RangeField, ByteString>> = {};

  /** @throws BackupError `CORRUPT` */
  push(piece: Uint8Array): void {
    this.#checksum.update(piece);
    this.#scanner.push(piece);
  }

  /** @throws BackupError `CORRUPT` when the manifest is incomplete or its checksum is another */
  finish(): Manifest {
    this.#scanner.end();
    if (this.#state !== 'finished' || this.#version === undefined) fail(say('manifest.ended-early'));
    if (this.#checksum.lineFeeds < 2) fail(say('manifest.two-lines'));
    if (!this.#checksum.endsWithLineFeed) fail(say('manifest.no-last-newline'));
    if (!/^[0-9a-fA-F]{64}$/.test(this.#ownChecksum)) {
      fail(say('manifest.bad-own-checksum', { checksum: this.#ownChecksum }));
    }
    if (this.#checksum.digestHex() !== this.#ownChecksum.toLowerCase()) fail(say('manifest.mismatch'));
    return {
      version: this.#version,
      systemIdentifier: this.#systemIdentifier,
      files: this.#files,
      walRanges: this.#walRanges,
    };
  }

  beginObject(): void {
    switch (this.#state) {
      case 'start':
        this.#state = 'field';
        break;
      case 'files':
        this.#state = 'file';
        this.#file = {};
        break;
      case 'ranges':
        this.#state = 'range';
        this.#range = {};
        break;
      default:
        fail(say('manifest.unexpected-object-start'));
    }
  }

  endObject(): void {
    switch (this.#state) {
      case 'closing':
        this.#state = 'finished';
        break;
      case 'file':
        this.#add(this.#file);
        this.#state = 'files';
        break;
      case 'range': {
        const range = finishRange(this.#range);
        if (this.#timelines.has(range.timeline)) fail(say('manifest.timeline-twice', { timeline: range.timeline }));
        if (this.#timelines.size === rangeLimit) fail(say('manifest.many-ranges', { limit: rangeLimit }));
        this.#timelines.add(range.timeline);
        this.#walRanges.push(range);
        this.#state = 'ranges';
        break;
      }
      default:
        fail(say('manifest.unexpected-object-end'));
    }
  }

  wholeObject(text: string, position: number): number | undefined {
    if (this.#state !== 'files') return undefined;
    writtenFile.lastIndex = position;
    const found = writtenFile.exec(text) as [string, ByteString, ByteString, ByteString, ByteString] | null;
    if (found === null) return undefined;
    const [, Path, Size, algorithm, Checksum] = found;
    this.#add({ Path, Size, 'Checksum-Algorithm': algorithm, Checksum });
    return writtenFile.lastIndex;
  }

  #add(fields: Partial<Record<FileField, ByteString>>): void {
    const file = finishFile(fields);
    if (this.#files.has(file.path)) fail(say('manifest.duplicate-path', { path: display(file.path) }));
    this.#files.set(file.path, file);
  }

  beginArray(): void {
    if (this.#state === 'filesStart') this.#state = 'files';
    else if (this.#state === 'rangesStart') this.#state = 'ranges';
    else fail(say('manifest.unexpected-array-start'));
  }

  endArray(): void {
    if (this.#state !== 'files' && this.#state !== 'ranges') fail(say('manifest.unexpected-array-end'));
    this.#state = 'field';
  }

  field(name: ByteString): void {
    switch (this.#state) {
      case 'field': {
        if (this.#version === undefined) {
          if (name !== 'PostgreSQL-Backup-Manifest-Version') fail(say('manifest.expected-version'));
          this.#state = 'version';
          break;
        }
        const state = topFields.get(name);
        if (state === undefined) fail(say('manifest.unrecognized-field'));
        this.#state = state;
        break;
      }
      case 'file': {
        const field = fileFields.find((known) => known === name);
        if (field === undefined) fail(say('manifest.unexpected-file-field'));
        this.#fileField = field;
        this.#state = 'fileValue';
        break;
      }
      case 'range': {
        const field = rangeFields.find((known) => known === name);
        if (field === undefined) fail(say('manifest.unexpected-range-field'));
        this.#rangeField = field;
        this.#state = 'rangeValue';
        break;
      }
      default:
        fail(say('manifest.unexpected-object-field'));
    }
  }

  scalar(text: ByteString): void {
    switch (this.#state) {
      case 'version':
        this.#version = readVersion(text);
        this.#state = 'field';
        break;
      case 'identifier':
        this.#systemIdentifier =
          readUnsigned(text, 0xffff_ffff_ffff_ffffn) ?? fail(say('manifest.identifier-not-integer'));
        this.#state = 'field';
        break;
      case 'fileValue':
        this.#file[this.#fileField] = text;
        this.#state = 'file';
        break;
      case 'rangeValue':
        this.#range[this.#rangeField] = text;
        this.#state = 'range';
        break;
      case 'checksum':
        this.#ownChecksum = text;
        this.#state = 'closing';
        break;
      default:
        fail(say('manifest.unexpected-scalar'));
    }
  }
}

function readVersion(text: string): 1 | 2 {
  if (!/^-?[0-9]+$/.test(text)) fail(say('manifest.version-not-integer'), 'manifest-version');
  if (text === '1') return 1;
  if (text === '2') return 2;
  return fail(say('manifest.unexpected-version'));
}

function finishFile(file: Partial<Record<FileField, ByteString>>): ManifestFile {
  const { Path: plain, 'Encoded-Path': encoded, Size: sizeText, Checksum: checksum = '' } = file;
  const algorithmText = file['Checksum-Algorithm'];
  if (plain === undefined && encoded === undefined) fail(say('manifest.missing-path'));
  if (plain !== undefined && encoded !== undefined) fail(say('manifest.both-paths'));
  if (sizeText === undefined) fail(say('manifest.missing-size'));
  if (algorithmText === undefined && file.Checksum !== undefined) fail(say('manifest.checksum-without-algorithm'));
  const path = plain ?? decodePath(encoded ?? '');
  const size = readUnsigned(sizeText, BigInt(Number.MAX_SAFE_INTEGER)) ?? fail(say('manifest.size-not-integer'));
  const algorithm =
    algorithmText === undefined
      ? 'NONE'
      : (parseChecksumAlgorithm(algorithmText) ??
        fail(say('manifest.unknown-algorithm', { algorithm: display(algorithmText) })));
  if (!isHex(checksum)) {
    fail(say('manifest.bad-checksum', { path: display(path), checksum: display(checksum as ByteString) }));
  }
  return {
    path: detached(path),
    size: Number(size),
    algorithm,
    checksum: detached(checksum.toLowerCase() as ByteString),
  };
}

/** The same text in memory of its own: a part of a text keeps all of it. */
function detached(text: ByteString): ByteString {
  return fromBytes(toBytes(text));
}

function finishRange(range: Partial<Record<RangeField, ByteString>>): WalRange {
  const { Timeline: timelineText, 'Start-LSN': start, 'End-LSN': end } = range;
  if (timelineText === undefined) fail(say('manifest.missing-timeline'));
  if (start === undefined) fail(say('manifest.missing-start'));
  if (end === undefined) fail(say('manifest.missing-end'));
  const timeline = readUnsigned(timelineText, 0xffff_ffffn) ?? fail(say('manifest.timeline-not-integer'));
  const startLsn = readLsn(start) ?? fail(say('manifest.bad-start'));
  const endLsn = readLsn(end) ?? fail(say('manifest.bad-end'));
  if (endLsn < startLsn) fail(say('manifest.range-backwards', { start: formatLsn(startLsn), end: formatLsn(endLsn) }));
  return { timeline: Number(timeline), startLsn, endLsn };
}

/** @throws BackupError `CORRUPT` unless an even number of hex digits that name bytes other than NUL */
function decodePath(encoded: string): ByteString {
  const path = isHex(encoded) ? fromBytes(Buffer.from(encoded, 'hex')) : fail(say('manifest.bad-path'));
  return path.includes('\0') ? fail(say('manifest.bad-path')) : path;
}

function isHex(text: string): boolean {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text);
}

function readUnsigned(text: string, largest: bigint): bigint | undefined {
  if (!/^[0-9]{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= largest ? value : undefined;
}

function readLsn(text: string): Lsn | undefined {
  return /^[0-9a-fA-F]{1,8}\/[0-9a-fA-F]{1,8}$/.test(text) ? parseLsn(text) : undefined;
}

function fail(message: Message, kind?: ErrorKind): never {
  throw new BackupError('CORRUPT', message, { hint: say('manifest.hint'), kind });
}
