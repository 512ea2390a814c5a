import { display, type ByteString } from '../bytes/byte-string.ts';
import { checksumDigits, type ChecksumAlgorithm } from '../manifest/checksum.ts';
import type { Manifest, ManifestFile } from '../manifest/manifest.ts';
import { say, type Message } from '../messages/message.ts';
import type { FileContent } from './check-file.ts';
import type { Findings } from './findings.ts';
import type { IgnoredPaths } from './ignored-paths.ts';

/** Compares what is in a backup with its manifest; without manifest nothing is found. */
export class ManifestCheck {
  readonly manifest: Manifest | undefined;
  readonly #findings: Findings;
  readonly #seen = new Set<ByteString>();
  readonly #bad = new Set<ByteString>();

  constructor(manifest: Manifest | undefined, findings: Findings) {
    this.manifest = manifest;
    this.#findings = findings;
  }

  /** Whether the manifest, where there is one, says nothing of a file. */
  isUnlisted(path: ByteString): boolean {
    return this.manifest?.files.has(path) !== true;
  }

  /** A file was found. `archive` is the name of the archive that holds it, and `shown` the member's name there. */
  found(path: ByteString, sizeBytes: number, archive?: { readonly name: string; readonly shown: ByteString }): void {
    if (this.manifest === undefined) return;
    const file = this.manifest.files.get(path);
    if (file === undefined) {
      this.#findings.damage(
        archive === undefined
          ? say('verify.extra', { path: display(path) })
          : say('verify.archive-extra', { path: display(archive.shown), archive: archive.name }),
      );
      return;
    }
    this.#seen.add(path);
    if (file.size === sizeBytes) return;
    this.#bad.add(path);
    const sizes = { actual: sizeBytes, expected: file.size };
    this.#findings.damage(
      archive === undefined
        ? say('verify.size', { path: display(path), ...sizes })
        : say('verify.archive-size', { path: display(archive.shown), archive: archive.name, ...sizes }),
    );
  }

  /** Everything was found that is there: the rest of the manifest is missing. */
  finishNames(ignored: IgnoredPaths): void {
    for (const path of this.manifest?.files.keys() ?? []) {
      if (!this.#seen.has(path) && !ignored.has(path)) {
        this.#findings.damage(say('verify.missing', { path: display(path) }));
      }
    }
  }

  /** The algorithm whose checksum `path` needs; NONE when its size is wrong already, or nothing is known. */
  algorithmFor(path: ByteString): ChecksumAlgorithm {
    return this.#bad.has(path) ? 'NONE' : (this.manifest?.files.get(path)?.algorithm ?? 'NONE');
  }

  /** What is wrong with the content of `path`, where it is compared at all. */
  problemOf(path: ByteString, content: FileContent, archive?: string): Message | undefined {
    const file = this.manifest?.files.get(path);
    if (file === undefined || file.algorithm === 'NONE' || this.#bad.has(path)) return undefined;
    return problemOf(display(path), file, content, archive);
  }

  /** The content of `path` is known. */
  content(path: ByteString, content: FileContent, archive?: string): void {
    const message = this.problemOf(path, content, archive);
    if (message !== undefined) this.#findings.damage(message);
  }
}

function problemOf(
  path: string,
  file: ManifestFile,
  content: FileContent,
  archive: string | undefined,
): Message | undefined {
  if (content.sizeBytes !== file.size) {
    return say('verify.read-size', { path, expected: file.size, actual: content.sizeBytes });
  }
  const digits = checksumDigits[file.algorithm];
  if (file.checksum.length !== digits) {
    const lengths = { actual: file.checksum.length / 2, expected: digits / 2 };
    return archive === undefined
      ? say('verify.checksum-length', { path, ...lengths })
      : say('verify.archive-checksum-length', { path, archive, ...lengths });
  }
  if (file.checksum === content.checksum) return undefined;
  return archive === undefined ? say('verify.checksum', { path }) : say('verify.archive-checksum', { path, archive });
}
