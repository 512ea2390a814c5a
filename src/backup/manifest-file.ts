import { join } from 'node:path';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { fromText } from '../bytes/byte-string.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import type { FileWriter } from '../files/file-writer.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { ManifestBuilder } from './manifest-builder.ts';
import type { OutputParts } from './output.ts';
import { unfinishedSuffix } from './tar-output.ts';
import type { HeldFile } from './workplace.ts';

/** A builder where a manifest is wanted and the server makes none. */
export function ownManifest(
  { request, session }: OutputParts,
  write: (text: Uint8Array) => void,
): ManifestBuilder | undefined {
  if (request.manifest === undefined || session.capabilities.baseBackup.manifest) return undefined;
  return new ManifestBuilder(request.manifest, BigInt(session.system.systemIdentifier), write);
}

/** The manifest of a backup in a directory: the server's, or our own where it makes none. */
export class ManifestFile {
  readonly #path: string;
  readonly #directory: DirectoryWriter;
  readonly #fileMode: number;
  readonly builder: ManifestBuilder | undefined;
  #file: FileWriter | undefined;

  constructor(parts: OutputParts, directory: string, fileMode: number) {
    this.#path = join(directory, manifestFileName);
    this.#directory = new DirectoryWriter(fromText(directory));
    this.#fileMode = fileMode;
    this.builder = ownManifest(parts, (text) => this.#open().write(text));
  }

  async store(content: ByteSource): Promise<void> {
    for await (const piece of content) this.#open().write(piece);
  }

  finish(): HeldFile[] {
    if (this.#file === undefined) return [];
    this.#file.close();
    return [{ from: fromText(`${this.#path}${unfinishedSuffix}`), to: fromText(this.#path) }];
  }

  #open(): FileWriter {
    this.#file ??= this.#directory.openFile(fromText(`${manifestFileName}${unfinishedSuffix}`), this.#fileMode);
    return this.#file;
  }
}
