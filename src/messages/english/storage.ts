export const storageMessages = {
  'storage.bad-name': 'invalid object name "{name}"',
  'storage.bad-name.hint':
    'A name has parts separated by "/"; none is empty, "." or "..", none starts with ".gausskeep-", and there are no control characters.',
  'storage.exists': 'object "{name}" exists already',
  'storage.not-found': 'there is no object "{name}"',
  'storage.failed': 'storage failed at "{name}": {reason}',
  'storage.full.hint':
    'The storage is full, or its quota is used up. Free space there, then repeat this: "gausskeep expire" removes from a repository what retention does not keep, "gausskeep wal cleanup" from a WAL archive what no backup needs.',
  'storage.refused-read.hint':
    'Run gausskeep as an account that may read it. What root once made in the archive or repository of another account is given back by: chown -R OWNER DIRECTORY',
  'storage.refused-write.hint':
    'gausskeep must be able to write there: run it as the owner of the directory, and see that the owner may write. What root once made in the archive or repository of another account is given back by: chown -R OWNER DIRECTORY',
  'storage.read-only.hint': 'The file system is mounted read-only. Mount it so that it can be written to.',
  'storage.no-directory': 'directory "{path}" does not exist',
  'storage.no-directory.hint': 'Create it, or mount the file system that holds it.',
  'storage.gone': 'directory "{path}" is no longer there',
  'storage.leaves-root': 'object "{name}" lies behind a link that leads out of the storage',
} as const;
