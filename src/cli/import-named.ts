import { resolve } from 'node:path';
import { serverOnlyOptions } from '../config/backup-options.ts';
import { readEnvironment } from '../config/environment.ts';
import { progressStyle } from '../config/gs-basebackup-settings.ts';
import type { GivenOptions } from '../config/option-table.ts';
import { usage } from '../config/parse-options.ts';
import { readRepositorySettings } from '../config/repository-settings.ts';
import { formatLsn, importBackup, type ImportedBackup, type ImportedWalPlace } from '../index.ts';
import { say, type Message } from '../messages/message.ts';
import { BackupTalk } from './backup-talk.ts';
import { keptAs, tellStored } from './kept-backup.ts';
import { openNamedInstance } from './open-instance.ts';
import { tellLost } from './tell-lost.ts';
import type { ProgramContext } from './program.ts';

/** `gausskeep backup --from`. @returns the exit status @throws BackupError `USAGE` for what only a server could be asked, as `importBackup` */
export async function importNamed(given: GivenOptions, context: ProgramContext): Promise<number> {
  const { program, signal } = context;
  const ofServer = serverOnlyOptions.find((long) => given.has(long));
  if (ofServer !== undefined) {
    throw usage(program, say('importing.with-from', { option: `--${ofServer}` })).with({
      hint: say('importing.with-from.hint'),
    });
  }
  const [from, ...others] = given.all('from');
  if (from === undefined || others.length > 0) {
    throw usage(program, say('importing.one-from', { count: given.count('from') }));
  }
  const kept = keptAs(given);
  const repository = await readRepositorySettings(given, readEnvironment());
  const talk = new BackupTalk(context, progressStyle(given), given.count('verbose') > 0);
  const instance = await openNamedInstance(repository, context);
  tellLost(instance, context);
  const request = { ...kept, instance, from: resolve(from), label: given.last('label') };
  const result = await importBackup(request, { signal, onEvent: talk.listener });
  talk.finish();
  return tellStored(result, linesOf(result), { given, context, instance });
}

const places = {
  archive: 'storing.done-wal',
  'archive-and-backup': 'storing.done-own-wal',
  backup: 'importing.done-own-wal',
} as const satisfies Record<ImportedWalPlace, string>;

const proofs = {
  checksums: 'importing.done-checksums',
  sizes: 'importing.done-sizes',
  nothing: 'importing.done-nothing',
} as const satisfies Record<ImportedBackup['proved'], string>;

function linesOf({ commit, proved, walPlace, isWalRead }: ImportedBackup): Message[] {
  const { endLsn, timeline } = commit;
  return [
    say(proofs[proved]),
    say(isWalRead ? 'importing.done-wal-read' : 'importing.done-no-wal'),
    say(places[walPlace], { endLsn: formatLsn(endLsn), timeline }),
  ];
}
