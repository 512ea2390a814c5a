export const recoveryMessages = {
  'recovery.bad-record': 'the record of the restore ({name}) is damaged or newer than this gausskeep',
  'recovery.no-data-directory': '"{path}" is not a data directory: it has no PG_VERSION',
  'recovery.unfinished': 'the data directory "{path}" has no global/pg_control',
  'recovery.unfinished.hint': 'The restore was not finished. Repeat it.',
  'recovery.no-control-program': '{program} is not in "{directory}"',
  'recovery.no-programs': 'no {program} was found in {places}',
  'recovery.no-programs.hint': 'Install {wanted}, or name the directory of its programs with --bindir.',
  'recovery.other-programs': 'the data directory is of {wanted}, but found was {found}',
  'recovery.other-programs.hint':
    'A physical backup can only be opened by the same product and release; there is no upgrade on the way. Name the right programs with --bindir.',
  'recovery.programs': 'starting {server} from "{directory}"',
  'recovery.manager': '{name} is running (pid {pid}): it may start, stop or rebuild this server while it recovers',
  'recovery.cannot-start': 'could not run "{program}": {reason}',
  'recovery.cannot-start.hint':
    'Where libraries are missing, set LD_LIBRARY_PATH as the account of the server has it (openGauss: GAUSSHOME/lib).',
  'recovery.log-file': '"{path}" is not an ordinary file of its own',
  'recovery.running': 'a server is running in "{path}" already (pid {pid})',
  'recovery.running.hint': 'See where it stands with: gausskeep status --pgdata {path:word}',
  'recovery.root': 'servers do not run as root, and "{path}" would be run as root',
  'recovery.root.hint':
    'Give the data directory to the account of the database (chown -R) and run this again, as root or as that account.',
  'recovery.not-owner': '"{path}" belongs to user {owner}: run this as that user or as root',
  'recovery.not-ours': '"{path}" is not for this account to read',
  'recovery.not-ours.hint': 'Run this as the owner of the data directory, or as root, which becomes the owner.',
  'recovery.nothing': 'there is nothing to recover in "{path}"',
  'recovery.nothing.hint':
    'It has neither backup_label nor recovery settings, and no restore of gausskeep has left anything here. A server that has crashed is just started. A copy that was taken of a running server is not: it opens damaged and without a word, so restore the backup again.',
  'recovery.nothing.clean.hint':
    'It has neither backup_label nor recovery settings, no restore of gausskeep has left anything here, and its server was shut down cleanly: just start it.',
  'recovery.over': 'there is nothing to recover in "{path}": its recovery is over',
  'recovery.over.hint': 'The copy was opened, and is a database like any other: start it. By:\n    {command}',
  'recovery.over.uncompared.hint':
    'The copy was opened, and nobody has compared it with what was promised. Start it, then compare it by: gausskeep resume --pgdata {path:word}. It is started by:\n    {command}',
  'recovery.query-timeout': 'the server did not answer within {seconds} s',
  'recovery.not-asked': 'the server does not let us in, so where it stopped is known from its log only',
  'recovery.stalled':
    'neither the log nor the answers of the server have moved for {seconds} s: given up, the server goes on',
  'recovery.stalled.hint':
    'A restore_command that hangs looks like that, and so does a server that writes no log that we can read. Look with: gausskeep status --pgdata {path:word}. --stall-timeout gives it more time.',
  'recovery.goes-on': 'the server goes on; see where it stands with: gausskeep status --pgdata {path:word}',
  'recovery.ended': 'the server ended: {text}',
  'recovery.no-room-for-log': 'the server could not write a word into its log',
  'recovery.ended-silently': 'the server ended without a word',
  'recovery.ended.hint': 'The log of the server has the rest.',
  'recovery.ended-early':
    'recovery ended at {replayed}, before {promised}, which was promised: what lies between is missing',
  'recovery.last-lost': 'transaction {xid} was promised as the last one, and the server knows it as {status}',
  'recovery.other-last':
    'the last transaction replayed is of {found}, and transaction {xid} of {promised} was promised as the last one',
  'recovery.prepared-lost':
    '{count} prepared {count|transaction that was promised is|transactions that were promised are} not there: {list}',
  'recovery.prepared-unexpected':
    'there {count|is|are} {count} prepared {count|transaction|transactions} that the plan did not name: {list}',
  'recovery.and-more': 'and {count} more',
  'recovery.marked': 'this copy did not become what was promised: {text}',
  'recovery.stopped-again': 'the server had opened the database: it was stopped again, so that nobody writes into it',
  'recovery.stopped-to-correct': 'the server was stopped, so that its configuration can be corrected',
  'recovery.not-stopped': 'the server in "{path}" does not stop: stop it before anybody writes into it',
  'recovery.not-comparable':
    'the server was restarted since its recovery, so where that ended could not be compared with what was promised',
  'recovery.too-low': '{name} is {is}, and {value} is needed',
  'recovery.paused-early': 'the server is paused at {replayed}, before its target ({promised})',
  'recovery.paused-early.hint':
    'Somebody has paused it. To go on to the target: {query}. Then: gausskeep status --pgdata {path:word}',
  'recovery.could-not-pause':
    'a pause was asked for, but the server cannot pause where this recovery ends: it has opened the database for writing',
  'recovery.no-hot-standby':
    'hot_standby is off: the server takes no sessions while it recovers, and cannot pause: it shuts down at its target',
  'recovery.archiving-on':
    'archive_mode is {mode} in this copy: it may write into the archive of its source. Turn it off before it does',
  'recovery.server-warns': 'server: {text}',
  'recovery.stopped-elsewhere': 'recovery ended at {replayed}, and {promised} was promised',
  'recovery.not-reached':
    'the target {target} was never reached: the server went on to the end of the WAL and opened the database there',
  'recovery.opened-instead': 'the server opened the database instead of pausing at the target',
  'recovery.restore-again.hint':
    'Do not use this copy for work: restore the backup again. If it is good enough nevertheless: --allow-end-of-wal.',
  'recovery.restore-again-by.hint':
    'Do not use this copy for work. Restore again by:\n    {command}\nIf it is good enough nevertheless: --allow-end-of-wal.',
  'recovery.restart-trap':
    'do not restart the server while it is paused: it would open the database read-write, and after a time target one transaction too far',
  'recovery.not-running': 'no server is running in "{path}"',
  'recovery.not-running.hint': 'Start its recovery with: gausskeep recover --pgdata {path:word}',
  'recovery.not-running.at-target.hint':
    'It has shut down at its target, as it was told. How to look at it and how to open it is told by: gausskeep status --pgdata {path:word}',
  'recovery.not-running.own.hint': 'No restore of gausskeep has left anything here, so there is nothing to resume.',
  'recovery.no-sessions': 'the server is starting and takes no sessions yet',
  'recovery.no-sessions.hint':
    'Wait until it is paused at its target, and look at it before this. Where it stands: gausskeep status --pgdata {path:word}. With hot_standby = off it takes no sessions while it recovers.',
  'recovery.not-there': 'the server takes sessions, but not at "{host}" on port {port}',
  'recovery.not-there.hint': 'Leave --host out: the server itself names "{own}".',
  'recovery.not-recovered':
    'the server in "{path}" is open for writing, and nothing was recovered there by gausskeep: nothing was done',
  'recovery.not-recovered.hint': 'Name the directory of the copy with --pgdata.',
  'recovery.standby': 'the server is a standby, it is not paused at a recovery target',
  'recovery.standby.hint': 'Make it a primary with: {command}',
  'recovery.not-paused': 'the server is still recovering and not paused',
  'recovery.not-paused.hint': 'Wait until it is. Look with: gausskeep status --pgdata {path:word}',
  'recovery.history-marked': 'marked {name} to be archived when archiving is on',
  'recovery.history-unmarked':
    'the server will not archive {name} by itself when archiving is switched on: make an empty file of its name with ".ready" behind it in "{path}"',
  'recovery.settings-removed': 'the settings for the recovery were taken out of {file}',
  'recovery.next.look': 'look whether this is the state that you want (read-only)',
  'recovery.next.resume': 'if it is, open the database for writing',
  'recovery.next.prepared':
    'decide on {count} prepared {count|transaction|transactions} of database "{database}", {list} (COMMIT PREPARED or ROLLBACK PREPARED): until then, reading their rows can hang',
  'recovery.next.hot-standby': 'to look at it: set hot_standby = on',
  'recovery.next.pause': 'to look at it: have it pause at its target',
  'recovery.next.recover-again': 'then start the recovery again: it goes on where it is, and pauses',
  'recovery.next.open-instead': 'or open it for writing without a look: have it promote, and start the recovery again',
  'recovery.next.start': 'its recovery is over: start it as any server',
  'recovery.next.compare': 'compare it with what was promised, which nobody has done yet',
  'recovery.next.generation':
    'open a new generation in the archive: the recovered server writes WAL of the same names with other content',
  'recovery.next.archiving': 'turn archiving on, into the new generation',
  'recovery.next.archiving-own':
    'turn archiving on, never into the archive of the source: set archive_command to an archive of its own, then archive_mode = on',
  'recovery.next.takes-over':
    'archiving is off. When this copy takes over from its source, turn it on; it is on a timeline of its own',
  'recovery.next.takes-over-kept':
    'archiving is off. When this copy takes over from its source, turn it on; it is on a timeline of its own, and archives with: {command}',
  'recovery.next.takes-over-unset':
    'archiving is off. When this copy takes over from its source, set archive_command, then archive_mode = on; it is on a timeline of its own',
  'recovery.next.takes-over-shared':
    'archiving is off, and this copy is on timeline {timeline}, that of its source, so its WAL takes the same names. When it takes over, set archive_command to an archive of its own, never the one of its source, then archive_mode = on',
  'recovery.next.stop-start': 'then stop and start it: a restart would keep archiving off',
  'recovery.next.archiving-postgresql': 'see that WAL is archived; the server is on a timeline of its own now',
  'recovery.next.archiving-shared':
    'archiving is on, and this copy is on timeline {timeline}, that of its source: see that archive_command does not lead into the archive of its source',
  'recovery.next.backup': 'take a full backup: older ones lead to the old line of WAL',
  'recovery.next.backup-timeline':
    'take a full backup: an older one leads here only with --target-timeline latest, by WAL that this server archives',
  'recovery.next.backup-shared': 'take a full backup: what is written here is in no older one',
  'recovery.next.replconninfo': 'clear or correct the replication connections before it becomes a primary again',
  'recovery.next.standby': 'build every standby anew',
  'recovery.next.restart': 'restart it when it suits, so that it replays in parallel again after a crash',
  'recovery.next.slot': 'create the replication slot "{name}" again if it is still needed',
  'recovery.seconds-left': ', {seconds} s left',
} as const;
