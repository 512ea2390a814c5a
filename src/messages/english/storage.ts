export const storageMessages = {
  'storage.bad-name': 'invalid object name "{name}"',
  'storage.bad-name.hint':
    'A name has parts separated by "/"; none is empty, "." or "..", none starts with ".gausskeep-", and there are no control characters.',
  'storage.exists': 'object "{name}" exists already',
  'storage.not-found': 'there is no object "{name}"',
  'storage.failed': 'storage failed at "{name}": {reason}',
  'storage.full.hint': 'The storage is full. Free space there; the operation can then be repeated.',
  'storage.refused-read.hint': 'Run gausskeep as an account that may read it: its owner, or root.',
  'storage.refused-write.hint':
    'Run gausskeep as the owner of the directory. What root once made in the archive of another account is given back by: chown -R OWNER ARCHIVE',
  'storage.no-directory': 'directory "{path}" does not exist',
  'storage.no-directory.hint': 'Create it, or mount the file system that holds it.',
  'storage.gone': 'directory "{path}" is no longer there',
  'storage.leaves-root': 'object "{name}" lies behind a link that leads out of the storage',
} as const;
