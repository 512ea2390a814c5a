import { expect } from 'vitest';
import { onePiece } from '../../src/bytes/one-piece.ts';
import { checkRepository } from '../../src/inspecting/check-repository.ts';
import { render } from '../../src/messages/message.ts';
import { readCatalogue } from '../../src/repository/catalogue.ts';
import type { Instance } from '../../src/repository/instance.ts';
import { openKnownInstance } from '../../src/repository/open-instance.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { collect } from './byte-pieces.ts';
import type { CopyWorld } from './copy-world.ts';
import { FaultyStorage } from './faulty-storage.ts';

/** The target by a way that notes what it is asked for; opened once, as passwords take time. */
class Watched {
  asked = '';
  readonly storage: Storage;

  constructor(storage: Storage) {
    this.storage = new FaultyStorage(storage, (_, name) => {
      this.asked = name;
      return undefined;
    });
  }
}

const known = new WeakMap<CopyWorld, { readonly watched: Watched; readonly instance: Promise<Instance> }>();

/** @param name below the instance, as people know it. @returns the name in the storage */
async function storedName(world: CopyWorld, name: string): Promise<string> {
  const watched = new Watched(world.targetRoot);
  const opened = known.get(world) ?? {
    watched,
    instance: world.openTarget(watched.storage).then((target) => openKnownInstance(target, 'orders')),
  };
  known.set(world, opened);
  const { storage } = await opened.instance;
  expect(await storage.stat(name), name).toBeDefined();
  return opened.watched.asked;
}

/** It is gone. */
export async function lose(world: CopyWorld, name: string): Promise<void> {
  await world.targetRoot.delete(await storedName(world, name));
}

/** It is shorter by a byte then. */
export const cut = (world: CopyWorld, name: string): Promise<void> =>
  change(world, name, (bytes) => bytes.subarray(0, -1));

/** Of the same size, with another bit. */
export function flip(world: CopyWorld, name: string): Promise<void> {
  return change(world, name, (bytes) => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte)));
}

/** Other bytes in its place. */
export async function change(world: CopyWorld, name: string, how: (bytes: Buffer) => Uint8Array): Promise<void> {
  const stored = await storedName(world, name);
  const bytes = await collect(world.targetRoot.get(stored));
  await world.targetRoot.delete(stored);
  await world.targetRoot.put(stored, () => onePiece(how(bytes)));
}

/** Other content in its place, with the checksums that belong to it. */
export async function rewrite(world: CopyWorld, name: string, how: (bytes: Buffer) => Uint8Array): Promise<void> {
  const { storage, wal } = await openKnownInstance(world.target, 'orders');
  const [folder, inner] = name.startsWith('wal/') ? [wal, name.slice('wal/'.length)] : [storage, name];
  if (typeof folder === 'string') throw new Error('only in a storage');
  const bytes = await collect(folder.get(inner));
  await folder.delete(inner);
  await folder.put(inner, () => onePiece(how(bytes)));
}

/** Of the objects of the target below a folder of the instance, as people know them. */
export async function names(world: CopyWorld, prefix: string): Promise<string[]> {
  const found: string[] = [];
  const { storage } = await openKnownInstance(world.target, 'orders');
  for await (const { name } of storage.list(prefix)) found.push(name);
  return found;
}

/** Nothing of the target is damaged or missing. */
export async function expectWhole(world: CopyWorld, story: string): Promise<void> {
  expect(await world.checkTarget(story), story).toEqual(world.ids);
  const findings: string[] = [];
  await checkRepository({
    repository: world.target,
    onFinding: ({ severity, what }) => {
      if (severity !== 'note') findings.push(render(what));
    },
  });
  expect(findings, story).toEqual([]);
}

/** Kinds of the marks of the target that count, sorted. */
export async function markNames(world: CopyWorld): Promise<string[]> {
  const { storage } = await openKnownInstance(world.target, 'orders');
  const { backups } = await readCatalogue(storage);
  return backups.flatMap(({ marks }) => marks.map(({ kind }) => kind)).sort();
}
