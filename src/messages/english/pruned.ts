/** WAL that retention removed, and what `gausskeep expire` says of WAL and of what it deletes. */
export const prunedMessages = {
  'pruned.range': 'WAL from {begin} to {end} was removed by retention on {date}',
  'pruned.with-reason': '{reason}; {pruned}',
  'pruned.row': '{reason}',
  'pruned.row-end':
    'end of what was kept here; {commits} {commits|commit|commits} before, {segments} {segments|segment|segments}',
  'pruned.wal-file':
    'WAL file {name} is not in the archive: WAL from {begin} to {end} was removed by retention on {date}',
  'pruned.wal-file.hint':
    'The WAL does not end there. An older backup reaches to its own end (--target-immediate); a later moment is reached from a later backup.',
  'pruned.unreachable.hint':
    '{nearest} This backup reaches to its own end (--target-immediate); what lies behind the WAL that was removed is reached from a later backup.',
  'pruned.meanwhile': 'backup {backup} cannot be recovered so far any more: {pruned}',
  'pruned.meanwhile.hint': 'Retention ran meanwhile. "gausskeep window" shows what can be reached.',
  'pruned.copy-missing-behind':
    'WAL is copied into pg_wal: the next file, {name}, is missing, and a server that reads ahead would fail there',
  'pruned.list.standalone-alone': 'standalone',
  'pruned.list.standalone': '{state}, standalone',
  'pruned.list.why': 'only to its end: no WAL from {begin} to {end}, removed {date}',
  'pruned.help.wal-window':
    'keep continuous WAL for that time only: backups that are older then reach to their own end, and no further',
  'pruned.cut':
    'WAL of generation {generation} that no backup needs: {segments} {segments|segment|segments} deleted, {bytes}',
  'pruned.cut-dry':
    'WAL of generation {generation} that no backup needs: {segments} {segments|segment|segments} would be deleted, {bytes}',
  'pruned.cut-between':
    'WAL of generation {generation} behind older backups: {segments} {segments|segment|segments} deleted, {bytes}',
  'pruned.cut-between-dry':
    'WAL of generation {generation} behind older backups: {segments} {segments|segment|segments} would be deleted, {bytes}',
  'pruned.cut-range': '{first} to {last}',
  'pruned.cut-more': '{count} more {count|range|ranges} (--json lists all)',
  'pruned.deleted':
    '{count} {count|backup|backups} deleted that had been removed before: {packs} {packs|pack|packs}, {bytes}',
  'pruned.deleted-dry':
    '{count} {count|backup|backups} would be deleted that had been removed before: {packs} {packs|pack|packs}, {bytes}',
  'pruned.waiting': '{count} removed {count|backup is|backups are} not deleted yet:',
  'pruned.waiting-dry': '{count} removed {count|backup|backups} would not be deleted yet:',
  'pruned.due': 'from {at} on',
  'pruned.due-because': 'from {at} on: {reasons}',
  'pruned.reasons': '{list}',
  'pruned.obstacle.grace': 'taken off less than the time of --grace ago',
  'pruned.obstacle.held': 'in use',
  'pruned.obstacle.pinned': 'pinned',
  'pruned.obstacle.damaged-mark': 'a mark on it cannot be read, it may be a pin',
  'pruned.obstacle.minimum': 'fewer than --keep-minimum would be left',
  'pruned.passed-over': 'passed over "{name}" in the repository: it is no object of a repository',
} as const;
