import { existsSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { display, fromText, type ByteString } from '../bytes/byte-string.ts';
import { BackupError, systemCodeOf } from '../errors/backup-error.ts';
import { directoryState } from '../files/directory-state.ts';
import { fileFailure } from '../files/failure.ts';
import { readRegular } from '../files/open-regular.ts';
import { fsPath, joinPath, lastPart, parentPath } from '../files/path.ts';
import { entriesOf } from '../files/read-directory.ts';
import { say } from '../messages/message.ts';
import { readControlFile } from '../server/control-file.ts';
import { placeBeforeMove } from './aside-name.ts';
import type { PlaceFacts, TargetFacts, TargetLink } from './facts.ts';
import { isOursInRestore, readMarker } from './marker.ts';
import { hasOldCopiesOnly, interruptedMove } from './move-aside.ts';

/** @throws BackupError `TARGET_NOT_EMPTY` when it is something else than a directory; `STORAGE_UNAVAILABLE` */
export async function targetFacts(directory: string, now: Date): Promise<TargetFacts> {
  const path = resolvePath(fromText(directory));
  const place = await placeFacts(path);
  const stats = place.state === 'missing' ? undefined : statSync(fsPath(path));
  return {
    path,
    state: place.state,
    isMountPoint: place.isMountPoint,
    owner: stats === undefined ? undefined : { uid: stats.uid, gid: stats.gid },
    systemIdentifier: systemIdentifierOf(path),
    unfinished: readMarker(path),
    hasOldCopiesOnly: place.hasOldCopiesOnly,
    hasControlFile: lstatSync(fsPath(joinPath(path, 'global/pg_control')), { throwIfNoEntry: false }) !== undefined,
    links: place.state === 'filled' ? await linksOf(path) : [],
    insideInstance: path === '/' ? undefined : instanceAbove(parentPath(path), path),
    asideSuffix: freeSuffix([path], now),
    ownUid: process.geteuid?.() ?? 0,
    ownGid: process.getegid?.() ?? 0,
  };
}

/** What is at `path`, which need not exist. */
export async function placeFacts(path: ByteString, ownDirectory: ByteString = path): Promise<PlaceFacts> {
  const real = resolvePath(path);
  const state = await directoryState(real, isOursInRestore);
  return {
    path,
    real,
    state: state === 'missing' || state === 'empty' ? state : 'filled',
    isMountPoint: state !== 'missing' && isMountPoint(real),
    insideInstance: instanceAbove(real, ownDirectory),
    unfinished: readMarker(real),
    hasOldCopiesOnly: state !== 'missing' && state !== 'empty' && hasOldCopiesOnly(real, isOursInRestore),
  };
}

/** `path` absolute, with the links of the part of it that exists resolved. */
function resolvePath(path: ByteString): ByteString {
  const absolute = path.startsWith('/') ? path : joinPath(fromText(process.cwd()), path);
  const missing: ByteString[] = [];
  let current = absolute;
  for (;;) {
    try {
      const real = realpathSync.native(fsPath(current), { encoding: 'latin1' }) as ByteString;
      return missing.reduceRight((above, name) => joinPath(above, name), real);
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw notADirectory(path, error);
      if (lstatSync(fsPath(current), { throwIfNoEntry: false })?.isSymbolicLink() === true) {
        throw new BackupError('TARGET_NOT_EMPTY', say('restore.dangling-target', { path: display(current) }));
      }
    }
    missing.push(lastPart(current));
    current = parentPath(current);
  }
}

function notADirectory(path: ByteString, error: unknown): Error {
  if (systemCodeOf(error) !== 'ENOTDIR') return fileFailure('read', path, error);
  return new BackupError('TARGET_NOT_EMPTY', say('files.not-a-directory', { path: display(path) }), { cause: error });
}

/** The nearest directory above `path`, or it itself, that is an instance and not `own`. */
function instanceAbove(path: ByteString, own: ByteString): ByteString | undefined {
  for (let above = path; ; above = parentPath(above)) {
    if (above !== own && existsSync(fsPath(joinPath(above, 'PG_VERSION')))) return above;
    if (above === own || above === '/') return undefined;
  }
}

function isMountPoint(path: ByteString): boolean {
  if (path === '/') return true;
  return statSync(fsPath(path)).dev !== statSync(fsPath(parentPath(path))).dev;
}

function systemIdentifierOf(path: ByteString): bigint | undefined {
  try {
    return readControlFile(readRegular(fsPath(joinPath(path, 'global/pg_control')))).systemIdentifier;
  } catch (error) {
    if (error instanceof BackupError || systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') {
      return undefined;
    }
    throw fileFailure('read', joinPath(path, 'global/pg_control'), error);
  }
}

async function linksOf(path: ByteString): Promise<TargetLink[]> {
  const folder = joinPath(path, 'pg_tblspc');
  if (!lstatSync(fsPath(folder), { throwIfNoEntry: false })?.isDirectory()) return [];
  const links: TargetLink[] = [];
  for await (const { name } of entriesOf(folder)) {
    const link = joinPath(folder, name);
    if (!/^[1-9]\d{0,9}$/.test(name) || !lstatSync(fsPath(link)).isSymbolicLink()) continue;
    const target = readlinkSync(fsPath(link), { encoding: 'latin1' }) as ByteString;
    const real = realOf(link) ?? realOf(placeBeforeMove(target));
    links.push({ oid: Number(name), target, real: real === undefined ? undefined : (interruptedMove(real) ?? real) });
  }
  return links.sort((a, b) => a.oid - b.oid);
}

function realOf(path: ByteString | undefined): ByteString | undefined {
  try {
    return path === undefined ? undefined : (realpathSync.native(fsPath(path), { encoding: 'latin1' }) as ByteString);
  } catch {
    return undefined;
  }
}

/** `.before-restore-20261121T093000Z`, with a number behind it where that is taken beside or in one of `paths`. */
export function freeSuffix(paths: readonly ByteString[], now: Date): string {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '');
  for (let count = 1; ; count += 1) {
    const suffix = `.before-restore-${stamp}${count === 1 ? '' : `-${count}`}`;
    const taken = paths.flatMap((path) => [`${path}${suffix}` as ByteString, joinPath(path, `gausskeep${suffix}`)]);
    if (!taken.some((path) => existsSync(fsPath(path)))) return suffix;
  }
}
