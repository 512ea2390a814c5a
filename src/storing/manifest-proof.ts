import { display, type ByteString } from '../bytes/byte-string.ts';
import { observed } from '../backup-source/backup-source.ts';
import { BackupError } from '../errors/backup-error.ts';
import { originalOf } from '../incremental/incremental-file.ts';
import { createChecksum } from '../manifest/checksum.ts';
import type { Manifest, ManifestFile } from '../manifest/manifest.ts';
import { say, type Message } from '../messages/message.ts';

/** What may change after a backup, or is not covered: pg_verifybackup passes it over too. */
const unlisted = /^(?:backup_manifest|postgresql\.auto\.conf|recovery\.signal|standby\.signal|gausskeep\.json)$/;

/** What the files of a backup were compared with while they were read. */
export type FileProof =
  /** Each with its checksum in the manifest. */
  | 'checksums'
  /** Each with its size in a manifest that has no checksums. */
  | 'sizes'
  /** There is no manifest. */
  | 'nothing';

/** Holds the files of a backup against its manifest while they pass. */
export class ManifestProof {
  readonly #manifest: Manifest | undefined;
  readonly #walDirectory: string;
  readonly #seen = new Set<ByteString>();
  #withoutChecksum = false;

  constructor(manifest: Manifest | undefined, walDirectory: string) {
    this.#manifest = manifest;
    this.#walDirectory = walDirectory;
  }

  get proved(): FileProof {
    if (this.#manifest === undefined) return 'nothing';
    return this.#withoutChecksum ? 'sizes' : 'checksums';
  }

  /** Whether the manifest vouches for it. @param name as the manifest has it: of a tablespace below `pg_tblspc/OID/` */
  lists(name: ByteString): boolean {
    return this.#manifest?.files.has(name) ?? false;
  }

  /**
   * The same content; its end is an error unless it is what the manifest says.
   * @throws BackupError `CORRUPT` for a file that is not in the manifest, or of another size; for the changes of an incremental backup
   */
  watch(name: ByteString, sizeBytes: number, content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    if (originalOf(name) !== undefined)
      throw new BackupError('CORRUPT', say('incremental.unexpected', { path: display(name) }));
    const expected = this.#expected(name);
    if (expected === undefined) return content;
    this.#seen.add(name);
    const { size, algorithm } = expected;
    if (size !== sizeBytes) {
      throw mismatch(say('restore.size', { path: display(name), actual: sizeBytes, expected: size }));
    }
    if (algorithm === 'NONE') {
      this.#withoutChecksum = true;
      return content;
    }
    return compared(content, expected);
  }

  /** @throws BackupError `CORRUPT` for a file of the manifest that did not come */
  finish(): void {
    for (const path of this.#manifest?.files.keys() ?? []) {
      if (this.#seen.has(path) || unlisted.test(path) || this.#isWal(path)) continue;
      throw mismatch(say('restore.missing', { path: display(path) }));
    }
  }

  #expected(name: ByteString): ManifestFile | undefined {
    if (this.#manifest === undefined || unlisted.test(name)) return undefined;
    const found = this.#manifest.files.get(name);
    // WAL is in it only where the server sent it with the files.
    if (found !== undefined || this.#isWal(name)) return found;
    throw mismatch(say('restore.unlisted', { path: display(name) }));
  }

  #isWal(name: ByteString): boolean {
    return name.startsWith(`${this.#walDirectory}/`);
  }
}

async function* compared(
  content: AsyncIterable<Uint8Array>,
  { path, algorithm, checksum: expected }: ManifestFile,
): AsyncGenerator<Uint8Array, void, undefined> {
  const checksum = createChecksum(algorithm);
  yield* observed(content, checksum);
  if (checksum.digestHex() !== expected) throw mismatch(say('restore.checksum', { path: display(path) }));
}

function mismatch(sentence: Message): BackupError {
  return new BackupError('CORRUPT', sentence, { hint: say('importing.mismatch.hint') });
}
