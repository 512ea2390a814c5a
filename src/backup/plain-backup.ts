import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, fromText, isUtf8 } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { Member } from '../tar/member.ts';
import { withTablespaces, type ExtraFile } from './extra-files.ts';
import { ManifestFile } from './manifest-file.ts';
import type { BackupEnd, BackupStart, Output, OutputParts } from './output.ts';
import { PlainOutput, type TarEvent } from './plain-output.ts';
import type { BackupTarget } from './request.ts';
import { placeTablespaces } from './tablespaces.ts';
import type { WalTarget } from './wal-store.ts';
import type { HeldFile, ClaimedPlaces } from './claimed-places.ts';

type Target = Extract<BackupTarget, { kind: 'plain' }>;

/** A backup as directories, ready to be started. */
export class PlainBackup implements Output {
  readonly fileMode: number;
  readonly #target: Target;
  readonly #manifest: ManifestFile;
  readonly #plain: PlainOutput;
  readonly #group: boolean;
  readonly #extraFiles: readonly ExtraFile[];

  constructor(parts: OutputParts, target: Target, group: boolean) {
    this.fileMode = group ? 0o640 : 0o600;
    this.#group = group;
    this.#extraFiles = parts.extraFiles;
    this.#target = target;
    this.#manifest = new ManifestFile(parts, target.directory, this.fileMode);
    this.#plain = new PlainOutput({
      ...target,
      walDirectory: target.walDirectory,
      capabilities: parts.session.capabilities,
      configuration: parts.configuration,
      observer: this.#manifest.passing.observer,
      ownObserver: this.#manifest.passing.ownObserver,
      onMember: parts.meter.onMember,
    });
  }

  async begin(tablespaces: readonly TablespaceRow[], workplace: ClaimedPlaces): Promise<void> {
    const placements = placeTablespaces(tablespaces, this.#target.mappings, this.#target.directory);
    for (const { directory, inside } of placements) if (!inside) await workplace.claimTablespace(directory);
    if (this.#group) workplace.allowGroup();
    const moved = placements.flatMap(({ row: { oid, location }, mapped }) =>
      mapped && oid !== undefined && location !== undefined && isUtf8(location)
        ? [{ oid, location: display(location) }]
        : [],
    );
    const extraFiles = withTablespaces(this.#extraFiles, moved);
    this.#manifest.passing.add(extraFiles);
    this.#plain.begin(placements, extraFiles);
  }

  async archive(archive: TarEvent, signal: AbortSignal): Promise<void> {
    await this.#plain.receive(archive, signal);
  }

  async manifest(content: ByteSource): Promise<void> {
    await this.#manifest.passing.receive(content);
  }

  async members(_name: string, members: AsyncIterable<Member>): Promise<void> {
    await this.#plain.receiveMembers(members);
  }

  walPlace(): WalTarget {
    const path = this.#plain.walRoot;
    for (const directory of [path, join(path, 'archive_status')]) {
      try {
        mkdirSync(directory, { recursive: true });
        // Not with the mode of mkdir, which the umask changes.
        chmodSync(directory, this.#group ? 0o750 : 0o700);
      } catch (error) {
        throw fileFailure('create', fromText(directory), error);
      }
    }
    return { kind: 'directory', path };
  }

  finish(start: BackupStart, end: BackupEnd): Promise<readonly HeldFile[]> {
    this.#plain.createExtraFiles();
    const manifest = this.#manifest.finish(start, end);
    const control = this.#plain.heldControlFile;
    if (control === undefined) throw new BackupError('PROTOCOL_VIOLATION', say('backup.no-control-file'));
    return Promise.resolve([...manifest, control]);
  }
}
