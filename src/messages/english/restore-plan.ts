/** The plan of a restore, in the steps of the manual, and what is said at its end. */
export const restorePlanMessages = {
  'restore-plan.format-repository': 'repository',
  'restore-plan.title': 'Plan of the restore of "{backup}" ({format}) into "{path}"',
  'restore-plan.instance': 'instance {identifier}, backup "{label}" of {time}, WAL from {lsn} on timeline {timeline}',
  'restore-plan.earlier-full': 'on top of the full backup "{backup}", WAL from {lsn} on timeline {timeline}',
  'restore-plan.earlier': 'and the incremental backup "{backup}", WAL from {lsn} on timeline {timeline}',
  'restore-plan.earlier-unlisted':
    'on top of the backup "{backup}", WAL from {lsn} on timeline {timeline}, which has no manifest: its files are not checked',
  'restore-plan.1': '1. Stop the database server',
  'restore-plan.stopped': 'no server is running in "{path}" (checked); the command that stops one: {command}',
  'restore-plan.2': '2. Copy the original database and all tablespaces to another location',
  'restore-plan.nothing-there': 'there is nothing to keep: the directory is missing or empty',
  'restore-plan.move': 'move "{from}" to "{to}"',
  'restore-plan.move-entries': 'move what is in "{from}" into "{to}", on the same file system',
  'restore-plan.not-kept': 'NOT DONE: with --delta the old content is changed in place and not kept',
  'restore-plan.3': '3. Delete the files from the original database',
  'restore-plan.emptied': 'nothing is left to delete',
  'restore-plan.delta-delete': 'remove pg_control first, and at the end every file that the backup does not have',
  'restore-plan.4': '4. Restore the database files, with the rights of the database system user',
  'restore-plan.files': 'read {size} bytes, {checked}',
  'restore-plan.verified': 'each file checked against the manifest',
  'restore-plan.partly-verified': 'each file checked against the manifest of its backup, where that has one',
  'restore-plan.unlisted': 'unchecked: the files of "{backup}", which has no manifest',
  'restore-plan.no-manifests': 'unchecked: none of the backups has a manifest',
  'restore-plan.unverified': 'not checked against the manifest (--no-verify)',
  'restore-plan.no-manifest': 'unchecked: the backup has no manifest',
  'restore-plan.owner': 'owner {uid}:{gid}, directories {mode}',
  'restore-plan.own': 'owner: who runs this, directories {mode}',
  'restore-plan.left-out':
    'leave out postmaster.pid, postmaster.opts, old recovery and trigger files, and the content of pg_replslot',
  'restore-plan.slot': 'replication slot "{name}" is not restored',
  'restore-plan.set': 'set {name} = {value}',
  'restore-plan.raise': 'set {name} = {value}, as the source had it: a copy with less does not recover',
  'restore-plan.disable': 'disable {name} = {value}',
  'restore-plan.settings-unread': 'the settings of the backup are read while it is restored',
  'restore-plan.archiving-off': 'archiving is off in the copy, so that it cannot write over the archive of its source',
  'restore-plan.archiving-unset':
    'the backup has no postgresql.conf in which archiving could be turned off: the one that you put there must say archive_mode = off',
  'restore-plan.archiving-unknown': 'whether the copy archives is not known: the backup does not have that setting',
  'restore-plan.taken': 'the configuration that was in "{path}" is put into the copy',
  'restore-plan.taken-left-out': 'not put into the copy: {name} of that configuration',
  'restore-plan.made':
    'made, because the backup has none: {files}. The configuration of the source lies outside of its data directory and was not taken along; connections are local only',
  'restore-plan.socket-moved':
    'the socket of the copy is in "{to}" (clients: -h {to:word}): its account may not write to "{from}", where servers of packages have it',
  'restore-plan.archiving-preserve': 'archiving stays as the source had it',
  'restore-plan.archiving-danger':
    'the copy stays on the timeline of its source: with archiving on it may write over the archive of its source',
  'restore-plan.create': 'create {name}',
  'restore-plan.new-manifest':
    'backup_manifest is written anew ({algorithm}) of the files as they are then: the copy is a full backup until a server starts in it',
  'restore-plan.next-backup': 'Next: check it with {command}. It is a full backup until a server is started in it',
  'restore-plan.control-last': 'global/pg_control gets its name last: an unfinished copy cannot be started',
  'restore-plan.5': '5. Re-point the links',
  'restore-plan.no-links': 'there is no tablespace',
  'restore-plan.link': 'tablespace {oid}: "{from}" goes to "{to}", linked and checked',
  'restore-plan.in-place': 'tablespace {oid} lies in the data directory, without a link',
  'restore-plan.6': '6. Start the server and check the content of the database',
  'restore-plan.own-wal':
    'the server replays the WAL in the backup, {first} to {last}: {count} {count|segment|segments}, read to the last byte: whole and linked up to {lsn}',
  'restore-plan.own-wal-unread': 'the server replays the WAL in the backup, which was not read',
  'restore-plan.own-wal-broken':
    'the WAL in the backup goes on behind the end of the backup, but not all of it is replayed: {reason}',
  'restore-plan.start': '{command}',
  'restore-plan.replication': 'connects with other servers: {name} = {value}',
  'restore-plan.standalone': '--standalone disables these',
  'restore-plan.outside': 'names a path outside of the new directory: {name} = {value}',
  'restore-plan.done': 'Restored {files} {files|file|files}, {bytes} bytes, of instance {identifier} into "{path}"',
  'restore-plan.done-delta':
    'Updated "{path}": {files} {files|file|files}, {unchanged} of them unchanged, {removed} {removed|entry|entries} removed',
  'restore-plan.dropped': 'left out: {names}',
  'restore-plan.archive-again':
    'Archiving was on and is off now. Turn it on again into a new archive or generation only: archive_mode = on.',
  'restore-plan.archive-again-by':
    'Archiving is off in the copy. When it takes over from its source: ALTER SYSTEM SET archive_mode = on, a stop and a start. It would archive with: {command}',
  'restore-plan.archive-again-unset':
    'Archiving is off in the copy. When it takes over from its source: set archive_command, ALTER SYSTEM SET archive_mode = on, a stop and a start.',
  'restore-plan.archive-again-shared':
    'Archiving is off in the copy, which stays on the timeline of its source. When it takes over: set archive_command to an archive of its own, never that of its source, ALTER SYSTEM SET archive_mode = on, a stop and a start.',
  'restore-plan.archive-again-shared-by':
    'Archiving is off in the copy, which stays on the timeline of its source. When it takes over: set archive_command to an archive of its own, never that of its source, ALTER SYSTEM SET archive_mode = on, a stop and a start. Its settings are those of the source. It would archive with: {command}',
  'restore-plan.next': 'Next: start it with {command} and check its content',
  'restore-plan.slots':
    'Replication slots of the source, not restored: {names}. Create them again where they are needed.',
} as const;
