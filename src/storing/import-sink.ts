import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { RestoreSink, SourceFile } from '../backup-source/backup-source.ts';
import type { SourceFacts, SourceTablespace } from '../backup-source/source-facts.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { inPlace, mapEntries } from '../content/backup-identity.ts';
import { isLeftByRun } from '../content/left-by-runs.ts';
import { wholeNote } from '../content/whole-note.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';
import type { ContentWriter } from '../packs/content-writer.ts';
import type { PartName, StoredAttributes } from '../packs/record.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import { ManifestProof } from './manifest-proof.ts';

const base: PartName = { name: 'base', oid: undefined };

/** Small files that say what a backup is, and that somebody asks for; bytes. */
const noted: readonly string[] = ['backup_label', 'global/pg_control', 'PG_VERSION', 'tablespace_map'];
/** Of a server that runs, or ran: no part of a backup. */
const ofRunningServer = /^postmaster\.(?:pid|opts)$/;

interface ImportSinkOptions {
  readonly writer: ContentWriter;
  readonly facts: SourceFacts;
  /** Where its WAL goes, to be judged when all of it is there. */
  readonly spool: string;
}

/**
 * Stores what a backup delivers as if a server had sent it: files of a tablespace inside the data directory become those of the tablespace, its link a
 * record. Each file is held against the manifest; WAL goes to the spool.
 */
export class ImportSink implements RestoreSink {
  readonly filesAtOnce = 1;
  readonly proof: ManifestProof;
  readonly #options: ImportSinkOptions;
  readonly #notes = new Map<string, Buffer>();
  readonly #directories = new Set<string>();
  readonly #tablespacesSeen = new Set<number>();
  /** Names of segments whose copy no server has to archive again. */
  readonly #done = new Set<string>();
  #part: string | undefined;
  #files = 0;

  constructor(options: ImportSinkOptions) {
    this.#options = options;
    this.proof = new ManifestProof(options.facts.manifest, options.facts.rules.walDirectory);
  }

  /** How many files came, but for WAL. */
  get files(): number {
    return this.#files;
  }

  wants(oid: number | undefined, name: ByteString): boolean {
    if (isLeftByRun(name)) return false;
    if (oid !== undefined) return true;
    const { rules, manifest } = this.#options.facts;
    const status = `${rules.walDirectory}/archive_status/`;
    if (name.startsWith(status)) {
      if (name.endsWith('.done')) this.#done.add(name.slice(status.length, -'.done'.length));
      return false;
    }
    if (ofRunningServer.test(name)) return false;
    // What a restore leaves out anyway is no damage where it came into a backup later.
    const isLater = manifest !== undefined && !this.proof.lists(name) && !kept.test(name);
    return !isLater || !rules.dropped.some((pattern) => pattern.test(name));
  }

  directory(oid: number | undefined, name: ByteString, mode: number, mtimeSeconds?: number): Promise<void> {
    const placed = this.#place(oid, name);
    const key = `${placed.part.name}\n${placed.name}`;
    // The server of openGauss sends some twice.
    if (this.#directories.has(key)) return Promise.resolve();
    this.#directories.add(key);
    this.#enter(placed.part);
    this.#options.writer.directory({ name: placed.name, mode, mtimeSeconds });
    return Promise.resolve();
  }

  link(oid: number | undefined, name: ByteString, target: ByteString): Promise<void> {
    const placed = this.#place(oid, name);
    this.#enter(placed.part);
    this.#options.writer.link({ name: placed.name, mode: 0o777, mtimeSeconds: undefined, target, isRelative: false });
    return Promise.resolve();
  }

  async file(oid: number | undefined, file: SourceFile): Promise<void> {
    const { name, sizeBytes } = file;
    const placed = this.#place(oid, name);
    const space = placed.part.oid;
    const listed = space === undefined ? name : (`pg_tblspc/${space}/${placed.name}` as ByteString);
    const content = this.proof.watch(listed, sizeBytes, file.content);
    const wal = space === undefined ? this.#walName(name) : undefined;
    if (wal !== undefined) {
      await writeNew(join(this.#options.spool, wal), content);
      return;
    }
    const attributes = { name: placed.name, mode: file.mode, mtimeSeconds: file.mtimeSeconds, sizeBytes };
    this.#files += 1;
    this.#enter(placed.part);
    if (space !== undefined || !noted.includes(name)) {
      await this.#options.writer.file(attributes, content);
      return;
    }
    const note = await wholeNote(name, content);
    this.#notes.set(name, note);
    await this.#options.writer.file(attributes, onePiece(note));
  }

  /** A file of the backup that does not come with the others. */
  async ownFile(
    file: StoredAttributes & { readonly sizeBytes: number },
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    this.#enter(base);
    await this.#options.writer.file(file, content);
  }

  /** WAL that stays in the backup, with the mark that keeps a server from archiving it again, where it came with one. */
  async ownWal(name: string, sizeBytes: number, content: AsyncIterable<Uint8Array>): Promise<void> {
    const { walDirectory } = this.#options.facts.rules;
    const attributes = { mode: 0o600, mtimeSeconds: undefined };
    await this.ownFile({ ...attributes, name: fromText(`${walDirectory}/${name}`), sizeBytes }, content);
    if (!this.#done.has(name)) return;
    const status = fromText(`${walDirectory}/archive_status/${name}.done`);
    await this.ownFile({ ...attributes, name: status, sizeBytes: 0 }, nothing());
  }

  /** A small file, once all came. @throws BackupError `CORRUPT` when it did not */
  note(name: 'backup_label' | 'global/pg_control' | 'PG_VERSION'): Buffer {
    const note = this.#notes.get(name);
    if (note !== undefined) return note;
    throw new BackupError('CORRUPT', say('importing.file-missing', { path: name }));
  }

  /** When all files came: what stands for the tablespaces. @throws BackupError `CORRUPT` for a file of the manifest that did not come */
  finish(): void {
    this.proof.finish();
    const { facts, writer } = this.#options;
    const map = mapEntries(this.#notes.get('tablespace_map'), facts.rules);
    for (const space of facts.tablespaces) {
      if (!this.#tablespacesSeen.has(space.oid)) this.#enter({ name: String(space.oid), oid: space.oid });
      const link = map.some(({ oid }) => oid === space.oid) ? undefined : linkOf(space);
      if (link === undefined) continue;
      this.#enter(base);
      const name = fromText(`pg_tblspc/${space.oid}`);
      writer.link({ name, mode: 0o777, mtimeSeconds: undefined, ...link });
    }
  }

  #walName(name: ByteString): string | undefined {
    const directory = `${this.#options.facts.rules.walDirectory}/`;
    if (!name.startsWith(directory)) return undefined;
    return parseWalFileName(name.slice(directory.length))?.name;
  }

  /** As a server sends it: what is in a tablespace belongs to that, wherever a plain backup has it. */
  #place(oid: number | undefined, name: ByteString): { readonly part: PartName; readonly name: ByteString } {
    if (oid !== undefined) return { part: { name: String(oid), oid }, name };
    for (const space of this.#options.facts.tablespaces) {
      const inside = insideOf(space);
      if (inside === undefined || !name.startsWith(`${inside}/`)) continue;
      return { part: { name: String(space.oid), oid: space.oid }, name: name.slice(inside.length + 1) as ByteString };
    }
    return { part: base, name };
  }

  #enter(part: PartName): void {
    if (part.oid !== undefined) this.#tablespacesSeen.add(part.oid);
    if (this.#part === part.name) return;
    this.#part = part.name;
    this.#options.writer.part(part);
  }
}

/** What is no part of the data, and is kept: a manifest does not list it. */
const kept = /^(?:backup_manifest|recovery\.signal|standby\.signal|gausskeep\.json|tablespace_map)$/;

/** Its path below the data directory, of one that is there. */
function insideOf({ oid, location, inside, cut }: SourceTablespace): ByteString | undefined {
  return inside ?? (location === undefined && cut === undefined ? inPlace(oid) : undefined);
}

/** The link of a tablespace as openGauss sends it; undefined for one in place, which has none. */
function linkOf(space: SourceTablespace): { readonly target: ByteString; readonly isRelative: boolean } | undefined {
  const { oid, location, original, cut } = space;
  if (cut !== undefined) return { target: cut.linkName, isRelative: true };
  const inside = insideOf(space);
  if (inside !== undefined) return inside === inPlace(oid) ? undefined : { target: inside, isRelative: true };
  const target = original ?? location;
  return target && { target, isRelative: false };
}

async function writeNew(path: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(path, 'wx', 0o600).catch((error: unknown) => {
    throw fileFailure('create', fromText(path), error);
  });
  try {
    for await (const piece of content) {
      await handle.appendFile(piece).catch((error: unknown) => {
        throw fileFailure('write', fromText(path), error);
      });
    }
  } finally {
    await handle.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {
  // An empty file.
}
