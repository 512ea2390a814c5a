/** `recovery-failure.KEY`: what a server's failure means; `{text}` is what the server said. */
export const recoveryFailureMessages = {
  'recovery-failure.parameter': 'the server refused its recovery settings: {text}',
  'recovery-failure.parameter.hint':
    'Nothing was replayed. Correct the setting, or restore again so that it is written anew, and run "gausskeep recover" again.',
  'recovery-failure.several-targets': 'the server was given more than one recovery target: {text}',
  'recovery-failure.several-targets.hint':
    'Leave one recovery_target setting in postgresql.conf, its include files and postgresql.auto.conf; set the others to an empty value.',
  'recovery-failure.no-command': 'the server has no restore_command: {text}',
  'recovery-failure.no-command.hint':
    "Set restore_command; where all WAL is in the data directory, '/bin/false' will do.",
  'recovery-failure.old-file': 'there is a recovery.conf, which this release does not take: {text}',
  'recovery-failure.old-file.hint':
    'Remove recovery.conf. From PostgreSQL 12 on, recovery.signal and settings take its place.',
  'recovery-failure.not-reached': 'the WAL ended before the recovery target: {text}',
  'recovery-failure.not-reached.hint':
    'The server did not open, so nothing is lost: supply the WAL that is missing and run "gausskeep recover" again, or restore with a target that "gausskeep window" lists.',
  'recovery-failure.too-early': 'the recovery target lies before the end of the backup: {text}',
  'recovery-failure.too-early.hint':
    'A backup can be recovered to no moment before its own end. Restore an older backup, or choose a later target.',
  'recovery-failure.wal-ends': 'the WAL ends before the backup is consistent: {text}',
  'recovery-failure.wal-ends.hint':
    'The backup cannot be used without the WAL up to its end. Supply it, by the archive or with --wal-from, and restore again.',
  'recovery-failure.checkpoint': 'WAL that the recovery begins with is missing: {text}',
  'recovery-failure.checkpoint.hint':
    'The segment that backup_label names must be in the WAL directory or come by restore_command. Never remove backup_label to get past this: the database would be damaged without a word.',
  'recovery-failure.wrong-size': 'a WAL file of the archive has the wrong size: {text}',
  'recovery-failure.wrong-size.hint':
    'The file was archived half or is of an instance with another segment size. Look at it with "gausskeep verify", and take it from another place.',
  'recovery-failure.command': 'a command of the recovery failed: {text}',
  'recovery-failure.command.hint':
    'Run the command by hand as the owner of the data directory. When it works, run "gausskeep recover" again: recovery goes on where it was.',
  'recovery-failure.timeline': 'the WAL does not lead to the timeline that was asked for: {text}',
  'recovery-failure.timeline.hint':
    'The history file of the timeline must be in the archive, and the backup must be older than the point where the timeline begins.',
  'recovery-failure.smaller-host': 'this server is configured smaller than the one that was backed up: {text}',
  'recovery-failure.smaller-host.hint':
    'Raise the settings that the log names (max_connections and the like) to at least those of the source, and run "gausskeep recover" again: recovery goes on where it was.',
  'recovery-failure.minimal-wal': 'there is WAL that was made with wal_level = minimal: {text}',
  'recovery-failure.minimal-wal.hint':
    'Nothing can be recovered through it. Choose a target before it, or a backup that was taken after it.',
  'recovery-failure.socket-directory': 'the server may not make its socket: {text}',
  'recovery-failure.socket-directory.hint':
    'Set unix_socket_directories in postgresql.conf of the copy to a directory that the account of the server may write to.',
  'recovery-failure.permissions': 'the server may not use the data directory: {text}',
  'recovery-failure.permissions.hint':
    'It must belong to the account that runs the server, with mode 0700 (or 0750 from PostgreSQL 11), and so must what is in it.',
  'recovery-failure.incompatible': 'the server programs do not fit the data directory: {text}',
  'recovery-failure.incompatible.hint':
    'A physical backup needs the same product and release. Name the right programs with --bindir.',
  'recovery-failure.port': 'the server cannot listen: {text}',
  'recovery-failure.port.hint':
    'Another server may use the port. Set another one in postgresql.conf and run "gausskeep recover" again.',
  'recovery-failure.running': 'another server uses the data directory: {text}',
  'recovery-failure.running.hint': '"gausskeep status" shows it.',
  'recovery-failure.double-write': 'the double-write files are missing: {text}',
  'recovery-failure.double-write.hint':
    'A restored openGauss needs an empty global/pg_dw.build and no other pg_dw file. Restore with gausskeep or gs_tar, which make it.',
  'recovery-failure.invalid-pages': 'WAL and data files do not belong together: {text}',
  'recovery-failure.invalid-pages.hint':
    'The backup is damaged or incomplete, or the WAL is of another generation. Check the backup with "gausskeep verify".',
  'recovery-failure.space': 'the disk is full: {text}',
  'recovery-failure.space.hint': 'Make room and run "gausskeep recover" again: recovery goes on where it was.',
  'recovery-failure.root': 'the server refuses to run as root: {text}',
  'recovery-failure.root.hint': 'Give the data directory to the account of the database (chown -R) and run this again.',
  'recovery-failure.setting': 'the configuration has errors: {text}',
  'recovery-failure.setting.hint': 'The log names file and line.',
} as const;
