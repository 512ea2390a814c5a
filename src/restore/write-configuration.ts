import { existsSync, statSync } from 'node:fs';
import { fromBytes, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { readRegular } from '../files/open-regular.ts';
import { fsPath, joinPath } from '../files/path.ts';
import { writeDurably } from '../files/write-durably.ts';
import { readControlFile } from '../server/control-file.ts';
import { raiseLimits } from '../server/recovery-limits.ts';
import type { RecoveryLimits } from '../wal/recovery-limits.ts';
import { configure, type ConfigurationOutcome } from './configure.ts';
import type { RestorePlan } from './plan.ts';
import type { ReceiveBackup } from './receive-backup.ts';
import type { TargetTree } from './target-tree.ts';

/**
 * Writes what `configure` makes of the configuration that the backup has.
 * @param limits of the source, which the copy needs for a recovery
 * @throws BackupError `STORAGE_UNAVAILABLE`, and as `configure`
 */
export async function writeConfiguration(
  { configuration, directory }: RestorePlan,
  received: ReceiveBackup,
  { base, limits }: { readonly base: TargetTree; readonly limits: RecoveryLimits | undefined },
): Promise<ConfigurationOutcome> {
  const { overridingFile, family } = configuration.rules;
  const needed =
    limits === undefined
      ? configuration.limits
      : raiseLimits(configuration.limits, limits, { family, raisedAt: undefined });
  const main = joinPath(directory, 'postgresql.conf');
  const overriding = overridingFile === undefined ? undefined : joinPath(directory, overridingFile);
  const before = { main: readText(main), overriding: overriding && readText(overriding) };
  const has = (name: string): boolean => existsSync(fsPath(joinPath(directory, name)));
  const outcome = configure(
    { ...configuration, limits: needed },
    {
      ...before,
      outside: received.outside.configuration(),
      hasHba: has('pg_hba.conf'),
      hasIdent: has('pg_ident.conf'),
      limits: received.control && readControlFile(received.control).limits,
    },
  );
  await replaceText(main, before.main, outcome.main);
  if (overriding !== undefined) await replaceText(overriding, before.overriding, outcome.overriding);
  for (const name of outcome.directories) base.makeParents(`${name}/x` as ByteString);
  for (const [name, text] of outcome.files) {
    base.makeParents(name);
    await replaceText(joinPath(directory, name), undefined, text);
  }
  return outcome;
}

function readText(path: ByteString): ByteString | undefined {
  try {
    return fromBytes(readRegular(fsPath(path)));
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw fileFailure('read', path, error);
  }
}

async function replaceText(
  path: ByteString,
  before: ByteString | undefined,
  after: ByteString | undefined,
): Promise<void> {
  if (after === undefined || after === before) return;
  const mode = statSync(fsPath(path), { throwIfNoEntry: false })?.mode ?? 0o600;
  // Made durable with everything else.
  await writeDurably(path, toBytes(after), { mode: mode & 0o777, sync: false });
}
