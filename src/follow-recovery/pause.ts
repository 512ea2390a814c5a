import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { lackingLimits, raiseLimits } from '../server/recovery-limits.ts';
import { formatLsn } from '../wal/lsn.ts';
import { configuredSettings, type DataDirectory } from './data-directory.ts';
import { isAtPromise } from './promise.ts';
import type { ServerState } from './server-state.ts';
import type { RecoveryWatch } from './watch.ts';

/**
 * Why a server that is paused is not at its target: PostgreSQL 14 and later pauses where the WAL asks for more than it is
 * configured for, and anybody can pause it. Resumed there it would end, or go on to its target and pause again.
 * @param watch what the log said; the cause is found without it, too
 * @returns undefined when it is at its target, or elsewhere behind it, or nobody can tell
 */
export function pausedEarly(
  data: DataDirectory,
  state: ServerState | undefined,
  { watch, configFile }: { readonly watch: RecoveryWatch; readonly configFile: string | undefined },
): BackupError | undefined {
  const { record } = data;
  const isAt = isAtPromise(data, state?.replayLsn);
  if (isAt === true || watch.stoppedAt !== undefined || record?.ended?.how === 'accepted') return undefined;
  if (watch.isTooSmall) return watch.failure(undefined);
  if (isAt === undefined) return undefined;
  const small = tooSmall(data, configFile);
  if (small !== undefined) return small;
  const [promised, replayed] = [record?.endLsn, state?.replayLsn];
  if (promised === undefined || replayed === undefined || replayed > promised) return undefined;
  const positions = { replayed: formatLsn(replayed), promised: formatLsn(promised) };
  return new BackupError('SERVER_ERROR', say('recovery.paused-early', positions), {
    hint: say('recovery.paused-early.hint', { query: data.dialect.resumeQuery, path: data.path }),
  });
}

/** The limits that the WAL has asked for so far are in pg_control. */
function tooSmall({ path, identity, control }: DataDirectory, configFile: string | undefined): BackupError | undefined {
  const { family } = identity;
  const settings = configuredSettings(path, configFile);
  const required = raiseLimits([], control.limits, { family, raisedAt: undefined });
  const [lacking] = lackingLimits(required, family, (name) => settings.get(name));
  if (lacking === undefined) return undefined;
  const { name, value } = lacking;
  const text = say('recovery.too-low', { name, is: settings.get(name) ?? '-', value });
  return new BackupError('CONFIG_INVALID', say('recovery-failure.smaller-host', { text }), {
    hint: say('recovery-failure.smaller-host.hint'),
  });
}
