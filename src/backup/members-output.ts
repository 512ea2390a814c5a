import type { HeldFile } from '../files/held-file.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import { say } from '../messages/message.ts';
import type { Member } from '../tar/member.ts';
import type { Output } from './output.ts';
import type { BackupPart, BackupSink } from './sink.ts';
import { Spool } from './spool.ts';
import { manifestMember } from './stream-output.ts';
import type { StreamedWalTarget } from './request.ts';
import type { WalTarget } from './wal-store.ts';
import type { Lsn } from '../wal/lsn.ts';

/** A backup whose members somebody else stores. The manifest comes as the last of them. */
export class MembersOutput implements Output {
  readonly fileMode = 0o600;
  readonly verbatim = false;
  readonly foreign = false;
  readonly #sink: BackupSink;
  readonly #streamedWal: StreamedWalTarget | undefined;
  readonly #manifest = new Spool();

  constructor(sink: BackupSink, streamedWal: StreamedWalTarget | undefined) {
    this.#sink = sink;
    this.#streamedWal = streamedWal;
  }

  begin(): Promise<readonly OriginalTablespace[]> {
    return Promise.resolve([]);
  }

  directory(part: BackupPart, member: Member): void | Promise<void> {
    return this.#sink.directory(part, member);
  }

  file(part: BackupPart, member: Member): void | Promise<void> {
    return this.#sink.file(part, member);
  }

  link(part: BackupPart, member: Member): void | Promise<void> {
    return this.#sink.link(part, member);
  }

  end(part: BackupPart): void | Promise<void> {
    return this.#sink.end(part);
  }

  writeManifest(text: Uint8Array): void {
    this.#manifest.write(text);
  }

  walPlace(): WalTarget {
    if (this.#streamedWal !== undefined) return { kind: 'directory', path: this.#streamedWal.directory };
    throw new BackupError('USAGE', say('backup.stream-to-sink'), { hint: say('backup.stream-to-sink.hint') });
  }

  walEnd(endLsn: Lsn, segmentSizeBytes: number): Lsn {
    return this.#streamedWal?.endsAt(endLsn, segmentSizeBytes) ?? endLsn;
  }

  async finish(): Promise<readonly HeldFile[]> {
    if (this.#manifest.length > 0) {
      const part: BackupPart = { name: 'manifest', oid: undefined };
      await this.#sink.file(part, manifestMember(this.#manifest, this.fileMode));
      await this.#sink.end(part);
    }
    this.#manifest.close();
    return [];
  }

  abandon(): void {
    this.#manifest.close();
  }
}
