import { lstatSync, readlinkSync, realpathSync, statSync, type Stats } from 'node:fs';
import { display, fromBytes, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { readRegular } from '../files/open-regular.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { entriesOf, readDirectory } from '../files/read-directory.ts';
import { readPieces } from '../files/read-file.ts';
import { companionFileName, decodeCompanion } from '../manifest/companion.ts';
import { configDirectoryName } from '../manifest/config-origin.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { manifestFileName } from '../manifest/manifest.ts';
import { readManifest } from '../manifest/reader.ts';
import { say } from '../messages/message.ts';
import { familyOfTar } from '../server/tar-family.ts';
import { readControlFile } from '../server/control-file.ts';
import { restoreRulesOf, type RestoreRules } from '../server/restore-rules.ts';
import { statesTimeline } from '../wal/backup-label.ts';
import {
  contentMissing,
  inPlace,
  mapEntries,
  noteLimit,
  requireLabel,
  requireVersion,
} from '../content/backup-identity.ts';
import { isTablespaceLink, walDirectories } from '../content/content-names.ts';
import { cutPlainLink } from '../content/cut-tablespaces.ts';
import { leftByRuns } from '../content/left-by-runs.ts';
import { plainFaults } from '../content/plain-faults.ts';
import { isLinkInData, plainLinks } from '../content/plain-tablespaces.ts';
import { ConfigurationNotes } from './outside-configuration.ts';
import type { SourceFacts, SourceTablespace } from './source-facts.ts';
import { runLanes } from './lanes.ts';
import type { BackupSource, DeliverOptions, FactsWanted, RestoreSink } from './backup-source.ts';
import type { OutsideConfiguration } from './outside-configuration.ts';

/** A backup in plain format: a data directory on this machine. */
export class PlainSource implements BackupSource {
  readonly #root: ByteString;
  #tablespaces: readonly PlainTablespace[] = [];
  #manifestRead: Manifest | undefined;

  /** @param root a directory, without links */
  constructor(root: ByteString) {
    this.#root = root;
  }

  async facts({ signal }: FactsWanted): Promise<SourceFacts> {
    const description = display(this.#root);
    const [fault] = plainFaults(this.#root);
    if (fault !== undefined) throw fault.error;
    const labelBytes = this.#read('backup_label');
    const label = requireLabel(labelBytes, description);
    const controlBytes = this.#read('global/pg_control');
    if (controlBytes === undefined) {
      throw contentMissing('global/pg_control', description);
    }
    const control = readControlFile(controlBytes);
    const versionFile = this.#read('PG_VERSION');
    if (versionFile === undefined) throw contentMissing('PG_VERSION', description);
    requireVersion(versionFile);
    const family = familyOfTar({ format: 'tar', versionFile: fromBytes(versionFile) }) ?? control.family;
    const rules = restoreRulesOf(family, statesTimeline(labelBytes));
    this.#tablespaces = this.#findTablespaces(rules);
    const folders = this.#tablespaces.map(({ oid, inside }) => inside ?? inPlace(oid));
    leftByRuns(this.#root, ['' as ByteString, ...folders]);
    const manifest = await this.#manifest(signal);
    this.#manifestRead = manifest;
    const stats = statSync(fsPath(this.#root));
    const totalBytes = await this.#totalBytes(manifest, signal);
    return {
      description,
      format: 'plain',
      localPaths: [this.#root, ...this.#tablespaces.flatMap(({ content }) => (content === undefined ? [] : [content]))],
      rules,
      label,
      systemIdentifier: control.systemIdentifier,
      manifest,
      tablespaces: this.#tablespaces,
      totalBytes,
      owner: this.#owner(stats),
      groupAccess: (stats.mode & 0o040) !== 0,
      configuration: {
        main: textOf(this.#read('postgresql.conf')),
        overriding: rules.overridingFile === undefined ? undefined : textOf(this.#read(rules.overridingFile)),
        outside: await this.#outside(signal),
        hasHba: isFile(joinPath(this.#root, 'pg_hba.conf')),
        hasIdent: isFile(joinPath(this.#root, 'pg_ident.conf')),
        limits: control.limits,
      },
      limits: control.limits,
      slots: await this.#names('pg_replslot'),
      versionDirectories: await this.#versionDirectories(),
    };
  }

  async deliver(sink: RestoreSink, { signal, onBytes }: DeliverOptions): Promise<void> {
    await runLanes(this.#steps(sink, signal), sink.filesAtOnce, async ({ oid, name, path, stats }) => {
      await sink.file(oid, {
        name,
        mode: stats.mode & 0o777,
        sizeBytes: stats.size,
        mtimeSeconds: Math.floor(stats.mtimeMs / 1000),
        content: readPieces(path, { signal }),
        path,
      });
      onBytes(stats.size);
    });
  }

  /** The files of the whole backup. Directories and links are given to the sink on the way: they come before what is in them. */
  async *#steps(sink: RestoreSink, signal: AbortSignal): AsyncGenerator<FoundFile> {
    yield* this.#walk(sink, { root: this.#root, oid: undefined, prefix: '', signal });
    for (const { oid, content } of this.#tablespaces) {
      if (content !== undefined) yield* this.#walk(sink, { root: content, oid, prefix: '', signal });
    }
  }

  async #outside(signal: AbortSignal): Promise<OutsideConfiguration | undefined> {
    const notes = new ConfigurationNotes();
    const root = joinPath(this.#root, configDirectoryName);
    if (!isDirectory(root)) return undefined;
    for await (const { name, type, stats } of readDirectory(root, { signal })) {
      const whole = `${configDirectoryName}/${name}` as ByteString;
      if (type === 'file' && notes.wants(whole, stats.size)) notes.add(whole, this.#read(whole) ?? Buffer.alloc(0));
    }
    return notes.configuration();
  }

  async *#walk(sink: RestoreSink, { root, oid, prefix, signal }: Walk): AsyncGenerator<FoundFile> {
    for await (const entry of readDirectory(root, { signal })) {
      const name = (prefix + entry.name) as ByteString;
      if (!sink.wants(oid, name)) continue;
      const path = joinPath(root, entry.name);
      switch (entry.type) {
        case 'file':
          yield { oid, name, path, stats: entry.stats };
          break;
        case 'directory':
          await sink.directory(oid, name, entry.stats.mode & 0o777, Math.floor(entry.stats.mtimeMs / 1000));
          break;
        case 'symlink':
          if (oid === undefined && walDirectories.includes(name)) {
            await sink.directory(oid, name, 0o700);
            yield* this.#walk(sink, { root: realPath(path), oid, prefix: `${name}/`, signal });
          } else if (oid !== undefined || !isTablespaceLink(name)) {
            if (oid !== undefined || isLinkInData(name, this.#manifestRead)) {
              throw new BackupError('CORRUPT', say('content.link-in-data', { path: display(name) }));
            }
            await sink.link(oid, name, readLink(path));
          }
          break;
        case 'other':
          break;
      }
    }
  }

  #findTablespaces(rules: RestoreRules): PlainTablespace[] {
    const map = mapEntries(this.#read('tablespace_map'), rules);
    const notes = this.#read(companionFileName);
    const moved = notes === undefined ? [] : (decodeCompanion(notes).tablespaces ?? []);
    return plainLinks(this.#root, rules).map(({ oid, target, inside }) => {
      if (target === undefined) {
        return { oid, location: undefined, linkTarget: undefined, inside: undefined, content: undefined };
      }
      const cut = cutPlainLink(this.#root, { oid, target, inside }, rules);
      if (cut !== undefined) throw cut;
      const location = map.find((entry) => entry.oid === oid)?.path ?? target;
      const content = inside === undefined ? realPath(joinPath(this.#root, inPlace(oid))) : undefined;
      const known = moved.find((entry) => entry.oid === oid);
      const original = known === undefined ? undefined : fromText(known.location);
      return { oid, location, linkTarget: target, original, inside, content };
    });
  }

  async #versionDirectories(): Promise<string[]> {
    const names: string[] = [];
    for (const { content, inside, oid } of this.#tablespaces) {
      const root = content ?? joinPath(this.#root, inside ?? `pg_tblspc/${oid}`);
      for await (const { name } of entriesOf(root)) if (name.startsWith('PG_')) names.push(name);
    }
    return names;
  }

  async #names(directory: string): Promise<ByteString[]> {
    const names: ByteString[] = [];
    const path = joinPath(this.#root, directory);
    if (!isDirectory(path)) return names;
    for await (const { name } of entriesOf(path)) names.push(name as ByteString);
    return names.sort();
  }

  async #totalBytes(manifest: Manifest | undefined, signal: AbortSignal): Promise<number> {
    let total = 0;
    if (manifest !== undefined) for (const { size } of manifest.files.values()) total += size;
    const roots =
      manifest === undefined
        ? [this.#root, ...this.#tablespaces.flatMap(({ content }) => content ?? [])]
        : walDirectories.map((name) => joinPath(this.#root, name)).filter(isDirectory);
    for (const root of roots) {
      for await (const { type, stats } of readDirectory(root, { signal })) if (type === 'file') total += stats.size;
    }
    return total;
  }

  async #manifest(signal: AbortSignal): Promise<Manifest | undefined> {
    const path = joinPath(this.#root, manifestFileName);
    if (lstatSync(fsPath(path), { throwIfNoEntry: false }) === undefined) return undefined;
    return readManifest(readPieces(path, { signal }), { signal });
  }

  #owner(root: Stats): SourceFacts['owner'] {
    const { uid, gid } = statSync(fsPath(joinPath(this.#root, 'PG_VERSION')), { throwIfNoEntry: false }) ?? root;
    return { uid, gid };
  }

  #read(name: string): Buffer | undefined {
    const path = joinPath(this.#root, name);
    try {
      return readRegular(fsPath(path), noteLimit);
    } catch (error) {
      if (systemCodeOf(error) === 'ENOENT') return undefined;
      throw fileFailure('read', path, error);
    }
  }
}

/** A tablespace and the directory with its content; undefined where that lies in the data directory. */
type PlainTablespace = SourceTablespace & { readonly content: ByteString | undefined };

interface Walk {
  readonly root: ByteString;
  readonly oid: number | undefined;
  readonly prefix: string;
  readonly signal: AbortSignal;
}

interface FoundFile {
  readonly oid: number | undefined;
  readonly name: ByteString;
  readonly path: ByteString;
  readonly stats: Stats;
}

function textOf(bytes: Uint8Array | undefined): ByteString | undefined {
  return bytes === undefined ? undefined : fromBytes(bytes);
}

function isFile(path: ByteString): boolean {
  return statSync(fsPath(path), { throwIfNoEntry: false })?.isFile() ?? false;
}

function isDirectory(path: ByteString): boolean {
  return statSync(fsPath(path), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function readLink(path: ByteString): ByteString {
  try {
    return readlinkSync(fsPath(path), { encoding: 'latin1' }) as ByteString;
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

function realPath(path: ByteString): ByteString {
  try {
    return realpathSync.native(fsPath(path), { encoding: 'latin1' }) as ByteString;
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('read', path, error);
    const values = { path: display(path), target: display(readLink(path)) };
    throw new BackupError('CORRUPT', say('restore.dangling-link', values), { cause: error });
  }
}
