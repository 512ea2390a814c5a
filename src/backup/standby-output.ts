import { toBytes, type ByteString } from '../bytes/byte-string.ts';
import type { HeldFile } from '../files/held-file.ts';
import type { OriginalTablespace } from '../manifest/companion.ts';
import type { TablespaceRow } from '../replication/base-backup.ts';
import type { StandbyConfiguration } from '../server/standby-settings.ts';
import { memberOf } from '../tar/encode-members.ts';
import type { Member } from '../tar/member.ts';
import type { ClaimedPlaces } from './claimed-places.ts';
import type { Output } from './output.ts';
import type { BackupStart } from './request.ts';
import type { BackupPart } from './sink.ts';
import type { Lsn } from '../wal/lsn.ts';
import type { WalTarget } from './wal-store.ts';

/**
 * An output into whose data directory goes what makes the copy a standby. The manifest has the files as the server sent them: every
 * verifier passes over these, for they are changed after a backup.
 */
export class StandbyOutput implements Output {
  readonly #inner: Output;
  readonly #configuration: StandbyConfiguration;
  #isAppended = false;

  constructor(inner: Output, configuration: StandbyConfiguration) {
    this.#inner = inner;
    this.#configuration = configuration;
  }

  get fileMode(): number {
    return this.#inner.fileMode;
  }

  get verbatim(): boolean {
    return this.#inner.verbatim;
  }

  get foreign(): boolean {
    return this.#inner.foreign;
  }

  begin(
    tablespaces: readonly TablespaceRow[],
    places: ClaimedPlaces,
    start: BackupStart,
  ): Promise<readonly OriginalTablespace[]> {
    return this.#inner.begin(tablespaces, places, start);
  }

  directory(part: BackupPart, member: Member): void | Promise<void> {
    return this.#inner.directory(part, member);
  }

  link(part: BackupPart, member: Member): void | Promise<void> {
    return this.#inner.link(part, member);
  }

  file(part: BackupPart, member: Member): void | Promise<void> {
    const { appended, files } = this.#configuration;
    const { header } = member;
    if (part.name !== 'base') return this.#inner.file(part, member);
    // One that the source has of that name is not ours.
    if (files.some(({ name }) => name === header.name)) return undefined;
    if (header.name !== appended?.name) return this.#inner.file(part, member);
    this.#isAppended = true;
    const text = toBytes(appended.text);
    const content = joined(member.content, text);
    return this.#inner.file(part, { header: { ...header, size: header.size + text.length }, content });
  }

  async end(part: BackupPart): Promise<void> {
    if (part.name === 'base') {
      const { appended, files } = this.#configuration;
      const left = appended === undefined || this.#isAppended ? files : [appended, ...files];
      for (const { name, text } of left) await this.#inner.file(part, this.#made(name, text));
    }
    await this.#inner.end(part);
  }

  writeManifest(text: Uint8Array): void {
    this.#inner.writeManifest(text);
  }

  walPlace(): WalTarget {
    return this.#inner.walPlace();
  }

  walEnd(endLsn: Lsn, segmentSizeBytes: number): Lsn {
    return this.#inner.walEnd?.(endLsn, segmentSizeBytes) ?? endLsn;
  }

  finish(): Promise<readonly HeldFile[]> {
    return this.#inner.finish();
  }

  isFlushed(path: ByteString): boolean {
    return this.#inner.isFlushed?.(path) ?? false;
  }

  abandon(): void | Promise<void> {
    return this.#inner.abandon();
  }

  #made(name: ByteString, text: ByteString): Member {
    const mtime = Math.floor(Date.now() / 1000);
    const header = { name, type: 'file', mode: this.fileMode, mtime, linkName: '' as ByteString } as const;
    return memberOf(header, toBytes(text));
  }
}

async function* joined(content: AsyncIterable<Uint8Array>, text: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* content;
  yield text;
}
