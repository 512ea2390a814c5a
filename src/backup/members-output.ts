import type { HeldFile } from '../files/held-file.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { ClaimedPlaces } from './claimed-places.ts';
import { say } from '../messages/message.ts';
import type { Member } from '../tar/member.ts';
import type { Output } from './output.ts';
import type { BackupPart } from './sink.ts';
import { Spool } from './spool.ts';
import { manifestMember } from './stream-output.ts';
import type { BackupStart, BackupTarget } from './request.ts';
import type { WalTarget } from './wal-store.ts';
import type { Lsn } from '../wal/lsn.ts';

type Target = Extract<BackupTarget, { kind: 'members' }>;

/** A backup whose members somebody else stores. The manifest comes as the last of them. */
export class MembersOutput implements Output {
  readonly fileMode = 0o600;
  readonly verbatim = false;
  readonly foreign = false;
  readonly #target: Target;
  readonly #manifest = new Spool();

  constructor(target: Target) {
    this.#target = target;
  }

  async begin(
    _tablespaces: readonly TablespaceRow[],
    _places: ClaimedPlaces,
    start: BackupStart,
  ): Promise<readonly OriginalTablespace[]> {
    await this.#target.onStart?.(start);
    return [];
  }

  directory(part: BackupPart, member: Member): void | Promise<void> {
    return this.#target.sink.directory(part, member);
  }

  file(part: BackupPart, member: Member): void | Promise<void> {
    return this.#target.sink.file(part, member);
  }

  link(part: BackupPart, member: Member): void | Promise<void> {
    return this.#target.sink.link(part, member);
  }

  end(part: BackupPart): void | Promise<void> {
    return this.#target.sink.end(part);
  }

  writeManifest(text: Uint8Array): void {
    this.#manifest.write(text);
  }

  walPlace(): WalTarget {
    const { streamedWal } = this.#target;
    if (streamedWal !== undefined) return { kind: 'directory', path: streamedWal.directory };
    throw new BackupError('USAGE', say('backup.stream-to-sink'), { hint: say('backup.stream-to-sink.hint') });
  }

  walEnd(endLsn: Lsn, segmentSizeBytes: number): Lsn {
    return this.#target.streamedWal?.endsAt(endLsn, segmentSizeBytes) ?? endLsn;
  }

  async finish(): Promise<readonly HeldFile[]> {
    if (this.#manifest.length > 0) {
      const part: BackupPart = { name: 'manifest', oid: undefined };
      await this.#target.sink.file(part, manifestMember(this.#manifest, this.fileMode));
      await this.#target.sink.end(part);
    }
    this.#manifest.close();
    return [];
  }

  abandon(): void {
    this.#manifest.close();
  }
}
