import { join } from 'node:path';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { gzipMembers } from '../compression/gzip-members.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { endOfTar } from '../tar/encode-member.ts';
import type { Member } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import { editMembers, encodeMembers, memberOf } from '../tar/rewrite-members.ts';
import { MemberFollower } from '../tar/follow-members.ts';
import type { ConfigurationEntry } from './configuration.ts';
import type { ExtraFile } from './extra-files.ts';
import type { FileObserver } from './manifest-builder.ts';
import type { TarEvent } from './plain-output.ts';
import { tarName } from './tablespaces.ts';

/**
 * Takes bytes; where it returns a promise, the bytes may be reused once that is settled, else at once. A promise must settle
 * soon after `signal` is aborted.
 */
export interface ByteSink {
  write(piece: Uint8Array, options: { readonly signal: AbortSignal }): void | Promise<void>;
}

export type TarCompression =
  { readonly method: 'none' } | { readonly method: 'gzip'; readonly level: number | undefined };

/** Who is told of the files, for the manifest. */
export interface ManifestObservers {
  /** Of those that the server sends. */
  readonly observer: FileObserver;
  /** Whether it must see their contents, too. */
  readonly wantsContents: boolean;
  /** Of those that we put into an archive of the server. */
  readonly ownObserver: FileObserver | undefined;
}

export interface TarOutputOptions {
  /** Where the archives go: a directory, or one stream for a backup of one archive. */
  readonly target:
    { readonly kind: 'directory'; readonly path: string } | { readonly kind: 'stream'; readonly sink: ByteSink };
  readonly compression: TarCompression;
  /** `original`: the bytes as the server sent them, in its own format. */
  readonly tarFormat: 'standard' | 'original';
  readonly capabilities: Capabilities;
  /** Put at the end of the base archive of a server whose archives are rewritten. */
  readonly extraFiles: readonly ExtraFile[];
  readonly configuration: readonly ConfigurationEntry[];
  readonly manifest: ManifestObservers;
  readonly onMember: (name: ByteString) => void;
}

/** Suffix that an archive has until the whole backup is durable. */
export const unfinishedSuffix = '.unfinished';

/**
 * Writes the archives of a base backup as tar files: those of PostgreSQL byte for byte as they come, those of openGauss as
 * standard tar. `names` tells what to rename when everything is durable.
 */
export class TarOutput {
  readonly #options: TarOutputOptions;
  readonly #names: string[] = [];
  /** openGauss sends a WAL directory that is a link twice. */
  #walSeen = false;

  constructor(options: TarOutputOptions) {
    this.#options = options;
  }

  /** File names of the finished archives, in order; while unfinished each has `unfinishedSuffix`. */
  get names(): readonly string[] {
    return this.#names;
  }

  /**
   * Reads `archive` to its end into its file or the stream. A stream stays open for more members: `close` ends it.
   */
  async receive(archive: TarEvent, signal: AbortSignal): Promise<void> {
    const isBase = archive.tablespace.oid === undefined;
    const bytes = this.#encoded(archive, isBase, signal);
    const isOpen = this.#options.target.kind === 'stream' && this.#options.tarFormat === 'standard';
    await this.#store(`${tarName(archive.tablespace)}.tar`, isOpen ? withoutEndMark(bytes) : bytes, signal);
  }

  /** Puts `members` behind those of the stream and ends it. */
  async close(members: AsyncIterable<Member>, signal: AbortSignal): Promise<void> {
    if (this.#options.tarFormat === 'standard') await this.#store('', encodeMembers(members), signal);
  }

  /** Stores another archive beside the others; a stream gets its members behind those it has. */
  async storeTar(name: string, members: AsyncIterable<Member>, signal: AbortSignal): Promise<void> {
    const { target, manifest } = this.#options;
    const observed = observeMembers(members, manifest.observer, '');
    const bytes = encodeMembers(observed, { mtime: Math.floor(Date.now() / 1000) });
    await this.#store(name, target.kind === 'stream' ? withoutEndMark(bytes) : bytes, signal);
  }

  async #store(name: string, bytes: ByteSource, signal: AbortSignal): Promise<void> {
    const { target, compression } = this.#options;
    const packed = compression.method === 'none' ? bytes : gzipMembers(bytes, { level: compression.level, signal });
    if (target.kind === 'stream') {
      for await (const piece of packed) {
        const written = target.sink.write(piece, { signal });
        if (written !== undefined) await written;
      }
      return;
    }
    const fileName = compression.method === 'none' ? name : `${name}.gz`;
    this.#names.push(fileName);
    const directory = new DirectoryWriter(fromText(target.path));
    const file = directory.openFile(fromText(`${fileName}${unfinishedSuffix}`), 0o600);
    this.#options.onMember(fromText(join(target.path, fileName)));
    try {
      for await (const piece of packed) file.write(piece);
    } finally {
      file.close();
    }
  }

  #encoded(archive: TarEvent, isBase: boolean, signal: AbortSignal): ByteSource {
    const { tarFormat, manifest } = this.#options;
    if (archive.format === 'tar' && !manifest.wantsContents) return this.#followed(archive, isBase);
    if (archive.format === 'tar' || tarFormat === 'original') return this.#passed(archive, isBase, signal);
    const members = readMembers(archive.content, archive.format, { signal, terminated: archive.terminated });
    const edited = isBase
      ? editMembers(members, { change: (header) => this.#change(header), append: this.#extras() })
      : members;
    const observed = observeMembers(edited, manifest.observer, prefixOf(archive));
    return encodeMembers(observed, { mtime: Math.floor(Date.now() / 1000) });
  }

  /** The server's own bytes; a parser beside them sees the members where a manifest is to be made. */
  async *#passed(archive: TarEvent, isBase: boolean, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const bytes = passWhileObserving(archive, this.#options.manifest.observer, prefixOf(archive), signal);
    yield* archive.format === 'tar' ? this.#ended(bytes, archive, isBase) : bytes;
  }

  /** The same where the names and sizes of the members are enough. */
  #followed(archive: TarEvent, isBase: boolean): AsyncGenerator<Uint8Array> {
    const bytes = followMembers(archive, this.#options.manifest.observer, prefixOf(archive));
    return this.#ended(bytes, archive, isBase);
  }

  /** A tar file of the server with its end mark, and in front of that the configuration where this is the base archive. */
  async *#ended(bytes: ByteSource, archive: TarEvent, isBase: boolean): AsyncGenerator<Uint8Array> {
    const { configuration, manifest } = this.#options;
    if (!isBase || configuration.length === 0) {
      yield* bytes;
      if (!archive.terminated) yield endOfTar;
      return;
    }
    yield* archive.terminated ? withoutEndMark(bytes) : bytes;
    const own = manifest.ownObserver;
    const members = configurationMembers(configuration);
    yield* encodeMembers(own === undefined ? members : observeMembers(members, own, ''));
  }

  #change(header: Member['header']): Member['header'] | 'drop' {
    const { droppedAfterBackup, walDirectory } = this.#options.capabilities;
    if (droppedAfterBackup.some((pattern) => pattern.test(header.name))) return 'drop';
    if (header.name === walDirectory && header.type !== 'directory') {
      if (this.#walSeen) return 'drop';
      this.#walSeen = true;
      return { ...header, type: 'directory', mode: 0o700, linkName: '' as ByteString };
    }
    return header;
  }

  #extras(): Member[] {
    const { extraFiles, configuration } = this.#options;
    const extras = extraFiles.map(({ name, mode, content }) =>
      memberOf({ name, type: 'file', mode, mtime: undefined, linkName: '' as ByteString }, content),
    );
    return [...extras, ...configuration.map(memberOfEntry)];
  }
}

function memberOfEntry({ name, content, mode, mtime }: ConfigurationEntry): Member {
  const type = content === undefined ? 'directory' : 'file';
  return memberOf({ name, type, mode, mtime, linkName: '' as ByteString }, content ?? new Uint8Array(0));
}

async function* configurationMembers(entries: readonly ConfigurationEntry[]): AsyncGenerator<Member> {
  for (const entry of entries) yield await Promise.resolve(memberOfEntry(entry));
}

/** The bytes of `archive` unchanged; `observer` is told of the files by their headers. */
async function* followMembers(
  { content, terminated }: TarEvent,
  observer: FileObserver,
  prefix: string,
): AsyncGenerator<Uint8Array> {
  const follower = new MemberFollower(({ name, type, size, mtime }) => {
    if (type === 'file') observer.begin((prefix + name) as ByteString, mtime).end(size);
  });
  for await (const piece of content) {
    follower.push(piece);
    yield piece;
  }
  follower.end(terminated);
}

function prefixOf(archive: TarEvent): string {
  return archive.tablespace.oid === undefined ? '' : `pg_tblspc/${String(archive.tablespace.oid)}/`;
}

/**
 * The same bytes without the two zero blocks at their end, so that more members can follow. What may be the end is held
 * back in one small buffer; the rest passes as it is.
 */
async function* withoutEndMark(bytes: ByteSource): AsyncGenerator<Uint8Array> {
  const markLength = endOfTar.length;
  const held = Buffer.alloc(markLength);
  let heldLength = 0;
  for await (const piece of bytes) {
    const surplus = heldLength + piece.length - markLength;
    if (surplus <= 0) {
      held.set(piece, heldLength);
      heldLength += piece.length;
      continue;
    }
    const fromHeld = Math.min(heldLength, surplus);
    if (fromHeld > 0) yield held.subarray(0, fromHeld);
    if (surplus > fromHeld) yield piece.subarray(0, surplus - fromHeld);
    held.copyWithin(0, fromHeld, heldLength);
    held.set(piece.subarray(surplus - fromHeld), heldLength - fromHeld);
    heldLength = markLength;
  }
  if (held.subarray(0, heldLength).some((byte) => byte !== 0)) yield held.subarray(0, heldLength);
}

/** The same members; `observer` sees each file while its content passes. */
async function* observeMembers(
  members: AsyncIterable<Member>,
  observer: FileObserver,
  prefix: string,
): AsyncGenerator<Member> {
  for await (const { header, content } of members) {
    if (header.type !== 'file') {
      yield { header, content };
      continue;
    }
    const observed = observer.begin((prefix + header.name) as ByteString, header.mtime);
    yield { header, content: observeContent(content, (piece) => observed.update(piece)) };
    observed.end(header.size);
  }
}

async function* observeContent(content: ByteSource, see: (piece: Uint8Array) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    see(piece);
    yield piece;
  }
}

/**
 * Yields the bytes of `archive` unchanged while a parser reads the same bytes for `observer`. The parser pulls: each piece
 * that it takes is first handed on, so both go at the pace of the slower one.
 */
async function* passWhileObserving(
  archive: TarEvent,
  observer: FileObserver,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const handOver = new Handover();
  const parser = parseForObserver(handOver.pieces(), archive, observer, prefix, signal);
  parser.catch(() => undefined);
  try {
    for await (const piece of archive.content) {
      yield piece;
      await Promise.race([handOver.give(piece), parser]);
    }
  } finally {
    handOver.end();
  }
  await parser;
}

async function parseForObserver(
  source: ByteSource,
  archive: TarEvent,
  observer: FileObserver,
  prefix: string,
  signal: AbortSignal,
): Promise<void> {
  const members = readMembers(source, archive.format, { signal, terminated: archive.terminated });
  for await (const { header, content } of members) {
    if (header.type !== 'file') continue;
    const observed = observer.begin((prefix + header.name) as ByteString, header.mtime);
    for await (const piece of content) observed.update(piece);
    observed.end(header.size);
  }
}

/** Gives pieces from a pushing to a pulling side, one at a time: `give` resolves when the piece was used. */
class Handover {
  #piece: Uint8Array | undefined;
  #ended = false;
  #wakeTaker: (() => void) | undefined;
  #used: (() => void) | undefined;

  give(piece: Uint8Array): Promise<void> {
    this.#piece = piece;
    this.#wakeTaker?.();
    return new Promise((resolve) => (this.#used = resolve));
  }

  end(): void {
    this.#ended = true;
    this.#wakeTaker?.();
  }

  async *pieces(): AsyncGenerator<Uint8Array> {
    for (;;) {
      if (this.#piece === undefined) {
        if (this.#ended) return;
        await new Promise<void>((resolve) => (this.#wakeTaker = resolve));
        continue;
      }
      yield this.#piece;
      this.#piece = undefined;
      this.#used?.();
    }
  }
}
