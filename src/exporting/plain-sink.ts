import { BackupError } from '../errors/backup-error.ts';
import type { RestoreSink, SourceFile } from '../backup-source/backup-source.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import type { HeldControlFile } from '../content/held-control-file.ts';
import { say } from '../messages/message.ts';
import type { RestoreTrees, SpaceTree } from '../restore/restore-trees.ts';

/** Files of which the content passes through here at the same time. */
const readAtOnce = 4;

/** Writes a backup as it is, where a restore would make a copy to be started out of it. */
export class PlainSink implements RestoreSink {
  readonly filesAtOnce = readAtOnce;
  files = 0;
  writtenBytes = 0;
  readonly #trees: RestoreTrees;
  readonly #control: HeldControlFile;
  readonly #isElsewhere: (name: ByteString) => boolean;

  /** @param isElsewhere names of the data directory that do not come from the backup */
  constructor(trees: RestoreTrees, control: HeldControlFile, isElsewhere: (name: ByteString) => boolean) {
    this.#trees = trees;
    this.#control = control;
    this.#isElsewhere = isElsewhere;
  }

  wants(oid: number | undefined, name: ByteString): boolean {
    return oid !== undefined || !this.#isElsewhere(name);
  }

  async directory(oid: number | undefined, name: ByteString, mode: number): Promise<void> {
    const { tree, prefix } = this.#place(oid);
    await tree.makeDirectory((prefix + name) as ByteString, mode | 0o700);
  }

  async link(oid: number | undefined, name: ByteString, target: ByteString): Promise<void> {
    const { tree, prefix } = this.#place(oid);
    await tree.makeLink((prefix + name) as ByteString, target);
  }

  async file(oid: number | undefined, { name, mode, sizeBytes, content }: SourceFile): Promise<void> {
    const { tree, prefix } = this.#place(oid);
    const path = oid === undefined ? this.#control.nameFor(name) : ((prefix + name) as ByteString);
    await tree.writeFile(path, mode, content);
    this.files += 1;
    this.writtenBytes += sizeBytes;
  }

  /** A file of the data directory that does not come from the backup. */
  async own(name: ByteString, mode: number, content: ByteSource): Promise<void> {
    await this.#trees.base.writeFile(name, mode, this.#counted(content));
    this.files += 1;
  }

  async *#counted(content: ByteSource): ByteSource {
    for await (const piece of content) {
      this.writtenBytes += piece.length;
      yield piece;
    }
  }

  #place(oid: number | undefined): SpaceTree {
    if (oid === undefined) return { tree: this.#trees.base, prefix: '' };
    const space = this.#trees.spaces.get(oid);
    if (space === undefined) throw new BackupError('CORRUPT', say('restore.tablespace-unknown', { oid }));
    return space;
  }
}
