import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { parseWalCompression } from '../config/compression-option.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { pinDate } from '../config/pin-date.ts';
import { wholeNumber } from '../config/places.ts';
import {
  readCatalogue,
  type ImportBackupRequest,
  type Pin,
  type RepositoryInstance,
  type StoredBackup,
} from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { warningLine } from './error-text.ts';
import { backupRecord } from './list-record.ts';
import type { ProgramContext } from './program.ts';
import { shownInstance } from './shown-instance.ts';
import { sizeText } from './size-text.ts';
import { speak } from './speech.ts';
import { tellClock } from './store-findings.ts';

/** The backup is stored, but pages failed their checksum on the server, or it could not be pinned. */
export const storedWithWarnings = 3;

type Kept = Pick<ImportBackupRequest, 'codec' | 'note' | 'pin' | 'generation' | 'spoolParent'>;

/** How a backup is kept, whatever it comes from. @throws BackupError `USAGE`, `CONFIG_INVALID` */
export function keptAs(given: GivenOptions): Kept {
  const text = given.last('compress');
  const codec = text === undefined ? undefined : parseWalCompression(text);
  const generation = given.last('generation');
  return {
    codec: codec && { name: codec.method, level: codec.method === 'none' ? undefined : codec.level },
    note: given.last('note'),
    pin: pinOf(given),
    generation: generation === undefined ? undefined : wholeNumber('--generation', generation, 1, 999_999_999),
    spoolParent: resolve(given.last('spool') ?? tmpdir()),
  };
}

/** Until the end of a day, or for ever. */
function pinOf(given: GivenOptions): Pin | undefined {
  const date = given.last('pin');
  return date === undefined ? undefined : { until: date === '' ? undefined : pinDate(date) };
}

type Stored = Pick<StoredBackup, 'commit' | 'pinFailure'>;

/** Tells what was stored. @param more what is said behind its name and sizes @returns the exit status */
export async function tellStored(
  { commit, pinFailure }: Stored,
  more: readonly Message[],
  {
    given,
    context: { program, terminal },
    instance,
  }: { readonly given: GivenOptions; readonly context: ProgramContext; readonly instance: RepositoryInstance },
): Promise<number> {
  const { files, logicalBytes, newBytes, referencedBytes, name } = commit;
  const sizes = { logical: sizeText(logicalBytes), fresh: sizeText(newBytes), referenced: sizeText(referencedBytes) };
  const lines = [
    say('storing.done', { name, instance: instance.name }),
    say('storing.done-sizes', { files, ...sizes }),
    ...more,
  ];
  const text = given.has('json')
    ? JSON.stringify(await recordOf(name, instance))
    : lines.map((line) => speak(line)).join('\n');
  await terminal.data(`${text}\n`);
  tellClock(instance.storage, { program, terminal });
  if (pinFailure === undefined) return 0;
  terminal.line(warningLine(program, say('storing.not-pinned', { reason: pinFailure.sentence })));
  return storedWithWarnings;
}

/** As `gausskeep list` tells it. */
async function recordOf(name: string, instance: RepositoryInstance): Promise<Record<string, unknown>> {
  const shown = shownInstance(instance, await readCatalogue(instance.storage), { newestWal: undefined, pruned: [] });
  const backup = shown.backups.find(({ id }) => id === name);
  return backup === undefined ? {} : backupRecord(shown, backup);
}
