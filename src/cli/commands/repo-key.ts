import { resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import type { GivenOptions } from '../../config/option-table.ts';
import { extraWord, usage } from '../../config/parse-options.ts';
import { repoKeyOptions } from '../../config/repository-options.ts';
import { readRepositorySettings, repositoryOf } from '../../config/repository-settings.ts';
import { addKey, listKeys, openRepository, removeKey, type Repository } from '../../index.ts';
import { say } from '../../messages/message.ts';
import type { Command } from '../command.ts';
import type { ProgramContext } from '../program.ts';
import { newPassword, passwordWays } from '../repository-password.ts';
import { speak } from '../speech.ts';
import { shownPlace } from '../../wal-archive.ts';

/** Damaged key objects were found. */
const warned = 3;

export const repoKeyCommand: Command = {
  synopsis: say('repo-key.synopsis'),
  summary: say('repo-key.what'),
  options: repoKeyOptions,
  run: async (given, context) => {
    const { program, signal } = context;
    const [verb, id, further] = given.operands;
    if (verb === undefined) throw usage(program, say('wal-commands.missing', { what: 'add|list|remove' }));
    const extra = verb === 'remove' ? further : id;
    if (extra !== undefined) throw extraWord(program, extra);
    if (verb !== 'add' && verb !== 'list' && verb !== 'remove') {
      throw usage(program, say('repo-key.bad-verb', { text: verb }));
    }
    if (verb === 'remove' && id === undefined) throw usage(program, say('wal-commands.missing', { what: 'ID' }));
    const settings = await readRepositorySettings(given, readEnvironment());
    const directory = repositoryOf(settings);
    const repository = await openRepository(directory, { ...passwordWays(settings, directory, context), signal });
    if (verb === 'add') return add(repository, directory, given, context);
    return verb === 'list' ? list(repository, given, context) : remove(repository, id ?? '', context);
  },
};

async function add(
  repository: Repository,
  directory: string,
  given: GivenOptions,
  context: ProgramContext,
): Promise<number> {
  const file = given.last('new-password-file');
  const source = file === undefined ? undefined : ({ kind: 'file', path: resolve(file) } as const);
  const password = await newPassword({ password: source }, directory, context)();
  await addKey(repository, password, { note: given.last('note'), signal: context.signal });
  context.terminal.line(`${context.program}: ${speak(say('repo-key.added', { directory: shownPlace(directory) }))}`);
  return 0;
}

async function list(
  repository: Repository,
  given: GivenOptions,
  { program, terminal, signal }: ProgramContext,
): Promise<number> {
  const { keys, damaged } = await listKeys(repository, { signal });
  for (const { id, createdAt, note } of keys) {
    const line = given.has('json')
      ? JSON.stringify({ messageType: 'key', id, createdAt, note })
      : `${id}  ${createdAt}  ${note}`;
    await terminal.data(`${line.trimEnd()}\n`);
  }
  for (const name of damaged) terminal.line(`${program}: ${speak(say('repo-key.damaged', { name }))}`);
  return damaged.length > 0 ? warned : 0;
}

async function remove(
  repository: Repository,
  id: string,
  { program, terminal, signal }: ProgramContext,
): Promise<number> {
  await removeKey(repository, id, { signal });
  terminal.line(`${program}: ${speak(say('repo-key.removed', { id }))}`);
  return 0;
}
