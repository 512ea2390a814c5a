import { statSync } from 'node:fs';
import { display } from '../bytes/byte-string.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { say } from '../messages/message.ts';
import { classifyPageFile } from '../pages/page-file.ts';
import type { FileCheck, FileCheckResult, PageRule } from './check-file.ts';
import type { Examination, Examined } from './examination.ts';
import { checkFiles } from './file-checkers.ts';
import { checkInstance, pageFormatOf, pagesNotJudged, tablespacesOfMap } from './instance-check.ts';
import { readInstanceFiles } from './instance-files.ts';
import { surveyDirectory, type SurveyedFile } from './survey-directory.ts';

/** Checks a plain backup: first all names and sizes, then what the files hold. */
export async function checkDirectory(examination: Examination): Promise<Examined> {
  const { plan, manifestCheck, ignored, findings, signal } = examination;
  const files: SurveyedFile[] = [];
  const links = surveyDirectory({
    root: plan.root,
    ignored,
    findings,
    signal,
    onFile: (file) => {
      manifestCheck.found(file.path, file.sizeBytes);
      files.push(file);
    },
  });
  manifestCheck.finishNames(ignored);
  const instanceFiles = readInstanceFiles(plan.root);
  const facts = checkInstance({
    files: instanceFiles,
    manifest: manifestCheck.manifest,
    ignored,
    findings,
    controlPath: display(joinPath(plan.root, 'global/pg_control')),
  });
  for (const oid of tablespacesOfMap(instanceFiles) ?? []) {
    const path = joinPath(plan.root, `pg_tblspc/${oid}`);
    if (statSync(fsPath(path), { throwIfNoEntry: false }) === undefined) {
      findings.damage(say('verify.tablespace-missing', { oid }));
    }
  }
  const totals = { files: files.length, bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  const notJudged = pagesNotJudged(facts.control, 'plain');
  if (plan.readContent) await checkContents(examination, files, pageRules(examination, facts.control, notJudged));
  return { ...facts, ...totals, links, pagesNotJudged: notJudged };
}

type PageRules = (file: SurveyedFile) => PageRule | undefined;

function pageRules({ tally }: Examination, control: Examined['control'], notJudged: unknown): PageRules {
  if (control === undefined || notJudged !== undefined) return () => undefined;
  const { blockSizeBytes, blocksPerSegment } = control;
  const format = pageFormatOf(control);
  return ({ path }) => {
    const file = classifyPageFile(path, format, blocksPerSegment);
    if (file.kind === 'unjudged') tally.leftOut(file.reason);
    return file.kind === 'pages' ? { format, blockSizeBytes, firstBlock: file.firstBlock } : undefined;
  };
}

async function checkContents(
  { plan, manifestCheck, findings, tally, progress, signal }: Examination,
  files: readonly SurveyedFile[],
  rules: PageRules,
): Promise<void> {
  // Without a checksum and without pages a file is still read: that proves that it can be.
  const totalBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  progress.begin(totalBytes);
  await checkFiles({
    items: files,
    totalBytes,
    checkOf: (file): FileCheck => ({
      path: joinPath(plan.root, file.path),
      algorithm: manifestCheck.algorithmFor(file.path),
      pages: rules(file),
    }),
    onBytes: (count) => progress.add(count),
    onResult: ({ path }, result: FileCheckResult) => {
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
    },
    signal,
  });
  progress.finish();
}
