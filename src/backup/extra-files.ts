import type { ByteString } from '../bytes/byte-string.ts';
import { companionFileName, encodeCompanion } from '../manifest/companion.ts';
import type { Capabilities } from '../server/capabilities.ts';

/** A file that we put into a backup beside those that the server sent. */
export interface ExtraFile {
  readonly name: ByteString;
  /** Permission bits. */
  readonly mode: number;
  readonly content: Uint8Array;
}

/** What the server needs to find at its next start, and what the backup must say of itself (docs/design/manifest.md). */
export function extraFilesOf(capabilities: Capabilities, missesFiles: boolean): ExtraFile[] {
  const files = capabilities.createdAfterBackup.map(({ name, mode, sizeBytes }) => ({
    name: name as ByteString,
    mode,
    content: new Uint8Array(sizeBytes),
  }));
  if (!missesFiles) return files;
  const content = encodeCompanion({ missingFiles: capabilities.filesForApplicationName });
  return [...files, { name: companionFileName as string as ByteString, mode: 0o600, content }];
}
