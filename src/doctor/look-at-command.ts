import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { firstWordOf } from '../checks/archive-command-words.ts';
import {
  textOf,
  type ArchiveProgram,
  type HostFacts,
  type ProgramState,
  type ServerFacts,
} from '../checks/server-facts.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { placeOfCommand } from './archive-place.ts';

/** Of most systems. That of a server is its own, and nobody tells it. */
const usualPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'] as const;

/** What archive_command of a server of this host begins with; undefined: there is none. */
export async function programOf(facts: ServerFacts): Promise<ArchiveProgram | undefined> {
  const command = textOf(facts, 'archive_command');
  if (command === undefined || command.trim() === '' || command === '(disabled)') return undefined;
  const { kind, word } = firstWordOf(command, facts.examination.archiveShell);
  const states: Record<typeof kind, () => ProgramState | Promise<ProgramState>> = {
    path: () => stateOfProgram(word),
    name: () => stateOfName(word),
    shell: () => 'shell',
    unclear: () => 'unclear',
  };
  return { word, state: await states[kind](), account: accountName() };
}

async function stateOfProgram(path: string): Promise<ProgramState> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return 'not-executable';
    await access(path, constants.X_OK);
    return 'found';
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
    // What this account may not enter or execute, that of the server perhaps may; a file that nobody may execute, nobody may.
    const mode = await stat(path).then(
      (stats) => stats.mode,
      () => undefined,
    );
    return mode !== undefined && (mode & 0o111) === 0 ? 'not-executable' : 'unread';
  }
}

async function stateOfName(name: string): Promise<ProgramState> {
  for (const directory of usualPath) {
    const state = await stateOfProgram(`${directory}/${name}`);
    if (state === 'found' || state === 'unread') return 'named';
  }
  return 'nowhere';
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // There is no account of that number.
    return String(process.getuid?.() ?? '');
  }
}

/** The directory that archive_command plainly names. */
export async function targetOf(facts: ServerFacts): Promise<HostFacts['archiveTarget']> {
  const path = placeOfCommand(textOf(facts, 'archive_command') ?? '')?.path;
  if (path === undefined) return undefined;
  try {
    return { path, isThere: (await stat(path)).isDirectory() };
  } catch (error) {
    const code = systemCodeOf(error);
    return { path, isThere: code === 'ENOENT' || code === 'ENOTDIR' ? false : undefined };
  }
}
