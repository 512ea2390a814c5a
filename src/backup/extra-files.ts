import type { ByteString } from '../bytes/byte-string.ts';
import { companionFileName, decodeCompanion, encodeCompanion, type OriginalTablespace } from '../manifest/companion.ts';
import type { Capabilities } from '../server/capabilities.ts';

/** A file that we put into a backup beside those that the server sent. */
export interface ExtraFile {
  readonly name: ByteString;
  /** Permission bits. */
  readonly mode: number;
  readonly content: Uint8Array;
}

/**
 * What the server needs to find at its next start, and what the backup must say of itself (docs/design/manifest.md).
 * @param mode permission bits of what only we read
 */
export function extraFilesOf(capabilities: Capabilities, missesFiles: boolean, mode = 0o600): ExtraFile[] {
  const files = capabilities.createdAfterBackup.map(({ name, mode, sizeBytes }) => ({
    name: name as ByteString,
    mode,
    content: new Uint8Array(sizeBytes),
  }));
  if (!missesFiles) return files;
  const content = encodeCompanion({ missingFiles: capabilities.filesForApplicationName });
  return [...files, { name: companionFileName as string as ByteString, mode, content }];
}

/** The same files, and what the backup says of itself has where the server had `tablespaces`. */
export function withTablespaces(
  files: readonly ExtraFile[],
  tablespaces: readonly OriginalTablespace[],
  mode = 0o600,
): readonly ExtraFile[] {
  if (tablespaces.length === 0) return files;
  const isCompanion = ({ name }: ExtraFile): boolean => name === companionFileName;
  const known = files.find(isCompanion);
  const missingFiles = known === undefined ? [] : decodeCompanion(known.content).missingFiles;
  const content = encodeCompanion({ missingFiles, tablespaces });
  const companion = { name: companionFileName as string as ByteString, mode, content };
  return [...files.filter((file) => !isCompanion(file)), companion];
}
