import { readdirSync, readlinkSync, realpathSync, statSync, type Dirent, type Stats } from 'node:fs';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { isLinkInData, type PlainLink } from '../content/plain-tablespaces.ts';
import { fsPath, joinPath, parentPath } from '../files/path.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { say } from '../messages/message.ts';
import type { Findings } from './findings.ts';
import type { IgnoredPaths } from './ignored-paths.ts';
import { systemReason } from './system-reason.ts';

/** A regular file of a plain backup. */
export interface SurveyedFile {
  /** As a manifest names it: files of tablespaces are below their links. */
  readonly path: ByteString;
  /** Where it is read, relative to the backup. */
  readonly at: ByteString;
  readonly sizeBytes: number;
}

/** A link in pg_tblspc. */
export interface TablespaceLink {
  readonly oid: number;
  readonly target: string;
}

interface Survey {
  readonly root: ByteString;
  readonly manifest: Manifest | undefined;
  readonly ignored: IgnoredPaths;
  readonly tablespaces: readonly PlainLink[];
  readonly findings: Findings;
  readonly signal: AbortSignal;
  readonly onFile: (file: SurveyedFile) => void;
  readonly links: TablespaceLink[];
}

/** A directory being read: device and inode of it and of those above, so that a link to one of them ends the descent. */
interface Place {
  readonly identity: string;
  readonly above: Place | undefined;
}

/**
 * Walks a plain backup as pg_verifybackup does: links are followed, each directory in byte order of its names. What cannot
 * be read is a finding, and is ignored from then on.
 * @returns the links in pg_tblspc
 */
export function surveyDirectory(survey: Omit<Survey, 'links'>): readonly TablespaceLink[] {
  const all: Survey = { ...survey, links: [] };
  const isInside = survey.tablespaces.flatMap(({ inside }) => inside ?? []);
  visitDirectory(all, {
    path: '' as ByteString,
    at: '' as ByteString,
    above: undefined,
    passedOver: new Set(isInside),
  });
  return all.links;
}

interface Visit {
  /** As a manifest names it. */
  readonly path: ByteString;
  /** Where it is, relative to the backup. */
  readonly at: ByteString;
  readonly above: Place | undefined;
  /** Directories of tablespaces inside the backup: surveyed by their links' names. */
  readonly passedOver: ReadonlySet<ByteString>;
}

function visitDirectory(survey: Survey, { path: directory, at, above, passedOver }: Visit): void {
  const { findings, ignored, signal } = survey;
  const path = joinPath(survey.root, at);
  let entries: Dirent[];
  let place: Place;
  try {
    const { dev, ino } = statSync(fsPath(path));
    place = { identity: `${dev}:${ino}`, above };
    entries = readdirSync(fsPath(path), { encoding: 'latin1', withFileTypes: true }).sort(byName);
  } catch (error) {
    findings.damage(say('verify.open-directory', { path: display(path), reason: systemReason(error) }));
    ignored.add(directory);
    return;
  }
  if (isAbove(place)) {
    findings.damage(say('verify.endless-link', { path: display(directory) }));
    return;
  }
  for (const found of entries) {
    signal.throwIfAborted();
    const name = found.name as ByteString;
    const entry = below(directory, name);
    const entryAt = below(at, name);
    if (passedOver.has(entryAt) || ignored.has(entry)) continue;
    visitEntry(survey, { path: entry, at: entryAt, above: place, passedOver }, found);
  }
}

function byName(a: Dirent, b: Dirent): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

function below(directory: ByteString, name: ByteString): ByteString {
  return (directory === '' ? name : `${directory}/${name}`) as ByteString;
}

function isAbove({ identity, above }: Place): boolean {
  for (let place = above; place !== undefined; place = place.above) {
    if (place.identity === identity) return true;
  }
  return false;
}

function visitEntry(survey: Survey, visit: Visit, found: Dirent): void {
  const { root, ignored, tablespaces, findings, onFile } = survey;
  const { path: entry, at } = visit;
  const inside = tablespaces.find(({ oid }) => entry === `pg_tblspc/${oid}`)?.inside;
  if (inside !== undefined) {
    noteInside(survey, entry);
    visitDirectory(survey, { ...visit, at: inside, passedOver: new Set() });
    return;
  }
  const path = joinPath(root, at);
  let stats: Stats;
  try {
    stats = statSync(fsPath(path));
    if (found.isSymbolicLink()) noteLink(survey, entry, path);
  } catch (error) {
    findings.damage(say('verify.stat', { path: display(entry), reason: systemReason(error) }));
    ignored.add(entry);
    return;
  }
  if (found.isSymbolicLink() && isCopiedLink(entry, survey.manifest)) {
    findings.damage(say('content.link-in-data', { path: display(entry) }));
  }
  if (stats.isDirectory()) visitDirectory(survey, visit);
  else if (stats.isFile()) onFile({ path: entry, at, sizeBytes: stats.size });
  else findings.damage(say('verify.not-file-or-directory', { path: display(entry) }));
}

/** In tablespaces there is nothing but data. */
function isCopiedLink(entry: ByteString, manifest: Manifest | undefined): boolean {
  return isLinkInData(entry, manifest) || /^pg_tblspc\/\d+\//.test(entry);
}

function noteInside({ root, links }: Survey, entry: ByteString): void {
  const target = display(readlinkSync(fsPath(joinPath(root, entry)), { encoding: 'latin1' }) as ByteString);
  links.push({ oid: Number(entry.slice('pg_tblspc/'.length)), target });
}

/** A tablespace link must lead to a directory that belongs to this backup alone. */
function noteLink({ root, findings, links }: Survey, entry: ByteString, path: ByteString): void {
  const oid = /^pg_tblspc\/([0-9]+)$/.exec(entry)?.[1];
  if (oid === undefined) return;
  const target = display(readlinkSync(fsPath(path), { encoding: 'latin1' }) as ByteString);
  links.push({ oid: Number(oid), target });
  if (!statSync(fsPath(path)).isDirectory()) {
    findings.damage(say('verify.link-target', { path: display(entry), target }));
    return;
  }
  const own = realpathSync(fsPath(root));
  const real = fromText(realpathSync(fsPath(path)));
  for (let above = real; above !== '/' && above !== '.'; above = parentPath(above)) {
    const isInstance = statSync(fsPath(joinPath(above, 'PG_VERSION')), { throwIfNoEntry: false }) !== undefined;
    if (isInstance && display(above) !== own) {
      findings.damage(say('verify.link-inside', { path: display(entry), target }));
      return;
    }
    if (isInstance) return;
  }
}
