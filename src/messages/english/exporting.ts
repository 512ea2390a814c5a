/** `gausskeep export`: a backup of a repository as a standard one. */
export const exportingMessages = {
  'exporting.no-room.hint':
    'Make room there, or export to another place (-T and --tablespace-map-all for tablespaces), or as compressed tars (-Ft -Z gzip).',
  'export-help.synopsis': '[OPTION]... latest|NAME --to DIRECTORY',
  'export-help.summary': 'write a backup of a repository as a plain directory or tars',
  'export-help.what':
    'Writes a backup of a repository with the WAL that it needs, for tools that know no repository: as a plain directory or as a standard set of tars. NAME is the beginning of its name as "gausskeep list" shows it.',
  'export-help.to': 'where it goes: a directory that is missing or empty',
  'export-help.format': 'output format: plain (default) or tar',
  'export-help.tablespace-mapping':
    'plain only: where a tablespace goes (default: to the path that it has on the server), by its directory or its oid',
  'export-help.tablespace-map-all': 'plain only: where all others go, each in a directory named by its oid',
  'export-help.compress': 'compress the tars with gzip, lz4 or zstd (default: none); that of the WAL with gzip only',
  'exporting.bad-format': '"{text}" is no format of an export; there are "plain" and "tar"',
  'exporting.done': 'Exported backup {name} of instance "{instance}" to "{directory}": {list}; {size}',
  'exporting.done-plain':
    'Exported backup {name} of instance "{instance}" to "{directory}": {files} {files|file|files}; {size}',
  'exporting.history-too-long': '{name} is too long for a history of timelines',
  'exporting.no-backup': 'no backup was named: "latest", or the beginning of a name as "gausskeep list" shows it',
  'exporting.no-target': 'no directory was named: --to DIRECTORY',
  'exporting.no-wal-directory': 'the records of the backup name no directory for WAL',
  'exporting.not-held':
    'the repository cannot be written to from here: while the backup was read, nothing kept retention from removing it',
  'exporting.only-plain-maps': 'the tars of tablespaces lie beside the others: {option} is for --format=plain',
  'exporting.only-tars-compress': 'a plain directory is not compressed: --compress is for --format=tar',
  'exporting.tablespace': 'tablespace {oid}: "{path}"',
  'exporting.wal-missing':
    'backup {backup} needs the WAL file {name}, which is neither in the backup nor in the archive of the instance',
  'exporting.wal-missing.hint': 'Without its WAL a backup cannot become consistent. Nothing was exported.',
} as const;
