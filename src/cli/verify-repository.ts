import { readEnvironment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { usage } from '../config/parse-options.ts';
import { readRepositorySettings, repositoryOf } from '../config/repository-settings.ts';
import { listInstances, openKnownInstance, openRepository, verifyStored, type StoredVerdict } from '../index.ts';
import { render, say } from '../messages/message.ts';
import type { ProgramContext } from './program.ts';
import { warningLine } from './error-text.ts';
import { passwordWays } from './repository-password.ts';
import { speak } from './speech.ts';

/** Status of damage, as of any other backup. */
const damaged = 20;
/** An instance without a backup: that nothing is wrong says nothing. */
const nothing = 3;

/** `gausskeep verify --repo`: each backup of an instance, or of all. @returns the exit status */
export async function verifyRepository(given: GivenOptions, context: ProgramContext): Promise<number> {
  const { program, terminal, signal } = context;
  const settings = await readRepositorySettings(given, readEnvironment());
  const directory = repositoryOf(settings);
  const repository = await openRepository(directory, { ...passwordWays(settings, directory, context), signal });
  const names = settings.instance === undefined ? await listInstances(repository, { signal }) : [settings.instance];
  const readData = given.has('read-data');
  let isSound = true;
  let isEmpty = false;
  for (const name of names) {
    const instance = await openKnownInstance(repository, name, { signal });
    let count = 0;
    for await (const verdict of verifyStored({ instance, readData }, { signal })) {
      count += 1;
      isSound &&= verdict.state === 'sound';
      if (given.has('json')) await terminal.data(`${JSON.stringify(recordOf(name, verdict, readData))}\n`);
      else if (!given.has('quiet') || verdict.state === 'damaged')
        await terminal.data(`${linesOf(name, verdict, readData).join('\n')}\n`);
    }
    if (count === 0) terminal.line(warningLine(program, say('verify-stored.none', { instance: name })));
    isEmpty ||= count === 0;
  }
  if (names.length === 0) terminal.line(`${program}: ${speak(say('repo.list.no-instances', { directory }))}`);
  return isSound ? (isEmpty ? nothing : 0) : damaged;
}

function linesOf(instance: string, { backup, state, faults, filesRead }: StoredVerdict, readData: boolean): string[] {
  if (state === 'sound') {
    return [
      speak(
        readData
          ? say('verify-stored.read', { backup, instance, count: filesRead })
          : say('verify-stored.there', { backup, instance }),
      ),
    ];
  }
  return [
    speak(say('verify-stored.damaged', { backup, instance })),
    ...faults.map(({ file, sentence }) =>
      speak(
        file === undefined
          ? say('verify-stored.fault', { reason: sentence })
          : say('verify-stored.fault-of-file', { file, reason: sentence }),
      ),
    ),
  ];
}

function recordOf(
  instance: string,
  { backup, state, faults, filesRead }: StoredVerdict,
  readData: boolean,
): Record<string, unknown> {
  return {
    ...{ messageType: 'verdict', instance, id: backup, state, depth: readData ? 'data' : 'quick', filesRead },
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
