import { display, type ByteString } from '../bytes/byte-string.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { BackupError } from '../errors/backup-error.ts';
import { companionFileName, decodeCompanion } from '../manifest/companion.ts';
import { createChecksum } from '../manifest/checksum.ts';
import type { ManifestFile } from '../manifest/manifest.ts';
import { say } from '../messages/message.ts';
import { wholeNote } from '../content/whole-note.ts';
import { controlFile, HeldControlFile } from '../content/held-control-file.ts';
import { oursUnfinished } from '../server/restore-rules.ts';
import { ConfigurationNotes, isOutsideConfiguration } from '../backup-source/outside-configuration.ts';
import { alreadyThere, type Copiers } from './copiers.ts';
import { listedName } from './listed-name.ts';
import type { RestorePlan } from './plan.ts';
import { observed, type RestoreSink, type SourceFile } from '../backup-source/backup-source.ts';
import { originalOf } from '../incremental/incremental-file.ts';
import { StaleMaps } from '../incremental/stale-maps.ts';
import { wholeLabel } from '../incremental/whole-label.ts';
import type { TargetTree } from './target-tree.ts';
import type { RestoreTrees, SpaceTree } from './restore-trees.ts';

/** pg_verifybackup passes these over too: they may change after the backup, or are not covered. */
const unlisted = /^(?:backup_manifest|postgresql\.auto\.conf|recovery\.signal|standby\.signal|gausskeep\.json)$/;

/** Files that are handed to threads at the same time, and others, the content of which passes through here: as the threads of Node's pool. */
const handedAtOnce = 256;
const readAtOnce = 4;

/** Where a backup stands among those that are put on top of each other; one that stands alone is both. */
export interface ChainPart {
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

interface StoredFile {
  readonly tree: TargetTree;
  readonly name: ByteString;
}

export interface ReceivedTotals {
  files: number;
  bytes: number;
  unchanged: number;
}

/** Writes what a backup delivers, leaves out what must not be in a restored directory, and checks it against the manifest. */
export class ReceiveBackup implements RestoreSink {
  readonly totals: ReceivedTotals = { files: 0, bytes: 0, unchanged: 0 };
  readonly dropped = new Set<ByteString>();
  readonly slots = new Set<ByteString>();
  control: Buffer | undefined;
  readonly held: HeldControlFile;
  missingFiles: readonly string[] = [];
  /** Configuration from outside of the data directory; it is not stored as it comes. */
  readonly outside = new ConfigurationNotes();
  readonly #plan: RestorePlan;
  readonly #trees: RestoreTrees;
  readonly #part: ChainPart;
  readonly #seen = new Set<ByteString>();
  readonly #copiers: Copiers;
  /** Files of which the changes came. */
  readonly #changed = new Set<ByteString>();
  readonly #staleMaps = new StaleMaps<StoredFile>();

  constructor(plan: RestorePlan, trees: RestoreTrees, part: ChainPart, copiers: Copiers) {
    this.#plan = plan;
    this.#trees = trees;
    this.#part = part;
    this.#copiers = copiers;
    this.held = new HeldControlFile(trees.base.root);
  }

  get filesAtOnce(): number {
    const { mode, verify, source } = this.#plan;
    const { algorithm = 'NONE' } = source.manifest?.files.values().next().value ?? {};
    return verify && mode !== 'delta' && algorithm !== 'NONE' ? handedAtOnce : readAtOnce;
  }

  wants(oid: number | undefined, name: ByteString): boolean {
    if (name === companionFileName) return true;
    if (oid !== undefined) {
      // Of a chain, the last backup says which tablespaces there are.
      if (!this.#part.isLast && !this.#trees.spaces.has(oid)) {
        this.#seen.add(listedName(this.#plan.tablespaces, oid, name));
        return false;
      }
      if (!oursUnfinished.test(name)) return true;
      this.dropped.add(`pg_tblspc/${oid}/${name}` as ByteString);
      return false;
    }
    const { rules } = this.#plan.source;
    const emptied = rules.emptied.find((directory) => name.startsWith(`${directory}/`));
    if (emptied !== undefined) {
      const slot = name.slice(emptied.length + 1).split('/')[0] ?? '';
      if (slot !== '') this.slots.add(slot as ByteString);
    }
    const isWal = name.startsWith(`${rules.walDirectory}/`);
    const isLeftOut =
      emptied !== undefined ||
      rules.controlCopies.includes(name) ||
      (isWal && (name.endsWith('.ready') || (!this.#plan.keepsBackupWal && !name.endsWith('/archive_status')))) ||
      rules.dropped.some((pattern) => pattern.test(name));
    if (!isLeftOut) return true;
    if (emptied === undefined && !isWal && !rules.controlCopies.includes(name)) this.dropped.add(name);
    this.#seen.add(name);
    return false;
  }

  async directory(oid: number | undefined, name: ByteString, mode: number): Promise<void> {
    if (oid === undefined && isOutsideConfiguration(name)) return;
    const { tree, prefix } = this.#place(oid);
    await tree.makeDirectory((prefix + name) as ByteString, mode | 0o700);
  }

  async link(oid: number | undefined, name: ByteString, target: ByteString): Promise<void> {
    if (oid === undefined && isOutsideConfiguration(name)) {
      this.dropped.add(name);
      return;
    }
    const { tree, prefix } = this.#place(oid);
    await tree.makeLink((prefix + name) as ByteString, target);
  }

  async file(oid: number | undefined, file: SourceFile): Promise<void> {
    const listed = listedName(this.#plan.tablespaces, oid, file.name);
    const expected = this.#expected(listed);
    if (expected !== undefined && originalOf(listed) === undefined && this.#isCopied(oid, file, expected)) {
      await this.#copy(oid, file, listed, expected);
      return;
    }
    const checksum = expected === undefined ? undefined : createChecksum(expected.algorithm);
    const isControl = oid === undefined && file.name === controlFile;
    const isCompanion = oid === undefined && file.name === companionFileName;
    const isOutside = oid === undefined && isOutsideConfiguration(file.name);
    const isWanted = isOutside && this.outside.wants(file.name, file.sizeBytes);
    const isLabel = !this.#part.isFirst && oid === undefined && file.name === 'backup_label';
    const noted =
      isControl || isCompanion || isWanted || isLabel ? await wholeNote(file.name, file.content) : undefined;
    const content = noted === undefined ? file.content : onePiece(noted);
    const through = checksum === undefined ? content : observed(content, checksum);
    if (isCompanion) {
      checksum?.update(noted ?? new Uint8Array(0));
      this.missingFiles = decodeCompanion(noted ?? new Uint8Array(0)).missingFiles;
    } else if (isOutside) {
      await readToEnd(through);
      if (noted === undefined) this.dropped.add(file.name);
      else this.outside.add(file.name, noted);
    } else if (isLabel) {
      checksum?.update(noted ?? new Uint8Array(0));
      await this.#store(oid, file, onePiece(wholeLabel(noted ?? new Uint8Array(0))), false, false);
    } else if (originalOf(listed) !== undefined) {
      await this.#change(oid, file.name, listed, through);
    } else {
      if (this.#changed.has(listed)) throw twice(listed);
      if (!this.#part.isFirst) this.#staleMaps.replaced(listed, file.sizeBytes);
      await this.#store(oid, file, through, isControl, checksum === undefined || expected?.algorithm === 'NONE');
    }
    if (isControl) this.control = noted;
    this.totals.files += 1;
    this.totals.bytes += file.sizeBytes;
    if (expected === undefined) return;
    this.#seen.add(listed);
    if (file.sizeBytes !== expected.size) throw mismatch(say('restore.size', sizes(file, expected)));
    if (expected.algorithm !== 'NONE' && checksum?.digestHex() !== expected.checksum) {
      throw mismatch(say('restore.checksum', { path: display(expected.path) }));
    }
  }

  /** @throws BackupError `CORRUPT` when pg_control or a file that the manifest lists did not come */
  finish(): void {
    const { source, verify } = this.#plan;
    if (this.control === undefined) {
      throw new BackupError('CORRUPT', say('restore.no-control', { backup: source.description }));
    }
    for (const { place, pages } of this.#staleMaps.stale()) place.tree.clearPages(place.name, pages);
    if (!verify || source.manifest === undefined) return;
    for (const { path } of source.manifest.files.values()) {
      if (this.#seen.has(path) || unlisted.test(path) || path.startsWith(`${source.rules.walDirectory}/`)) continue;
      throw mismatch(say('restore.missing', { path: display(path) }));
    }
  }

  /** Whether a file is nothing but a file of a directory that is to be copied and compared. */
  #isCopied(oid: number | undefined, { name, path }: SourceFile, { algorithm }: ManifestFile): boolean {
    if (path === undefined || this.#plan.mode === 'delta' || algorithm === 'NONE') return false;
    return oid !== undefined || (name !== controlFile && name !== companionFileName && !isOutsideConfiguration(name));
  }

  async #copy(
    oid: number | undefined,
    { name, path, mode, sizeBytes }: SourceFile,
    listed: ByteString,
    expected: ManifestFile,
  ): Promise<void> {
    const { tree, prefix } = this.#place(oid);
    const place = tree.placeFor((prefix + name) as ByteString, mode);
    const { algorithm } = expected;
    const copy = {
      from: path ?? name,
      to: place.path,
      place: place.real,
      bits: place.bits,
      algorithm,
      sync: this.#plan.sync,
    };
    const found = await this.#copiers.copy(copy, sizeBytes);
    if (found === alreadyThere) throw tree.twice((prefix + name) as ByteString);
    this.totals.files += 1;
    this.totals.bytes += sizeBytes;
    this.#seen.add(listed);
    if (sizeBytes !== expected.size) throw mismatch(say('restore.size', sizes({ sizeBytes }, expected)));
    if (found !== expected.checksum) throw mismatch(say('restore.checksum', { path: display(expected.path) }));
  }

  async #store(
    oid: number | undefined,
    file: SourceFile,
    content: AsyncIterable<Uint8Array>,
    isControl: boolean,
    isUnread: boolean,
  ): Promise<void> {
    const { tree, prefix } = this.#place(oid);
    const name = isControl ? this.held.nameFor(file.name) : ((prefix + file.name) as ByteString);
    if (isUnread && !isControl && file.path !== undefined && this.#plan.mode !== 'delta') {
      await tree.copyFile(name, file.mode, file.path);
      return;
    }
    const outcome = await tree.writeFile(name, file.mode, content);
    if (outcome === 'unchanged') this.totals.unchanged += 1;
  }

  /** A file of which this backup has the changes only. */
  async #change(
    oid: number | undefined,
    name: ByteString,
    listed: ByteString,
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { tree, prefix } = this.#place(oid);
    const original = originalOf(listed) ?? listed;
    if (this.#part.isFirst) throw new BackupError('CORRUPT', say('incremental.unexpected', { path: display(listed) }));
    if (this.#seen.has(original) || this.#changed.has(original)) throw twice(original);
    this.#changed.add(original);
    const directory = prefix + name.slice(0, name.lastIndexOf('/') + 1);
    const changed = (directory + original.slice(original.lastIndexOf('/') + 1)) as ByteString;
    const { header, isCut } = await tree.changeFile(changed, listed, content);
    this.#staleMaps.changed(original, header, isCut, { tree, name: changed });
  }

  #place(oid: number | undefined): SpaceTree {
    const space = oid === undefined ? undefined : this.#trees.spaces.get(oid);
    if (oid !== undefined && space === undefined) {
      throw new BackupError('CORRUPT', say('restore.tablespace-unknown', { oid }));
    }
    return space ?? { tree: this.#trees.base, prefix: '' };
  }

  #expected(name: ByteString): ManifestFile | undefined {
    const { source, verify } = this.#plan;
    if (!verify || unlisted.test(name)) return undefined;
    const found = source.manifest?.files.get(name);
    // WAL is in the manifest only where the server sent it with the files.
    if (found === undefined && name.startsWith(`${source.rules.walDirectory}/`)) return undefined;
    if (found === undefined) throw mismatch(say('restore.unlisted', { path: display(name) }));
    return found;
  }
}

function sizes(
  file: Pick<SourceFile, 'sizeBytes'>,
  expected: ManifestFile,
): { path: string; actual: number; expected: number } {
  return { path: display(expected.path), actual: file.sizeBytes, expected: expected.size };
}

/** For what observes the content: nothing is kept. */
async function readToEnd(content: AsyncIterable<Uint8Array>): Promise<void> {
  const pieces = content[Symbol.asyncIterator]();
  while ((await pieces.next()).done !== true);
}

function twice(path: ByteString): BackupError {
  return new BackupError('CORRUPT', say('restore.twice', { name: display(path) }));
}

function mismatch(sentence: ReturnType<typeof say>): BackupError {
  return new BackupError('CORRUPT', sentence, { hint: say('restore.mismatch.hint') });
}
