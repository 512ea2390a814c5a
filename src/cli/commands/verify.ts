import { extraWord, refuseStore, usage } from '../../config/parse-options.ts';
import { verifyOptions } from '../../config/verify-options.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { BackupError } from '../../errors/backup-error.ts';
import {
  reportError,
  verifyBackup,
  type Finding,
  type VerifyEvent,
  type VerifyOptions,
  type VerifyReport,
} from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import { exitStatus } from '../exit-status.ts';
import { releaseStoodInFor } from '../program-name.ts';
import type { ProgramContext } from '../program.ts';
import { labelledLine } from '../error-text.ts';
import { speak } from '../speech.ts';
import type { Terminal } from '../terminal.ts';
import { laterMs, PhaseProgress } from '../phase-progress.ts';
import { isOfRepository, verifyRepository } from '../verify-repository.ts';
import { verifyRecord } from '../verify-record.ts';

export const verifyCommand: Command = {
  synopsis: say('verify.help.synopsis'),
  summary: say('verify.help.what'),
  options: verifyOptions,
  run: async (given, context) => {
    const { program, terminal } = context;
    // Called by the name of another tool, there is no command word: then pg_verifybackup's statuses and demands hold.
    const asOriginal = !program.endsWith(' verify');
    if (!asOriginal && (await isOfRepository(program, given))) return verifyRepository(given, context);
    const report = await verify(requestOf(program, given, asOriginal), given, context);
    if (given.has('json')) await terminal.data(`${JSON.stringify(verifyRecord(report))}\n`);
    else if (!given.has('quiet')) await showResult(report, terminal, asOriginal);
    return statusOf(report, asOriginal);
  },
};

function requestOf(program: string, given: GivenOptions, requireManifest: boolean): VerifyOptions {
  const [path, second] = given.operands;
  if (path === undefined) throw usage(program, say('verify.no-directory'));
  refuseStore('BACKUP', path);
  if (second !== undefined) throw extraWord(program, second);
  if (given.has('progress') && given.has('quiet')) {
    throw usage(program, say('verify.progress-and-quiet', { first: '-P/--progress', second: '-q/--quiet' }));
  }
  return {
    path: withoutSlash(path),
    format: formatOf(program, given.last('format')),
    manifestPath: given.last('manifest-path'),
    requireManifest,
    ignore: given.all('ignore'),
    skipChecksums: given.has('skip-checksums'),
    parseWal: !given.has('no-parse-wal'),
    walPath: given.last('wal-path'),
    stopAtFirst: given.has('exit-on-error'),
  };
}

function withoutSlash(path: string): string {
  return path.length > 1 ? path.replace(/\/+$/, '') || '/' : path;
}

function formatOf(program: string, text: string | undefined): VerifyOptions['format'] {
  switch (text) {
    case undefined:
      return undefined;
    case 'p':
    case 'plain':
      return 'plain';
    case 't':
    case 'tar':
      return 'tar';
    default:
      throw usage(program, say('verify.bad-format', { format: text }));
  }
}

async function verify(
  options: VerifyOptions,
  given: GivenOptions,
  { program, terminal, signal }: ProgramContext,
): Promise<VerifyReport> {
  const progress = given.has('progress') ? new PhaseProgress(terminal, { files: 'verify.progress' }) : undefined;
  // pg_verifybackup tells nothing of the WAL.
  const isOwn = given.has('progress') && program.endsWith(' verify');
  const wal = isOwn ? new PhaseProgress(terminal, { wal: 'verify.progress-wal' }, laterMs) : undefined;
  const onFinding = ({ severity, message }: Finding): void => {
    if (severity !== 'damage' && given.has('quiet')) return;
    const kind = severity === 'damage' ? 'error' : 'warning';
    terminal.line(labelledLine(program, kind, speak(message)));
  };
  const onEvent = (event: VerifyEvent): void => {
    if (event.type === 'finding') onFinding(event.finding);
    if (event.type !== 'progress') return;
    progress?.update(event, event.finished);
    wal?.update(event, event.finished);
  };
  try {
    return await verifyBackup(options, { signal, onEvent });
  } catch (error) {
    throw (releaseStoodInFor() ?? 13) < 17 ? inOlderWords(error) : error;
  }
}

/** PostgreSQL 13 to 16 compare the version of a manifest as text; 17 reads a number first, and says so where there is none. */
function inOlderWords(error: unknown): unknown {
  if (!(error instanceof BackupError) || error.kind !== 'manifest-version') return error;
  return error.with({ sentence: say('manifest.unexpected-version'), cause: error });
}

/** What was proved, on stdout in the original's words, and what only we check behind it. */
async function showResult(report: VerifyReport, terminal: Terminal, asOriginal: boolean): Promise<void> {
  if (report.verdict === 'damaged') return;
  if (!asOriginal) {
    for (const line of pageLines(report)) await terminal.data(`${line}\n`);
  }
  if (report.verdict === 'verified' || asOriginal) await terminal.data(`${speak(say('verify.verified'))}\n`);
  else await terminal.data(`${speak(say('verify.incomplete-proof'))}\n`);
}

function pageLines({ pages }: VerifyReport): string[] {
  if (pages.notJudged !== undefined) {
    return [speak(say('verify.pages-not-judged', { reason: pages.notJudged }))];
  }
  const { ok, empty, files, replaced } = pages;
  const lines = [speak(say('verify.pages', { ok, empty, files }))];
  if (replaced > 0) lines.push(speak(say('verify.pages-replaced', { count: replaced })));
  for (const [reason, count] of Object.entries(pages.unjudgedFiles)) {
    lines.push(speak(say('verify.unjudged', { count, reason })));
  }
  return lines;
}

function statusOf(report: VerifyReport, asOriginal: boolean): number {
  if (asOriginal) return report.verdict === 'damaged' ? 1 : 0;
  const error = reportError(report);
  return error === undefined ? 0 : exitStatus(error, 'by-code');
}
