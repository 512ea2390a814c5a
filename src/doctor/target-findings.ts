import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromText } from '../bytes/byte-string.ts';
import { segmentBytesOf, type ServerFacts } from '../checks/server-facts.ts';
import type { ServerFinding } from '../checks/server-finding.ts';
import { neededForBackup, space } from '../checks/space-checks.ts';
import { BackupError, reasonFor, systemCodeOf } from '../errors/backup-error.ts';
import { directoryState, requireEmpty } from '../files/directory-state.ts';
import { freeSpace } from '../files/free-space.ts';
import { isLockName } from '../files/lock-directory.ts';
import { say, type MessageValue } from '../messages/message.ts';

type TargetUse = 'backup' | 'restore';

/**
 * Findings about a directory that a program is to fill: whether it may be filled by this account, and whether there is room. What cannot be
 * looked at is a finding as well. @param path absolute
 */
export async function targetFindings(
  path: string,
  facts: ServerFacts | undefined,
  use: TargetUse,
): Promise<ServerFinding[]> {
  const check = use === 'backup' ? 'space' : 'restore-space';
  const refusal = await refusalOf(path);
  const error = (reason: MessageValue): ServerFinding => ({
    ...{ check, severity: 'error', what: say(`doctor.target.${use}`, { path, reason }) },
    ...{ why: say('doctor.target.why'), fix: say('doctor.target.fix') },
  });
  if (refusal?.kind === 'unusable') return [error(refusal.reason)];
  const filled: ServerFinding = {
    ...{ check, severity: 'warning', what: say('doctor.target.filled', { path }) },
    ...{ why: say(`doctor.target.filled.${use}-why`), fix: say(`doctor.target.filled.${use}-fix`) },
  };
  try {
    const { freeBytes, storesAsWritten } = await freeSpace(fromText(path));
    const room = space({ path, freeBytes, storesAsWritten, needed: neededFor(facts, use), isEstimate: true }, use);
    return refusal === undefined ? [room] : [filled, room];
  } catch (failure) {
    if (failure instanceof BackupError) return [error(failure.sentence)];
    throw failure;
  }
}

function neededFor(facts: ServerFacts | undefined, use: TargetUse): ReturnType<typeof neededForBackup> | undefined {
  if (facts?.sizeBytes === undefined) return undefined;
  return neededForBackup(facts.sizeBytes, { segmentBytes: segmentBytesOf(facts), hasManifest: use === 'backup' });
}

/** Undefined: missing or empty, and this account may write there. */
type Refusal = { readonly kind: 'filled' } | { readonly kind: 'unusable'; readonly reason: MessageValue };

async function refusalOf(path: string): Promise<Refusal | undefined> {
  try {
    // As the programs look before they begin.
    requireEmpty(fromText(path), await directoryState(fromText(path), isLockName));
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    if (error.kind !== 'not-empty') return { kind: 'unusable', reason: error.sentence };
    return (await unwritable(path)) ?? { kind: 'filled' };
  }
  return await unwritable(path);
}

/** Whether this account may write to the directory, or to the nearest one above it that is there. */
async function unwritable(path: string): Promise<Refusal | undefined> {
  for (let place = path; ; place = dirname(place)) {
    try {
      const isDirectory = (await stat(place)).isDirectory();
      if (!isDirectory) return { kind: 'unusable', reason: say('files.not-a-directory', { path: place }) };
      await access(place, constants.W_OK | constants.X_OK);
      return undefined;
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === 'ENOENT' && place !== dirname(place)) continue;
      const isForbidden = code === 'EACCES' || code === 'EPERM' || code === 'EROFS';
      const reason = isForbidden ? say('doctor.target.not-writable', { place, code }) : reasonFor(error);
      return { kind: 'unusable', reason };
    }
  }
}
