import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import { joinPath } from '../files/path.ts';
import type { BaseBackupEvent } from '../replication/base-backup.ts';
import type { Capabilities } from '../server/capabilities.ts';
import type { Member, MemberHeader } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import type { ConfigurationEntry } from './configuration.ts';
import type { ExtraFile } from './extra-files.ts';
import type { FileObserver } from './manifest-builder.ts';
import { mapLink, type TablespaceMapping, type TablespacePlacement } from './tablespaces.ts';

export type TarEvent = Extract<BaseBackupEvent, { type: 'archive' }>;

const controlFile = 'global/pg_control' as ByteString;
/** The name that pg_control has until everything else is durable: no server starts a directory without pg_control. */
const unfinishedControlFile = 'global/pg_control.unfinished' as ByteString;

export interface PlainOutputOptions {
  readonly directory: string;
  readonly walDirectory: string | undefined;
  readonly mappings: readonly TablespaceMapping[];
  readonly capabilities: Capabilities;
  readonly configuration: readonly ConfigurationEntry[];
  /** Sees every file of the server with its bytes. */
  readonly observer: FileObserver;
  /** Sees the files that we add. */
  readonly ownObserver: FileObserver | undefined;
  readonly onMember: (name: ByteString) => void;
}

/**
 * Writes the archives of a base backup as directories, as the server had them: links of tablespaces re-pointed, relative
 * ones inside the new directory, what must not be copied left out. `complete` gives pg_control its name.
 */
export class PlainOutput {
  readonly #options: PlainOutputOptions;
  readonly #root: ByteString;
  readonly #base: DirectoryWriter;
  #placements: readonly TablespacePlacement[] = [];
  #extraFiles: readonly ExtraFile[] = [];
  #controlHeld = false;

  constructor(options: PlainOutputOptions) {
    this.#options = options;
    this.#root = fromText(options.directory);
    this.#base = new DirectoryWriter(this.#root);
    if (options.walDirectory !== undefined) {
      const name = options.capabilities.walDirectory as string as ByteString;
      const target = fromText(options.walDirectory);
      this.#base.makeLink(name, target);
      this.#base.redirect(name, new DirectoryWriter(target));
    }
  }

  /** To be called once, before the first archive, when the directories of `placements` exist. */
  begin(placements: readonly TablespacePlacement[], extraFiles: readonly ExtraFile[]): void {
    this.#extraFiles = extraFiles;
    this.#placements = placements;
    for (const { directory, inside } of placements) {
      if (inside) this.#base.makeDirectory(fromText(directory.slice(this.#options.directory.length + 1)), 0o700);
    }
  }

  /** Reads `archive` to its end and writes its members. */
  async receive(archive: TarEvent, signal: AbortSignal): Promise<void> {
    const oid = archive.tablespace.oid;
    const placement = this.#placements.find(({ row }) => row.oid === oid && oid !== undefined);
    const writer = placement === undefined ? this.#base : new DirectoryWriter(fromText(placement.directory));
    const isBase = placement === undefined;
    const prefix = isBase ? '' : `pg_tblspc/${String(oid)}/`;
    const members = readMembers(archive.content, archive.format, { signal, terminated: archive.terminated });
    await this.#writeAll(writer, members, isBase, prefix as ByteString);
  }

  /** Writes further members into the data directory. */
  async receiveMembers(members: AsyncIterable<Member>): Promise<void> {
    await this.#writeAll(this.#base, members, true, '' as ByteString);
  }

  /** Writes the extra files and the configuration, after the last archive. */
  createExtraFiles(): void {
    const now = Math.floor(Date.now() / 1000);
    for (const { name, mode, content } of this.#extraFiles) this.#createFile(name, mode, content, now);
    for (const { name, mode, content, mtime } of this.#options.configuration) {
      if (content === undefined) this.#base.makeDirectory(name, mode);
      else this.#createFile(name, mode, content, mtime);
    }
  }

  #createFile(name: ByteString, mode: number, content: Uint8Array, mtime: number): void {
    this.#base.writeFile(name, mode, content);
    const observed = this.#options.ownObserver?.begin(name, mtime);
    observed?.update(content);
    observed?.end(content.length);
  }

  /** Names below the root where WAL that is streamed goes. */
  get walRoot(): string {
    return this.#options.walDirectory ?? `${this.#options.directory}/${this.#options.capabilities.walDirectory}`;
  }

  /** Where pg_control waits, and its final name; undefined when the server sent none. */
  get heldControlFile(): { from: ByteString; to: ByteString } | undefined {
    if (!this.#controlHeld) return undefined;
    return { from: joinPath(this.#root, unfinishedControlFile), to: joinPath(this.#root, controlFile) };
  }

  async #writeAll(
    writer: DirectoryWriter,
    members: AsyncIterable<Member>,
    isBase: boolean,
    prefix: ByteString,
  ): Promise<void> {
    for await (const member of members) {
      this.#options.onMember(joinPath(writer.root, member.header.name));
      if (isBase && this.#isDropped(member.header.name)) continue;
      await this.#write(writer, member, isBase, prefix);
    }
  }

  #isDropped(name: ByteString): boolean {
    return this.#options.capabilities.droppedAfterBackup.some((pattern) => pattern.test(name));
  }

  async #write(writer: DirectoryWriter, member: Member, isBase: boolean, prefix: ByteString): Promise<void> {
    const { header } = member;
    switch (header.type) {
      case 'directory':
        if (!this.#isWalLink(header, isBase)) writer.makeDirectory(header.name, header.mode);
        return;
      case 'file':
        await this.#writeFile(writer, member, isBase, prefix);
        return;
      case 'symlink':
      case 'relativeSymlink':
      case 'hardlink':
        this.#writeLink(writer, header, isBase);
        return;
      case 'other':
        return;
    }
  }

  async #writeFile(
    writer: DirectoryWriter,
    { header, content }: Member,
    isBase: boolean,
    prefix: ByteString,
  ): Promise<void> {
    const held = isBase && header.name === controlFile;
    if (held) this.#controlHeld = true;
    const file = writer.openFile(held ? unfinishedControlFile : header.name, header.mode);
    const observed = this.#options.observer.begin((prefix + header.name) as ByteString, header.mtime);
    try {
      for await (const piece of content) {
        file.write(piece);
        observed.update(piece);
      }
    } finally {
      file.close();
    }
    observed.end(header.size);
  }

  #writeLink(writer: DirectoryWriter, header: MemberHeader, isBase: boolean): void {
    if (isBase && header.name === this.#options.capabilities.walDirectory) {
      // The source keeps its WAL elsewhere; the manual: no link is made, the WAL is in the directory itself.
      if (!this.#isWalLink(header, isBase)) writer.makeDirectory(header.name, 0o700);
      return;
    }
    if (header.type === 'relativeSymlink') {
      writer.makeLink(header.name, joinPath(this.#root, header.linkName));
      return;
    }
    writer.makeLink(header.name, mapLink(header.linkName, this.#options.mappings));
  }

  /** Whether this is the WAL directory and a link of ours stands in its place (`--waldir`). */
  #isWalLink(header: MemberHeader, isBase: boolean): boolean {
    return (
      isBase && this.#options.walDirectory !== undefined && header.name === this.#options.capabilities.walDirectory
    );
  }
}
