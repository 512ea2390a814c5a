import { cacheDirectory } from '../config/cache-directory.ts';
import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { usage } from '../config/parse-options.ts';
import { isAmount, readAmount } from '../config/read-amount.ts';
import { readRepositorySettings, repositoryOf } from '../config/repository-settings.ts';
import {
  BackupError,
  listInstances,
  lostIdentity,
  openInstance,
  openKnownInstance,
  openRepository,
  verifyStored,
  type CoverageVerdict,
  type ReadAmount,
  type Repository,
  type RepositoryInstance,
  type StoredVerdict,
  type VerifyEvent,
} from '../index.ts';
import { render, say } from '../messages/message.ts';
import type { ProgramContext } from './program.ts';
import { warningLine } from './error-text.ts';
import { PhaseProgress } from './phase-progress.ts';
import { passwordWays } from './repository-password.ts';
import { speak } from './speech.ts';
import { storedVerdictLines } from './verify-stored-text.ts';
import { shownPlace } from '../wal-archive.ts';

/** Status of damage, as of any other backup. */
const damaged = 20;
/** An instance without a backup: that nothing is wrong says nothing. */
const nothing = 3;

/** `gausskeep verify --repo`: each backup of an instance, or of all. @returns the exit status */
export async function verifyRepository(given: GivenOptions, context: ProgramContext): Promise<number> {
  const { program, terminal, signal } = context;
  const environment = readEnvironment();
  const read = readAmount(given);
  const settings = await readRepositorySettings(given, environment);
  const directory = repositoryOf(settings);
  const repository = await openRepository(directory, { ...passwordWays(settings, directory, context), signal });
  const names = settings.instance === undefined ? await listInstances(repository, { signal }) : [settings.instance];
  const { instances, unreadable } =
    settings.instance === undefined
      ? await openReadable(repository, names, signal)
      : { instances: [await openKnownInstance(repository, settings.instance, { signal })], unreadable: [] };
  let isSound = true;
  const unseen = new Set(names);
  const progress = given.has('progress') ? new PhaseProgress(terminal, { files: 'verify.progress' }) : undefined;
  const onEvent = (event: VerifyEvent): void => {
    if (event.type === 'progress') progress?.update(event, event.finished);
  };
  const request = { instances, read, cacheDirectory: cacheDirectory(environment) };
  const lost = instances.filter(({ isIdentityLost }) => isIdentityLost === true);
  const first = [...unreadable, ...lost.map(({ name }) => damagedInstance(name, lostIdentity(name)))];
  for await (const verdict of behind(first, verifyStored(request, { signal, onEvent }))) {
    const isDamaged = verdict.kind === 'verdict' && verdict.state === 'damaged';
    if (verdict.kind === 'verdict') unseen.delete(verdict.instance);
    if (isDamaged) isSound = false;
    if (given.has('json')) await terminal.data(`${JSON.stringify(recordOf(verdict, read))}\n`);
    else if (!given.has('quiet') || isDamaged)
      await terminal.data(`${storedVerdictLines(verdict, read).map(speak).join('\n')}\n`);
  }
  for (const instance of unseen) terminal.line(warningLine(program, say('verify-stored.none', { instance })));
  if (names.length === 0)
    terminal.line(`${program}: ${speak(say('repo.list.no-instances', { directory: shownPlace(directory) }))}`);
  return isSound ? (unseen.size > 0 ? nothing : 0) : damaged;
}

/** One that cannot be read hides no other; what a run left that never came to its end is none. */
async function openReadable(
  repository: Repository,
  names: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly instances: readonly RepositoryInstance[]; readonly unreadable: readonly StoredVerdict[] }> {
  const instances: RepositoryInstance[] = [];
  const unreadable: StoredVerdict[] = [];
  for (const name of names) {
    try {
      const instance = await openInstance(repository, name, { signal });
      if (instance.identity !== undefined) instances.push(instance);
    } catch (error) {
      if (!(error instanceof BackupError) || error.code !== 'CORRUPT') throw error;
      unreadable.push(damagedInstance(name, error));
    }
  }
  return { instances, unreadable };
}

function damagedInstance(instance: string, { sentence }: BackupError): StoredVerdict {
  const faults = [{ sentence, files: 0, names: [] }];
  return {
    ...{ kind: 'verdict', instance, backup: 'instance.json', state: 'damaged', faults, moreFaults: 0, damagedFiles: 0 },
    ...{ filesRead: 0, unhashed: { blocks: 0, files: 0 }, wal: undefined },
  };
}

async function* behind<Value>(first: readonly Value[], others: AsyncIterable<Value>): AsyncGenerator<Value, void> {
  yield* first;
  yield* others;
}

function recordOf(verdict: StoredVerdict | CoverageVerdict, read: ReadAmount): Record<string, unknown> {
  if (verdict.kind === 'coverage') {
    const { kind, allReadSinceMs, ...numbers } = verdict;
    return {
      messageType: kind,
      ...numbers,
      allReadSince: allReadSinceMs === undefined ? null : new Date(allReadSinceMs).toISOString(),
    };
  }
  const { kind, instance, backup, state, faults, moreFaults, damagedFiles, filesRead, unhashed, wal } = verdict;
  const depth = read === 'none' ? 'quick' : read === 'all' ? 'data' : 'part';
  return {
    ...{ messageType: kind, instance, id: backup, state, depth, filesRead, blocksWithoutHash: unhashed.blocks },
    wal: wal === undefined ? null : { segments: wal.segments, depth: wal.isRead ? 'data' : 'quick' },
    faults: faults.map(({ sentence, files, names }) => ({
      ...{ file: names[0] ?? null, reason: render(sentence), files, names },
    })),
    ...{ moreFaults, damagedFiles },
  };
}

/**
 * Whether a repository is meant: it is named on the command line, or no backup is and the environment or the configuration file names one.
 * @throws BackupError `USAGE` for a backup named by its path and a repository
 */
export async function isOfRepository(program: string, given: GivenOptions): Promise<boolean> {
  const [operand] = given.operands;
  const isNamed = given.has('repo') || given.has('instance') || given.has('read-data');
  if (operand === undefined) {
    return isNamed || (await readRepositorySettings(given, readEnvironment())).repository !== undefined;
  }
  if (given.last('read-data') === '' && isAmount(operand)) {
    throw usage(program, say('verify-stored.blank-amount', { text: operand }));
  }
  if (isNamed) throw usage(program, say('storing.repo-and-place', { second: operand }));
  return false;
}
