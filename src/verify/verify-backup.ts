import { readdirSync, statSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { Teller } from '../events/teller.ts';
import { ContentNames } from '../content/content-names.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { readPieces } from '../files/read-file.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { readManifest } from '../manifest/reader.ts';
import { say, type Message } from '../messages/message.ts';
import { checkTars, headerJudge, ownWalArchive, reportArchive } from './check-tars.ts';
import { checkDirectory } from './check-directory.ts';
import type { VerifyListener, VerifyNews } from './events.ts';
import type { Examination, Examined } from './examination.ts';
import { Findings, FirstFinding } from './findings.ts';
import { IgnoredPaths } from './ignored-paths.ts';
import { judgePages, pagesToAskWalFor } from './judge-pages.ts';
import { ManifestCheck } from './manifest-check.ts';
import { PageTally } from './page-tally.ts';
import { planVerification, type PlaceFacts, type VerifyOptions, type VerifyPlan } from './plan.ts';
import { Progress } from './progress.ts';
import type { VerifyReport } from './report.ts';
import { failedCall, systemReason } from './system-reason.ts';
import { checkWal, requiredWal, requiredWalBytes, type RequiredWal, type WalProof } from './wal-check.ts';
import { openWalFiles } from './wal-files.ts';

export interface VerifyBackupContext {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: VerifyListener | undefined;
}

/**
 * Verifies a backup: a plain directory or a set of archives of gausskeep, pg_basebackup or gs_basebackup. What is wrong with it is in the
 * report (and comes as events); only what ends the verification is thrown. Nothing is written.
 * @throws BackupError `CORRUPT` (the manifest), `BACKUP_NOT_FOUND`, `STORAGE_UNAVAILABLE`
 */
export async function verifyBackup(options: VerifyOptions, context: VerifyBackupContext = {}): Promise<VerifyReport> {
  const { signal = new AbortController().signal, onEvent } = context;
  signal.throwIfAborted();
  const teller = new Teller<'verify', VerifyNews>(onEvent);
  teller.enter('manifest');
  const findings = new Findings({
    onFinding: (finding) => teller.tell({ type: 'finding', finding: { ...finding } }),
    stopAtFirst: options.stopAtFirst === true,
  });
  const manifest = await manifestOf(options, signal);
  const problems: Message[] = [];
  const plan = planVerification(options, placeFacts(options, problems));
  const examination: Examination = {
    plan,
    manifestCheck: new ManifestCheck(manifest, findings),
    ignored: new IgnoredPaths(plan.ignored),
    names: new ContentNames(),
    findings,
    tally: new PageTally(),
    progress: new Progress(teller.tell),
    walProgress: new Progress(teller.tell),
    signal,
  };
  const outcome: Outcome = { examined: undefined, required: [], wal: undefined, replaced: 0 };
  try {
    for (const problem of problems) findings.damage(problem);
    await examine(examination, outcome, teller);
  } catch (error) {
    if (!(error instanceof FirstFinding)) throw error;
  }
  return reportOf(plan, examination, outcome);
}

interface Outcome {
  examined: Examined | undefined;
  required: readonly RequiredWal[];
  wal: WalProof | undefined;
  replaced: number;
}

async function examine(
  examination: Examination,
  outcome: Outcome,
  teller: Teller<'verify', VerifyNews>,
): Promise<void> {
  const { plan, manifestCheck, findings, tally, walProgress, signal } = examination;
  const { manifest } = manifestCheck;
  if (manifest === undefined) findings.unproved(say('verify.no-manifest'));
  teller.enter('files');
  const examined = await (plan.format === 'plain' ? checkDirectory(examination) : checkTars(examination));
  outcome.examined = examined;
  const { control, label } = examined;
  if (label?.incrementalFrom === undefined && label !== undefined && tally.incrementalFile !== undefined) {
    findings.damage(say('incremental.unexpected', { path: display(tally.incrementalFile) }));
  }
  const judged = examined.pagesNotJudged === undefined ? control : undefined;
  const pages = pagesToAskWalFor(tally, judged);
  outcome.required = requiredWal(manifest?.walRanges, label, control);
  if (plan.wal !== undefined) {
    teller.enter('wal');
    const archive = ownWalArchive(plan);
    const onHeader = archive === undefined ? undefined : headerJudge(examination, archive);
    const files = openWalFiles(plan.wal, { signal, onHeader });
    try {
      const ranges = outcome.required;
      const onBytes = (count: number): void => walProgress.add(count);
      walProgress.begin(requiredWalBytes(ranges));
      outcome.wal = await checkWal({ ranges, label, files, control, pages, findings, signal, onBytes });
      walProgress.finish();
      if (archive !== undefined)
        await files.finish().catch((error: unknown) => reportArchive(examination, archive, error));
    } finally {
      await files.close();
    }
  }
  if (judged === undefined) return;
  outcome.replaced = judgePages({
    tally,
    control: judged,
    startLsn: label?.startLsn ?? outcome.required[0]?.startLsn,
    wal: outcome.wal,
    notReplaced: pages,
    findings,
  });
}

/** The manifest, or undefined where there is none and none is asked for. */
async function manifestOf(options: VerifyOptions, signal: AbortSignal): Promise<Manifest | undefined> {
  const path: ByteString =
    options.manifestPath === undefined
      ? joinPath(fromText(options.path), 'backup_manifest')
      : fromText(options.manifestPath);
  const isRequired = options.requireManifest === true || options.manifestPath !== undefined;
  try {
    await access(fsPath(path));
  } catch (error) {
    if (!isRequired && systemCodeOf(error) === 'ENOENT') return undefined;
    throw manifestUnreadable(path, error);
  }
  try {
    return await readManifest(readPieces(path, { signal }), { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof BackupError && failedCall(error) === undefined ? error : manifestUnreadable(path, error);
  }
}

function manifestUnreadable(path: ByteString, error: unknown): BackupError {
  return new BackupError(
    'STORAGE_UNAVAILABLE',
    say('verify.open-file', { path: display(path), reason: systemReason(error) }),
    { hint: permissionHint(error) },
  );
}

function permissionHint(error: unknown): Message | undefined {
  const code = systemCodeOf(failedCall(error));
  return code === 'EACCES' || code === 'EPERM' ? say('files.permission-read.hint') : undefined;
}

function placeFacts(options: VerifyOptions, problems: Message[]): PlaceFacts {
  const root = fromText(options.path);
  let names: string[];
  try {
    names = readdirSync(fsPath(root)).sort();
  } catch (error) {
    const code = systemCodeOf(error) === 'ENOENT' ? 'BACKUP_NOT_FOUND' : 'STORAGE_UNAVAILABLE';
    throw new BackupError(code, say('verify.open-directory', { path: options.path, reason: systemReason(error) }), {
      hint: permissionHint(error),
    });
  }
  // One that lost its PG_VERSION is still no set of archives.
  const isDataDirectory = names.includes('PG_VERSION') || names.includes('global');
  const isTar = options.format === undefined ? !isDataDirectory : options.format === 'tar';
  const ignored = new IgnoredPaths([...(options.ignore ?? []), 'pg_wal', 'pg_xlog']);
  return {
    isDataDirectory,
    names: isTar ? names.filter((name) => isRegularFile(root, name, ignored, problems)) : [],
    walPathIsDirectory: options.walPath === undefined || isWalDirectory(options.walPath, options.parseWal ?? true),
    walDirectories: ['pg_wal', 'pg_xlog'].filter((name) => names.includes(name)),
  };
}

function isRegularFile(root: ByteString, name: string, ignored: IgnoredPaths, problems: Message[]): boolean {
  if (ignored.has(fromText(name))) return false;
  try {
    if (statSync(fsPath(joinPath(root, fromText(name)))).isFile()) return true;
    problems.push(say('verify.not-regular', { path: name }));
  } catch (error) {
    problems.push(say('verify.stat', { path: name, reason: systemReason(error) }));
  }
  return false;
}

/** A path that is not there counts as a directory: its segments are then reported missing. */
/** @throws BackupError in the words of the original, where it is to be read and is not there or is neither a directory nor a tar */
function isWalDirectory(path: string, isRead: boolean): boolean {
  try {
    const found = statSync(fsPath(fromText(path)));
    if (found.isDirectory() || !isRead) return found.isDirectory();
    if (found.isFile()) return false;
  } catch (error) {
    if (!isRead) return true;
    const code = systemCodeOf(error) === 'ENOENT' ? 'WAL_MISSING' : 'STORAGE_UNAVAILABLE';
    throw new BackupError(code, say('verify.open-directory', { path, reason: systemReason(error) }), {
      hint: permissionHint(error) ?? say('verify.wal-path.hint'),
    });
  }
  throw new BackupError('STORAGE_UNAVAILABLE', say('files.not-a-directory', { path }), {
    hint: say('verify.wal-path.hint'),
  });
}

function reportOf(plan: VerifyPlan, { findings, manifestCheck, tally }: Examination, outcome: Outcome): VerifyReport {
  const { examined, required, wal, replaced } = outcome;
  const { manifest } = manifestCheck;
  const verdict = findings.damageCount > 0 ? 'damaged' : findings.unprovedCount > 0 ? 'partial' : 'verified';
  return {
    path: display(plan.root),
    format: plan.format,
    verdict,
    family: examined?.control?.family,
    systemIdentifier: examined?.control?.systemIdentifier,
    manifest: manifest === undefined ? undefined : { version: manifest.version, files: manifest.files.size },
    label: examined?.label,
    files: examined?.files ?? 0,
    bytes: examined?.bytes ?? 0,
    pages: {
      notJudged: examined?.pagesNotJudged,
      files: tally.counts.files,
      ok: tally.counts.ok,
      empty: tally.counts.empty,
      failing: tally.counts.bad,
      replaced,
      unjudgedFiles: tally.unjudged,
    },
    wal: { required, isComplete: wal?.isComplete },
    tablespaceLinks: examined?.links ?? [],
    findings: findings.kept,
    damageCount: findings.damageCount,
    unprovedCount: findings.unprovedCount,
  };
}
