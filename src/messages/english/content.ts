/** What makes a backup one that cannot be restored, in the words that both restore and verify use. */
export const contentMessages = {
  'content.not-a-file': '"{member}" of the backup is a {type} where a server needs a file',
  'content.not-a-directory': '"{member}" of the backup is a {type} where a server needs a directory',
  'content.no-version-file': 'the backup "{backup}" has no PG_VERSION: no server takes it for a data directory',
  'content.bad-version-file': 'PG_VERSION of the backup names no release: {text}',
  'content.map-twice': 'tablespace {oid} is in tablespace_map twice, at "{first}" and at "{second}"',
  'content.wal-archive-name': 'the WAL is in "{archive}", but this server keeps its WAL in {directory}',
  'content.tar-is-link': '"{path}" of the backup is a link: a restore reads the files of a backup only where they are',
  'content.tar-is-link.hint': 'Put the file itself in the place of the link.',
  'content.link-in-data':
    '"{path}" of the backup is a link: a restore would copy the link, and the copy would share what it leads to',
  'content.tablespace-cut':
    'the link of tablespace {oid} leads to "{target}", which is not there: openGauss had cut its path, because it begins like that of the data directory (as /data/db_ts and /data/db). {where}',
  'content.cut-plain':
    'Its files are in "{directory}": make pg_tblspc/{oid} a link to that, then restore with -T {oid}=DIRECTORY.',
  'content.cut-tar': 'Its files are in {archive}: restore with -T {oid}=DIRECTORY.',
  'content.cut-nowhere':
    'Its files are not in this backup. Make pg_tblspc/{oid} a link to them where they are, or else move the tables to a tablespace with another path and take a new backup.',
  'content.left-by-run':
    'a run that did not finish left this in the directories of the backup, which is no part of it and not restored: {names}',
} as const;
