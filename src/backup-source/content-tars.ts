import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { say } from '../messages/message.ts';
import type { ContentReader } from '../packs/content-reader.ts';
import type { ReadRecord } from '../packs/read-in-order.ts';
import type { FileRecord, StoredRecord } from '../packs/record.ts';
import type { Member, MemberHeader } from '../tar/member.ts';
import type { SetTar, TarSet } from '../wal-archive/tar-set.ts';
import type { TarReading } from './tar-source.ts';

/** A backup of a repository as a set of tars that are made while they are read. */
export interface ContentTars {
  readonly set: TarSet;
  readonly reading: TarReading;
}

/** Looks through the records once: which parts there are, and how large. @throws BackupError `CORRUPT` */
export async function contentTars(reader: ContentReader, signal: AbortSignal): Promise<ContentTars> {
  const sizes = new Map<string, { oid: number | undefined; sizeBytes: number }>();
  let manifest: FileRecord | undefined;
  let part = { name: '', oid: undefined as number | undefined };
  for await (const record of reader.records({ signal })) {
    if (record.kind === 'part') {
      part = record;
      if (!sizes.has(part.name)) sizes.set(part.name, { oid: part.oid, sizeBytes: 0 });
      continue;
    }
    if (record.kind !== 'file') continue;
    const size = sizes.get(part.name);
    if (size !== undefined) size.sizeBytes += record.sizeBytes;
    if (part.oid === undefined && record.name === manifestFileName) manifest = record;
  }
  const tars = [...sizes].map(([name, { oid, sizeBytes }]) => ({ name, oid, sizeBytes, compression: undefined }));
  const base = tars.find(({ oid }) => oid === undefined);
  if (base === undefined) throw new BackupError('CORRUPT', say('storing.no-base'));
  const set: TarSet = {
    base,
    tablespaces: tars
      .flatMap(({ oid, ...tar }) => (oid === undefined ? [] : [{ ...tar, oid }]))
      .sort((a, b) => a.oid - b.oid),
    wal: undefined,
    manifest: manifest && { name: manifestFileName, sizeBytes: manifest.sizeBytes, storedAtMs: undefined },
    repeated: [],
  };
  return { set, reading: readingOf(reader, manifest) };
}

function readingOf(reader: ContentReader, manifest: FileRecord | undefined): TarReading {
  return {
    isIndexed: true,
    async *members({ name }: SetTar, { signal, onBytes = () => undefined, isWhole = false }) {
      const wanted = recordsOf(name, reader.records({ signal }));
      for await (const { record, content } of isWhole
        ? reader.inOrder(wanted, { signal })
        : oneByOne(reader, wanted, signal)) {
        yield { header: headerOf(record), content: counted(content, onBytes) } satisfies Member;
      }
    },
    manifest: (options) => (manifest === undefined ? nothing() : reader.content(manifest, options)),
  };
}

type MemberRecord = Exclude<StoredRecord, { kind: 'part' }>;

/** Those of a part. */
async function* recordsOf(part: string, records: AsyncIterable<StoredRecord>): AsyncGenerator<MemberRecord, void> {
  let isWithin = false;
  for await (const record of records) {
    if (record.kind === 'part') isWithin = record.name === part;
    else if (isWithin) yield record;
  }
}

/** Nothing of a content is read before it is asked for. */
async function* oneByOne(
  reader: ContentReader,
  records: AsyncIterable<MemberRecord>,
  signal: AbortSignal,
): AsyncGenerator<ReadRecord<MemberRecord>, void> {
  for await (const record of records) {
    yield { record, content: record.kind === 'file' ? reader.content(record, { signal }) : nothing() };
  }
}

function headerOf(record: MemberRecord): MemberHeader {
  const { name, mode, mtimeSeconds: mtime } = record;
  switch (record.kind) {
    case 'directory':
      return { name, type: 'directory', mode, size: 0, mtime, linkName: '' as ByteString };
    case 'link':
      return {
        name,
        type: record.isRelative ? 'relativeSymlink' : 'symlink',
        mode,
        size: 0,
        mtime,
        linkName: record.target,
      };
    case 'file':
      return { name, type: 'file', mode, size: record.sizeBytes, mtime, linkName: '' as ByteString };
  }
}

async function* counted(source: ByteSource, onBytes: (count: number) => void): ByteSource {
  for await (const piece of source) {
    onBytes(piece.length);
    yield piece;
  }
}

async function* nothing(): ByteSource {
  // A directory, a link: no content.
}
