import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { decompressDetected } from '../compression/decompress.ts';
import { HeldControlFile } from '../content/held-control-file.ts';
import { claimDirectory } from '../files/claim-directory.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import { revealFile } from '../files/held-file.ts';
import { joinPath } from '../files/path.ts';
import { readPieces } from '../files/read-file.ts';
import { syncDirectory, syncTree } from '../files/sync-tree.ts';
import { say } from '../messages/message.ts';
import { restoreRulesOf } from '../server/restore-rules.ts';
import { familyOfTar } from '../server/tar-family.ts';
import { Teller } from '../events/teller.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss } from '../server/identity.ts';
import type { TarFormat, Member, MemberHeader } from '../tar/member.ts';
import { staysInside } from '../tar/link-target.ts';
import { readMembers } from '../tar/read-members.ts';
import type { UnpackEvent, UnpackNews } from './events.ts';
import { planUnpack, type UnpackPlan, type UnpackRequest } from './plan.ts';

export interface UnpackOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: UnpackEvent) => void) | undefined;
}

export interface UnpackResult {
  readonly members: number;
  /** Content of all files written. */
  readonly contentBytes: number;
}

const walDirectories: readonly string[] = ['pg_wal', 'pg_xlog'];
/** Of the two small files that are read while they are written. A map has a line for each tablespace. */
const noteLimit = 1024 * 1024;

/** Plans and unpacks. */
export async function unpackTar(request: UnpackRequest, options: UnpackOptions = {}): Promise<UnpackResult> {
  return runUnpack(await planUnpack(request), options);
}

/**
 * Unpacks one archive of a base backup into an empty directory. What an archive of openGauss's data directory needs to be
 * started is done too: its double-write files left out and their marker made. On failure the directory is empty again.
 * @throws BackupError `CORRUPT` for a damaged or hostile archive, before anything outside the directory is touched;
 *   `TARGET_NOT_EMPTY`, `LOCKED`, `STORAGE_UNAVAILABLE`
 */
async function runUnpack(plan: UnpackPlan, { signal, onEvent }: UnpackOptions = {}): Promise<UnpackResult> {
  const claim = await claimDirectory(plan.directory);
  const teller = new Teller<'unpack', UnpackNews>(onEvent);
  teller.enter('copy');
  try {
    const unpacking = new Unpacking(plan, teller.tell);
    await unpacking.run(signal);
    teller.enter('publish');
    if (plan.sync) await syncTree(plan.directory, { signal });
    signal?.throwIfAborted();
    await unpacking.revealControlFile();
    claim.release();
    if (plan.sync) await syncDirectory(plan.directory);
    return unpacking.result;
  } catch (error) {
    // The failure itself is what to tell; what could not be removed is still there to see.
    teller.enter('clean-up');
    await claim.discard().catch(() => undefined);
    throw error;
  }
}

class Unpacking {
  readonly #plan: UnpackPlan;
  readonly #tell: (news: UnpackNews) => void;
  readonly #writer: DirectoryWriter;
  readonly #special = capabilitiesOf(identifyOpengauss());
  /** Those of `createdAfterBackup` that the archive had, as made here. */
  readonly #markers = new Set<string>();
  readonly #notes = new Map<string, Uint8Array[]>();
  readonly #control: HeldControlFile;
  #format: TarFormat = 'tar';
  /** Name of the member that is being written. */
  #current = '' as ByteString;
  #doneBytes = 0;
  #members = 0;
  #filesDone = 0;
  #contentBytes = 0;

  constructor(plan: UnpackPlan, tell: (news: UnpackNews) => void) {
    this.#plan = plan;
    this.#tell = tell;
    this.#writer = new DirectoryWriter(plan.directory);
    this.#control = new HeldControlFile(plan.directory);
  }

  get result(): UnpackResult {
    return { members: this.#members, contentBytes: this.#contentBytes };
  }

  async run(signal: AbortSignal | undefined): Promise<void> {
    const onFormat = (format: TarFormat) => {
      this.#format = format;
    };
    const content = decompressDetected(this.#counted(readPieces(this.#plan.file, { signal })), { signal });
    for await (const member of readMembers(content, 'detect', { signal, onFormat })) {
      this.#current = member.header.name;
      await this.#take(member);
      this.#members += 1;
    }
    this.#createExtraFiles();
    this.#tellTablespaces();
  }

  /** Gives pg_control its name, when everything else is there. */
  async revealControlFile(): Promise<void> {
    const { held } = this.#control;
    if (held !== undefined) await revealFile(held, { sync: this.#plan.sync });
  }

  async *#counted(source: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const piece of source) {
      yield piece;
      this.#doneBytes += piece.length;
      const totalBytes = this.#plan.fileSizeBytes;
      const [doneBytes, filesDone] = [this.#doneBytes, this.#filesDone];
      this.#tell({ type: 'progress', doneBytes, totalBytes, filesDone, member: this.#current });
    }
  }

  async #take(member: Member): Promise<void> {
    try {
      await this.#write(member);
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'OBJECT_EXISTS') throw error;
      // The directory was empty, so that only the archive itself can have made it.
      throw refused(say('unpack.duplicate', { member: display(member.header.name) }));
    }
  }

  async #write(member: Member): Promise<void> {
    const { header } = member;
    switch (header.type) {
      case 'directory':
        this.#writer.makeDirectory(header.name, header.mode);
        return;
      case 'file':
        await this.#writeFile(member);
        return;
      case 'symlink':
      case 'relativeSymlink':
        this.#makeLink(header);
        return;
      case 'hardlink':
      case 'other':
        throw refused(
          say('unpack.member-type', {
            member: display(header.name),
            type: say(header.type === 'other' ? 'files.type.special' : 'files.type.hardlink'),
          }),
        );
    }
  }

  async #writeFile({ header, content }: Member): Promise<void> {
    if (await this.#isOwnMarker({ header, content })) return;
    if (this.#special.droppedAfterBackup.some((pattern) => pattern.test(header.name))) {
      this.#tell({ type: 'dropped', member: header.name });
      return;
    }
    const note = this.#beginNote(header);
    const file = this.#writer.openFile(this.#control.nameFor(header.name), header.mode);
    try {
      for await (const piece of content) {
        file.write(piece);
        note?.push(Uint8Array.from(piece));
      }
    } finally {
      file.close();
    }
    this.#contentBytes += header.size;
    this.#filesDone += 1;
  }

  /** Whether the file is one that a backup program put in place of those left out, as this operation does: nothing to tell. */
  async #isOwnMarker({ header, content }: Member): Promise<boolean> {
    const marker = this.#special.createdAfterBackup.find(({ name }) => name === header.name);
    if (marker?.sizeBytes !== header.size) return false;
    let isEmpty = true;
    for await (const piece of content) isEmpty &&= piece.every((byte) => byte === 0);
    if (isEmpty) this.#markers.add(marker.name);
    else this.#tell({ type: 'dropped', member: header.name });
    return true;
  }

  /** Keeps the content of the files that this operation needs to know. */
  #beginNote(header: MemberHeader): Uint8Array[] | undefined {
    if (header.name !== 'PG_VERSION' && header.name !== 'tablespace_map') return undefined;
    if (header.size > noteLimit) {
      if (header.name === 'PG_VERSION') return undefined;
      throw new BackupError('CORRUPT', say('unpack.map-too-large', { limit: noteLimit }));
    }
    const pieces: Uint8Array[] = [];
    this.#notes.set(header.name, pieces);
    return pieces;
  }

  #makeLink(header: MemberHeader): void {
    const { name, linkName: target } = header;
    if (walDirectories.includes(name)) {
      // Sent twice by openGauss; through a link the source's own WAL would be written.
      if (this.#writer.makeDirectory(name, 0o700)) this.#tell({ type: 'walLink', member: name, target });
      return;
    }
    const oid = /^pg_tblspc\/(\d+)$/.exec(name)?.[1];
    if (header.type === 'relativeSymlink') {
      this.#writer.makeLink(name, joinPath(this.#plan.directory, target));
      return;
    }
    if (oid === undefined && !staysInside(name, target)) {
      throw refused(say('unpack.link-outside', { member: display(name), target: display(target) }));
    }
    this.#writer.makeLink(name, target);
    if (oid !== undefined) this.#tell({ type: 'tablespaceLink', oid, location: target });
  }

  /** Only in a data directory: a tablespace's archive gets no stray file, as the original leaves one there. */
  #createExtraFiles(): void {
    const family = familyOfTar({ format: this.#format, versionFile: this.#note('PG_VERSION') });
    const created = this.#control.held !== undefined ? restoreRulesOf(family).created : [];
    if (created.length === 0) {
      for (const name of this.#markers) this.#tell({ type: 'dropped', member: name as ByteString });
      return;
    }
    for (const { name, sizeBytes, mode } of created) {
      this.#writer.writeFile(name as ByteString, mode, new Uint8Array(sizeBytes));
      if (!this.#markers.has(name)) this.#tell({ type: 'created', member: name as ByteString });
    }
  }

  #tellTablespaces(): void {
    const file = joinPath(this.#plan.directory, 'tablespace_map');
    for (const line of (this.#note('tablespace_map') ?? '').split('\n')) {
      const match = /^(\S+) (.+)$/.exec(line);
      if (match === null) continue;
      const [, oid = '', location = ''] = match;
      this.#tell({ type: 'tablespaceLine', oid, location: location as ByteString, file });
    }
  }

  #note(name: string): ByteString | undefined {
    const pieces = this.#notes.get(name);
    return pieces === undefined ? undefined : fromBytes(Buffer.concat(pieces));
  }
}

function refused(sentence: ReturnType<typeof say>): BackupError {
  return new BackupError('CORRUPT', sentence, { hint: say('unpack.hostile.hint') });
}
