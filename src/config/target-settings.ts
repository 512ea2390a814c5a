import { resolve } from 'node:path';
import { say } from '../messages/message.ts';
import type { Environment } from './environment.ts';
import type { GivenOptions } from './option-table.ts';
import { usage } from './parse-options.ts';
import { readPlaces } from './places.ts';
import { targetOptions } from './target-options.ts';

/** What a command line asked for of a recovery to a point in time; the fields of the library's request. */
export interface TargetSettings {
  readonly from: string | undefined;
  readonly backups: readonly string[] | undefined;
  readonly archive: string | undefined;
  readonly generation: number | undefined;
  readonly walFrom: readonly string[];
  readonly target: {
    readonly time: string | undefined;
    readonly lsn: string | undefined;
    readonly xid: string | undefined;
    readonly name: string | undefined;
    readonly immediate: boolean;
    readonly inclusive: boolean;
    readonly exclusive: boolean;
    readonly timeline: string | undefined;
    readonly action: string | undefined;
  };
  readonly supply: 'copy' | 'restore-command' | undefined;
  readonly restoreCommand: string | undefined;
  readonly archiveCleanupCommand: string | undefined;
  readonly recoveryEndCommand: string | undefined;
  readonly requirePause: boolean;
  readonly allowEndOfWal: boolean;
  readonly allowTablespaceReplay: boolean;
}

/**
 * The recovery that was asked for; undefined where none was: then the backup starts with its own WAL. What the environment
 * or the configuration file says of places makes no recovery by itself.
 * @param options.always a recovery, also where no option asks for one: all WAL is replayed
 * @throws BackupError `USAGE`, `CONFIG_INVALID`
 */
export async function targetSettings(
  program: string,
  given: GivenOptions,
  environment: Environment,
  { always = false }: { readonly always?: boolean } = {},
): Promise<TargetSettings | undefined> {
  const asked = always || targetOptions.some(({ options }) => options.some(({ long }) => given.has(long)));
  if (!asked) return undefined;
  const from = given.last('from') ?? given.operands[0];
  const { archive, backups, generation } = await readPlaces(given, environment);
  const supply = given.last('wal-supply');
  if (supply !== undefined && supply !== 'copy' && supply !== 'restore-command') {
    throw usage(program, say('restore-recovery.bad-supply', { text: supply }));
  }
  const restoreCommand = given.last('restore-command');
  if (supply === 'copy' && restoreCommand !== undefined) {
    throw usage(program, say('restore-recovery.copy-and-command'));
  }
  return {
    from,
    backups,
    archive,
    generation,
    walFrom: given.all('wal-from').map((path) => resolve(path)),
    target: {
      time: given.last('target-time'),
      lsn: given.last('target-lsn'),
      xid: given.last('target-xid'),
      name: given.last('target-name'),
      immediate: given.has('target-immediate'),
      inclusive: given.has('target-inclusive'),
      exclusive: given.has('target-exclusive'),
      timeline: given.last('target-timeline'),
      action: given.last('target-action'),
    },
    supply: supply ?? (restoreCommand === undefined ? undefined : 'restore-command'),
    restoreCommand,
    archiveCleanupCommand: given.last('archive-cleanup-command'),
    recoveryEndCommand: given.last('recovery-end-command'),
    requirePause: given.has('require-pause'),
    allowEndOfWal: given.has('allow-end-of-wal'),
    allowTablespaceReplay: given.has('allow-tablespace-replay'),
  };
}
