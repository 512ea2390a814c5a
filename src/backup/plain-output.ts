import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { forEachPiece } from '../bytes/ready-source.ts';
import { display, fromText, isUtf8, type ByteString } from '../bytes/byte-string.ts';
import { HeldControlFile } from '../content/held-control-file.ts';
import { BackupError } from '../errors/backup-error.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import { fileFailure } from '../files/failure.ts';
import type { HeldFile } from '../files/held-file.ts';
import { joinPath } from '../files/path.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import { say } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { Capabilities } from '../server/capabilities.ts';
import type { Member } from '../tar/member.ts';
import type { ClaimedPlaces } from './claimed-places.ts';
import type { FileSequence } from './file-sequence.ts';
import { FlushedPaths } from './flushed-paths.ts';
import { ManifestFile } from './manifest-file.ts';
import type { Output, OutputParts } from './output.ts';
import type { ProgressMeter } from './progress-meter.ts';
import type { BackupTarget } from './request.ts';
import type { BackupPart } from './sink.ts';
import { mapLink, placeTablespaces } from './tablespaces.ts';
import type { WalTarget } from './wal-store.ts';

type Target = Extract<BackupTarget, { kind: 'plain' }>;

/**
 * A backup as directories, as the server had them, ready to be started: links of tablespaces re-pointed, relative ones inside
 * the new directory. pg_control gets its name last.
 */
export class PlainOutput implements Output {
  readonly fileMode: number;
  readonly verbatim = false;
  readonly foreign = false;
  readonly #target: Target;
  readonly #walDirectory: Capabilities['walDirectory'];
  readonly #meter: ProgressMeter;
  readonly #group: boolean;
  readonly #root: ByteString;
  readonly #base: DirectoryWriter;
  readonly #spaces = new Map<number, DirectoryWriter>();
  readonly #control: HeldControlFile;
  readonly #manifest: ManifestFile;
  readonly #files: FileSequence;
  readonly #flushed: FlushedPaths;

  /** @param group whether the group may read it */
  constructor({ session, meter, files, flushes }: OutputParts, target: Target, group: boolean) {
    this.fileMode = group ? 0o640 : 0o600;
    this.#target = target;
    this.#walDirectory = session.capabilities.walDirectory;
    this.#meter = meter;
    this.#files = files;
    this.#flushed = new FlushedPaths(flushes);
    this.#group = group;
    this.#root = fromText(target.directory);
    this.#base = new DirectoryWriter(this.#root);
    this.#control = new HeldControlFile(this.#root);
    this.#manifest = new ManifestFile(target.directory, this.fileMode);
    if (target.walDirectory !== undefined) {
      const name = this.#walDirectory as string as ByteString;
      const elsewhere = fromText(target.walDirectory);
      this.#base.makeLink(name, elsewhere);
      this.#base.redirect(name, new DirectoryWriter(elsewhere));
    }
  }

  async begin(tablespaces: readonly TablespaceRow[], places: ClaimedPlaces): Promise<readonly OriginalTablespace[]> {
    const placements = placeTablespaces(tablespaces, this.#target.mappings ?? [], this.#target.directory);
    for (const { directory, inside } of placements) if (!inside) await places.claimTablespace(directory);
    if (this.#group) places.allowGroup();
    for (const { row, directory, inside } of placements) {
      if (inside) this.#base.makeDirectory(fromText(directory.slice(this.#target.directory.length + 1)), 0o700);
      if (row.oid !== undefined) this.#spaces.set(row.oid, new DirectoryWriter(fromText(directory)));
    }
    return placements.flatMap(({ row: { oid, location }, mapped }) =>
      mapped && oid !== undefined && location !== undefined && isUtf8(location)
        ? [{ oid, location: display(location) }]
        : [],
    );
  }

  directory(part: BackupPart, { header: { name, mode } }: Member): void {
    // A link of ours may stand in the place of the WAL directory.
    const isLinked = part.oid === undefined && name === this.#walDirectory && this.#target.walDirectory !== undefined;
    if (!isLinked) this.#writerOf(part, name).makeDirectory(name, mode);
  }

  async file(part: BackupPart, { header: { name, mode }, content }: Member): Promise<void> {
    const writer = this.#writerOf(part, name);
    const place = writer.placeFile(part.oid === undefined ? this.#control.nameFor(name) : name);
    const files = this.#files;
    const opened = files.open(place, mode & 0o777);
    if (opened !== undefined) await opened;
    await forEachPiece(content, (piece) => files.write(piece, true));
    await files.endContent();
    await files.close();
    this.#flushed.add(place.path);
  }

  get contentSums(): FileSequence | undefined {
    return this.#files.sums ? this.#files : undefined;
  }

  isFlushed(path: ByteString): boolean {
    return this.#flushed.has(path);
  }

  link(part: BackupPart, { header: { name, type, linkName } }: Member): void {
    const target =
      type === 'relativeSymlink' ? joinPath(this.#root, linkName) : mapLink(linkName, this.#target.mappings ?? []);
    this.#writerOf(part, name).makeLink(name, target);
  }

  end(): void {
    // Every file was closed when it ended.
  }

  writeManifest(text: Uint8Array): void {
    this.#manifest.write(text);
  }

  walPlace(): WalTarget {
    const path = this.#target.walDirectory ?? join(this.#target.directory, this.#walDirectory);
    for (const directory of [path, join(path, 'archive_status')]) {
      try {
        mkdirSync(directory, { recursive: true });
        // Not with the mode of mkdir, which the umask changes.
        chmodSync(directory, this.#group ? 0o750 : 0o700);
      } catch (error) {
        throw fileFailure('create', fromText(directory), error);
      }
    }
    return { kind: 'directory', path };
  }

  async finish(): Promise<readonly HeldFile[]> {
    const manifest = this.#manifest.finish();
    const control = this.#control.held;
    if (control === undefined) throw new BackupError('PROTOCOL_VIOLATION', say('backup.no-control-file'));
    await this.#files.finish();
    return [...manifest, control];
  }

  async abandon(): Promise<void> {
    this.#manifest.abandon();
    await this.#files.abandon();
  }

  /** Where `name` of `part` goes. */
  #writerOf({ oid }: BackupPart, name: ByteString): DirectoryWriter {
    const writer = (oid === undefined ? undefined : this.#spaces.get(oid)) ?? this.#base;
    this.#meter.onMember(joinPath(writer.root, name));
    return writer;
  }
}
