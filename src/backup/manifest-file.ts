import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import type { FileWriter } from '../files/file-writer.ts';
import type { HeldFile } from '../files/held-file.ts';
import { manifestFileName } from '../manifest/manifest.ts';

/** Suffix that a file has until the whole backup is durable. */
export const unfinishedSuffix = '.unfinished';

/** Entries are gathered: a call for each costs more than its bytes. */
const gatheredBytes = 64 * 1024;

/** The manifest of a backup in a directory. */
export class ManifestFile {
  readonly #path: string;
  readonly #directory: DirectoryWriter;
  readonly #fileMode: number;
  #file: FileWriter | undefined;
  #gathered: Uint8Array[] = [];
  #gatheredLength = 0;

  constructor(directory: string, fileMode: number) {
    this.#path = join(directory, manifestFileName);
    this.#directory = new DirectoryWriter(fromText(directory));
    this.#fileMode = fileMode;
  }

  write(text: Uint8Array): void {
    this.#file ??= this.#directory.openFile(fromText(`${manifestFileName}${unfinishedSuffix}`), this.#fileMode);
    // A copy: the text may be a view of what is received.
    this.#gathered.push(new Uint8Array(text));
    this.#gatheredLength += text.length;
    if (this.#gatheredLength >= gatheredBytes) this.#writeGathered();
  }

  /** Closes the file. @returns it, unless nothing was written */
  finish(): HeldFile[] {
    if (this.#file === undefined) return [];
    this.#writeGathered();
    this.#file.close();
    return [{ from: fromText(`${this.#path}${unfinishedSuffix}`), to: fromText(this.#path) }];
  }

  /** After a failure. */
  abandon(): void {
    this.#file?.abandon();
  }

  #writeGathered(): void {
    this.#file?.write(Buffer.concat(this.#gathered));
    this.#gathered = [];
    this.#gatheredLength = 0;
  }
}
