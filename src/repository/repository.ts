import { framedStorage, type FramedStorage } from '../sealed/framed-storage.ts';
import type { FrameProtection } from '../sealed/object-frames.ts';
import type { OpenedPlace } from '../storage/place.ts';
import { storageBelow } from '../storage/storage-below.ts';
import type { Storage } from '../storage/storage.ts';
import type { RepositoryIdentity } from './repository-identity.ts';

/** A repository that was opened. */
export interface Repository {
  /** What it is, for people. */
  readonly description: string;
  readonly identity: RepositoryIdentity;
  /** Its objects below `instances/`, framed, with clear names. */
  readonly storage: FramedStorage;
  /** As it is stored: identity and keys. */
  readonly root: Storage;
  readonly protection: FrameProtection;
  /** Its path, where it is an unencrypted one in a directory: WAL archives there are ordinary ones. */
  readonly directory: string | undefined;
}

/** @param master undefined: it is not encrypted */
export function repositoryOf(
  { storage: root, directory }: OpenedPlace,
  identity: RepositoryIdentity,
  master: Uint8Array | undefined,
): Repository {
  const { repository } = identity;
  const common = { description: root.description, identity, root };
  if (master === undefined) {
    const protection = { kind: 'checksums', repository } as const;
    return { ...common, storage: framedStorage(root, protection), protection, directory };
  }
  const protection = { kind: 'encrypted', master } as const;
  // Whoever is told of a place there is told clear names: the folder of the encrypted ones means nothing to them.
  const storage = framedStorage(storageBelow(root, 'objects/', root.description), protection);
  return { ...common, storage, protection, directory: undefined };
}
