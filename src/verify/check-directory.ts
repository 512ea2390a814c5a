import { statSync } from 'node:fs';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { inPlace } from '../content/backup-identity.ts';
import { walDirectories } from '../content/content-names.ts';
import { cutPlainLink } from '../content/cut-tablespaces.ts';
import { isLeftByRun, leftByRuns, shownNames } from '../content/left-by-runs.ts';
import { lackingDirectories, plainFaults } from '../content/plain-faults.ts';
import { plainLinks, type PlainLink } from '../content/plain-tablespaces.ts';
import { fsPath, joinPath } from '../files/path.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { say } from '../messages/message.ts';
import { classifyPageFile } from '../pages/page-file.ts';
import type { RestoreRules } from '../server/restore-rules.ts';
import type { FileCheck, FileCheckResult, FileContent } from './check-file.ts';
import type { Examination, Examined } from './examination.ts';
import { FileCheckers } from './file-checkers.ts';
import { originalOf } from '../incremental/incremental-file.ts';
import { isListedWal } from './ignored-paths.ts';
import { incrementalName } from './incremental-name.ts';
import { checkInstance, checkVersion, pageFormatOf, pagesNotJudged, type InstanceCheck } from './instance-check.ts';
import type { PageRule } from './page-rule.ts';
import { readInstanceFiles, type InstanceFileName } from './instance-files.ts';
import { surveyDirectory, type SurveyedFile } from './survey-directory.ts';
import { failedCall } from './system-reason.ts';
import type { ManifestCheck } from './manifest-check.ts';
import { readTablespaceMap, warnOfPlaces } from './tablespaces.ts';
import { warnOfCopies } from './warn-of-copies.ts';

/** Checks a plain backup: first all names and sizes, then what the files hold. */
export async function checkDirectory(examination: Examination): Promise<Examined> {
  const checkers = new FileCheckers();
  try {
    return await checkWith(checkers, examination);
  } finally {
    await checkers.end();
  }
}

async function checkWith(checkers: FileCheckers, examination: Examination): Promise<Examined> {
  const { plan, manifestCheck, ignored, findings, signal } = examination;
  const { root } = plan;
  const { manifest } = manifestCheck;
  // They start while names and sizes are surveyed.
  if (plan.readContent) checkers.expect(listedBytes(manifest));
  const files: SurveyedFile[] = [];
  const unreadable = new Set<InstanceFileName>();
  const instanceFiles = readInstanceFiles(root, (name) => unreadable.add(name));
  const instanceCheck: InstanceCheck = {
    files: instanceFiles,
    manifest,
    ignored,
    findings,
    unreadable,
    controlPath: display(joinPath(root, 'global/pg_control')),
    format: 'tar',
    readsContent: plan.readContent,
  };
  const facts = checkInstance(instanceCheck);
  reportFaults(examination);
  const tablespaces = tablespaceLinks(examination, facts.rules);
  for (const link of tablespaces) {
    const cut = cutPlainLink(root, link, facts.rules);
    if (cut === undefined) continue;
    findings.fault(cut);
    ignored.add(inPlace(link.oid));
  }
  const left = leftByRuns(root, directoriesOf(tablespaces)).filter((path) => !ignored.has(path));
  if (left.length > 0) findings.warning(say('content.left-by-run', { names: shownNames(left) }));
  const onFile = (file: SurveyedFile): void => {
    if (isLeftByRun(file.path) && manifestCheck.isUnlisted(file.path)) return;
    manifestCheck.found(file.path, file.sizeBytes);
    files.push(file);
  };
  const links = surveyDirectory({ root, manifest, ignored, tablespaces, findings, signal, onFile });
  for (const file of listedWal(examination)) onFile(file);
  manifestCheck.finishNames(ignored);
  checkVersion(instanceCheck);
  const map = readTablespaceMap(instanceFiles, facts.rules, findings) ?? [];
  for (const { oid } of map) {
    if (!tablespaces.some((one) => one.oid === oid)) findings.damage(say('verify.tablespace-missing', { oid }));
  }
  warnOfPlaces(map, findings);
  warnOfCopies(root, tablespaces, findings);
  const lacking = lackingDirectories(root, facts.rules.mayBeEmpty);
  if (lacking.length > 0) findings.warning(say('verify.lacks-directories', { names: lacking.join(', ') }));
  const totals = { files: files.length, bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  const notJudged = pagesNotJudged(facts.control, 'plain');
  if (plan.readContent)
    await checkContents(checkers, examination, files, pageRules(examination, facts.control, notJudged));
  return { ...facts, ...totals, links, pagesNotJudged: notJudged };
}

/** The directories that a run of ours would fill, relative to the backup. */
function directoriesOf(tablespaces: readonly PlainLink[]): ByteString[] {
  return ['' as ByteString, ...tablespaces.map(({ oid, inside }) => inside ?? inPlace(oid))];
}

/** What a restore refuses before it reads anything. */
function reportFaults({ plan, ignored, findings }: Examination): void {
  for (const { member, isMissing, error } of plainFaults(plan.root)) {
    // Files that are missing are found by what reads them.
    if (isMissing || (ignored.has(fromText(member)) && !walDirectories.includes(member))) continue;
    findings.fault(error);
  }
}

function tablespaceLinks({ plan }: Examination, rules: RestoreRules): readonly PlainLink[] {
  try {
    return plainLinks(plan.root, rules);
  } catch (error) {
    if (failedCall(error) === undefined) throw error;
    // The survey reports what cannot be read.
    return [];
  }
}

/** Files of the WAL directory that the manifest lists, as far as they are there: WAL itself is proved in another way. */
function listedWal({ plan, manifestCheck: { manifest } }: Examination): SurveyedFile[] {
  const found: SurveyedFile[] = [];
  for (const path of manifest?.files.keys() ?? []) {
    if (!isListedWal(path, plan.ignored, manifest)) continue;
    const stats = statSync(fsPath(joinPath(plan.root, path)), { throwIfNoEntry: false });
    if (stats?.isFile() === true) found.push({ path, at: path, sizeBytes: stats.size });
  }
  return found;
}

type PageRules = (file: SurveyedFile) => PageRule | undefined;

function pageRules({ tally }: Examination, control: Examined['control'], notJudged: unknown): PageRules {
  if (control === undefined || notJudged !== undefined) return () => undefined;
  const { blockSizeBytes, blocksPerSegment } = control;
  const format = pageFormatOf(control);
  return ({ path }) => {
    const file = classifyPageFile(originalOf(path) ?? path, format, blocksPerSegment);
    if (file.kind === 'unjudged') tally.leftOut(file.reason);
    return file.kind === 'pages' ? { format, blockSizeBytes, firstBlock: file.firstBlock } : undefined;
  };
}

/** Bytes that a backup should have; 0 without a manifest. */
function listedBytes(manifest: Manifest | undefined): number {
  let bytes = 0;
  for (const { size } of manifest?.files.values() ?? []) bytes += size;
  return bytes;
}

async function checkContents(
  checkers: FileCheckers,
  { plan, manifestCheck, findings, tally, progress, signal }: Examination,
  files: readonly SurveyedFile[],
  rules: PageRules,
): Promise<void> {
  // Without a checksum and without pages a file is still read: that proves that it can be.
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  progress.begin(totalBytes);
  await checkers.check({
    items: files,
    sizeOf: ({ sizeBytes }) => sizeBytes,
    isSound: ({ path }, result) => result.kind === 'content' && isSound(manifestCheck, path, result.content),
    checkOf: (file): FileCheck => ({
      path: joinPath(plan.root, file.at),
      algorithm: manifestCheck.algorithmFor(file.path),
      pages: rules(file),
      incremental: incrementalName(file.path),
    }),
    onBytes: (count) => progress.add(count),
    onResult: ({ path }, result: FileCheckResult) => {
      progress.endFile();
      if (result.kind === 'failed') {
        const where = { path: display(path), reason: result.reason };
        findings.damage(
          result.action === 'open' ? say('verify.open-file', where) : say('verify.read-file', where),
          'STORAGE_UNAVAILABLE',
        );
        return;
      }
      manifestCheck.content(path, result.content);
      tally.checked(path, result.content);
      if (result.content.fault !== undefined) findings.damage(result.content.fault);
    },
    signal,
  });
  progress.finish();
}

function isSound(manifestCheck: ManifestCheck, path: ByteString, content: FileContent): boolean {
  return (
    content.fault === undefined &&
    (content.pages?.bad ?? 0) === 0 &&
    manifestCheck.problemOf(path, content) === undefined
  );
}
