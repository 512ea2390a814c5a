import type { ByteSource } from '../bytes/byte-reader.ts';
import { display, fromBytes, type ByteString } from '../bytes/byte-string.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { SkippedBytes } from '../bytes/skipped-bytes.ts';
import { BackupError } from '../errors/backup-error.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { readManifest } from '../manifest/reader.ts';
import { say } from '../messages/message.ts';
import type { SetTar, TarSet } from '../wal-archive/tar-set.ts';
import { familyOfTar } from '../server/tar-family.ts';
import { readControlFile } from '../server/control-file.ts';
import type { ServerFamily } from '../server/identity.ts';
import { restoreRulesOf, type RestoreRules } from '../server/restore-rules.ts';
import type { TarFormat, Member } from '../tar/member.ts';
import {
  contentMissing,
  inPlace,
  mapEntries,
  noteLimit,
  notedFiles,
  relativeLocation,
  requireLabel,
  requireVersion,
  requireWalArchive,
} from '../content/backup-identity.ts';
import { ContentNames, isTablespaceLink, walDirectories, type ContentPart } from '../content/content-names.ts';
import { isCutLocation } from '../content/cut-tablespaces.ts';
import { leftByRuns } from '../content/left-by-runs.ts';
import { statesTimeline } from '../wal/backup-label.ts';
import type { TablespaceMapEntry, TablespaceMapEscape } from '../wal/tablespace-map.ts';
import { ConfigurationNotes } from './outside-configuration.ts';
import type { SourceFacts, SourceTablespace } from './source-facts.ts';
import { runLanes } from './lanes.ts';
import type { BackupSource, DeliverOptions, FactsWanted, RestoreSink } from './backup-source.ts';

/** Archives read at the same time; each is decompressed in parallel in itself where its format allows it. */
const lanes = 2;
const accessFiles: readonly string[] = ['pg_hba.conf', 'pg_ident.conf'];

/** Reads the tars of a set: as files of a storage, or as a repository makes them of what it holds. */
export interface TarReading {
  members(archive: SetTar, options: MemberOptions): AsyncGenerator<Member, void, undefined>;
  /** The bytes of the manifest of the set. */
  manifest(options: { readonly signal: AbortSignal }): ByteSource;
  /** Not even what is passed over costs a reading. */
  readonly isIndexed: boolean;
}

export interface MemberOptions {
  readonly signal: AbortSignal;
  /** Told of bytes read, as they are stored. */
  readonly onBytes?: ((count: number) => void) | undefined;
  readonly onFormat?: ((format: TarFormat) => void) | undefined;
  /** What nobody reads need not be made. */
  readonly skipped?: SkippedBytes | undefined;
  /** Nearly all of it will be read: it may be made before it is asked for. */
  readonly isWhole?: boolean | undefined;
}

export interface TarSourceOptions {
  readonly reading: TarReading;
  readonly set: TarSet;
  readonly description: string;
  /** Real path of a local directory. */
  /** What it is called for people; default `tar`. */
  readonly format?: 'repository' | undefined;
  readonly localPath: ByteString | undefined;
  readonly owner: SourceFacts['owner'];
}

/** A backup in tar format, standard or of openGauss's own, compressed or not, in any storage. */
export class TarSource implements BackupSource {
  readonly #options: TarSourceOptions;
  #spaces: readonly SourceTablespace[] = [];
  #mapEscape: TablespaceMapEscape = 'all';

  constructor(options: TarSourceOptions) {
    this.#options = options;
  }

  async facts({ identity, configuration, signal }: FactsWanted): Promise<SourceFacts> {
    const { set, description, localPath, owner } = this.#options;
    if (localPath !== undefined) leftByRuns(localPath, ['' as ByteString]);
    if (set.repeated[0] !== undefined) {
      throw new BackupError('CORRUPT', say('restore.archive-twice', { name: set.repeated[0] }));
    }
    const manifest = await this.#manifest(signal);
    const { isIndexed } = this.#options.reading;
    const wholly = isIndexed || configuration || (identity && manifest?.systemIdentifier === undefined);
    const scan = await this.#scan(wholly, signal);
    const label = requireLabel(scan.notes.get('backup_label'), description);
    const rules = restoreRulesOf(scan.family, statesTimeline(scan.notes.get('backup_label')));
    const controlBytes = scan.notes.get('global/pg_control');
    if (wholly && controlBytes === undefined) {
      throw new BackupError('CORRUPT', say('restore.no-control', { backup: description }));
    }
    const control = controlBytes === undefined ? undefined : readControlFile(controlBytes);
    const { base, wal, tablespaces } = set;
    requireWalArchive(wal, rules);
    this.#spaces = this.#tablespaces(scan, rules);
    return {
      description,
      format: this.#options.format ?? 'tar',
      localPaths: localPath === undefined ? [] : [localPath],
      rules,
      label,
      systemIdentifier: manifest?.systemIdentifier ?? control?.systemIdentifier,
      manifest,
      tablespaces: this.#spaces,
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
    const names = new ContentNames();
    for (const { oid, inside } of this.#spaces) if (inside !== inPlace(oid)) names.tablespaceLink(oid);
    await runLanes(parts, Math.min(lanes, sink.filesAtOnce), async (part) => {
      const place = contentPart(part, this.#spaces);
      for await (const member of this.#members(part.archive, signal, { onBytes, isWhole: true })) {
        names.member(place, member.header);
        const isMap = part.archive === set.base && member.header.name === 'tablespace_map';
        await deliverMember(sink, part, isMap ? await this.#checkedMap(member) : member);
      }
    });
    for (const name of names.missing()) throw contentMissing(name, this.#options.description);
  }

  /** It may come behind the head that was read for the plan. */
  async #checkedMap({ header, content }: Member): Promise<Member> {
    const bytes = await bytesOf(content);
    this.#mapEntries(bytes);
    return { header, content: onePiece(bytes) };
  }

  #mapEntries(bytes: Uint8Array | undefined): TablespaceMapEntry[] {
    const map = mapEntries(bytes, { mapEscape: this.#mapEscape });
    for (const { oid } of map) {
      if (this.#options.set.tablespaces.some((archive) => archive.oid === oid)) continue;
      throw new BackupError('CORRUPT', say('restore.tablespace-archive-missing', { oid }));
    }
    return map;
  }

  #members(archive: SetTar, signal: AbortSignal, more: Omit<MemberOptions, 'signal'> = {}): AsyncGenerator<Member> {
    return this.#options.reading.members(archive, { signal, ...more });
  }

  /** Reads the base archive: its head, which tells where everything goes, or all of it. */
  async #scan(wholly: boolean, signal: AbortSignal): Promise<Scan> {
    const scan = new Scan(this.#options.set);
    const onFormat = (format: TarFormat): void => {
      scan.format = format;
    };
    for await (const member of this.#members(this.#options.set.base, signal, {
      onFormat,
      skipped: new SkippedBytes(),
    })) {
      await scan.take(member);
      if (!wholly && scan.headIsComplete) return scan;
    }
    scan.isWhole = true;
    return scan;
  }

  #tablespaces(scan: Scan, rules: RestoreRules): SourceTablespace[] {
    this.#mapEscape = rules.mapEscape;
    const map = this.#mapEntries(scan.notes.get('tablespace_map'));
    const locations = new Map<number, ByteString>([...scan.links, ...map.map(({ oid, path }) => [oid, path] as const)]);
    const { tablespaces } = this.#options.set;
    return tablespaces.map(({ oid, name }) => {
      const linkName = map.some((entry) => entry.oid === oid) ? undefined : scan.relativeLinks.get(oid);
      if (linkName !== undefined && isCutLocation(linkName, rules)) {
        return { oid, location: undefined, linkTarget: undefined, inside: undefined, cut: { linkName, archive: name } };
      }
      const location = locations.get(oid);
      const inside = location === undefined ? inPlace(oid) : relativeLocation(location, rules);
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
    const { set, reading } = this.#options;
    if (set.manifest === undefined) return undefined;
    return readManifest(reading.manifest({ signal }), { signal });
  }
}

interface Part {
  readonly archive: SetTar;
  readonly oid: number | undefined;
  readonly prefix: string;
}

async function deliverMember(sink: RestoreSink, { oid, prefix }: Part, { header, content }: Member): Promise<void> {
  const name = (prefix + header.name) as ByteString;
  if (!sink.wants(oid, name)) return;
  switch (header.type) {
    case 'directory':
      await sink.directory(oid, name, header.mode & 0o777, header.mtime);
      return;
    case 'file':
      await sink.file(oid, {
        name,
        mode: header.mode & 0o777,
        sizeBytes: header.size,
        mtimeSeconds: header.mtime,
        content: oid === undefined && name === 'PG_VERSION' ? ofRelease(content) : content,
      });
      return;
    case 'symlink':
    case 'relativeSymlink':
      if (oid === undefined && walDirectories.includes(name)) await sink.directory(oid, name, 0o700);
      // Links of tablespaces are made from the plan.
      else if (oid !== undefined || !isTablespaceLink(name)) await sink.link(oid, name, header.linkName);
      return;
    case 'hardlink':
    case 'other':
      // Refused by ContentNames.
      return;
  }
}

/** Where the names of an archive belong: those of a tablespace inside the data directory are names of that. */
function contentPart({ oid, prefix }: Part, spaces: readonly SourceTablespace[]): ContentPart {
  const inside = spaces.find((space) => space.oid === oid)?.inside;
  return oid === undefined || inside === undefined ? { oid, prefix } : { oid: undefined, prefix: `${inside}/` };
}

async function* ofRelease(content: ByteSource): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(Buffer.from(piece));
  const whole = Buffer.concat(pieces);
  requireVersion(whole);
  yield whole;
}

/** What was seen of a base archive. */
class Scan {
  readonly notes = new Map<string, Buffer>();
  readonly links = new Map<number, ByteString>();
  /** Of those, the ones that are relative to the data directory, as they say. */
  readonly relativeLinks = new Map<number, ByteString>();
  readonly slots = new Set<ByteString>();
  readonly outside = new ConfigurationNotes();
  readonly #accessFiles = new Set<string>();
  groupAccess = false;
  format: TarFormat = 'tar';
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
      if (isRelative) this.relativeLinks.set(Number(oid), header.linkName);
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
    return familyOfTar({
      format: this.format,
      versionFile: version && fromBytes(version),
      label: this.notes.get('backup_label'),
    });
  }
}

async function bytesOf(content: ByteSource): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of content) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

function textOf(bytes: Uint8Array | undefined): ByteString | undefined {
  return bytes === undefined ? undefined : fromBytes(bytes);
}
