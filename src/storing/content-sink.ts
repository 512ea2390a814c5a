import type { BackupPart, BackupSink } from '../backup/sink.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import type { ContentWriter } from '../packs/content-writer.ts';
import type { PartName, StoredAttributes } from '../packs/record.ts';
import type { Member, MemberHeader } from '../tar/member.ts';
import { parseBackupLabel, type BackupLabel } from '../wal/backup-label.ts';

/** What belongs to the data directory itself. */
const base: PartName = { name: 'base', oid: undefined };

/** Largest of the small files that are read while they pass, in bytes. */
const noteLimit = 64 * 1024;
const noted: readonly string[] = ['backup_label', 'global/pg_control', 'PG_VERSION'];

/** Stores the members of a backup, and keeps the few small files that say what it is. */
export class ContentSink implements BackupSink {
  readonly #writer: ContentWriter;
  readonly #notes = new Map<string, Buffer>();
  /** Of each part; openGauss sends some twice. */
  readonly #directories = new Set<string>();
  #part: string | undefined;

  constructor(writer: ContentWriter) {
    this.#writer = writer;
  }

  directory(part: BackupPart, { header }: Member): void {
    this.#enter(part);
    const key = `${this.#part ?? ''}\n${header.name}`;
    if (this.#directories.has(key)) return;
    this.#directories.add(key);
    this.#writer.directory(attributesOf(header));
  }

  link(part: BackupPart, { header }: Member): void {
    this.#enter(part);
    const key = `${this.#part ?? ''}\n${header.name}`;
    if (this.#directories.has(key)) return;
    this.#directories.add(key);
    const isRelative = header.type === 'relativeSymlink';
    this.#writer.link({ ...attributesOf(header), target: header.linkName, isRelative });
  }

  async file(part: BackupPart, { header, content }: Member): Promise<void> {
    this.#enter(part);
    const file = { ...attributesOf(header), sizeBytes: header.size };
    if (part.name !== 'base' || !noted.includes(header.name) || header.size > noteLimit) {
      await this.#writer.file(file, content);
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of content) pieces.push(Buffer.from(piece));
    const note = Buffer.concat(pieces);
    this.#notes.set(header.name, note);
    await this.#writer.file(file, onePiece(note));
  }

  end(): void {
    // Every file was stored when it came.
  }

  /** The label, once it has come. */
  get label(): BackupLabel | undefined {
    const bytes = this.#notes.get('backup_label');
    return bytes === undefined ? undefined : parseBackupLabel(bytes.toString('utf8'));
  }

  /** A small file that every backup has. @throws BackupError `PROTOCOL_VIOLATION` when it did not come */
  note(name: 'global/pg_control' | 'PG_VERSION'): Buffer {
    const note = this.#notes.get(name);
    if (note !== undefined) return note;
    throw new BackupError('PROTOCOL_VIOLATION', say('storing.member-missing', { name }));
  }

  /** A file of ours beside those that the server sent. */
  async ownFile(
    file: StoredAttributes & { readonly sizeBytes: number },
    content: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    this.#enter({ name: 'base', oid: undefined });
    await this.#writer.file(file, content);
  }

  #enter({ name, oid }: BackupPart): void {
    // In-memory tables of openGauss and the manifest are files of the data directory.
    const part = oid === undefined ? base : { name, oid };
    if (this.#part === part.name) return;
    this.#part = part.name;
    this.#writer.part(part);
  }
}

function attributesOf({ name, mode, mtime }: MemberHeader): StoredAttributes {
  return { name, mode, mtimeSeconds: mtime ?? 0 };
}
