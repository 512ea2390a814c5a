import { join } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { compressionSuffix } from '../compression/detect.ts';
import { DirectoryWriter } from '../files/directory-writer.ts';
import type { FileWriter } from '../files/file-writer.ts';
import type { HeldFile } from '../files/held-file.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import type { Member, TarFormat } from '../tar/member.ts';
import { ManifestFile, unfinishedSuffix } from './manifest-file.ts';
import type { Output, OutputParts } from './output.ts';
import type { BackupTarget } from './request.ts';
import type { BackupPart } from './sink.ts';
import { TarFile } from './tar-file.ts';
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
  #open: { readonly tar: TarFile; readonly file: FileWriter } | undefined;
  #walName: string | undefined;

  constructor(parts: OutputParts, target: Target) {
    const { tarFormat } = parts.session.capabilities.baseBackup;
    this.#parts = parts;
    this.#target = target;
    this.foreign = target.tarFormat === 'opengauss';
    this.verbatim = tarFormat === 'tar' || this.foreign;
    this.#format = this.foreign ? tarFormat : 'tar';
    this.#directory = new DirectoryWriter(fromText(target.directory));
    this.#manifest = new ManifestFile(target.directory, this.fileMode);
  }

  begin(): Promise<readonly OriginalTablespace[]> {
    return Promise.resolve([]);
  }

  directory(part: BackupPart, member: Member): Promise<void> {
    return this.#tarOf(part).add(member);
  }

  file(part: BackupPart, member: Member): Promise<void> {
    return this.#tarOf(part).add(member);
  }

  link(part: BackupPart, member: Member): Promise<void> {
    return this.#tarOf(part).add(member);
  }

  async end(part: BackupPart): Promise<void> {
    await this.#tarOf(part).end({ mark: true });
    this.#open?.file.close();
    this.#open = undefined;
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

  finish(): Promise<readonly HeldFile[]> {
    const { directory } = this.#target;
    const manifest = this.#manifest.finish();
    const names = this.#walName === undefined ? this.#names : [...this.#names, this.#walName];
    const tars = names.map((name) => ({
      from: fromText(join(directory, `${name}${unfinishedSuffix}`)),
      to: fromText(join(directory, name)),
    }));
    return Promise.resolve([...tars, ...manifest]);
  }

  abandon(): void {
    this.#open?.file.abandon();
    this.#manifest.abandon();
  }

  /** Parts come one after another: the tar of the one that is coming. */
  #tarOf(part: BackupPart): TarFile {
    if (this.#open !== undefined) return this.#open.tar;
    const name = this.#fileName(part.name);
    const file = this.#directory.openFile(fromText(`${name}${unfinishedSuffix}`), this.fileMode);
    this.#names.push(name);
    this.#parts.meter.onMember(fromText(join(this.#target.directory, name)));
    // The server knows no tar of its own for what comes behind the data directory.
    const format = part.name === 'mot' ? 'tar' : this.#format;
    const { compression } = this.#target;
    const tar = new TarFile((piece) => file.write(piece), { compression, format, signal: this.#parts.signal });
    this.#open = { tar, file };
    return tar;
  }

  #fileName(stem: string): string {
    const method = this.#target.compression?.method ?? 'none';
    return method === 'none' ? `${stem}.tar` : `${stem}.tar${compressionSuffix[method]}`;
  }
}
