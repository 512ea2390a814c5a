import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { say } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { Member } from '../tar/member.ts';
import type { BackupEnd, BackupStart, Output, OutputParts } from './output.ts';
import { PassingManifest } from './passing-manifest.ts';
import type { TarEvent } from './plain-output.ts';
import type { BackupTarget } from './request.ts';
import { Spool } from './spool.ts';
import { TarOutput } from './tar-output.ts';
import type { WalTarget } from './wal-store.ts';
import type { HeldFile } from './claimed-places.ts';

/** A backup as one tar stream. The manifest comes last on the wire, and so is put behind the other members. */
export class StreamBackup implements Output {
  readonly fileMode = 0o600;
  readonly #tar: TarOutput;
  readonly #spool = new Spool();
  readonly #manifest: PassingManifest;

  constructor(parts: OutputParts, target: Extract<BackupTarget, { kind: 'stream' }>) {
    this.#manifest = new PassingManifest(parts, (text) => this.#spool.write(text));
    this.#tar = new TarOutput({
      target,
      compression: target.compression,
      tarFormat: target.tarFormat,
      capabilities: parts.session.capabilities,
      extraFiles: parts.extraFiles,
      configuration: parts.configuration,
      manifest: this.#manifest,
      onMember: parts.meter.onMember,
    });
  }

  begin(tablespaces: readonly TablespaceRow[]): Promise<void> {
    if (tablespaces.length === 1) return Promise.resolve();
    const sentence = say('backup.one-stdout', { count: tablespaces.length });
    return Promise.reject(new BackupError('USAGE', sentence, { hint: say('backup.one-stdout.hint') }));
  }

  async archive(archive: TarEvent, signal: AbortSignal): Promise<void> {
    await this.#tar.receive(archive, signal);
  }

  async manifest(content: ByteSource): Promise<void> {
    await this.#manifest.receive(content);
  }

  async members(name: string, members: AsyncIterable<Member>, signal: AbortSignal): Promise<void> {
    await this.#tar.storeTar(name, members, signal);
  }

  walPlace(): WalTarget {
    throw new BackupError('USAGE', say('backup.stream-to-stdout'), { hint: say('backup.stream-to-stdout.hint') });
  }

  async finish(start: BackupStart, end: BackupEnd, signal: AbortSignal): Promise<readonly HeldFile[]> {
    this.#manifest.finish(start, end);
    await this.#tar.close(this.#trailer(), signal);
    this.#spool.close();
    return [];
  }

  async *#trailer(): AsyncGenerator<Member, void, undefined> {
    if (this.#spool.length === 0) return;
    const header = {
      name: manifestFileName as string as ByteString,
      type: 'file',
      mode: this.fileMode,
      size: this.#spool.length,
      mtime: Math.floor(Date.now() / 1000),
      linkName: '' as ByteString,
    } as const;
    yield await Promise.resolve({ header, content: this.#spool.content() });
  }
}
