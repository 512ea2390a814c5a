import { join } from 'node:path';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { compressionSuffix } from '../compression/detect.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import type { HeldFile } from '../files/held-file.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import type { Member, TarFormat } from '../tar/member.ts';
import type { FileSequence } from './file-sequence.ts';
import { FlushedPaths } from './flushed-paths.ts';
import { ManifestFile, unfinishedSuffix } from './manifest-file.ts';
import type { Output, OutputParts } from './output.ts';
import type { BackupTarget } from './request.ts';
import type { BackupPart } from './sink.ts';
import { TarFile, type WriteBytes } from './tar-file.ts';
import type { WalTarget } from './wal-store.ts';

type Target = Extract<BackupTarget, { kind: 'tar' }>;

/** A backup as a directory of tar files: the base, one for each tablespace, that of the WAL, the manifest. */
export class TarOutput implements Output {
  readonly fileMode = 0o600;
  readonly verbatim: boolean;
  readonly foreign: boolean;
  readonly #parts: OutputParts;
  readonly #target: Target;
  readonly #format: TarFormat;
  readonly #directory: DirectoryWriter;
  readonly #manifest: ManifestFile;
  readonly #names: string[] = [];
  readonly #flushed: FlushedPaths;
  #open: TarFile | undefined;
  #walName: string | undefined;

  constructor(parts: OutputParts, target: Target) {
    const { tarFormat } = parts.session.capabilities.baseBackup;
    this.#parts = parts;
    this.#target = target;
    this.foreign = target.tarFormat === 'opengauss';
    this.verbatim = tarFormat === 'tar' || this.foreign;
    this.#format = this.foreign ? tarFormat : 'tar';
    this.#directory = new DirectoryWriter(fromText(target.directory));
    this.#flushed = new FlushedPaths(parts.flushes);
    this.#manifest = new ManifestFile(target.directory, this.fileMode);
  }

  begin(): Promise<readonly OriginalTablespace[]> {
    return Promise.resolve([]);
  }

  /** Of what is compressed, the bytes that are written are no content any more. */
  get contentSums(): FileSequence | undefined {
    const { files } = this.#parts;
    return files.sums && (this.#target.compression?.method ?? 'none') === 'none' ? files : undefined;
  }

  async directory(part: BackupPart, member: Member): Promise<void> {
    await (await this.#tarOf(part)).add(member);
  }

  async file(part: BackupPart, member: Member): Promise<void> {
    await (await this.#tarOf(part)).add(member);
    if (this.contentSums !== undefined) await this.#parts.files.endContent();
  }

  async link(part: BackupPart, member: Member): Promise<void> {
    await (await this.#tarOf(part)).add(member);
  }

  async end(part: BackupPart): Promise<void> {
    const tar = await this.#tarOf(part);
    await tar.end({ mark: true });
    await this.#parts.files.close();
    this.#open = undefined;
  }

  isFlushed(path: ByteString): boolean {
    return this.#flushed.has(path);
  }

  writeManifest(text: Uint8Array): void {
    this.#manifest.write(text);
  }

  walPlace(): WalTarget {
    const { directory, compression } = this.#target;
    const gzip = compression?.method === 'gzip' ? { level: compression.level } : undefined;
    // As with the original: lz4 and zstd are not for the tar of streamed WAL.
    const stem = this.#parts.session.capabilities.walDirectory;
    this.#walName = gzip === undefined ? `${stem}.tar` : this.#fileName(stem);
    return { kind: 'tar', path: join(directory, `${this.#walName}${unfinishedSuffix}`), gzip };
  }

  async finish(): Promise<readonly HeldFile[]> {
    const { directory } = this.#target;
    const manifest = this.#manifest.finish();
    const names = this.#walName === undefined ? this.#names : [...this.#names, this.#walName];
    const tars = names.map((name) => ({
      from: fromText(join(directory, `${name}${unfinishedSuffix}`)),
      to: fromText(join(directory, name)),
    }));
    await this.#parts.files.finish();
    return [...tars, ...manifest];
  }

  async abandon(): Promise<void> {
    this.#manifest.abandon();
    await this.#parts.files.abandon();
  }

  /** Parts come one after another: the tar of the one that is coming. */
  async #tarOf(part: BackupPart): Promise<TarFile> {
    if (this.#open !== undefined) return this.#open;
    const name = this.#fileName(part.name);
    const { files } = this.#parts;
    const place = this.#directory.placeFile(fromText(`${name}${unfinishedSuffix}`));
    await files.open(place, this.fileMode);
    this.#flushed.add(place.path);
    this.#names.push(name);
    this.#parts.meter.onMember(fromText(join(this.#target.directory, name)));
    // The server knows no tar of its own for what comes behind the data directory.
    const format = part.name === 'mot' ? 'tar' : this.#format;
    const { compression } = this.#target;
    const write: WriteBytes = (piece, isContent) => files.write(piece, isContent);
    this.#open = new TarFile(write, { compression, format, signal: this.#parts.signal, gathers: false });
    return this.#open;
  }

  #fileName(stem: string): string {
    const method = this.#target.compression?.method ?? 'none';
    return method === 'none' ? `${stem}.tar` : `${stem}.tar${compressionSuffix[method]}`;
  }
}
