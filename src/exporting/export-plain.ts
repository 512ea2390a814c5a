import { unfinishedSuffix } from '../backup/manifest-file.ts';
import { StoredBackups } from '../backup-source/stored-backups.ts';
import type { ByteSource } from '../bytes/byte-reader.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { HeldControlFile } from '../content/held-control-file.ts';
import { directoryState, requireEmpty } from '../files/directory-state.ts';
import type { HeldFile } from '../files/held-file.ts';
import { isLockName } from '../files/lock-directory.ts';
import { joinPath } from '../files/path.ts';
import { ManifestExtension } from '../manifest/extend-manifest.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { OmittedEntries } from '../manifest/omit-entries.ts';
import { say } from '../messages/message.ts';
import type { Commit } from '../repository/commit.ts';
import type { Instance } from '../repository/instance.ts';
import { unusedMappings, type PlacedTablespace } from '../restore/plan-tablespaces.ts';
import type { RestorePlan } from '../restore/plan.ts';
import { prepareRestore, type PreparedRestore } from '../restore/prepare-restore.ts';
import type { TablespaceTarget } from '../restore/request.ts';
import { RestoreTrees } from '../restore/restore-trees.ts';
import { fillDirectories, type Filled } from './fill-directories.ts';
import type { NeededWal } from './needed-wal.ts';
import { PlainSink } from './plain-sink.ts';

/** A backup as directories. */
export interface PlainForm {
  readonly kind: 'plain';
  /** Where tablespaces go; default: each to the path that it has on the server. */
  readonly tablespaces?: readonly TablespaceTarget[] | undefined;
  /** Directory for all tablespaces that no mapping names, each in a folder named by its oid. */
  readonly allTablespaces?: string | undefined;
}

export interface PlainExport {
  readonly kind: 'plain';
  readonly files: number;
  readonly writtenBytes: number;
  /** Those that are not in the data directory itself. */
  readonly tablespaces: readonly Pick<PlacedTablespace, 'oid' | 'directory'>[];
  /** Mappings that name no tablespace of the backup. */
  readonly unusedMappings: readonly string[];
}

/** What a plain export reads and where it goes. */
export interface PlainOrder {
  readonly instance: Instance;
  readonly commit: Commit;
  readonly directory: string;
  readonly form: PlainForm;
  readonly wal: NeededWal;
  /** The content of the manifest; undefined: the backup has none. */
  readonly manifest: ((options: { readonly signal: AbortSignal }) => ByteSource) | undefined;
}

/** It names the places of the source: a plain backup has links in its stead, as of a server that was not asked for it. */
const tablespaceMap = 'tablespace_map' as ByteString;

/**
 * Writes a backup as directories, planned like a restore: the data directory with its WAL, and those of the tablespaces.
 * @throws BackupError as `prepareRestore`; `TARGET_NOT_EMPTY`, `LOCKED`, `CORRUPT`, `STORAGE_UNAVAILABLE`
 */
export async function exportPlain(order: PlainOrder, signal: AbortSignal): Promise<PlainExport> {
  const { instance, commit, directory, form } = order;
  const path = fromText(directory);
  requireEmpty(path, await directoryState(path, isLockName));
  const stored = { name: commit.name, root: commit.root, storedAtMs: undefined };
  const storage = new StoredBackups(`${instance.storage.description}: ${instance.name}`, instance.storage, [stored]);
  const { tablespaces, allTablespaces } = form;
  const from = { kind: 'storage', storage, folder: `${commit.name}/` } as const;
  const request = { from, directory, tablespaces, allTablespaces };
  const noRoomHint = say('exporting.no-room.hint');
  const prepared = await prepareRestore(request, { signal, ownWal: false, noRoomHint });
  const { plan } = prepared;
  const outside = plan.tablespaces.filter(({ isInside }) => !isInside);
  const paths = [plan.directory, ...outside.map(({ directory: place }) => place)];
  const filled = await fillDirectories(paths, { mode: plan.modeMask, signal }, () => fill(prepared, order, signal));
  return {
    kind: 'plain',
    ...filled,
    tablespaces: outside,
    unusedMappings: unusedMappings(request, plan.source),
  };
}

async function fill(
  { plan, source }: PreparedRestore,
  { wal, manifest }: PlainOrder,
  signal: AbortSignal,
): Promise<Filled<{ readonly files: number; readonly writtenBytes: number }>> {
  const trees = new RestoreTrees(plan);
  const control = new HeldControlFile(plan.directory);
  const sink = new PlainSink(
    trees,
    control,
    (name) => name === manifestFileName || name === tablespaceMap || wal.own.has(name),
  );
  await source.deliver(sink, { signal, onBytes: () => undefined });
  for (const { oid, link } of plan.tablespaces) {
    if (link !== undefined) await trees.base.makeLink(`pg_tblspc/${oid}` as ByteString, link);
  }
  const fileMode = 0o640 & plan.modeMask;
  for await (const { header, content } of wal.members(signal)) {
    await sink.own(`${wal.directory}/${header.name}` as ByteString, fileMode, content);
  }
  const held: HeldFile[] = [];
  if (manifest !== undefined) {
    const provisional = `${manifestFileName}${unfinishedSuffix}` as ByteString;
    await sink.own(provisional, fileMode, withoutMap(plan, manifest({ signal })));
    held.push({
      from: joinPath(plan.directory, provisional),
      to: joinPath(plan.directory, fromText(manifestFileName)),
    });
  }
  if (control.held !== undefined) held.push(control.held);
  return { result: { files: sink.files, writtenBytes: sink.writtenBytes }, held };
}

/** The manifest of what is written: the map is not, so that it must not be listed. */
async function* withoutMap({ source }: RestorePlan, content: ByteSource): ByteSource {
  if (source.manifest?.files.has(tablespaceMap) !== true) {
    yield* content;
    return;
  }
  const omitted = new OmittedEntries(new Set([tablespaceMap]));
  const summed = new ManifestExtension([]);
  for await (const piece of content) yield summed.push(omitted.push(piece));
  omitted.finish();
  yield summed.finish();
}
