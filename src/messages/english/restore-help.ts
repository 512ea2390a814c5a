export const restoreHelpMessages = {
  'restore.help.what':
    'Restores a backup into a data directory: plain, or a set of archives of gs_basebackup or pg_basebackup. Carries out the steps of the manual; --plan shows them first.',
  'restore.help.summary': 'put a backup back into a data directory',
  'restore.help.synopsis': '--from=BACKUP --pgdata=DIRECTORY [OPTION]...',
  'restore.help.places': 'Options that say from where and to where:',
  'restore.help.from':
    'the backup: a data directory, or a directory of archives; an incremental one behind those that it builds on (--from FULL --from …)',
  'restore.help.pgdata': 'the data directory to be',
  'restore.help.tablespace-mapping':
    'relocate the tablespace that was in OLDDIR, or has that oid, to NEWDIR (may be repeated)',
  'restore.help.tablespace-map-all': 'relocate all other tablespaces to DIR/OID',
  'restore.help.owner': 'account that the files are to belong to (default: owner of the target, else of the backup)',
  'restore.help.existing': 'Options about what is in the target already:',
  'restore.help.force': 'move it aside first, tablespaces included',
  'restore.help.delta':
    'update it: write what differs, remove what the backup does not have; the old content is not kept',
  'restore.help.allow-foreign': 'with --force: even if it is another instance',
  'restore.help.settings': 'Options about the settings of the copy:',
  'restore.help.port': 'port of the copy; must be free',
  'restore.help.listen': 'addresses that the copy listens on',
  'restore.help.set': 'any other setting (may be repeated)',
  'restore.help.standalone': 'disable what connects it with other servers (replconninfo, primary_conninfo)',
  'restore.help.archive-mode': 'off (default): the copy does not write into the archive of its source; or preserve',
  'restore.help.general': 'General options:',
  'restore.help.plan': 'show what would be done, and change nothing; "quick" does not read the WAL',
  'restore.help.progress': 'show progress information',
  'restore.help.quiet': 'do not print any output, except for errors and warnings',
  'restore.help.no-space-check': 'begin also where the disk has no room for the copy',
  'restore.help.no-verify': 'do not check the files against the manifest',
  'restore.help.manifest-checksums':
    'make a full backup of the copy: write a backup_manifest with these checksums (NONE, CRC32C, SHA224, SHA256, SHA384, SHA512); without it there is none',
  'restore.help.sync-method':
    'fsync: each file; syncfs: the whole file system, faster with many files; default syncfs where the directory is a file system of its own',
  'restore.help.no-sync': 'do not wait for changes to be written safely to disk',
  'restore.help.json': 'write the plan or the result to stdout as one JSON object',
} as const;
