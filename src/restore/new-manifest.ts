import { onePiece } from '../bytes/one-piece.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { controlFile, unfinishedControlFile } from '../content/held-control-file.ts';
import { isLockName } from '../files/lock-directory.ts';
import { joinPath } from '../files/path.ts';
import { readDirectory } from '../files/read-directory.ts';
import { readPieces } from '../files/read-file.ts';
import { createChecksum, type ChecksumAlgorithm } from '../manifest/checksum.ts';
import { companionFileName, encodeCompanion } from '../manifest/companion.ts';
import { manifestFileName, type Manifest } from '../manifest/manifest.ts';
import { ManifestWriter } from '../manifest/writer.ts';
import { listedName } from './listed-name.ts';
import { isOursInRestore } from './marker.ts';
import type { RestorePlan } from './plan.ts';
import type { RestoreTrees } from './restore-trees.ts';
import type { TargetTree } from './target-tree.ts';

/** Entries are gathered: a write for each costs more than its bytes. */
const gatheredBytes = 64 * 1024;

/** Old copies beside what was restored into a mount point, and what a file system keeps there. */
const besideIt = /^(?:lost\+found|gausskeep\.before-restore-[^/]*)(?:\/|$)/;

export interface NewManifestOptions {
  readonly algorithm: ChecksumAlgorithm;
  readonly signal: AbortSignal;
  /** What the backup lacks; its companion says so, and is left out of a copy. */
  readonly missingFiles: readonly string[];
}

/**
 * Makes a backup of what was restored: writes a manifest of the files as they now are, read once more. The WAL that it needs is that of the last backup.
 * @param trees everything of the copy is in them, pg_control under the name that it has until the end
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function writeNewManifest(
  plan: RestorePlan,
  trees: RestoreTrees,
  options: NewManifestOptions,
): Promise<void> {
  const { manifest } = plan.source;
  if (manifest === undefined) throw new Error('refused by the plan');
  const { missingFiles } = options;
  const mode = 0o600;
  if (missingFiles.length > 0) {
    await trees.base.writeFile(companionFileName as ByteString, mode, onePiece(encodeCompanion({ missingFiles })));
  }
  await trees.base.writeFile(manifestFileName as ByteString, mode, manifestOf(plan, manifest, trees, options));
}

/** The text, while the files are read. */
async function* manifestOf(
  plan: RestorePlan,
  { systemIdentifier, walRanges }: Manifest,
  trees: RestoreTrees,
  { algorithm, signal }: NewManifestOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Of the version that the server of this release writes and its tools read.
  const writer = new ManifestWriter({ systemIdentifier });
  const outside = [...trees.spaces].filter(([, { tree }]) => tree !== trees.base);
  const places: (readonly [number | undefined, TargetTree])[] = [
    [undefined, trees.base],
    ...outside.map(([oid, { tree }]) => [oid, tree] as const),
  ];
  let gathered: Uint8Array[] = [];
  let length = 0;
  for (const [oid, tree] of places) {
    for await (const { name, type, stats } of readDirectory(tree.root, { signal })) {
      if (type !== 'file' || !isOfTheBackup(plan, oid, name)) continue;
      const checksum = createChecksum(algorithm);
      let size = 0;
      for await (const piece of readPieces(joinPath(tree.root, name), { signal })) {
        checksum.update(piece);
        size += piece.length;
      }
      const path = oid === undefined && name === unfinishedControlFile ? controlFile : name;
      const entry = writer.addFile({
        path: listedName(plan.tablespaces, oid, path),
        size,
        algorithm,
        checksum: checksum.digestHex(),
        mtime: stats.mtimeMs / 1000,
      });
      gathered.push(entry);
      length += entry.length;
      if (length < gatheredBytes) continue;
      yield Buffer.concat(gathered);
      gathered = [];
      length = 0;
    }
  }
  yield Buffer.concat([...gathered, ...walRanges.map((range) => writer.addWalRange(range)), writer.finish()]);
}

/** WAL is not listed: a server checks it by itself. */
function isOfTheBackup({ source }: RestorePlan, oid: number | undefined, name: ByteString): boolean {
  if (isOursInRestore(name) || isLockName(name) || besideIt.test(name)) return false;
  return oid !== undefined || (name !== manifestFileName && !name.startsWith(`${source.rules.walDirectory}/`));
}
