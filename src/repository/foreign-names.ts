/** A name in a folder of the catalogue that no object of ours has. */
export interface Foreign {
  /** As it is in the storage where that is encrypted, else below the instance. */
  readonly name: string;
  readonly isEncrypted: boolean;
}

/** What a file that was deleted while somebody read it is called on NFS until that is over. */
const sillyRename = /^\.nfs[0-9A-Fa-f]{8,}$/;

/**
 * Whether there may be an object of ours under a name that is none of ours: then nothing may be removed, as nobody knows what it says. Not encrypted, names of ours hold an id and begin with no
 * dot, and one that was renamed still has it. Encrypted, every name may be one that was changed, but what NFS makes of deleted files.
 */
export function mayBeOurs({ name, isEncrypted }: Foreign): boolean {
  const last = name.slice(name.lastIndexOf('/') + 1);
  if (sillyRename.test(last)) return false;
  return isEncrypted || (!last.startsWith('.') && /[0-9a-f]{32}/.test(name));
}
