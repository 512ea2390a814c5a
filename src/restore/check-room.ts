import { display, type ByteString } from '../bytes/byte-string.ts';
import { refuseFull, space } from '../checks/space-checks.ts';
import { needsByFileSystem, type NeededSpace } from '../files/free-space.ts';
import { lastPart } from '../files/path.ts';
import { say } from '../messages/message.ts';
import type { RestorePlan } from './plan.ts';

/** Bytes that a copy takes at least. */
interface Needed {
  readonly bytes: bigint;
  /** By the oid of the tablespace, undefined for the data directory; undefined: only the sum is known. */
  readonly byPlace: ReadonlyMap<number | undefined, bigint> | undefined;
}

/** Of sizes that no manifest vouches for, in percent, what is restored for certain: some files of a backup are left out. */
const certainPercent = 90n;

/**
 * Refuses a restore that the disk has no room for, by sizes that are known already. An update of a directory (`delta`) writes over what is there: nobody knows
 * how much more it takes.
 * @param walBytes WAL that the recovery puts into the copy
 * @param refused what to do where there is none
 * @throws BackupError `STORAGE_UNAVAILABLE`
 */
export async function checkRoom(
  plan: RestorePlan,
  walBytes: number,
  refused = say('doctor.restore-space.refused'),
): Promise<void> {
  if (plan.mode === 'delta') return;
  const files = neededFiles(plan);
  if (files === undefined) return;
  const created = BigInt(plan.source.rules.created.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const wal = BigInt(walBytes);
  const found = await needsByFileSystem(
    placesOf(plan).map(({ oid, path }) => {
      const own = files.byPlace?.get(oid) ?? 0n;
      return [path, oid === undefined ? { files: own + created, wal } : { files: own }];
    }),
  );
  const refuse = (path: string, freeBytes: bigint, needed: NeededSpace): void => {
    // What compresses may take less: no reason to refuse.
    const storesAsWritten = found.every(({ free }) => free.storesAsWritten);
    const use = walBytes === 0 ? 'files' : 'copy';
    refuseFull(space({ path, freeBytes, storesAsWritten, needed }, use), refused);
  };
  if (files.byPlace !== undefined) {
    for (const { path, free, needed } of found) refuse(display(path), free.freeBytes, needed);
    return;
  }
  const freeBytes = found.reduce((sum, { free }) => sum + free.freeBytes, 0n);
  refuse(found.map(({ path }) => display(path)).join(', '), freeBytes, {
    files: files.bytes + created,
    wal,
    manifest: 0n,
  });
}

/** What comes from the backup; undefined: not known. */
function neededFiles({ source, keepsBackupWal }: RestorePlan): Needed | undefined {
  const { manifest, earlier, totalBytes, rules } = source;
  if (manifest === undefined) {
    // The WAL of the backup counts in the sum, and so do the parts of a chain that replace each other.
    if (earlier !== undefined || !keepsBackupWal) return undefined;
    return { bytes: (BigInt(totalBytes) * certainPercent) / 100n, byPlace: undefined };
  }
  const byPlace = new Map<number | undefined, bigint>();
  let bytes = 0n;
  for (const { path, size } of manifest.files.values()) {
    // Of a file that is put together from several backups, only those know the length.
    if (earlier !== undefined && lastPart(path).startsWith('INCREMENTAL.')) continue;
    if (rules.dropped.some((pattern) => pattern.test(path))) continue;
    const match = /^pg_tblspc\/([1-9]\d{0,9})\//.exec(path);
    const oid = match === null ? undefined : Number(match[1]);
    byPlace.set(oid, (byPlace.get(oid) ?? 0n) + BigInt(size));
    bytes += BigInt(size);
  }
  return { bytes, byPlace };
}

function placesOf({ directory, tablespaces }: RestorePlan): { oid: number | undefined; path: ByteString }[] {
  return [{ oid: undefined, path: directory }, ...tablespaces.map(({ oid, directory: path }) => ({ oid, path }))];
}
