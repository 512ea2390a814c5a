import { readdirSync, readlinkSync, realpathSync, statSync, lstatSync, type Stats } from 'node:fs';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { fsPath, joinPath, parentPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import type { Findings } from './findings.ts';
import type { IgnoredPaths } from './ignored-paths.ts';
import { systemReason } from './system-reason.ts';

/** A regular file of a plain backup. */
export interface SurveyedFile {
  readonly path: ByteString;
  readonly sizeBytes: number;
}

/** A link in pg_tblspc. */
export interface TablespaceLink {
  readonly oid: number;
  readonly target: string;
}

interface Survey {
  readonly root: ByteString;
  readonly ignored: IgnoredPaths;
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
  visitDirectory(all, '' as ByteString, undefined);
  return all.links;
}

function visitDirectory(survey: Survey, directory: ByteString, above: Place | undefined): void {
  const { root, ignored, findings, signal } = survey;
  const path = joinPath(root, directory);
  let names: ByteString[];
  let place: Place;
  try {
    const { dev, ino } = statSync(fsPath(path));
    place = { identity: `${dev}:${ino}`, above };
    names = readdirSync(fsPath(path), { encoding: 'latin1' }).sort() as ByteString[];
  } catch (error) {
    findings.damage(say('verify.open-directory', { path: display(path), reason: systemReason(error) }));
    ignored.add(directory);
    return;
  }
  if (isAbove(place)) {
    findings.damage(say('verify.endless-link', { path: display(directory) }));
    return;
  }
  for (const name of names) {
    signal.throwIfAborted();
    const entry = (directory === '' ? name : `${directory}/${name}`) as ByteString;
    if (!ignored.has(entry)) visitEntry(survey, entry, place);
  }
}

function isAbove({ identity, above }: Place): boolean {
  for (let place = above; place !== undefined; place = place.above) {
    if (place.identity === identity) return true;
  }
  return false;
}

function visitEntry(survey: Survey, entry: ByteString, place: Place): void {
  const { root, ignored, findings, onFile } = survey;
  const path = joinPath(root, entry);
  let stats: Stats;
  try {
    stats = statSync(fsPath(path));
    noteLink(survey, entry, path);
  } catch (error) {
    findings.damage(say('verify.stat', { path: display(entry), reason: systemReason(error) }));
    ignored.add(entry);
    return;
  }
  if (stats.isDirectory()) visitDirectory(survey, entry, place);
  else if (stats.isFile()) onFile({ path: entry, sizeBytes: stats.size });
  else findings.damage(say('verify.not-file-or-directory', { path: display(entry) }));
}

/** A tablespace link must lead to a directory that belongs to this backup alone. */
function noteLink({ root, findings, links }: Survey, entry: ByteString, path: ByteString): void {
  const oid = /^pg_tblspc\/([0-9]+)$/.exec(entry)?.[1];
  if (oid === undefined || !lstatSync(fsPath(path)).isSymbolicLink()) return;
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
