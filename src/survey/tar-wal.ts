import type { ByteSource } from '../bytes/byte-reader.ts';
import { decompressed } from '../wal-archive/codec.ts';
import { findTarSet, type SetTar } from '../wal-archive/tar-set.ts';
import { parseWalFileName } from '../wal-archive/wal-file-name.ts';
import type { WalObject, WalSource } from '../wal-archive/wal-source.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import { readMembers } from '../tar/read-members.ts';
import { decodePageHeader } from '../wal/page-header.ts';
import { parseSegmentName } from '../wal/segment.ts';
import type { WalPlace } from './wal-place.ts';

/** The WAL inside a tar backup: in an archive of its own, or in the base archive. Found by one pass over it. */
export async function findTarWal(
  storage: Storage,
  folder: string,
  options: StorageOptions = {},
): Promise<WalPlace | undefined> {
  const set = await findTarSet(storage, folder, options);
  if (set === undefined) return undefined;
  const archive = set.wal ?? set.base;
  const isWanted = set.wal === undefined ? /^pg_(?:wal|xlog)\/([^/]+)$/ : /^(?:\.\/)?([^/]+)$/;
  const objects = new Map<string, WalObject>();
  let instance: { systemIdentifier: bigint; segmentSizeBytes: number } | undefined;
  for await (const { name, content, sizeBytes } of walMembers(storage, archive, isWanted, options)) {
    const file = parseWalFileName(name);
    if (file === undefined) continue;
    if (file.kind === 'segment') {
      const header = await firstPage(content);
      const segment = header?.segment;
      if (segment === undefined || header?.format === undefined) continue;
      if (parseSegmentName(name, segment.segmentSizeBytes)?.startLsn !== header.address) continue;
      instance ??= segment;
    }
    const read = (options_: StorageOptions = {}): ByteSource =>
      memberContent(storage, archive, isWanted, name, options_);
    const stored = { storedName: `${archive.name}: ${name}`, codec: 'none' as const, storedBytes: sizeBytes };
    objects.set(name, { file, ...stored, receipt: undefined, generation: undefined, read });
  }
  if (instance === undefined) return undefined;
  const source = sourceOf(storage, objects, instance);
  return { source, generation: undefined, archive: undefined, directory: undefined, stampOf: none };
}

function sourceOf(
  storage: Storage,
  objects: ReadonlyMap<string, WalObject>,
  instance: Pick<WalSource, 'systemIdentifier' | 'segmentSizeBytes'>,
): WalSource {
  return {
    description: storage.description,
    ...instance,
    find: (name) => Promise.resolve(objects.get(name)),
    findUnsound: none,
    findLater: none,
    async *list() {
      await Promise.resolve();
      for (const [, object] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) yield object;
    },
    readIndex: none,
  };
}

function none(): Promise<undefined> {
  return Promise.resolve(undefined);
}

async function* walMembers(
  storage: Storage,
  archive: SetTar,
  isWanted: RegExp,
  options: StorageOptions,
): AsyncGenerator<{ name: string; content: ByteSource; sizeBytes: number }, void, undefined> {
  const source = decompressed(archive.compression ?? 'none', storage.get(archive.name, options));
  for await (const { header, content } of readMembers(source, 'detect', { ...options, terminated: false })) {
    const name = isWanted.exec(header.name)?.[1];
    if (name !== undefined && header.type === 'file') yield { name, content, sizeBytes: header.size };
  }
}

async function* memberContent(
  storage: Storage,
  archive: SetTar,
  isWanted: RegExp,
  wanted: string,
  options: StorageOptions,
): ByteSource {
  for await (const { name, content } of walMembers(storage, archive, isWanted, options)) {
    if (name !== wanted) continue;
    yield* content;
    return;
  }
}

async function firstPage(content: ByteSource): Promise<ReturnType<typeof decodePageHeader>> {
  let head = Buffer.alloc(0);
  for await (const piece of content) {
    head = Buffer.concat([head, piece]);
    if (head.length >= 64) break;
  }
  return decodePageHeader(head);
}
