import { join } from 'node:path';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { fromText } from '../bytes/byte-string.ts';
import type { Member } from '../tar/member.ts';
import { ManifestFile } from './manifest-file.ts';
import type { BackupEnd, BackupStart, Output, OutputParts } from './output.ts';
import type { TarEvent } from './plain-output.ts';
import type { BackupTarget } from './request.ts';
import { TarOutput, unfinishedSuffix } from './tar-output.ts';
import type { WalTarget } from './wal-store.ts';
import type { HeldFile } from './claimed-places.ts';

type Target = Extract<BackupTarget, { kind: 'tar' }>;

/** A backup as a directory of tar files: the base archive, one for each tablespace, that of the WAL, the manifest. */
export class TarBackup implements Output {
  readonly fileMode = 0o600;
  readonly #parts: OutputParts;
  readonly #target: Target;
  readonly #manifest: ManifestFile;
  readonly #tar: TarOutput;
  #walArchive: string | undefined;

  constructor(parts: OutputParts, target: Target) {
    this.#parts = parts;
    this.#target = target;
    this.#manifest = new ManifestFile(parts, target.directory, this.fileMode);
    this.#tar = new TarOutput({
      target: { kind: 'directory', path: target.directory },
      compression: target.compression,
      tarFormat: target.tarFormat,
      capabilities: parts.session.capabilities,
      extraFiles: parts.extraFiles,
      configuration: parts.configuration,
      manifest: this.#manifest.passing,
      onMember: parts.meter.onMember,
    });
  }

  begin(): Promise<void> {
    return Promise.resolve();
  }

  async archive(archive: TarEvent, signal: AbortSignal): Promise<void> {
    await this.#tar.receive(archive, signal);
  }

  async manifest(content: ByteSource): Promise<void> {
    await this.#manifest.passing.receive(content);
  }

  async members(name: string, members: AsyncIterable<Member>, signal: AbortSignal): Promise<void> {
    await this.#tar.storeTar(`${name}.tar`, members, signal);
  }

  walPlace(): WalTarget {
    const { directory, compression } = this.#target;
    const gzip = compression.method === 'gzip' ? { level: compression.level } : undefined;
    this.#walArchive = `${this.#parts.session.capabilities.walDirectory}.tar${gzip === undefined ? '' : '.gz'}`;
    return { kind: 'tar', path: join(directory, `${this.#walArchive}${unfinishedSuffix}`), gzip };
  }

  finish(start: BackupStart, end: BackupEnd): Promise<readonly HeldFile[]> {
    const { directory } = this.#target;
    const manifest = this.#manifest.finish(start, end);
    const names = this.#walArchive === undefined ? this.#tar.names : [...this.#tar.names, this.#walArchive];
    const archives = names.map((name) => ({
      from: fromText(join(directory, `${name}${unfinishedSuffix}`)),
      to: fromText(join(directory, name)),
    }));
    return Promise.resolve([...archives, ...manifest]);
  }
}
