import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { decompressDetected } from '../compression/decompress.ts';
import { BackupError, reasonOf } from '../errors/backup-error.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { readManifest } from '../manifest/reader.ts';
import { say } from '../messages/message.ts';
import type { SetArchive, TarSet } from '../repository/tar-set.ts';
import { familyOfArchive } from '../server/archive-family.ts';
import { readControlFile } from '../server/control-file.ts';
import type { ServerFamily } from '../server/identity.ts';
import { restoreRulesOf, type RestoreRules } from '../server/restore-rules.ts';
import type { Storage } from '../storage/storage.ts';
import { staysInside } from '../tar/link-target.ts';
import type { ArchiveFormat, Member } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import {
  mapEntries,
  noteLimit,
  notedFiles,
  relativeLocation,
  requireLabel,
  statesTimeline,
} from './backup-identity.ts';
import { ConfigurationNotes } from './configuration-notes.ts';
import type { SourceFacts, SourceTablespace } from './facts.ts';
import { runLanes } from './lanes.ts';
import type { BackupSource, DeliverOptions, FactsWanted, RestoreSink } from './source.ts';

/** Archives read at the same time; each is decompressed in parallel in itself where its format allows it. */
const lanes = 2;
const accessFiles: readonly string[] = ['pg_hba.conf', 'pg_ident.conf'];
const walDirectories: readonly string[] = ['pg_wal', 'pg_xlog'];

export interface ArchiveSourceOptions {
  readonly storage: Storage;
  readonly set: TarSet;
  readonly description: string;
  /** Real path of a local directory. */
  readonly localPath: ByteString | undefined;
  readonly owner: SourceFacts['owner'];
}

/** A backup in tar format, standard or of openGauss's own, compressed or not, in any storage. */
export class ArchiveSource implements BackupSource {
  readonly #options: ArchiveSourceOptions;

  constructor(options: ArchiveSourceOptions) {
    this.#options = options;
  }

  async facts({ identity, configuration, signal }: FactsWanted): Promise<SourceFacts> {
    const { set, description, localPath, owner } = this.#options;
    if (set.repeated[0] !== undefined) {
      throw new BackupError('CORRUPT', say('restore.archive-twice', { name: set.repeated[0] }));
    }
    const manifest = await this.#manifest(signal);
    const wholly = configuration || (identity && manifest?.systemIdentifier === undefined);
    const scan = await this.#scan(wholly, signal);
    const label = requireLabel(scan.notes.get('backup_label'), description);
    const rules = restoreRulesOf(scan.family ?? 'postgresql', statesTimeline(scan.notes.get('backup_label')));
    const controlBytes = scan.notes.get('global/pg_control');
    if (wholly && controlBytes === undefined) {
      throw new BackupError('CORRUPT', say('restore.no-control', { backup: description }));
    }
    const control = controlBytes === undefined ? undefined : readControlFile(controlBytes);
    const { base, wal, tablespaces } = set;
    return {
      description,
      format: 'tar',
      localPaths: localPath === undefined ? [] : [localPath],
      rules,
      label,
      systemIdentifier: manifest?.systemIdentifier ?? control?.systemIdentifier,
      manifest,
      tablespaces: this.#tablespaces(scan, rules),
      totalBytes: [base, ...(wal === undefined ? [] : [wal]), ...tablespaces].reduce((sum, a) => sum + a.sizeBytes, 0),
      owner,
      groupAccess: scan.groupAccess,
      configuration: scan.isWhole
        ? {
            main: textOf(scan.notes.get('postgresql.conf')),
            overriding: rules.overridingFile === undefined ? undefined : textOf(scan.notes.get(rules.overridingFile)),
            outside: scan.outside.configuration(),
            hasHba: scan.hasFile('pg_hba.conf'),
            hasIdent: scan.hasFile('pg_ident.conf'),
            limits: control?.limits,
          }
        : undefined,
      limits: control?.limits,
      slots: scan.isWhole ? [...scan.slots].sort() : undefined,
      versionDirectories: scan.isWhole ? await this.#versionDirectories(signal) : undefined,
    };
  }

  async deliver(sink: RestoreSink, { signal, onBytes }: DeliverOptions): Promise<void> {
    const { set } = this.#options;
    const parts: Part[] = [
      { archive: set.base, oid: undefined, prefix: '' },
      ...set.tablespaces.map((archive) => ({ archive, oid: archive.oid, prefix: '' })),
      ...(set.wal === undefined ? [] : [{ archive: set.wal, oid: undefined, prefix: `${set.wal.directory}/` }]),
    ];
    await runLanes(parts, lanes, async (part) => {
      try {
        for await (const member of this.#members(part.archive, signal, { onBytes })) {
          await deliverMember(sink, part, member);
        }
      } catch (error) {
        throw this.#named(part.archive, error);
      }
    });
  }

  #members(
    archive: SetArchive,
    signal: AbortSignal,
    more: { onBytes?: (count: number) => void; onFormat?: (format: ArchiveFormat) => void } = {},
  ): AsyncGenerator<Member, void, undefined> {
    const { onBytes = () => undefined, onFormat } = more;
    const stored = counted(this.#options.storage.get(archive.name, { signal }), onBytes);
    return readMembers(decompressDetected(stored, { signal }), 'detect', { signal, onFormat });
  }

  /** Reads the base archive: its head, which tells where everything goes, or all of it. */
  async #scan(wholly: boolean, signal: AbortSignal): Promise<Scan> {
    const scan = new Scan(this.#options.set);
    const onFormat = (format: ArchiveFormat): void => {
      scan.format = format;
    };
    try {
      for await (const member of this.#members(this.#options.set.base, signal, { onFormat })) {
        await scan.take(member);
        if (!wholly && scan.headIsComplete) return scan;
      }
    } catch (error) {
      throw this.#named(this.#options.set.base, error);
    }
    scan.isWhole = true;
    return scan;
  }

  #tablespaces(scan: Scan, rules: RestoreRules): SourceTablespace[] {
    const map = mapEntries(scan.notes.get('tablespace_map'), rules);
    const locations = new Map<number, ByteString>([...scan.links, ...map.map(({ oid, path }) => [oid, path] as const)]);
    const { tablespaces } = this.#options.set;
    for (const { oid } of map) {
      if (!tablespaces.some((archive) => archive.oid === oid)) {
        throw new BackupError('CORRUPT', say('restore.tablespace-archive-missing', { oid }));
      }
    }
    return tablespaces.map(({ oid }) => {
      const location = locations.get(oid);
      const inside = location === undefined ? (`pg_tblspc/${oid}` as ByteString) : relativeLocation(location, rules);
      return { oid, location, linkTarget: undefined, inside };
    });
  }

  async #versionDirectories(signal: AbortSignal): Promise<string[]> {
    const names = new Set<string>();
    for (const archive of this.#options.set.tablespaces) {
      for await (const { header } of this.#members(archive, signal)) {
        names.add(header.name.split('/')[0] ?? '');
        break;
      }
    }
    return [...names];
  }

  async #manifest(signal: AbortSignal): Promise<Manifest | undefined> {
    const { set, storage } = this.#options;
    if (set.manifest === undefined) return undefined;
    return readManifest(storage.get(set.manifest.name, { signal }), { signal });
  }

  /** The error of an archive with the archive's name. */
  #named(archive: SetArchive, error: unknown): unknown {
    if (!(error instanceof BackupError) || error.code !== 'CORRUPT') return error;
    // What was found in the archive names itself; only what is wrong with the archive needs its name.
    if (/^(?:restore|unpack|files|manifest)\./.test(error.sentence.key)) return error;
    return new BackupError(
      'CORRUPT',
      say('restore.archive-damaged', { archive: archive.name, reason: reasonOf(error) }),
      {
        hint: error.hint,
        context: { ...error.context, archive: archive.name },
        cause: error,
      },
    );
  }
}

interface Part {
  readonly archive: SetArchive;
  readonly oid: number | undefined;
  readonly prefix: string;
}

async function deliverMember(sink: RestoreSink, { oid, prefix }: Part, { header, content }: Member): Promise<void> {
  const name = (prefix + header.name) as ByteString;
  if (!sink.wants(oid, name)) return;
  switch (header.type) {
    case 'directory':
      await sink.directory(oid, name, header.mode & 0o777);
      return;
    case 'file':
      await sink.file(oid, { name, mode: header.mode & 0o777, sizeBytes: header.size, content });
      return;
    case 'symlink':
    case 'relativeSymlink':
      if (oid === undefined && walDirectories.includes(name)) await sink.directory(oid, name, 0o700);
      // Links of tablespaces are made from the plan.
      else if (oid === undefined && /^pg_tblspc\/\d+$/.test(name)) return;
      else if (header.type === 'symlink' && staysInside(name, header.linkName)) {
        await sink.link(oid, name, header.linkName);
      } else {
        const values = { member: display(name), target: display(header.linkName) };
        throw new BackupError('CORRUPT', say('unpack.link-outside', values), { hint: say('unpack.hostile.hint') });
      }
      return;
    case 'hardlink':
    case 'other':
      throw new BackupError('CORRUPT', say('unpack.member-type', { member: display(name), type: header.type }), {
        hint: say('unpack.hostile.hint'),
      });
  }
}

/** What was seen of a base archive. */
class Scan {
  readonly notes = new Map<string, Buffer>();
  readonly links = new Map<number, ByteString>();
  readonly slots = new Set<ByteString>();
  readonly outside = new ConfigurationNotes();
  readonly #accessFiles = new Set<string>();
  groupAccess = false;
  format: ArchiveFormat = 'tar';
  isWhole = false;
  readonly #set: TarSet;
  #members = 0;

  constructor(set: TarSet) {
    this.#set = set;
  }

  async take({ header, content }: Member): Promise<void> {
    this.#members += 1;
    const { name } = header;
    const slot = /^pg_replslot\/([^/]+)$/.exec(name)?.[1];
    if (slot !== undefined) this.slots.add(slot as ByteString);
    const oid = /^pg_tblspc\/([1-9]\d{0,9})$/.exec(name)?.[1];
    const isLink = header.type === 'symlink' || header.type === 'relativeSymlink';
    if (oid !== undefined && isLink) {
      const isRelative = header.type === 'relativeSymlink';
      this.links.set(Number(oid), (isRelative ? `/${header.linkName}` : header.linkName) as ByteString);
    }
    if (header.type === 'file' && accessFiles.includes(name)) this.#accessFiles.add(name);
    if (header.type === 'file' && this.outside.wants(name, header.size)) {
      this.outside.add(name, await bytesOf(content));
    }
    if (header.type !== 'file' || !notedFiles.includes(name)) return;
    if (header.size > noteLimit) {
      throw new BackupError('CORRUPT', say('restore.note-too-large', { name: display(name), limit: noteLimit }));
    }
    this.notes.set(name, await bytesOf(content));
    if (name === 'backup_label') this.groupAccess = (header.mode & 0o040) !== 0;
  }

  hasFile(name: string): boolean {
    return this.#accessFiles.has(name);
  }

  /** The label comes first, the map behind it. */
  get headIsComplete(): boolean {
    if (this.#members < 2 || !this.notes.has('backup_label')) return false;
    const map = this.notes.get('tablespace_map');
    if (map === undefined && this.#set.tablespaces.length > 0) return false;
    const lines = map === undefined ? 0 : map.toString('latin1').split('\n').length - 1;
    return lines >= this.#set.tablespaces.length && this.family !== undefined;
  }

  get family(): ServerFamily | undefined {
    const version = this.notes.get('PG_VERSION');
    const known = familyOfArchive({ format: this.format, versionFile: version && fromBytes(version) });
    return known ?? (statesTimeline(this.notes.get('backup_label')) ? 'postgresql' : undefined);
  }
}

async function bytesOf(content: ByteSource): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function* counted(source: ByteSource, onBytes: (count: number) => void): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    onBytes(piece.length);
    yield piece;
  }
}

function textOf(bytes: Uint8Array | undefined): ByteString | undefined {
  return bytes === undefined ? undefined : fromBytes(bytes);
}
