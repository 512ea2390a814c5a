/** Incremental backups (PostgreSQL 17), and the chains that they are restored from. */
export const incrementalMessages = {
  'incremental.damaged': 'incremental file "{path}" of the backup is damaged: {reason}',
  'incremental.of-backup': 'the backup "{backup}" of the chain cannot be restored: {reason}',
  'incremental.of-backup.hint':
    'Look at it with gausskeep verify {backup:word}, and restore from another copy of it. Without it the chain ends before it; --no-verify restores files that only differ from their manifest as they are.',
  'incremental.step-full': 'restoring the full backup "{backup}"',
  'incremental.step': 'applying the incremental backup "{backup}"',
  'incremental.no-magic': 'it does not begin as one',
  'incremental.many-blocks': 'it lists {count} {count|block|blocks}, but a file has at most {limit}',
  'incremental.bad-length': 'it says that the file had {count} {count|block|blocks}, but a file has at most {limit}',
  'incremental.bad-block': 'block {block} is listed where it cannot be',
  'incremental.goes-on': 'it is longer than its list of blocks says',
  'incremental.no-head': 'incremental file "{path}" of the backup is damaged: it ends within its head',
  'incremental.ends':
    'incremental file "{path}" of the backup is damaged: it has {actual} bytes of blocks, but its head lists {expected}',
  'incremental.too-long':
    'incremental file "{path}" of the backup is damaged: it is longer than its list of blocks says',
  'incremental.unexpected':
    'the backup is no incremental one by its backup_label, but holds the incremental file "{path}"',
  'incremental.no-original':
    'the backups before do not have the file "{path}", which incremental file "{name}" changes',
  'incremental.page-sizes':
    'the backup "{backup}" is of an instance with blocks of {size} bytes and {blocks} blocks in a file: incremental backups of it are not combined',
  'incremental.page-sizes.hint':
    'That works for the usual 8192 bytes and 131072 blocks. Use pg_combinebackup of that server.',
  'incremental.other-release':
    'the backup "{backup}" is of another release (catalog {actual}) than "{earlier}" (catalog {expected})',
  'incremental.first-not-full': 'the first backup, "{backup}", is an incremental one: a full one comes first',
  'incremental.full-later': 'the backup "{backup}" is a full one, but only the first may be',
  'incremental.other-start':
    'the backup "{earlier}" starts at LSN {actual}, but "{backup}" builds on one that starts at LSN {expected}',
  'incremental.other-timeline':
    'the backup "{earlier}" starts on timeline {actual}, but "{backup}" builds on one that starts on timeline {expected}',
  'incremental.other-instance':
    'the backup "{backup}" is of instance {actual}, but "{earlier}" is of instance {expected}',
  'incremental.manifest-instance':
    'the manifest of the backup "{backup}" is that of instance {expected}, but its pg_control is of instance {actual}',
  'incremental.twice': 'the backups "{first}" and "{second}" are the same',
  'incremental.twice.hint': 'Name each backup of the chain once.',
  'incremental.order.hint': 'They fit in this order: {order}.',
  'incremental.missing.hint':
    'Missing is the backup that starts at LSN {lsn} on timeline {timeline} (START WAL LOCATION in its backup_label): name it before "{backup}".',
  'incremental.one-line.hint':
    'Name one full backup and then each incremental one that leads to the last, oldest first.',
} as const;
