/** `gausskeep export`: a backup of a repository as a set of tars. */
export const exportingMessages = {
  'export-help.synopsis': '[OPTION]... latest|NAME --to DIRECTORY',
  'export-help.summary': 'write a backup of a repository as a standard set of tars',
  'export-help.what':
    'Writes a backup of a repository as a standard set of tars with the WAL that it needs, for tools that know no repository. NAME is the beginning of its name as "gausskeep list" shows it.',
  'export-help.to': 'where the tars go: a directory that is missing or empty',
  'export-help.format': 'output format: tar, which is the only one',
  'export-help.compress': 'compress the tars with gzip, lz4 or zstd (default: none); that of the WAL with gzip only',
  'exporting.bad-format': '"{text}" is no format of an export; there is "tar"',
  'exporting.done': 'Exported backup {name} of instance "{instance}" to "{directory}": {list}; {size}',
  'exporting.history-too-long': '{name} is too long for a history of timelines',
  'exporting.no-backup': 'no backup was named: "latest", or the beginning of a name as "gausskeep list" shows it',
  'exporting.no-plain': 'an export is a set of tars; there is no plain one',
  'exporting.no-plain.hint': 'A data directory is made out of a repository by "gausskeep restore --repo".',
  'exporting.no-target': 'no directory was named: --to DIRECTORY',
  'exporting.no-wal-directory': 'the records of the backup name no directory for WAL',
  'exporting.not-held':
    'the repository cannot be written to from here: while the backup was read, nothing kept retention from removing it',
  'exporting.wal-missing':
    'backup {backup} needs the WAL file {name}, which is neither in the backup nor in the archive of the instance',
  'exporting.wal-missing.hint': 'Without its WAL a backup cannot become consistent. Nothing was exported.',
} as const;
