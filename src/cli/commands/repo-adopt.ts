import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readEnvironment } from '../../config/environment.ts';
import { extraWord, refuseStore, usage } from '../../config/parse-options.ts';
import { beginsAsStore } from '../../config/place-words.ts';
import { repoAdoptOptions } from '../../config/repository-options.ts';
import {
  readRepositorySettings,
  repositoryOf,
  repositoryWords,
  type RepositorySettings,
} from '../../config/repository-settings.ts';
import { BackupError, systemCodeOf } from '../../errors/backup-error.ts';
import { adoptArchive, type AdoptResult, type RepositoryInstance } from '../../index.ts';
import { say, shellWord, type Message } from '../../messages/message.ts';
import { archiveCommandFor } from '../archive-command.ts';
import type { Command } from '../command.ts';
import { labelledLine, warningLine } from '../error-text.ts';
import { openNamedInstance } from '../open-instance.ts';
import type { ProgramContext } from '../program.ts';
import { sizeText } from '../size-text.ts';
import { speak } from '../speech.ts';

/** Something was left behind. */
const withWarnings = 3;
/** Names of what is none of an archive that are shown. */
const mostNames = 5;

export const repoAdoptCommand: Command = {
  synopsis: say('adopt-help.synopsis'),
  summary: say('adopt-help.what'),
  options: repoAdoptOptions,
  run: async (given, context) => {
    const { program, signal } = context;
    const [operand, further] = given.operands;
    if (operand === undefined || operand === '') throw usage(program, say('wal-commands.missing', { what: 'ARCHIVE' }));
    refuseInStore(operand);
    if (further !== undefined) throw extraWord(program, further);
    const settings = await readRepositorySettings(given, readEnvironment());
    const repository = repositoryOf(settings);
    const instance = await openNamedInstance(settings, context);
    const archive = resolve(operand);
    const request = { archive, instance, repository, copy: given.has('copy') };
    const result = await adoptArchive(request, { signal }).catch(explained);
    const { name } = instance;
    if (given.has('json')) await context.terminal.report(`${JSON.stringify(recordOf(name, archive, result))}\n`);
    else await tell({ archive, instance, settings, result }, context);
    return result.left.length > 0 ? withWarnings : 0;
  },
};

function refuseInStore(archive: string): void {
  if (beginsAsStore(archive))
    throw new BackupError('USAGE', say('adopt.in-store', { archive }), { hint: say('adopt.in-store.hint') });
  refuseStore('ARCHIVE', archive);
}

/** What is no archive of ours is none that a push should begin. */
function explained(error: unknown): never {
  const isMissing = error instanceof BackupError && systemCodeOf(error.cause) !== undefined;
  if (!(error instanceof BackupError) || error.code !== 'REPOSITORY_NOT_FOUND' || isMissing) throw error;
  throw error.with({ hint: say('adopt.no-archive.hint') });
}

interface Adopted {
  readonly archive: string;
  readonly instance: RepositoryInstance;
  readonly settings: RepositorySettings;
  readonly result: AdoptResult;
}

async function tell(
  { archive, instance, settings, result }: Adopted,
  { program, terminal }: ProgramContext,
): Promise<void> {
  const { segments, present, carried, left, unknown, whyCopied, openGeneration } = result;
  const { linked, copied, copiedBytes } = carried;
  const lines: Message[] = [say('adopt.done', { segments, present, instance: instance.name })];
  if (whyCopied === undefined) lines.push(say('adopt.linked', { linked }), say('adopt.not-read'));
  else {
    const reason = say(`adopt.why.${whyCopied}`);
    lines.push(say('adopt.copied', { linked, copied, bytes: sizeText(copiedBytes), reason }));
    lines.push(say(linked > 0 ? 'adopt.not-read' : 'adopt.copied-read'));
  }
  if (unknown.length > 0) {
    const items = [...unknown.slice(0, mostNames), ...(unknown.length > mostNames ? ['…'] : [])];
    lines.push(say('adopt.unknown', { count: unknown.length, list: { items, separator: ', ' } }));
  }
  for (const line of lines) terminal.line(`${program}: ${speak(line)}`);
  const named = namingWords(settings, instance);
  for (const { storedName, isGrowing } of left) {
    const words = { name: storedName, path: join(archive, storedName), words: named.map(shellWord).join(' ') };
    const { name, ...command } = words;
    terminal.line(
      warningLine(program, isGrowing ? say('adopt.left-growing', { name }) : say('adopt.left-whole', words)),
    );
    if (isGrowing) terminal.line(labelledLine(program, 'hint', speak(say('adopt.left-growing.hint', command))));
  }
  const owners = await otherOwners(archive, instance);
  if (owners !== undefined) terminal.line(warningLine(program, say('adopt.other-owner', owners)));
  terminal.line(`${program}: ${speak(say('adopt.next', { archive }))}`);
  await terminal.data(`${await archiveCommandFor({ archive: named, generation: openGeneration })}\n`);
}

/** How a server names the instance: it answers no question for a password. */
function namingWords(settings: RepositorySettings, { isEncrypted }: RepositoryInstance): string[] {
  const words = repositoryWords(settings, isEncrypted);
  return !isEncrypted || settings.password !== undefined ? words : [...words, '--password-file', '/PATH'];
}

/** Where the server that owns the one archive could not write into the other. */
async function otherOwners(
  archive: string,
  { wal }: RepositoryInstance,
): Promise<{ readonly source: number; readonly target: number } | undefined> {
  if (typeof wal !== 'string') return undefined;
  const [{ uid: source }, { uid: target }] = [await stat(archive), await stat(wal)];
  return source === target ? undefined : { source, target };
}

function recordOf(instance: string, archive: string, result: AdoptResult): Record<string, unknown> {
  const { systemIdentifier, segments, present, carried, whyCopied, left, unknown } = result;
  return {
    ...{ messageType: 'adopt', instance, archive, systemIdentifier: systemIdentifier.toString() },
    ...{ segments, present, ...carried, whyCopied: whyCopied ?? null },
    left: left.map(({ storedName: object, isGrowing }) => ({ object, isGrowing })),
    unknown,
  };
}
