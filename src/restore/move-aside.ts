import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { isLockName } from '../files/lock-directory.ts';
import { fsPath, joinPath, lastPart, parentPath } from '../files/path.ts';
import { newLinkName, replaceLink } from '../files/replace-link.ts';
import { placeBeforeMove } from './aside-name.ts';
import type { MovedAside } from './plan.ts';

/** What was moved, and how to take it back. */
export interface MovedContent {
  readonly moved: readonly MovedAside[];
  /** Moves everything back to where it was, which must be empty or gone. Never throws. @returns what could not be moved back */
  readonly undo: () => readonly MovedAside[];
}

/** In a directory that entries are being moved into or out of; a run that was killed leaves it. */
const movingName = '.gausskeep.moving';
const insidePrefix = 'gausskeep.before-restore-';

/** Whether nothing is in `path` but old copies, wholly moved, and what `isOurs` names. */
export function hasOldCopiesOnly(path: ByteString, isOurs: (name: string) => boolean): boolean {
  const names = namesIn(path).filter((name) => !isOurs(name) && name !== 'lost+found');
  const isCopy = (name: string): boolean =>
    name.startsWith(insidePrefix) && interruptedMove(joinPath(path, name)) === undefined;
  return names.length > 0 && names.every(isCopy);
}

/** The directory whose entries were being moved into `path`, or out of it, when the run was killed. */
export function interruptedMove(path: ByteString): ByteString | undefined {
  if (!lastPart(path).startsWith(insidePrefix) || !existsSync(fsPath(joinPath(path, movingName)))) return undefined;
  return parentPath(path);
}

/**
 * Moves directories aside, each within its file system; the data directory is the last. Its links are re-pointed before
 * each move at where their tablespaces will be, those inside the data directory too, so that the old copy stays whole and
 * never reads the new one's files. A link that leads to a place that is not there yet tells the next run of a kill in between.
 * A failure puts back what was moved.
 */
export function moveAside(planned: readonly MovedAside[]): MovedContent {
  const data = planned.find(({ what }) => what === 'data-directory')?.from;
  const links = data === undefined ? [] : linksOf(data);
  const moved: MovedAside[] = [];
  const undo = (): readonly MovedAside[] => {
    const failed: MovedAside[] = [];
    for (const one of [...moved].reverse()) {
      try {
        moveBack(one);
        if (data !== undefined) pointBack(links, one, data);
      } catch {
        failed.push(one);
      }
    }
    return failed;
  };
  try {
    for (const one of planned) {
      const point = (to: ByteString): void => {
        if (data !== undefined) pointAside(links, { ...one, to }, data);
      };
      try {
        moved.push(moveOne(one, point));
      } catch (error) {
        if (data !== undefined) pointBack(links, one, data);
        throw error;
      }
    }
  } catch (error) {
    undo();
    throw error;
  }
  return { moved, undo };
}

interface OldLink {
  readonly name: string;
  /** As it says. */
  readonly target: ByteString;
  readonly real: ByteString;
}

/** The absolute links of the old data directory; what a relative one leads to moves along. */
function linksOf(data: ByteString): OldLink[] {
  const folder = joinPath(data, 'pg_tblspc');
  if (lstatSync(fsPath(folder), { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  // Of a run that was killed; the old copy must not keep it.
  removeIfThere(joinPath(data, newLinkName));
  return readdirSync(fsPath(folder), { encoding: 'latin1' }).flatMap((name) => {
    const path = joinPath(folder, name);
    if (!lstatSync(fsPath(path)).isSymbolicLink()) return [];
    const target = readlinkSync(fsPath(path), { encoding: 'latin1' }) as ByteString;
    if (!target.startsWith('/')) return [];
    const real = realOf(path) ?? realOf(placeBeforeMove(target));
    return real === undefined ? [] : [{ name, target, real: placeBeforeInterruptedMove(real) }];
  });
}

/** Where something was that a killed run moved into a folder of the same directory, while others of its entries stayed. */
function placeBeforeInterruptedMove(path: ByteString): ByteString {
  for (let folder = path; folder !== '/'; folder = parentPath(folder)) {
    const before = interruptedMove(folder);
    if (before !== undefined) return `${before}${path.slice(folder.length)}` as ByteString;
  }
  return path;
}

function linksInto(links: readonly OldLink[], directory: ByteString): OldLink[] {
  return links.filter(({ real }) => real === directory || real.startsWith(`${directory}/`));
}

/** Points the links, which are in `where` now, at the place that their tablespaces are moved to. */
function pointAside(links: readonly OldLink[], { from, to }: MovedAside, where: ByteString): void {
  for (const { name, real } of linksInto(links, from)) {
    const target = `${to}${real.slice(from.length)}` as ByteString;
    replaceLink(joinPath(where, `pg_tblspc/${name}`), target, where);
  }
}

function pointBack(links: readonly OldLink[], { from }: MovedAside, where: ByteString): void {
  for (const { name, target } of linksInto(links, from)) {
    const before = existsSync(fsPath(target)) ? target : (placeBeforeMove(target) ?? target);
    replaceLink(joinPath(where, `pg_tblspc/${name}`), before, where);
  }
}

/** @param point re-points the links of what is moved; before the move is complete, so that a kill can be told */
function moveOne(one: MovedAside, point: (to: ByteString) => void): MovedAside {
  const wasBegun = insideFolder(one.from);
  if (one.how === 'entries' || wasBegun !== undefined) return moveInside(one, wasBegun ?? one.to, point);
  const suffix = lastPart(one.to).slice(lastPart(one.from).length);
  const inside = joinPath(one.from, `gausskeep${suffix}`);
  // An older copy inside has links that lead to where it is.
  if (namesIn(one.from).some((name) => name.startsWith(insidePrefix))) return moveInside(one, inside, point);
  try {
    point(one.to);
    renameSync(fsPath(one.from), fsPath(one.to));
    return one;
  } catch (error) {
    const code = systemCodeOf(error);
    // A mount point that shares its file system with its parent (bind mount), or a parent that is not ours to change.
    if (code !== 'EBUSY' && code !== 'EXDEV' && code !== 'EACCES' && code !== 'EPERM') {
      throw fileFailure('rename', one.from, error);
    }
  }
  return moveInside(one, inside, point);
}

function moveInside(one: MovedAside, to: ByteString, point: (to: ByteString) => void): MovedAside {
  makeDirectory(to);
  const moving = beginMoving(to);
  point(to);
  for (const name of namesIn(one.from)) {
    const isKept = name === 'lost+found' || isLockName(name) || name.startsWith(insidePrefix);
    if (!isKept) move(joinPath(one.from, name), joinPath(to, name));
  }
  removeIfThere(moving);
  return { ...one, to, how: 'entries' };
}

/** The directory that a killed run was moving entries of `path` into: the old copy stays in one piece. */
function insideFolder(path: ByteString): ByteString | undefined {
  return readdirSync(fsPath(path), { encoding: 'latin1' })
    .map((name) => joinPath(path, name))
    .find((entry) => interruptedMove(entry) !== undefined);
}

function moveBack({ from, to, how }: MovedAside): void {
  if (how === 'rename') {
    try {
      // Left empty by a run that failed.
      rmdirSync(fsPath(from));
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error;
    }
    move(to, from);
    return;
  }
  const names = namesIn(to);
  const moving = beginMoving(to);
  for (const name of names) if (name !== movingName) move(joinPath(to, name), joinPath(from, name));
  removeIfThere(moving);
  rmdirSync(fsPath(to));
}

function namesIn(path: ByteString): string[] {
  try {
    return readdirSync(fsPath(path), { encoding: 'latin1' });
  } catch (error) {
    throw fileFailure('read', path, error);
  }
}

function beginMoving(directory: ByteString): ByteString {
  const path = joinPath(directory, movingName);
  try {
    writeFileSync(fsPath(path), '', { mode: 0o600 });
  } catch (error) {
    throw fileFailure('create', path, error);
  }
  return path;
}

function makeDirectory(path: ByteString): void {
  try {
    mkdirSync(fsPath(path), 0o700);
  } catch (error) {
    if (systemCodeOf(error) !== 'EEXIST') throw fileFailure('create', path, error);
  }
}

function removeIfThere(path: ByteString): void {
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw fileFailure('remove', path, error);
  }
}

function move(from: ByteString, to: ByteString): void {
  try {
    renameSync(fsPath(from), fsPath(to));
  } catch (error) {
    throw fileFailure('rename', from, error);
  }
}

function realOf(path: ByteString | undefined): ByteString | undefined {
  try {
    return path === undefined ? undefined : (realpathSync.native(fsPath(path), { encoding: 'latin1' }) as ByteString);
  } catch {
    return undefined;
  }
}
