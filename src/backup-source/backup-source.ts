import type { ByteSource } from '../bytes/byte-reader.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import type { Checksum } from '../manifest/checksum.ts';
import type { SourceFacts } from './source-facts.ts';

/** What must be known before anything is written. What is not asked for may be left unread where reading it costs a pass. */
export interface FactsWanted {
  readonly identity: boolean;
  readonly configuration: boolean;
  readonly signal: AbortSignal;
}

/** A file of a backup on its way. */
export interface SourceFile {
  /** Below the data directory, or below the tablespace. */
  readonly name: ByteString;
  /** Permission bits. */
  readonly mode: number;
  readonly sizeBytes: number;
  /** Since 1970; undefined: not known. */
  readonly mtimeSeconds?: number | undefined;
  readonly content: ByteSource;
  /** Where it lies, when it can be copied as a whole. */
  readonly path?: ByteString | undefined;
}

/** Takes what a backup holds. `oid` is the tablespace that it belongs to; undefined: the data directory. */
export interface RestoreSink {
  /** @param mtimeSeconds since 1970, where that is known */
  directory(oid: number | undefined, name: ByteString, mode: number, mtimeSeconds?: number): Promise<void>;
  file(oid: number | undefined, file: SourceFile): Promise<void>;
  /** A link that is neither the WAL directory nor a tablespace. */
  link(oid: number | undefined, name: ByteString, target: ByteString): Promise<void>;
  /** How many files of a directory it takes at the same time; it holds none of their content. 1: one call at a time, of whatever kind. */
  readonly filesAtOnce: number;
  /** Whether a name of the data directory is wanted at all; asked before it is read. */
  wants(oid: number | undefined, name: ByteString): boolean;
}

export interface DeliverOptions {
  readonly signal: AbortSignal;
  /** Told of the bytes read: of files, or of archives as they are stored. */
  readonly onBytes: (count: number) => void;
}

/** A backup that can be restored. */
export interface BackupSource {
  facts(wanted: FactsWanted): Promise<SourceFacts>;
  /** Reads everything once, several files at a time. Files of one directory may come in any order, directories before what is in them. */
  deliver(sink: RestoreSink, options: DeliverOptions): Promise<void>;
}

/** `source` while its bytes also go into `checksum`. */
export async function* observed(source: ByteSource, checksum: Checksum): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of source) {
    checksum.update(piece);
    yield piece;
  }
}
