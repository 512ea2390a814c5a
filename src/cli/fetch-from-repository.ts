import { execFile, execFileSync } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import type { Environment } from '../config/environment.ts';
import { wordsOfPlace } from '../config/object-store-settings.ts';
import { repositoryOf, repositoryWords, type RepositorySettings } from '../config/repository-settings.ts';
import { reasonFor } from '../errors/backup-error.ts';
import type { Place, RepositoryArchive } from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import type { ProgramContext } from './program.ts';
import { isS3Place, shownPlace } from '../wal-archive.ts';

/** Number of an account and of its group. */
interface AccountNumbers {
  readonly uid: number;
  readonly gid: number;
}

/** What a server has of its environment when nobody is logged in. */
const bareEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/' };
const languages = ['LC_ALL', 'LC_MESSAGES', 'LC_CTYPE', 'LANG'];
/** Whoever is asked for a password there waits for ever. */
const longestMs = 120_000;

/**
 * How the server of a copy gets at the archive of the instance. That it can is tried: as its account, with the words of its restore_command,
 * without the environment and the working directory of this run.
 * @param owner whose server it will be; undefined: of the account that runs this
 * @param isTried false: it is to fetch nothing
 */
export async function archiveOfRepository(
  settings: RepositorySettings,
  {
    isEncrypted,
    owner,
    isTried,
  }: { readonly isEncrypted: boolean; readonly owner: AccountNumbers | undefined; readonly isTried: boolean },
  { signal, environment }: Pick<ProgramContext, 'signal'> & { readonly environment: Environment },
): Promise<RepositoryArchive> {
  const words = repositoryWords(settings, isEncrypted);
  const name = placeName(settings);
  if (isEncrypted && settings.password === undefined) {
    return { isAlone: false, name, words, outOfReach: say('repository-wal.asked-password') };
  }
  if (!isTried) return { isAlone: false, name, words, outOfReach: undefined };
  return { isAlone: false, name, words, outOfReach: await refusal(words, accountOf(owner), { signal, environment }) };
}

/** The same for an archive by itself in an object store; undefined for one in a directory. */
export async function archiveInStore(
  archive: Place | undefined,
  { owner, isTried }: { readonly owner: AccountNumbers | undefined; readonly isTried: boolean },
  context: Pick<ProgramContext, 'signal'> & { readonly environment: Environment },
): Promise<RepositoryArchive | undefined> {
  if (typeof archive !== 'string' || !isS3Place(archive)) return undefined;
  const words = wordsOfPlace('archive', archive);
  return {
    ...{ isAlone: true, name: shownPlace(archive), words },
    outOfReach: isTried ? await refusal(words, accountOf(owner), context) : undefined,
  };
}

/** Undefined: the account that runs this. */
function accountOf(owner: AccountNumbers | undefined): AccountNumbers | undefined {
  return process.geteuid?.() === 0 && owner !== undefined && owner.uid !== 0 ? owner : undefined;
}

/** An instance of a repository, for people in any language. */
export function placeName(settings: RepositorySettings): string {
  return `${shownPlace(repositoryOf(settings))} (${settings.instance ?? ''})`;
}

/** The account that servers in a directory run as; undefined where it is not there, or of whoever runs this. */
export function ownerOfDirectory(path: string): AccountNumbers | undefined {
  const stats = path === '' ? undefined : statSync(path, { throwIfNoEntry: false });
  return stats && { uid: stats.uid, gid: stats.gid };
}

/** Why the archive cannot be opened so; undefined: it was. */
function refusal(
  words: readonly string[],
  account: AccountNumbers | undefined,
  { signal, environment }: Pick<ProgramContext, 'signal'> & { readonly environment: Environment },
): Promise<Message | undefined> {
  const spoken = languages.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]]));
  const env = { ...bareEnvironment, ...(Object.fromEntries(spoken) as Record<string, string>) };
  const program = realpathSync(process.argv[1] ?? '');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [program, 'wal', 'generation', '--json', ...words],
      { env, cwd: '/', signal, timeout: longestMs, ...account },
      (error, _, said) => {
        if (signal.aborted) reject(error ?? new Error('aborted'));
        else if (error === null) resolve(undefined);
        else resolve(told(said === '' ? reasonFor(error) : (said.split('\n')[0] ?? said), account));
      },
    );
  });
}

function told(reason: ReturnType<typeof reasonFor>, account: AccountNumbers | undefined): Message {
  // Without the name of the program and the word for an error.
  const text = typeof reason === 'string' ? reason.replace(/^gausskeep[^:：]*[:：] *[^:： ]*[:：] */, '') : reason;
  const number = account?.uid ?? process.geteuid?.() ?? 0;
  return say('repository-wal.closed-to-account', { account: nameOfAccount(number), reason: text });
}

/** By the system, which may know more than /etc/passwd; else its number. */
function nameOfAccount(uid: number): string {
  try {
    const name = execFileSync('id', ['-nu', '--', String(uid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return name === '' ? String(uid) : name;
  } catch {
    return String(uid);
  }
}
