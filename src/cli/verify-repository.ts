import { cacheDirectory } from '../config/cache-directory.ts';
import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { usage } from '../config/parse-options.ts';
import { readAmount } from '../config/read-amount.ts';
import { readRepositorySettings, repositoryOf } from '../config/repository-settings.ts';
import {
  listInstances,
  openKnownInstance,
  openRepository,
  verifyStored,
  type CoverageVerdict,
  type ReadAmount,
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
  const instances = [];
  for (const name of names) instances.push(await openKnownInstance(repository, name, { signal }));
  let isSound = true;
  const unseen = new Set(names);
  const progress = given.has('progress') ? new PhaseProgress(terminal, { files: 'verify.progress' }) : undefined;
  const onEvent = (event: VerifyEvent): void => {
    if (event.type === 'progress') progress?.update(event, event.finished);
  };
  const request = { instances, read, cacheDirectory: cacheDirectory(environment) };
  for await (const verdict of verifyStored(request, { signal, onEvent })) {
    const isDamaged = verdict.kind === 'verdict' && verdict.state === 'damaged';
    if (verdict.kind === 'verdict') unseen.delete(verdict.instance);
    if (isDamaged) isSound = false;
    if (given.has('json')) await terminal.data(`${JSON.stringify(recordOf(verdict, read))}\n`);
    else if (!given.has('quiet') || isDamaged)
      await terminal.data(`${storedVerdictLines(verdict, read).map(speak).join('\n')}\n`);
  }
  for (const instance of unseen) terminal.line(warningLine(program, say('verify-stored.none', { instance })));
  if (names.length === 0) terminal.line(`${program}: ${speak(say('repo.list.no-instances', { directory }))}`);
  return isSound ? (unseen.size > 0 ? nothing : 0) : damaged;
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
  const { kind, instance, backup, state, faults, filesRead, unhashed, wal } = verdict;
  const depth = read === 'none' ? 'quick' : read === 'all' ? 'data' : 'part';
  return {
    ...{ messageType: kind, instance, id: backup, state, depth, filesRead, blocksWithoutHash: unhashed.blocks },
    wal: wal === undefined ? null : { segments: wal.segments, depth: wal.isRead ? 'data' : 'quick' },
    faults: faults.map(({ file, sentence }) => ({ file: file ?? null, reason: render(sentence) })),
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
  if (isNamed) throw usage(program, say('storing.repo-and-place', { second: operand }));
  return false;
}
