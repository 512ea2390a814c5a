import { randomBytes } from 'node:crypto';
import { fromText } from '../../src/bytes/byte-string.ts';
import { openContent } from '../../src/packs/content-reader.ts';
import {
  writeContent,
  type ContentWriter,
  type WriteContentOptions,
  type WrittenContent,
} from '../../src/packs/content-writer.ts';
import type { StoredRecord } from '../../src/packs/record.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { collect, reused } from './byte-pieces.ts';

/** Files of a backup: name → content. */
export type Files = ReadonlyMap<string, Uint8Array>;

type Options = Partial<WriteContentOptions>;

export async function beginContent(storage: Storage, options: Options = {}): Promise<ContentWriter> {
  const backup = randomBytes(16).toString('hex');
  const { signal } = new AbortController();
  const writer = await writeContent({ storage, backup, signal, codec: { name: 'gzip', level: 1 }, ...options });
  writer.part({ name: 'base', oid: undefined });
  return writer;
}

/** A backup of `files`. */
export async function store(storage: Storage, files: Files, options: Options = {}): Promise<WrittenContent> {
  const writer = await beginContent(storage, options);
  for (const [name, content] of files) {
    const attributes = { name: fromText(name), mode: 0o600, mtimeSeconds: 1_700_000_000, sizeBytes: content.length };
    await writer.file(attributes, reused(content, 10_007));
  }
  return writer.finish();
}

/** What a backup holds. */
export async function load(storage: Storage, root: WrittenContent['root']): Promise<Map<string, Buffer>> {
  const reader = await openContent(storage, root);
  const files = new Map<string, Buffer>();
  for await (const record of reader.records()) {
    if (record.kind === 'file') files.set(record.name, await collect(reader.content(record)));
  }
  return files;
}

export async function recordsOf(storage: Storage, root: WrittenContent['root']): Promise<StoredRecord[]> {
  const records: StoredRecord[] = [];
  for await (const record of (await openContent(storage, root)).records()) records.push(record);
  return records;
}

/** Names and sizes of the packs in the storage. */
export async function packsIn(storage: Storage): Promise<Map<string, number>> {
  const packs = new Map<string, number>();
  for await (const { name, sizeBytes } of storage.list('packs/')) packs.set(name, sizeBytes);
  return packs;
}
