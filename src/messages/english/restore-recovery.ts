export const restoreRecoveryMessages = {
  'restore-recovery.help.target': 'Recovery to a point in time (without a target: to the end of the WAL):',
  'restore-recovery.help.target-time': 'stop before the first commit later than TIME',
  'restore-recovery.help.target-lsn': 'stop at the record that begins at LSN or behind it',
  'restore-recovery.help.target-xid': 'stop when transaction XID ends',
  'restore-recovery.help.target-name': 'stop at the restore point NAME',
  'restore-recovery.help.target-immediate': 'stop as soon as the backup is consistent',
  'restore-recovery.help.target-inclusive': 'time, LSN, XID: with what is exactly there (default)',
  'restore-recovery.help.target-exclusive': 'time, LSN, XID: without it',
  'restore-recovery.help.target-timeline': "timeline to follow; default: the backup's own; latest",
  'restore-recovery.help.target-action': 'then pause (default), promote or shutdown',
  'restore-recovery.help.require-pause': 'refuse a target at which the server cannot pause',
  'restore-recovery.help.allow-end-of-wal': 'where the target is not in the WAL, go to its end',
  'restore-recovery.help.allow-tablespace-replay':
    'replay CREATE TABLESPACE although its directory exists on this host',
  'restore-recovery.help.wal': 'WAL and backups:',
  'restore-recovery.help.archive':
    'WAL archive, also s3://BUCKET/PREFIX, or a directory of WAL of any tool (GAUSSKEEP_ARCHIVE)',
  'restore-recovery.help.backups':
    'folder of backups to choose from, unless --from names one (GAUSSKEEP_BACKUPS); may be repeated',
  'restore-recovery.help.wal-from': 'further directory that has WAL; may be repeated',
  'restore-recovery.help.wal-supply':
    'put the WAL into the data directory (default on openGauss), or have the server fetch it',
  'restore-recovery.help.prefetch':
    'segments that a server fetches ahead, several at once (0 to 64; default 4 where the WAL is in an object store or encrypted, else 0)',
  'restore-recovery.help.restore-command': "your own restore_command; default: gausskeep's",
  'restore-recovery.help.archive-cleanup-command': 'archive_cleanup_command of the server',
  'restore-recovery.help.recovery-end-command': 'recovery_end_command of the server',
  'restore-recovery.bad-supply': 'invalid --wal-supply "{text}": it is copy or restore-command',
  'restore-recovery.copy-and-command': '--wal-supply=copy and --restore-command exclude each other',
  'restore-recovery.quick-only': 'a quick plan cannot be carried out: the WAL was not read',
  'restore-recovery.quick':
    'Quick plan: the WAL was not read, so damage in it is not seen; a restore reads it and may refuse.',
  'restore-recovery.next': 'Next: {command}',
  'restore-recovery.not-in-archive': '{name} is needed and only in {from}, from which no restore_command fetches',
  'restore-recovery.not-in-archive.hint':
    'Leave --wal-supply out, or give --wal-supply=copy: then the WAL is put into the data directory.',
  'restore-recovery.changed': '{name} is not what it was when the plan was made, or is damaged ({from})',
  'restore-recovery.gone': '{name} is no longer where it was when the plan was made ({from})',
  'restore-recovery.changed.hint': 'Make the plan again (--plan): it reads every byte that is there now.',
  'restore-recovery.no-pause': 'with hot_standby = off the server cannot pause: it shuts down at its target',
  'restore-recovery.no-pause.hint': 'Give --set hot_standby=on.',
  'restore-recovery.other-instance': 'the WAL is of instance {expected}, the backup of instance {actual}',
  'restore-recovery.no-archive': 'there is no archive for restore_command to fetch from',
  'restore-recovery.tablespace':
    'the WAL to be replayed creates tablespace {oid} in "{path}" (record {lsn}), and that has content on this host',
  'restore-recovery.tablespace.hint':
    'The server would empty it. If nothing else uses it, --allow-tablespace-replay goes on; else stop the recovery before that record.',
  'restore-recovery.tablespace-missing':
    'the WAL to be replayed creates tablespace {oid} in "{path}" (record {lsn}), and that directory is missing: the server would fail there',
  'restore-recovery.tablespace-missing.hint':
    'Make "{path}", empty and owned by the account of the server, or stop the recovery before that record.',
  'restore-recovery.passed-over': 'backup {name} is passed over: {reason}',
  'restore-recovery.backup': 'begins with backup {name}, consistent from {lsn} on ({time})',
  'restore-recovery.latest': 'target: the end of the WAL',
  'restore-recovery.target': 'target: {target}',
  'restore-recovery.time': 'that is {time}',
  'restore-recovery.wal':
    'needs WAL {first} to {last}: {count} {count|segment|segments} on timeline {timeline}, read up to {lsn}, to where the recovery needs it: whole and linked',
  'restore-recovery.remembered':
    '{known} of {count} {count|segment|segments} {known|was|were} read by an earlier run, not now, and unchanged since by size and time; GAUSSKEEP_CACHE= (empty) reads all',
  'restore-recovery.wal-unread':
    'needs WAL {first} to {last}: {count} {count|segment|segments} on timeline {timeline}, there and linked by their indexes; not read',
  'restore-recovery.copy-exact': 'by copy, because this server ends exactly only where its WAL ends',
  'restore-recovery.copy-no-archive': 'by copy, because there is no archive that it could be fetched from',
  'restore-recovery.copy-damaged-behind':
    'by copy, because {name} in the archive is damaged, and a server that asks for it would fail there',
  'restore-recovery.copy-damaged-crossing':
    'by copy, because {first} or {next} in the archive is damaged, and a server that reads both would end between them',
  'restore-recovery.copy-elsewhere': 'by copy, because {name} is not in the archive, but in {from}',
  'restore-recovery.command-in-archive': 'with restore_command, because all of it is in the archive',
  'restore-recovery.by-copy':
    'the WAL directory is emptied, and {count} {count|segment is|segments are} put there as private copies',
  'restore-recovery.by-command': 'the server fetches WAL with restore_command from {archive}',
  'restore-recovery.fetched-compared': 'what is fetched is compared with the receipt of its push',
  'restore-recovery.fetched-uncompared':
    '{count} {count|segment has|segments have} no receipt of a push: a change behind this plan is not seen when it is fetched, only by the server',
  'restore-recovery.fetched-by-other': 'what your restore_command fetches is not compared with what was read here',
  'restore-recovery.cut': 'the last segment is zero from {lsn} on: nothing behind can be replayed',
  'restore-recovery.stops-at-end': 'ends with the WAL, at {lsn}',
  'restore-recovery.stops-before': 'stops before {what} at {start}; the WAL is replayed up to {lsn}',
  'restore-recovery.stops-after': 'stops after {what} at {start}; the WAL is replayed up to {lsn}',
  'restore-recovery.none-kept':
    'last transaction kept: the last one that the backup holds; none ends in the WAL that is replayed',
  'restore-recovery.kept-in-backup':
    'last transaction kept: {transaction}, in the backup; none ends in the WAL that is replayed',
  'restore-recovery.last-kept': 'last transaction kept: {transaction}',
  'restore-recovery.first-lost':
    'first one lost: {transaction}; {commits} {commits|commit|commits} and {aborts} {aborts|rollback|rollbacks} from there on are gone',
  'restore-recovery.lost-by-indexes':
    'lost as far as indexes tell: from {transaction} on {commits} {commits|commit|commits} and {aborts} {aborts|rollback|rollbacks}; the WAL behind is not whole, and what it held beside these is not known',
  'restore-recovery.loss-unknown':
    'which transactions are lost is not known: the WAL behind is damaged, missing or of another line, and no index tells of any',
  'restore-recovery.nothing-lost': 'no later transaction is known',
  'restore-recovery.told': 'the server is told {target}, so that it pauses where its WAL ends',
  'restore-recovery.pauses': 'the server pauses there, read-only, until gausskeep resume',
  'restore-recovery.shuts-down':
    'the server shuts down there; to open it, set recovery_target_action = promote and start it again',
  'restore-recovery.shuts-down-for-pause':
    'the server cannot pause there, because hot_standby is off: it shuts down. To look at the copy first, restore it with --set hot_standby=on',
  'restore-recovery.limit':
    'the WAL sets {name} to {value} at {lsn}, which no copy can follow while it recovers: it starts with no less',
  'restore-recovery.creates-tablespace': 'replay creates tablespace {oid} in "{path}" ({lsn})',
  'restore-recovery.drops-tablespace': 'replay drops tablespace {oid} ({lsn})',
} as const;
