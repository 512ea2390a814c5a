import { statSync } from 'node:fs';
import { display, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { fsPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import { classifyPageFile, type PageFormat } from '../pages/page-file.ts';
import type { Member } from '../tar/member.ts';
import { readMembers } from '../tar/read-members.ts';
import { ContentCheck, type PageRule } from './check-file.ts';
import type { Examination, Examined } from './examination.ts';
import {
  checkInstance,
  pagesNotJudged,
  tablespacesOfMap,
  usualBlockSizeBytes,
  usualBlocksPerSegment,
} from './instance-check.ts';
import { isInstanceFile, longestInstanceFileBytes, type InstanceFiles } from './instance-files.ts';
import { openArchive } from './open-archive.ts';
import type { PlannedArchive } from './plan.ts';
import { failedCall, systemReason } from './system-reason.ts';
import type { TablespaceLink } from './survey-directory.ts';

/** Checks a tar format backup in one pass over its archives. */
export async function checkArchives(examination: Examination): Promise<Examined> {
  const { plan, manifestCheck, ignored, findings, progress } = examination;
  for (const name of plan.unexpected) findings.damage(say('verify.unexpected-archive', { path: name }));
  const base = plan.archives.find(({ tablespace }) => tablespace === undefined);
  if (base === undefined) findings.damage(say('verify.no-base-archive', { path: display(plan.root) }));
  reportRepeated(examination);
  progress.begin(plan.archives.reduce((sum, { path }) => sum + sizeOf(path), 0));
  const pass = new ArchivePass(examination);
  for (const archive of plan.archives) await pass.read(archive);
  progress.finish();
  manifestCheck.finishNames(ignored);
  const facts = checkInstance({
    files: pass.instanceFiles,
    manifest: manifestCheck.manifest,
    ignored,
    findings,
    controlPath: `${base?.name ?? 'base.tar'}: global/pg_control`,
  });
  checkTablespaces(examination, pass.instanceFiles);
  return { ...facts, ...pass.totals, links: pass.links, pagesNotJudged: pagesNotJudged(facts.control, 'tar') };
}

function sizeOf(path: ByteString): number {
  return statSync(fsPath(path), { throwIfNoEntry: false })?.size ?? 0;
}

/** The same archive in two compressions: nothing says which one is meant. */
function reportRepeated({ plan, findings }: Examination): void {
  const seen = new Map<number | undefined, string>();
  for (const { name, tablespace } of plan.archives) {
    const other = seen.get(tablespace);
    if (other !== undefined) findings.damage(say('verify.archive-twice', { path: name, other }));
    seen.set(tablespace, name);
  }
}

function checkTablespaces({ plan, findings }: Examination, files: InstanceFiles): void {
  const expected = tablespacesOfMap(files);
  if (expected === undefined) return;
  for (const oid of expected) {
    if (!plan.archives.some(({ tablespace }) => tablespace === oid)) {
      findings.damage(say('verify.tablespace-missing', { oid }));
    }
  }
  for (const { name, tablespace: oid } of plan.archives) {
    if (oid !== undefined && !expected.includes(oid)) {
      findings.damage(say('verify.tablespace-unknown', { archive: name, oid }));
    }
  }
}

class ArchivePass {
  readonly instanceFiles: InstanceFiles = new Map();
  readonly links: TablespaceLink[] = [];
  readonly totals = { files: 0, bytes: 0 };
  readonly #examination: Examination;
  /** Which names and page rules apply; the wider ones until something tells. pg_control, which would, comes last. */
  #format: PageFormat = 'opengauss';

  constructor(examination: Examination) {
    this.#examination = examination;
  }

  async read(archive: PlannedArchive): Promise<void> {
    const { findings, progress, signal } = this.#examination;
    try {
      const source = openArchive(archive, { signal, onBytes: (count) => progress.add(count) });
      for await (const member of readMembers(source, 'detect', { signal })) await this.#member(archive, member);
    } catch (error) {
      signal.throwIfAborted();
      if (failedCall(error) !== undefined) {
        const where = { path: archive.name, reason: systemReason(error) };
        findings.damage(say('verify.open-file', where), 'STORAGE_UNAVAILABLE');
      } else if (error instanceof BackupError || systemCodeOf(error)?.startsWith('Z_') === true) {
        findings.damage(say('verify.archive-damaged', { archive: archive.name, reason: reasonOf(error) }));
      } else {
        throw error;
      }
    }
  }

  async #member(archive: PlannedArchive, { header, content }: Member): Promise<void> {
    const { manifestCheck, ignored, tally, plan } = this.#examination;
    const path = `${archive.prefix}${header.name}` as ByteString;
    if (header.type === 'symlink' || header.type === 'relativeSymlink') {
      const oid = /^pg_tblspc\/([0-9]+)$/.exec(path)?.[1];
      if (oid !== undefined) this.links.push({ oid: Number(oid), target: display(header.linkName) });
    }
    if (header.type !== 'file' || ignored.has(path)) return;
    this.totals.files += 1;
    this.totals.bytes += header.size;
    manifestCheck.found(path, header.size, { name: archive.name, shown: header.name });
    const kept: Uint8Array[] = [];
    const isKept = isInstanceFile(path) && header.size <= longestInstanceFileBytes;
    const check = new ContentCheck(
      plan.readContent ? manifestCheck.algorithmFor(path) : 'NONE',
      plan.readContent ? this.#pageRule(path) : undefined,
    );
    for await (const piece of content) {
      check.update(piece);
      if (isKept) kept.push(Buffer.from(piece));
    }
    const result = check.finish();
    if (plan.readContent) {
      manifestCheck.content(path, result, archive.name);
      tally.checked(path, result);
    }
    if (isKept) this.#keep(path, Buffer.concat(kept));
  }

  #keep(path: ByteString, bytes: Buffer): void {
    if (!isInstanceFile(path)) return;
    this.instanceFiles.set(path, bytes);
    // Only PostgreSQL, from 11 on, writes this line.
    const isPostgresql = path === 'backup_label' && bytes.includes('\nSTART TIMELINE: ');
    if (isPostgresql) this.#format = 'postgresql';
  }

  #pageRule(path: ByteString): PageRule | undefined {
    const file = classifyPageFile(path, this.#format, usualBlocksPerSegment);
    if (file.kind === 'unjudged') this.#examination.tally.leftOut(file.reason);
    if (file.kind !== 'pages') return undefined;
    return { format: this.#format, blockSizeBytes: usualBlockSizeBytes, firstBlock: file.firstBlock };
  }
}
