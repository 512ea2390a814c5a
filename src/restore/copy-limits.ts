import type { ByteString } from '../bytes/byte-string.ts';
import { BackupError } from '../errors/backup-error.ts';
import { say } from '../messages/message.ts';
import { lackingLimits, raiseLimits, type RequiredLimit } from '../server/recovery-limits.ts';
import type { ServerFamily } from '../server/identity.ts';
import type { FoundSetting } from '../server/settings-file.ts';
import { isOff, type CopySettings } from './copy-settings.ts';
import type { SourceFacts } from '../backup-source/source-facts.ts';
import type { RestoreRequest } from './request.ts';

/** What the recovery needs, of the WAL and, as far as it is read, of the backup's pg_control. */
export function requiredLimits({ recovery }: RestoreRequest, { rules, limits }: SourceFacts): readonly RequiredLimit[] {
  if (recovery?.archiveRecovery !== true) return [];
  if (limits === undefined) return recovery.limits;
  return raiseLimits(recovery.limits, limits, { family: rules.family, raisedAt: undefined });
}

/**
 * A server that cannot be asked while it recovers does not check its limits: then the user's own stay.
 * @throws BackupError `USAGE`
 */
export function checkLimits(set: readonly FoundSetting[], limits: readonly RequiredLimit[]): void {
  if (set.some(({ name, value }) => name === 'hot_standby' && isOff(value))) return;
  for (const { name, value } of limits) {
    const own = set.findLast((setting) => setting.name.toLowerCase() === name)?.value;
    if (own === undefined || !/^\d+$/.test(own) || Number(own) >= value) continue;
    throw new BackupError('USAGE', say('restore.limit-too-low', { name, own, needed: value }), {
      hint: say('restore.limit-too-low.hint', { name, needed: value }),
    });
  }
}

/** Raises what the copy has less of than the recovery needs, but for what the user has set. */
export function raiseInCopy(
  copy: CopySettings,
  { set, limits, family }: { set: readonly FoundSetting[]; limits: readonly RequiredLimit[]; family: ServerFamily },
): void {
  const isOwn = (name: string): boolean => set.some((setting) => setting.name.toLowerCase() === name);
  // What a file says that is included and not read is not known.
  const unread = copy.main.hasIncludes && copy.included.size === 0 ? ('' as ByteString) : undefined;
  for (const { name, value } of lackingLimits(limits, family, (wanted) => copy.value(wanted) ?? unread)) {
    if (!isOwn(name)) copy.set(name, String(value) as ByteString);
  }
}
