import { lstatSync, mkdirSync, readlinkSync, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import type { ByteString } from '../bytes/byte-string.ts';
import { systemCodeOf } from '../errors/backup-error.ts';
import { fileFailure } from '../files/failure.ts';
import { lockName } from '../files/lock-directory.ts';
import { fsPath, joinPath, lastPart } from '../files/path.ts';
import { entriesOf } from '../files/read-directory.ts';
import type { MovedAside } from './plan.ts';

/** What was moved, and how to take it back. */
export interface MovedContent {
  readonly moved: readonly MovedAside[];
  /** Moves everything back to where it was, which must be empty or gone. Never throws. @returns what could not be moved back */
  readonly undo: () => Promise<readonly MovedAside[]>;
}

/**
 * Moves directories aside, each within its file system. Links of the moved data directory are re-pointed at its moved
 * tablespaces, so that the old copy stays whole. A failure puts back what was moved.
 */
export async function moveAside(planned: readonly MovedAside[]): Promise<MovedContent> {
  const moved: MovedAside[] = [];
  const undo = async (): Promise<readonly MovedAside[]> => {
    const failed: MovedAside[] = [];
    for (const one of [...moved].reverse()) {
      try {
        await moveBack(one);
      } catch {
        failed.push(one);
      }
    }
    if (failed.length === 0) repoint(moved, 'back');
    return failed;
  };
  try {
    for (const one of planned) moved.push(await moveOne(one));
    repoint(moved, 'aside');
  } catch (error) {
    await undo();
    throw error;
  }
  return { moved, undo };
}

async function moveOne(one: MovedAside): Promise<MovedAside> {
  if (one.how === 'entries') {
    await moveEntries(one.from, one.to);
    return one;
  }
  try {
    renameSync(fsPath(one.from), fsPath(one.to));
    return one;
  } catch (error) {
    const code = systemCodeOf(error);
    // A mount point that shares its file system with its parent (bind mount), or a parent that is not ours to change.
    if (code !== 'EBUSY' && code !== 'EXDEV' && code !== 'EACCES' && code !== 'EPERM') {
      throw fileFailure('rename', one.from, error);
    }
  }
  const inside = joinPath(one.from, `gausskeep${lastPart(one.to).slice(lastPart(one.from).length)}`);
  await moveEntries(one.from, inside);
  return { ...one, to: inside, how: 'entries' };
}

async function moveEntries(from: ByteString, to: ByteString): Promise<void> {
  const names: string[] = [];
  for await (const { name } of entriesOf(from)) names.push(name);
  makeDirectory(to);
  for (const name of names) {
    const isKept = name === 'lost+found' || name === lockName || name.startsWith('gausskeep.before-restore-');
    if (!isKept) move(joinPath(from, name), joinPath(to, name));
  }
}

async function moveBack({ from, to, how }: MovedAside): Promise<void> {
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
  const names: string[] = [];
  for await (const { name } of entriesOf(to)) names.push(name);
  for (const name of names) move(joinPath(to, name), joinPath(from, name));
  rmdirSync(fsPath(to));
}

/** Points the links of the old data directory at where its tablespaces are now. */
function repoint(moved: readonly MovedAside[], direction: 'aside' | 'back'): void {
  const data = moved.find(({ what }) => what === 'data-directory');
  if (data === undefined) return;
  for (const { what, oid, from, to } of moved) {
    if (what !== 'tablespace' || oid === undefined) continue;
    const link = joinPath(direction === 'aside' ? data.to : data.from, `pg_tblspc/${oid}`);
    const target = direction === 'aside' ? to : from;
    if (!lstatSync(fsPath(link), { throwIfNoEntry: false })?.isSymbolicLink()) continue;
    if (readlinkSync(fsPath(link), { encoding: 'latin1' }) === target) continue;
    try {
      unlinkSync(fsPath(link));
      symlinkSync(fsPath(target), fsPath(link));
    } catch (error) {
      throw fileFailure('link', link, error);
    }
  }
}

function makeDirectory(path: ByteString): void {
  try {
    mkdirSync(fsPath(path), 0o700);
  } catch (error) {
    throw fileFailure('create', path, error);
  }
}

function move(from: ByteString, to: ByteString): void {
  try {
    renameSync(fsPath(from), fsPath(to));
  } catch (error) {
    throw fileFailure('rename', from, error);
  }
}
