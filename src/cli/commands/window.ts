import { cacheDirectory } from '../../config/cache-directory.ts';
import { readEnvironment } from '../../config/environment.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { archiveOf, readGeneration, readPlaces, wholeNumber } from '../../config/places.ts';
import { windowOptions } from '../../config/window-options.ts';
import {
  openIndexCache,
  parseLsn,
  parseTargetTime,
  surveyTransactions,
  surveyWindow,
  type RecoveryWindow,
  type SurveyOptions,
  type SurveyRequest,
  type TransactionRange,
} from '../../index.ts';
import { say } from '../../messages/message.ts';
import { laterMs, PhaseProgress } from '../phase-progress.ts';
import type { Command } from '../command.ts';
import { warningLine } from '../error-text.ts';
import type { ProgramContext } from '../program.ts';
import type { Terminal } from '../terminal.ts';
import { repositoryPlaces, type RepositoryPlaces } from '../restore-from-repository.ts';
import { repositoryWindow } from '../repository-window.ts';
import { transactionRecord, windowRecord } from '../window-record.ts';
import { transactionLine, windowLines } from '../window-text.ts';

const rangeOptions = ['from-time', 'to-time', 'from-lsn', 'to-lsn', 'xid'] as const;

export const windowCommand: Command = {
  synopsis: say('window.help.synopsis'),
  summary: say('window.help.what'),
  options: windowOptions,
  run: async (given, context) => {
    const { program, terminal } = context;
    const [word] = given.operands;
    if (word !== undefined) throw extraWord(program, word);
    const stray = rangeOptions.find((option) => given.has(option));
    if (stray !== undefined && !given.has('commits')) {
      throw usage(program, say('window.range-without-commits', { option: `--${stray}` }));
    }
    const environment = readEnvironment();
    const repository = await repositoryPlaces(given, environment, context);
    const places = await readPlaces(given, environment);
    const timeline = given.last('timeline');
    const request: SurveyRequest = {
      archive: repository?.archive ?? archiveOf(places),
      pruned: repository?.pruned,
      backups: repository?.backups ?? places.backups,
      generation: repository === undefined ? places.generation : readGeneration(given, environment),
      timeline: timeline === undefined ? undefined : wholeNumber('--timeline', timeline, 1, 0xffff_ffff),
    };
    const cache = cacheDirectory(environment);
    const options: SurveyOptions = {
      signal: context.signal,
      cache: cache === undefined ? undefined : await openIndexCache(cache),
      onEvent: progressOf(given, terminal),
    };
    if (given.has('commits')) return showTransactions({ ...request, range: rangeOf(given) }, options, given, terminal);
    const surveyed = await surveyWindow(request, options);
    const window = repository === undefined ? surveyed : repositoryWindow(surveyed, repository);
    const named = repository?.named;
    if (given.has('json'))
      await terminal.data(`${JSON.stringify(windowRecord(withUnread(window, repository), named))}\n`);
    else {
      const backupsNamed = repository !== undefined || given.has('backups');
      await showLines(windowLines(window, { backupsNamed, named }), window.passedOver, context);
    }
    return 0;
  },
};

/** For JSON; people were told when the repository was opened. */
function withUnread(window: RecoveryWindow, repository: RepositoryPlaces | undefined): RecoveryWindow {
  return { ...window, passedOver: [...window.passedOver, ...(repository?.passedOver ?? [])] };
}

async function showLines(
  lines: readonly string[],
  passedOver: Awaited<ReturnType<typeof surveyWindow>>['passedOver'],
  { program, terminal }: ProgramContext,
): Promise<void> {
  for (const { name, reason } of passedOver) {
    terminal.line(warningLine(program, say('window.passed-over', { name, reason })));
  }
  for (const line of lines) await terminal.data(`${line}\n`);
}

async function showTransactions(
  request: SurveyRequest & { readonly range: TransactionRange },
  options: SurveyOptions,
  given: GivenOptions,
  terminal: Terminal,
): Promise<number> {
  for await (const transaction of surveyTransactions(request, options)) {
    const line = given.has('json') ? JSON.stringify(transactionRecord(transaction)) : transactionLine(transaction);
    await terminal.data(`${line}\n`);
  }
  return 0;
}

function rangeOf(given: GivenOptions): TransactionRange {
  const time = (option: string): bigint | undefined => {
    const text = given.last(option);
    return text === undefined ? undefined : parseTargetTime(text, undefined).timeUs;
  };
  const [from, to] = [given.last('from-lsn'), given.last('to-lsn')];
  const xid = given.last('xid');
  const number = xid === undefined ? undefined : BigInt(wholeNumber('--xid', xid, 3, Number.MAX_SAFE_INTEGER));
  return {
    fromUs: time('from-time'),
    toUs: time('to-time'),
    fromLsn: from === undefined ? undefined : parseLsn(from),
    toLsn: to === undefined ? undefined : parseLsn(to),
    fromXid: number,
    toXid: number,
  };
}

/** How far it is: in place on a terminal, as lines where that was asked for. */
function progressOf(given: GivenOptions, terminal: Terminal): SurveyOptions['onEvent'] {
  if (!given.has('progress') && !terminal.isTerminal) return undefined;
  const progress = new PhaseProgress(terminal, { segments: 'window.progress' }, given.has('progress') ? 0 : laterMs);
  return (event) => {
    if (event.type === 'progress') progress.update(event, event.doneBytes === event.totalBytes);
  };
}
