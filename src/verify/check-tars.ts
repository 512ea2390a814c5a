import { statSync } from 'node:fs';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { inPlace, relativeLocation, requireWalArchive } from '../content/backup-identity.ts';
import type { ContentPart } from '../content/content-names.ts';
import { cutInArchive, isCutLocation } from '../content/cut-tablespaces.ts';
import { linkedTars } from '../content/linked-tars.ts';
import { isLeftByRun, leftByRuns, shownNames } from '../content/left-by-runs.ts';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { fsPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import { classifyPageFile, type PageFormat } from '../pages/page-file.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import { familyOfTar } from '../server/tar-family.ts';
import type { TarFormat, Member, MemberHeader } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import type { TablespaceMapEntry } from '../wal/tablespace-map.ts';
import { ContentCheck } from './check-file.ts';
import type { PageRule } from './page-rule.ts';
import type { Examination, Examined } from './examination.ts';
import { FirstFinding, type Findings } from './findings.ts';
import { originalOf } from '../incremental/incremental-file.ts';
import { isListedWal } from './ignored-paths.ts';
import { incrementalName } from './incremental-name.ts';
import {
  checkInstance,
  checkVersion,
  pagesNotJudged,
  usualBlockSizeBytes,
  usualBlocksPerSegment,
  type InstanceCheck,
} from './instance-check.ts';
import { isInstanceFile, type InstanceFiles } from './instance-files.ts';
import { openTar } from './open-tar.ts';
import type { PlannedTar, VerifyPlan, WalArchive } from './plan.ts';
import type { TablespaceLink } from './survey-directory.ts';
import { failedCall, systemReason } from './system-reason.ts';
import { readTablespaceMap, warnOfPlaces } from './tablespaces.ts';

/** Checks a tar format backup in one pass over its archives. */
export async function checkTars(examination: Examination): Promise<Examined> {
  const { plan, manifestCheck, ignored, findings, names, progress } = examination;
  const { walArchive } = plan;
  const left = leftByRuns(plan.root, ['' as ByteString]);
  if (left.length > 0) findings.warning(say('content.left-by-run', { names: shownNames(left) }));
  for (const name of plan.unexpected)
    if (!isLeftByRun(fromText(name))) findings.damage(say('verify.unexpected-archive', { path: name }));
  for (const { sentence } of linkedTars(plan.root)) findings.damage(sentence);
  for (const { name, other } of plan.repeated) findings.damage(say('verify.archive-twice', { path: name, other }));
  const [base, ...others] = plan.archives;
  const hasBase = base?.tablespace === undefined && base !== undefined;
  if (!hasBase) findings.damage(say('verify.no-base-archive', { path: display(plan.root) }));
  // The WAL archive is read when its segments are, unless they are elsewhere.
  const walToRead = ownWalArchive(plan) === undefined ? walArchive : undefined;
  const read = [...plan.archives, ...(walToRead === undefined ? [] : [walToRead])];
  progress.begin(read.reduce((sum, { path }) => sum + sizeOf(path), 0));
  const pass = new TarPass(examination);
  if (hasBase) await pass.read(base);
  const { instanceFiles, format } = pass;
  const instanceCheck: InstanceCheck = {
    files: instanceFiles,
    manifest: manifestCheck.manifest,
    ignored,
    findings,
    controlPath: `${base?.name ?? 'base.tar'}: global/pg_control`,
    format,
    readsContent: plan.readContent,
  };
  const facts = checkInstance(instanceCheck);
  checkVersion(instanceCheck);
  const tablespaces = plan.archives.flatMap(({ tablespace }) => tablespace ?? []);
  pass.place(tablespaces, facts.rules, readTablespaceMap(instanceFiles, facts.rules, findings));
  for (const archive of hasBase ? others : plan.archives) await pass.read(archive);
  if (walToRead !== undefined) await pass.readHeaders(walToRead);
  progress.finish();
  manifestCheck.finishNames(ignored);
  attempt(findings, () => requireWalArchive(walArchive, facts.rules));
  const lacking = facts.rules.mayBeEmpty.filter((name) => !names.hasDirectory(name));
  if (hasBase && lacking.length > 0) findings.warning(say('verify.lacks-directories', { names: lacking.join(', ') }));
  return { ...facts, ...pass.totals, links: pass.links, pagesNotJudged: pagesNotJudged(facts.control, 'tar') };
}

/** The archive with the WAL that is read to prove the backup, if it is one of its own. */
export function ownWalArchive({ wal, walArchive }: VerifyPlan): WalArchive | undefined {
  return wal?.kind === 'archive' && wal.path === walArchive?.path ? walArchive : undefined;
}

/** Judges the headers of the WAL archive's members. */
export function headerJudge({ names, findings }: Examination, archive: WalArchive): (header: MemberHeader) => void {
  const part = { oid: undefined, prefix: `${archive.directory}/` };
  return (header) => {
    attempt(findings, () => {
      names.member(part, header);
    });
  };
}

/** What ended the reading of an archive, as a finding. */
export function reportArchive({ findings, signal }: Examination, { name }: { name: string }, error: unknown): void {
  signal.throwIfAborted();
  if (error instanceof FirstFinding) throw error;
  if (failedCall(error) !== undefined) {
    findings.damage(say('verify.open-file', { path: name, reason: systemReason(error) }), 'STORAGE_UNAVAILABLE');
  } else if (error instanceof BackupError || systemCodeOf(error)?.startsWith('Z_') === true) {
    findings.damage(say('verify.archive-damaged', { archive: name, reason: reasonFor(error) }));
  } else {
    throw error;
  }
}

/** @returns whether nothing was wrong */
function attempt(findings: Findings, judge: () => void): boolean {
  try {
    judge();
    return true;
  } catch (error) {
    findings.fault(error);
    return false;
  }
}

function sizeOf(path: ByteString): number {
  return statSync(fsPath(path), { throwIfNoEntry: false })?.size ?? 0;
}

class TarPass {
  readonly instanceFiles: InstanceFiles = new Map();
  readonly links: TablespaceLink[] = [];
  readonly totals = { files: 0, bytes: 0 };
  format: TarFormat = 'tar';
  /** Of tablespaces, as links in the base archive say. */
  readonly #locations = new Map<number, ByteString>();
  /** Of those, the ones that are relative to the data directory, as they say. */
  readonly #relativeLinks = new Map<number, ByteString>();
  /** Paths below the data directory of tablespaces that are inside it. */
  readonly #inside = new Map<number, ByteString>();
  readonly #examination: Examination;
  /** Which names and page rules apply; the wider ones until something tells. pg_control, which would, comes last. */
  #pageFormat: PageFormat = 'opengauss';

  constructor(examination: Examination) {
    this.#examination = examination;
  }

  async read(archive: PlannedTar): Promise<void> {
    await this.#members(archive, (member) => this.#member(archive, member));
  }

  /** Reads an archive for its structure and names only. */
  async readHeaders(archive: WalArchive): Promise<void> {
    const judge = headerJudge(this.#examination, archive);
    await this.#members(archive, ({ header }) => {
      judge(header);
      return Promise.resolve();
    });
  }

  /** Where a restore would put the tablespaces: told by the base archive, which has been read. */
  place(oids: readonly number[], rules: RestoreRules, map: readonly TablespaceMapEntry[] | undefined): void {
    const { findings, names } = this.#examination;
    for (const { oid } of map ?? []) {
      if (!oids.includes(oid)) findings.damage(say('verify.tablespace-missing', { oid }));
    }
    warnOfPlaces(map ?? [], findings);
    for (const oid of new Set(oids)) {
      // One in place is in no map, but in the manifest, which proves the map as well.
      if (map !== undefined && !map.some((entry) => entry.oid === oid) && !this.#isListed(oid)) {
        const archive = this.#examination.plan.archives.find(({ tablespace }) => tablespace === oid)?.name ?? '';
        findings.damage(say('verify.tablespace-unknown', { archive, oid }));
      }
      const cut = map?.some((entry) => entry.oid === oid) === true ? undefined : this.#relativeLinks.get(oid);
      if (cut !== undefined && isCutLocation(cut, rules)) {
        const archive = this.#examination.plan.archives.find(({ tablespace }) => tablespace === oid)?.name ?? '';
        findings.fault(cutInArchive(oid, cut, archive));
        attempt(findings, () => names.tablespaceLink(oid));
        continue;
      }
      const location = map?.find((entry) => entry.oid === oid)?.path ?? this.#locations.get(oid);
      const inside = location === undefined ? inPlace(oid) : relativeLocation(location, rules);
      if (inside !== undefined) this.#inside.set(oid, inside);
      if (inside !== inPlace(oid)) attempt(findings, () => names.tablespaceLink(oid));
    }
  }

  #isListed(oid: number): boolean {
    const prefix = `${inPlace(oid)}/`;
    for (const path of this.#examination.manifestCheck.manifest?.files.keys() ?? []) {
      if (path.startsWith(prefix)) return true;
    }
    return false;
  }

  async #members(
    archive: { readonly name: string; readonly path: ByteString },
    visit: (member: Member) => Promise<void>,
  ): Promise<void> {
    const { progress, signal } = this.#examination;
    try {
      const source = openTar(archive, { signal, onBytes: (count) => progress.add(count) });
      const onFormat = (format: TarFormat): void => {
        this.format = format;
      };
      for await (const member of readMembers(source, 'detect', { signal, onFormat })) await visit(member);
    } catch (error) {
      reportArchive(this.#examination, archive, error);
    }
  }

  async #member(archive: PlannedTar, { header, content }: Member): Promise<void> {
    const { manifestCheck, tally, plan, names, findings, progress } = this.#examination;
    const path = `${archive.prefix}${header.name}` as ByteString;
    if (!attempt(findings, () => names.member(this.#part(archive), header))) return;
    if (header.type === 'symlink' || header.type === 'relativeSymlink') {
      const oid = /^pg_tblspc\/([0-9]+)$/.exec(path)?.[1];
      if (oid !== undefined) {
        this.links.push({ oid: Number(oid), target: display(header.linkName) });
        const isRelative = header.type === 'relativeSymlink';
        if (isRelative) this.#relativeLinks.set(Number(oid), header.linkName);
        this.#locations.set(Number(oid), (isRelative ? `/${header.linkName}` : header.linkName) as ByteString);
      }
    }
    if (header.type !== 'file' || this.#isPassedOver(path)) return;
    this.totals.files += 1;
    this.totals.bytes += header.size;
    manifestCheck.found(path, header.size, { name: archive.name, shown: header.name });
    const kept: Uint8Array[] = [];
    const isKept = isInstanceFile(path);
    const check = new ContentCheck({
      algorithm: plan.readContent ? manifestCheck.algorithmFor(path) : 'NONE',
      pages: plan.readContent ? this.#pageRule(path) : undefined,
      incremental: plan.readContent ? incrementalName(path) : undefined,
    });
    for await (const piece of content) {
      check.update(piece);
      if (isKept) kept.push(Buffer.from(piece));
    }
    const result = check.finish();
    progress.endFile();
    if (plan.readContent) {
      manifestCheck.content(path, result, archive.name);
      tally.checked(path, result);
      if (result.fault !== undefined) findings.damage(result.fault);
    }
    if (isKept) this.#keep(path, Buffer.concat(kept));
  }

  #part({ tablespace: oid, prefix }: PlannedTar): ContentPart {
    const inside = oid === undefined ? undefined : this.#inside.get(oid);
    if (inside !== undefined) return { oid: undefined, prefix: `${inside}/` };
    return { oid, prefix: oid === undefined ? prefix : '' };
  }

  /** WAL is proved in another way; but what the manifest lists of it a restore compares, as any file. */
  #isPassedOver(path: ByteString): boolean {
    const { ignored, plan, manifestCheck } = this.#examination;
    if (!ignored.has(path)) return false;
    return !isListedWal(path, plan.ignored, manifestCheck.manifest);
  }

  #keep(path: ByteString, bytes: Buffer): void {
    if (!isInstanceFile(path)) return;
    this.instanceFiles.set(path, bytes);
    if (path !== 'backup_label') return;
    this.#pageFormat = familyOfTar({ format: this.format, versionFile: undefined, label: bytes }) ?? this.#pageFormat;
  }

  #pageRule(path: ByteString): PageRule | undefined {
    const file = classifyPageFile(originalOf(path) ?? path, this.#pageFormat, usualBlocksPerSegment);
    if (file.kind === 'unjudged') this.#examination.tally.leftOut(file.reason);
    if (file.kind !== 'pages') return undefined;
    return { format: this.#pageFormat, blockSizeBytes: usualBlockSizeBytes, firstBlock: file.firstBlock };
  }
}
