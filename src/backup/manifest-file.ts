import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import type { FileWriter } from '../files/file-writer.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import type { BackupEnd, BackupStart, OutputParts } from './output.ts';
import { PassingManifest } from './passing-manifest.ts';
import { unfinishedSuffix } from './tar-output.ts';
import type { HeldFile } from './claimed-places.ts';

/** The manifest of a backup in a directory. */
export class ManifestFile {
  readonly #path: string;
  readonly #directory: DirectoryWriter;
  readonly #fileMode: number;
  readonly passing: PassingManifest;
  #file: FileWriter | undefined;

  constructor(parts: OutputParts, directory: string, fileMode: number) {
    this.#path = join(directory, manifestFileName);
    this.#directory = new DirectoryWriter(fromText(directory));
    this.#fileMode = fileMode;
    this.passing = new PassingManifest(parts, (text) => this.#open().write(text));
  }

  finish(start: BackupStart, end: BackupEnd): HeldFile[] {
    this.passing.finish(start, end);
    if (this.#file === undefined) return [];
    this.#file.close();
    return [{ from: fromText(`${this.#path}${unfinishedSuffix}`), to: fromText(this.#path) }];
  }

  #open(): FileWriter {
    this.#file ??= this.#directory.openFile(fromText(`${manifestFileName}${unfinishedSuffix}`), this.#fileMode);
    return this.#file;
  }
}
