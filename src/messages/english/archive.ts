export const archiveMessages = {
  'archive.newer-format': '"{name}" has format {format}, which this version of gausskeep does not know',
  'archive.newer-format.hint': 'Use the version of gausskeep that wrote it, or a newer one.',
  'archive.damaged-object': '"{name}" is damaged',
  'archive.undecodable': '"{name}" cannot be decompressed: {reason}',
  'archive.no-codec': 'compression "{codec}" is not available',
  'archive.wrong-size': '"{name}" has {actual} bytes, expected {expected}',
  'archive.wrong-hash': '"{name}" is damaged: its content hash differs from its receipt',
  'archive.none': 'no WAL archive in {storage}',
  'archive.none.hint':
    'Check the path, and that the file system is mounted. The first "gausskeep wal push" makes an empty directory an archive.',
  'archive.not-empty': '{storage} is no WAL archive and not empty: it holds "{found}"',
  'archive.not-empty.hint': 'Name an empty directory, or the archive that exists already.',
  'archive.other-systemIdentifier': 'the WAL archive belongs to system identifier {expected}, not {actual}',
  'archive.other-product': 'the WAL archive belongs to {expected}, not {actual}',
  'archive.other-segmentSizeBytes': 'the WAL archive has segments of {expected} bytes, not {actual}',
  'archive.other.hint': 'Each database instance needs a WAL archive of its own.',
  'archive.unknown-generation': 'the WAL archive has no generation {generation}',
  'archive.closed-generation': 'generation {generation} of the WAL archive is closed',
  'archive.which-generation': 'the WAL archive has {open} open generations: name one with --generation',
  'archive.generations.hint': 'The archive has these generations: {list}.',
  'archive.conflict': 'WAL file {name} is in generation {generation} of the archive already, with other content',
  'archive.fork-continuation':
    'WAL file {name} does not belong to this generation: {before} ends with {expected} bytes of a record to come, {after} begins with {found}',
  'archive.fork-previous':
    'WAL file {name} does not belong to this generation: the last record of {before} is at {expected}, the first of {after} follows one at {found}',
  'archive.fork.hint':
    'The instance was restored to an earlier point, or two instances push into one archive. Nothing was overwritten. After a recovery open a new generation and push into it with --generation.',
} as const;
