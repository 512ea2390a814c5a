import { display, type ByteString } from '../bytes/byte-string.ts';
import { isNameOfOurs, isOurConfiguration } from '../content/names-of-ours.ts';
import { BackupError } from '../errors/backup-error.ts';
import { companionFileName } from '../manifest/companion.ts';
import { say } from '../messages/message.ts';
import { forEachPiece, SeenBytes } from '../bytes/ready-source.ts';
import type { BaseBackupEvent } from '../replication/base-backup.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { memberOf } from '../tar/encode-members.ts';
import { staysInside } from '../tar/link-target.ts';
import type { Member, MemberHeader } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import type { ConfigurationEntry } from './configuration.ts';
import type { ExtraFile } from './extra-files.ts';
import type { FileObserver } from './manifest-builder.ts';
import type { Output } from './output.ts';
import type { ManifestObservers } from './passing-manifest.ts';
import type { BackupPart } from './sink.ts';
import { tarName } from './tablespaces.ts';

export type TarEvent = Extract<BaseBackupEvent, { type: 'archive' }>;

export interface MemberDeliveryOptions {
  readonly output: Output;
  readonly capabilities: Capabilities;
  readonly manifest: ManifestObservers;
  /** A file was handed on whole. */
  readonly onFile?: (() => void) | undefined;
  readonly signal: AbortSignal;
}

/**
 * Reads what a server sends, once: the manifest sees each member on its way to the output. What must not be in a backup is
 * left out, a linked WAL directory becomes a directory, and files of ours follow those of the data directory; unless the output stores all as it comes.
 */
export class MemberDelivery {
  readonly #options: MemberDeliveryOptions;
  readonly #own: Member[] = [];
  /** openGauss sends a WAL directory that is a link twice. */
  #walSeen = false;
  #leftConfiguration = false;

  constructor(options: MemberDeliveryOptions) {
    this.#options = options;
  }

  /** Files of ours for the data directory. To be called before that comes. */
  add(extraFiles: readonly ExtraFile[], configuration: readonly ConfigurationEntry[]): void {
    if (this.#options.output.foreign) return;
    const mtime = Math.floor(Date.now() / 1000);
    const extras = extraFiles.map((file) => ({ ...file, mtime }));
    for (const { name, mode, content, mtime } of [...extras, ...configuration]) {
      const type = content === undefined ? 'directory' : 'file';
      const header = { name, type, mode, mtime, linkName: '' as ByteString } as const;
      this.#own.push(memberOf(header, content ?? new Uint8Array(0)));
    }
  }

  /** Reads one tar of the server to its end. */
  async tar({ tablespace, format, terminated, content }: TarEvent): Promise<void> {
    const { output, manifest, signal } = this.#options;
    const { oid } = tablespace;
    const part: BackupPart = { name: tarName(tablespace), oid };
    const prefix = oid === undefined ? '' : `pg_tblspc/${oid}/`;
    const { verbatim } = output;
    await this.#pass(part, readMembers(content, format, { signal, terminated, verbatim }), prefix);
    if (oid === undefined) {
      for (const member of this.#own) await this.#hand(part, member, manifest.ownObserver, '');
    }
    await output.end(part);
  }

  /** More members of the data directory, as a part of their own. */
  async more(name: string, members: AsyncIterable<Member>): Promise<void> {
    const part: BackupPart = { name, oid: undefined };
    await this.#pass(part, members, '');
    await this.#options.output.end(part);
  }

  async #pass(part: BackupPart, members: AsyncIterable<Member>, prefix: string): Promise<void> {
    const { output, manifest } = this.#options;
    for await (const member of members) {
      if (part.oid === undefined && this.#isLeft(member)) continue;
      const wanted = output.verbatim || part.oid !== undefined ? member : this.#edited(member);
      if (wanted !== undefined && !output.verbatim) requireExpected(part, wanted.header);
      if (wanted !== undefined) await this.#hand(part, wanted, manifest.observer, prefix);
    }
  }

  /**
   * Whether it is of an earlier backup or restore of ours, on whose result the server was started: it is left out, for it would be taken for
   * this backup's. @throws BackupError `USAGE` where the bytes of the server are stored as they are
   */
  #isLeft({ header: { name, type } }: Member): boolean {
    if (!isNameOfOurs(name)) return false;
    const { manifest, output } = this.#options;
    if (output.foreign) {
      // Files of runs are passed over by whoever reads the backup.
      if (name !== companionFileName && !isOurConfiguration(name)) return false;
      throw new BackupError('USAGE', say('backup.holds-ours', { path: display(name) }), {
        hint: say('backup.holds-ours.hint'),
      });
    }
    if (type === 'file') manifest.leaveOut(name);
    this.#leftConfiguration ||= isOurConfiguration(name);
    return true;
  }

  /** Whether configuration that an earlier backup took along was left out. */
  get leftConfiguration(): boolean {
    return this.#leftConfiguration;
  }

  /** The member as it belongs into a data directory that a server is to be started on. */
  #edited(member: Member): Member | undefined {
    const { droppedAfterBackup, walDirectory } = this.#options.capabilities;
    const { header } = member;
    if (droppedAfterBackup.some((pattern) => pattern.test(header.name))) return undefined;
    if (header.name !== walDirectory || header.type === 'directory') return member;
    // The source keeps its WAL elsewhere; the manual: no link is made, the WAL is in the directory itself.
    if (this.#walSeen) return undefined;
    this.#walSeen = true;
    return { ...member, header: { ...header, type: 'directory', mode: 0o700, linkName: '' as ByteString } };
  }

  async #hand(part: BackupPart, member: Member, observer: FileObserver | undefined, prefix: string): Promise<void> {
    const { output, manifest } = this.#options;
    const { header, content } = member;
    switch (header.type) {
      case 'directory':
        await output.directory(part, member);
        return;
      case 'symlink':
      case 'relativeSymlink':
      case 'hardlink':
        await output.link(part, member);
        return;
      case 'other':
        // Only where all is stored as it comes.
        return;
      case 'file': {
        const observed = observer?.begin((prefix + header.name) as ByteString, header.mtime);
        const sums = output.contentSums;
        if (observed === undefined || !manifest.wantsContents || sums !== undefined) {
          await output.file(part, member);
        } else {
          const seen = new SeenBytes(content, (piece) => observed.update(piece));
          await output.file(part, { ...member, content: seen });
          // To its end even where the output stopped before: the manifest needs all of it.
          await forEachPiece(seen, () => undefined);
        }
        observed?.end(header.size, sums?.lastSum);
        this.#options.onFile?.();
      }
    }
  }
}

/**
 * No server sends pipes, devices and hard links, nor links that lead elsewhere but those of its tablespaces: what has them is not from
 * a server, or it is not the server that it was.
 * @throws BackupError `CORRUPT`
 */
function requireExpected({ oid }: BackupPart, { name, type, linkName }: MemberHeader): void {
  const member = display(name);
  if (type === 'hardlink' || type === 'other') {
    const kind = say(type === 'hardlink' ? 'files.type.hardlink' : 'files.type.special');
    throw new BackupError('CORRUPT', say('unpack.member-type', { member, type: kind }));
  }
  if (type !== 'symlink' || (oid === undefined && /^pg_tblspc\/[1-9]\d{0,9}$/.test(name))) return;
  if (staysInside(name, linkName)) return;
  throw new BackupError('CORRUPT', say('unpack.link-outside', { member, target: display(linkName) }));
}
