import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { HeldFile } from '../files/held-file.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { say } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { Member, TarFormat } from '../tar/member.ts';
import type { Output, OutputParts } from './output.ts';
import type { BackupTarget } from './request.ts';
import type { BackupPart } from './sink.ts';
import { Spool } from './spool.ts';
import { TarFile } from './tar-file.ts';
import type { WalTarget } from './wal-store.ts';

type Target = Extract<BackupTarget, { kind: 'stream' }>;

/** A backup as one tar stream. The manifest comes last on the wire, and so is put behind the other members. */
export class StreamOutput implements Output {
  readonly fileMode = 0o600;
  readonly verbatim: boolean;
  readonly foreign: boolean;
  readonly #signal: AbortSignal;
  readonly #target: Target;
  readonly #format: TarFormat;
  readonly #manifest = new Spool();
  /** Each part is compressed by itself. */
  #open: TarFile | undefined;

  constructor(parts: OutputParts, target: Target) {
    const { tarFormat } = parts.session.capabilities.baseBackup;
    this.#signal = parts.signal;
    this.#target = target;
    this.foreign = target.tarFormat === 'opengauss';
    this.verbatim = tarFormat === 'tar' || this.foreign;
    this.#format = this.foreign ? tarFormat : 'tar';
  }

  begin(tablespaces: readonly TablespaceRow[]): Promise<readonly OriginalTablespace[]> {
    return onlyDataDirectory(tablespaces);
  }

  directory(_part: BackupPart, member: Member): Promise<void> {
    return this.#tar().add(member);
  }

  file(_part: BackupPart, member: Member): Promise<void> {
    return this.#tar().add(member);
  }

  link(_part: BackupPart, member: Member): Promise<void> {
    return this.#tar().add(member);
  }

  async end(): Promise<void> {
    await this.#end({ mark: this.foreign });
  }

  writeManifest(text: Uint8Array): void {
    this.#manifest.write(text);
  }

  walPlace(): WalTarget {
    throw new BackupError('USAGE', say('backup.stream-to-stdout'), { hint: say('backup.stream-to-stdout.hint') });
  }

  async finish(): Promise<readonly HeldFile[]> {
    if (!this.foreign) {
      if (this.#manifest.length > 0) await this.#tar().add(manifestMember(this.#manifest, this.fileMode));
      this.#tar();
      await this.#end({ mark: true });
    }
    this.#manifest.close();
    return [];
  }

  abandon(): void {
    this.#manifest.close();
  }

  #tar(): TarFile {
    const { compression, sink } = this.#target;
    const signal = this.#signal;
    const write = (piece: Uint8Array): void | Promise<void> => sink.write(piece, { signal });
    this.#open ??= new TarFile(write, { compression, format: this.#format, signal });
    return this.#open;
  }

  async #end(mark: { readonly mark: boolean }): Promise<void> {
    const tar = this.#tar();
    this.#open = undefined;
    await tar.end(mark);
  }
}

/** Nothing but the data directory fits into one stream. */
export function onlyDataDirectory(tablespaces: readonly TablespaceRow[]): Promise<readonly OriginalTablespace[]> {
  if (tablespaces.length === 1) return Promise.resolve([]);
  const sentence = say('backup.one-stdout', { count: tablespaces.length });
  return Promise.reject(new BackupError('USAGE', sentence, { hint: say('backup.one-stdout.hint') }));
}

/** The manifest as a member, when it is known how long it is. */
export function manifestMember(text: Spool, mode: number): Member {
  const header = {
    name: manifestFileName as string as ByteString,
    type: 'file',
    mode,
    size: text.length,
    mtime: Math.floor(Date.now() / 1000),
    linkName: '' as ByteString,
  } as const;
  return { header, content: text.content() };
}
