export const doctorMessages = {
  'doctor.help.summary': 'look at a server for what stands in the way of a backup or a recovery',
  'doctor.help.what':
    'Connects as a backup would, looks at what a backup and a recovery of the server depend on, and says what is wrong, why that matters and what mends it. It changes nothing.',
  'doctor.help.synopsis': '[OPTION]...',
  'doctor.help.options': 'Options:',
  'doctor.help.directory': 'a directory where a backup is to go: is there room for it',
  'doctor.help.restore-directory':
    'a directory where a backup is to be restored: is there room, are the places of tablespaces free',
  'doctor.help.archive':
    'the directory where the server archives its WAL: is there room, is it the only one (GAUSSKEEP_ARCHIVE)',
  'doctor.help.host':
    'database server host or socket directory; several, separated by commas: the first that answers is taken',
  'doctor.help.rw-timeout': 'give up when the server is silent for so long (in seconds; default 120, 0: never)',
  'doctor.help.json': 'one line of JSON on standard output',
  'doctor.help.verbose': 'also what was found sound',
  'doctor.severity.ok': 'ok',
  'doctor.severity.note': 'note',
  'doctor.severity.unknown': 'not checked',
  'doctor.severity.warning': 'warning',
  'doctor.severity.error': 'error',
  'doctor.line': '{severity}: {what}',
  'doctor.why': '  why: {why}',
  'doctor.fix': '  fix: {fix}',
  'doctor.told': '{what}. {why}',
  'doctor.summary':
    '{server} at {host}:{port}: {errors} {errors|error|errors}, {warnings} {warnings|warning|warnings}, {sound} {sound|check|checks} found nothing, {unknown} could not be made',
  'doctor.replication-login.ok': 'role {user} is let in for replication at {host}:{port}',
  'doctor.replication-login': 'no replication session: {reason}',
  'doctor.replication-login.why': 'Without one there is no backup and no received WAL.',
  'doctor.sql-login.ok': 'role {user} is let in for SQL at {host}:{port}',
  'doctor.sql-login': 'no SQL session: {reason}',
  'doctor.sql-login.why': 'What is checked by SQL was not looked at. A backup works without.',
  'doctor.login.fix':
    'Let the role in: a line for it in pg_hba.conf, for the database "replication" and for "postgres".',
  'doctor.login.other.fix': 'Mend what is said above as the reason; the log of the server may tell more.',
  'doctor.release.ok': '{server} is not in our list of releases with defects that damage backups or recoveries',
  'doctor.release.unknown': '{server}: the exact release is not known',
  'doctor.release.partial-record':
    '{server}: a standby or a recovery stops for good where the server crashed within a WAL record that ran into the next segment',
  'doctor.release.concurrent-index':
    '{server}: CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY can leave rows out of indexes, and a backup carries that along',
  'doctor.release.multixact-replay':
    '{server}: a standby or a recovery can stop with "could not access status of transaction" at WAL that an earlier minor release wrote',
  'doctor.release.database-replay':
    '{server}: a standby or a recovery can stop for good at WAL of a CREATE DATABASE whose tablespace was dropped later',
  'doctor.release.template-database':
    '{server}: after a CREATE DATABASE, later changes of the catalogue of its template database can be lost, and a backup carries that along',
  'doctor.release.truncation':
    '{server}: where a crash or a failure of the disk meets VACUUM or TRUNCATE as they cut a table, deleted rows can come back, and a backup carries them along',
  'doctor.release.hash-index':
    '{server}: changes of hash indexes are not in the WAL, so that such an index is wrong after a restore or a recovery until REINDEX',
  'doctor.wal-summaries':
    '{server} with summarize_wal: an incremental backup can lack blocks of a table that was cut by VACUUM and grew again since the backup before',
  'doctor.wal-summaries.why':
    'A restored table then has old rows there, and no check of the backup finds it. Seen with PostgreSQL 17.10; no release that mends it was known when this was written.',
  'doctor.wal-summaries.fix':
    'Take a full backup after large deletions with VACUUM, full backups regularly, and test restores by what is in the tables.',
  'doctor.release.why': 'No backup tool can mend that afterwards.',
  'doctor.release.fix': 'Install release {version} or later; then read its notes for what has to be rebuilt.',
  'doctor.restart-setting.fix': 'In postgresql.conf: {name} = {value} # then restart the server',
  'doctor.setting.fix': 'In postgresql.conf: {name} = {value} # then reload the server',
  'doctor.alter-restart.fix': 'ALTER SYSTEM SET {name} = {value}; -- then restart the server',
  'doctor.alter-reload.fix': 'ALTER SYSTEM SET {name} = {value}; SELECT pg_reload_conf();',
  'doctor.wal-senders.unknown': 'how many of max_wal_senders are free was not told',
  'doctor.wal-senders.ok': '{free} of {limit} WAL senders are free',
  'doctor.wal-senders': '{free} of {limit} WAL senders {free|is|are} free; a backup that streams its WAL takes 2',
  'doctor.wal-senders.why': 'The server refuses further replication sessions, and a backup fails when it begins.',
  'doctor.wal-level.unknown': 'wal_level was not told',
  'doctor.wal-level.ok': 'wal_level is {level}',
  'doctor.wal-level': 'wal_level is {level}',
  'doctor.wal-level.why': 'A backup cannot be made consistent by such WAL: the server refuses to take one.',
  'doctor.wal-keep.unknown': '{name} was not told',
  'doctor.setting.unknown': '{name} was not told',
  'doctor.wal-keep': '{name} keeps {mebibytes} MiB of WAL for who fetches it late',
  'doctor.wal-keep.expected':
    '{name} keeps {mebibytes} MiB of WAL for who fetches it late; while {size} MiB are backed up, {speed} MiB in a second if one may assume that, {wal} MiB come on average',
  'doctor.wal-keep.why':
    'A backup with -X fetch during which more WAL is written can fail at its end. -X stream does not depend on it.',
  'doctor.wal-pruning': 'WAL that a slot still needs is removed when there is more than {mebibytes} MiB of it ({name})',
  'doctor.wal-pruning.why': 'A receiver or a standby that was away for long has a gap and cannot go on.',
  'doctor.replication-port': '{name} is on: replication is taken on the HA port only',
  'doctor.replication-port.why': 'The port of the server plus 1 is tried by itself; --ha-port names another one.',
  'doctor.standby-names.unknown': 'synchronous_standby_names was not told',
  'doctor.standby-names.ok': 'synchronous_standby_names ("{names}") matches none of our programs',
  'doctor.standby-names': 'synchronous_standby_names ("{names}") matches our programs by "{matching}"',
  'doctor.standby-names.why':
    'A program that receives WAL and tells what it has on disk can become the synchronous standby: commits wait for it, and are lost with it.',
  'doctor.standby-names.fix': 'Name the standbys that are meant in synchronous_standby_names, and reload the server.',
  'doctor.slots.unknown': 'replication slots were not told',
  'doctor.slots.ok':
    '{count} replication {count|slot|slots}, none of which is lost; what those that nobody uses hold is {most} MiB of WAL at most, and a warning comes above {limit} MiB',
  'doctor.slots.full': 'all of max_replication_slots, {limit}, are taken',
  'doctor.slots.full.why':
    'A backup makes itself a temporary slot where the server has such, and fails when it begins; --no-slot does without.',
  'doctor.slot-lost': 'the replication slot "{name}" has lost WAL that it was to keep',
  'doctor.slot-lost.why': 'Whoever receives by it has a gap and cannot go on.',
  'doctor.slot-idle':
    'the replication slot "{name}" is used by nobody and holds {mebibytes} MiB of WAL, more than {limit} MiB',
  'doctor.slot-idle.why': 'The server keeps all WAL from there on until its disk is full, and then it stops.',
  'doctor.slot-idle.limited': 'The server keeps WAL for it up to max_slot_wal_keep_size.',
  'doctor.slot.fix': 'If nobody comes back for it: SELECT pg_drop_replication_slot({name});',
  'doctor.archive-mode.unknown': 'archive_mode was not told',
  'doctor.archive-mode.ok': 'archive_mode is {mode}',
  'doctor.archive-mode': 'archive_mode is off',
  'doctor.archive-mode.why':
    'Without archived (or received) WAL a backup can be restored to its own end only, not to a moment behind it.',
  'doctor.archive-mode.only.fix':
    'Only where no other server archives to the place that is set here, as the source of a restored copy does: {fix}',
  'doctor.archive-mode.foreign.fix':
    'Not archive_mode = on as things are: {path} has the WAL of another line. If this server is to archive, give it an archive of its own first, or a new generation (gausskeep wal generation --open).',
  'doctor.archive-mode.standby':
    'archive_mode is {mode}, and this is a standby: it archives nothing until it is promoted',
  'doctor.archive-mode.standby.why':
    'Its primary has to archive, or something has to receive WAL; with archive_mode = {mode} the standby archives as well.',
  'doctor.archive-command.unknown': 'archive_command was not told',
  'doctor.archive-command.ok':
    'archive_command begins with {program}, which is there and may be executed by account {account}; it was not run: {command}',
  'doctor.archive-command.elsewhere':
    'archive_command is set, and what it runs was not looked at, as the server is not seen to be on this host: {command}',
  'doctor.archive-command': 'archive_mode is on, and nothing archives: archive_command is empty',
  'doctor.archive-command.why': 'The server keeps all WAL until its disk is full, and there is no archive.',
  'doctor.archive-command.fix':
    'On the host of the server: gausskeep wal init --archive DIRECTORY DATA-DIRECTORY. It makes an archive and prints the archive_command to set, with every path in it.',
  'doctor.archive-placeholder': 'in archive_command, {word} stands where something is to be filled in: {command}',
  'doctor.archive-placeholder.why': 'Nothing is archived, or it goes where nobody will look for it.',
  'doctor.archive-blank': 'archive_mode is on, and nothing archives: archive_command is blank',
  'doctor.archive-succeeds': 'archive_command reports success and archives nothing: {command}',
  'doctor.archive-succeeds.why':
    'What the server takes for archived is archived nowhere, and is removed. No recovery goes beyond a backup, unless something else receives the WAL.',
  'doctor.archive-masked': 'archive_command reports success also where what archives failed: {command}',
  'doctor.archive-masked.why':
    'WAL that could not be archived is taken for archived, and is removed. No recovery goes beyond the gap.',
  'doctor.archive-masked.fix':
    'Take away what hides the status (; true, || true, & at the end): a command that failed is tried again.',
  'doctor.archive-fails': 'archive_command reports failure, always: {command}',
  'doctor.archive-target': 'there is no directory {path}, which archive_command names: {command}',
  'doctor.archive-target.fix': 'mkdir -p {path:word}, and let the account of the server write there.',
  'doctor.archive-program.named':
    'archive_command begins with {program}, which is looked for in the PATH of the server, and that is not known here: {command}',
  'doctor.archive-program.nowhere':
    'archive_command begins with {program}, which is in no directory of the usual PATH; that of the server is not known here: {command}',
  'doctor.archive-program.nowhere.fix': 'Write the full path of the program in archive_command.',
  'doctor.archive-program.unread':
    'archive_command begins with {program}, and account {account} cannot see whether it may be executed: {command}',
  'doctor.archive-program.shell':
    'archive_command begins with {program}, which the shell itself understands; what it runs was not looked at: {command}',
  'doctor.archive-program.unclear':
    'archive_command begins with {program}, which is no full path of a program; it was not looked at: {command}',
  'doctor.archive-program.absent': 'there is no such program as archive_command begins with: {command}',
  'doctor.archive-program.not-executable': 'the program that archive_command begins with cannot be executed: {command}',
  'doctor.archive-shell': 'no shell reads archive_command, so that {sign} in it does nothing: {command}',
  'doctor.archive-shell.why':
    'This server splits the command at blanks and hands each word to the program as it is: what should be archived is not, or goes elsewhere.',
  'doctor.archive-refused': 'archive_command is refused by gausskeep, so that nothing is archived: {reason}: {command}',
  'doctor.archive-refused.fix':
    'Write archive_command as "gausskeep wal push --help" says; then run it by hand as the account of the server, with the path of a WAL file for %p.',
  'doctor.archive-relative':
    'archive_command names {path}, which is no full path, so that the server looks for it in its data directory: {command}',
  'doctor.archive-relative.fix': 'Write the full path in archive_command.',
  'doctor.archive-both': 'archive_dest ({directory}) is set, so that archive_command ({command}) is never run',
  'doctor.archive-both.why': 'The archive that the command writes stays without WAL, without a message.',
  'doctor.archive-directory': 'the server itself archives to {directory}',
  'doctor.archive-directory.why':
    'It copies without flushing and under the final name, so that a segment there can be half-written.',
  'doctor.archive-library': 'the module {library} archives',
  'doctor.archive-failures.unknown': 'how archiving fares was not told',
  'doctor.archive-failures':
    'archiving fails: last {name} at {time}, {count} {count|time|times} since the statistics were reset',
  'doctor.archive-failures.why':
    'The server keeps all WAL until its disk is full, and no recovery goes beyond what was archived.',
  'doctor.archive-failures.fix':
    "The server's log has the command and its message. Run it by hand as the server's account.",
  'doctor.archive-nothing':
    'nothing was archived yet since the statistics were reset; archiving is on at least since {time}',
  'doctor.archive-nothing.why':
    'That may be sound where no segment is full yet. But a command that ends by 127 (no such program) is tried again and again, and the server does not count it as a failure.',
  'doctor.archive-failures.ok':
    'the server reports {name} as archived at {time}, with the command that it had then ({count} earlier {count|failure|failures})',
  'doctor.archive-waiting':
    '{count} {count|segment waits|segments wait} to be archived, the oldest for {minutes} minutes',
  'doctor.archive-waiting.ok': '{count} {count|segment waits|segments wait} to be archived, none of them for long',
  'doctor.archive-backlog.ok':
    '{count} {count|file waits|files wait} to be archived, {size} MiB; {free} of {total} MiB are free on the disk of the WAL',
  'doctor.archive-backlog':
    'the disk of the WAL is in danger: {count} {count|file waits|files wait} to be archived, {size} MiB, and {free} of {total} MiB are free',
  'doctor.archive-stopped': 'process {pid}, which pushes what waits (wal push --async), stands still',
  'doctor.archive-stopped.why':
    'Each call of the server waits for it a moment and then pushes by itself, one file at a time: a busy server falls behind.',
  'doctor.archive-stopped.fix': 'kill -CONT {pid}; or kill -KILL {pid}: the next call starts another.',
  'doctor.archive-backlog.why': 'A server that has no room for WAL stops, and does not start before there is room.',
  'doctor.archive-backlog.fix':
    "The server's log says why its archive_command fails; where it does not fail it is too slow: gausskeep wal push --async pushes several files at once, with --at-once more. Until what waits is archived, give that disk more room; remove no WAL by hand.",
  'doctor.archive-owner.unread': '{path}, where WAL is archived, could not be looked at: {reason}',
  'doctor.archive-owner.unknown':
    '{path}: whether only this server archives there is not known (it needs a replication session and SQL, and no standby)',
  'doctor.archive-owner.untold':
    'the archive was not looked at: the server did not tell whether and where it archives, --archive names the directory',
  'doctor.archive-owner.elsewhere':
    'the archive was not looked at: the settings do not plainly name one that can be reached from here; --archive can, or --repo with --instance',
  'doctor.archive-owner.empty': '{path}: there is no WAL yet',
  'doctor.archive-clock.ahead':
    'the clock of this host is {seconds} s ahead of that of the object storage, which refused it: requests were signed with the time of the store',
  'doctor.archive-clock.behind':
    'the clock of this host is {seconds} s behind that of the object storage, which refused it: requests were signed with the time of the store',
  'doctor.archive-clock.why':
    'Times that this host writes are wrong by as much, and the first request of each run is refused.',
  'doctor.archive-clock.fix': 'Set the clock of this host.',
  'doctor.archive-owner.ok': '{path}: the WAL in it is that of this instance, and none is ahead of this server',
  'doctor.archive-owner.other': '{path} has the WAL of instance {actual}, this server is instance {expected}',
  'doctor.archive-owner.other.why':
    'WAL of two instances has the same names: one overwrites that of the other, or is refused.',
  'doctor.archive-owner.other.off.why':
    'Archiving is off here, so that this server writes nothing there; but no recovery of it finds its WAL there, and with archiving on both would write the same names.',
  'doctor.archive-owner.other.fix':
    'Give this server an archive of its own, an empty directory, in archive_command (archive_dest).',
  'doctor.archive-owner':
    '{path} has segment {segment}, which this server has not finished: it is at {lsn} on timeline {timeline}',
  'doctor.archive-owner.why':
    'Somebody else archives there: this server is a copy of it, or was restored to an earlier moment. Both write other WAL under the same names, and no recovery can tell them apart.',
  'doctor.archive-owner.off.why':
    'Archiving is off here, so that this server writes nothing there. It is a copy of the one whose WAL that is, or was restored to an earlier moment: with archiving on it would write other WAL under the same names.',
  'doctor.archive-owner.off.fix':
    'Leave archive_mode = off, or give it an archive of its own first. What takes the place of its source goes on in a new generation (gausskeep wal generation --open) or another directory.',
  'doctor.archive-owner.fix':
    'A copy gets archive_mode = off in its postgresql.conf, or an archive of its own. What takes the place of its source goes on in a new generation (gausskeep wal generation --open) or another directory.',
  'doctor.archive-space.unknown': '{path}: {free} MiB free; how much WAL comes in a day is not known yet',
  'doctor.archive-space.ample': '{path}: {free} MiB free, {daily} MiB of WAL come in a day',
  'doctor.archive-space': '{path}: {free} MiB free, enough for {days} days of WAL ({daily} MiB in a day, uncompressed)',
  'doctor.archive-space.why':
    'When it is full, archiving fails, and the server keeps all WAL until its own disk is full.',
  'doctor.archive-space.fix': 'Make room there, or remove what no backup needs: gausskeep wal cleanup.',
  'doctor.incremental-checkpoint.why':
    'The server compares pages with their checksums for a backup only with it, and without it enable_double_write has no effect.',
  'doctor.fsync.unknown': 'fsync was not told',
  'doctor.fsync.ok': 'fsync is on',
  'doctor.fsync': 'fsync is off',
  'doctor.fsync.why': 'A crash of the host can damage the database, and backups carry the damage along.',
  'doctor.torn-pages.unknown': '{name} was not told',
  'doctor.torn-pages.ok': '{name} is on',
  'doctor.torn-pages': '{name} is off',
  'doctor.torn-pages.why':
    'A page that was written in part when the host crashed cannot be mended, and backups carry it along.',
  'doctor.checksums.unknown': 'whether pages have checksums was not told',
  'doctor.checksums.ok': 'pages have checksums',
  'doctor.checksums': 'pages have no checksums',
  'doctor.checksums.why': 'Damage by the disk is not seen when a backup is taken or verified.',
  'doctor.checksums.fix': 'With the server stopped: pg_checksums --enable -D {directory:word}',
  'doctor.checksums.new.fix':
    'This release cannot add them: initdb --data-checksums makes a cluster with checksums, into which a dump is restored (pg_dumpall).',
  'doctor.configuration.unknown': 'where the configuration files are was not told',
  'doctor.configuration.ok': 'the configuration is in the data directory, {data}',
  'doctor.configuration': '{files}: outside the data directory, {data}',
  'doctor.configuration.why':
    'A server sends no such files with a backup; keep them as well, or name their directory with --config-dir.',
  'doctor.clock.unknown': "the server's clock was not told",
  'doctor.clock.ok':
    "the server's clock differs from ours by less than {limit} s; the time zone of this session there is {zone}",
  'doctor.clock': "the server's clock is {seconds} s ahead of ours; the time zone of this session there is {zone}",
  'doctor.clock.why':
    'A recovery to a time that was read from another clock stops before or behind the moment that was meant.',
  'doctor.clock.fix': 'Let both hosts follow one time service (chrony, systemd-timesyncd).',
  'doctor.running.unknown': 'whether a backup runs was not told',
  'doctor.running.ok': 'no other backup runs over a replication connection',
  'doctor.running.sessions':
    '{count} other {count|session|sessions} of a backup program ({names}) {count|is|are} open: a backup runs, or is about to begin',
  'doctor.running': '{count} {count|backup runs|backups run} now',
  'doctor.running.why': 'Both read all files: each slows the other and the server.',
  'doctor.running.shared':
    'The server keeps WAL for all backups together: when the first ends, WAL that the other still needs can be removed.',
  'doctor.running.fix': 'Wait until it has finished.',
  'doctor.tablespaces.unknown': 'tablespaces were not told',
  'doctor.tablespaces.ok': 'no tablespace outside the data directory',
  'doctor.tablespaces': '{count} {count|tablespace|tablespaces} outside the data directory: {paths}',
  'doctor.tablespaces.why':
    'A plain backup and a restore put them at the same paths unless they are mapped (-T, --tablespace-map-all): on the host of the server those are in use.',
  'doctor.tablespaces.in-use':
    '{count} {count|tablespace has|tablespaces have} their directory in use on this host: {paths}',
  'doctor.tablespaces.in-use.why':
    'A restore puts a tablespace at its own path unless it is mapped, and refuses one that is in use.',
  'doctor.tablespaces.in-use.fix': 'gausskeep restore --tablespace-map-all=DIR …, or {options}',
  'doctor.space.unknown': '{path}: {free} MiB free; how much is needed was not told',
  'doctor.space.ok': '{path}: {free} MiB free, {needed} MiB needed ({counted})',
  'doctor.space.tight': '{path}: {free} MiB free, {needed} MiB needed ({counted}): little is left for more WAL',
  'doctor.space.perhaps': '{path}: {free} MiB free, about {needed} MiB needed ({counted}): it may not be enough',
  'doctor.space': '{path}: {free} MiB free, {needed} MiB needed ({counted})',
  'doctor.space.why': 'An uncompressed backup fails there when the disk is full.',
  'doctor.space.fix': 'Choose another place, or compress (-Z).',
  'doctor.space.refused':
    'Choose another place, or compress (-Ft -z). With --no-estimate-size the server is not asked how large it is, and the backup begins.',
  'doctor.restore-space.why': 'A restore of a backup of this server fails there when the disk is full.',
  'doctor.restore-space.fix': 'Make room there, or choose another place.',
  'doctor.restore-space.refused':
    'Make room there, or restore to another place (-T and --tablespace-map-all for tablespaces). --no-space-check begins all the same.',
  'doctor.recovery-space.why': 'The server stops when it has no room for the next segment that it fetches.',
  'doctor.recovery-space.fix': 'Make room there: the server fetches one WAL segment after the other from the archive.',
  'doctor.login-limit': 'an account is locked after {limit} wrong passwords',
  'doctor.login-limit.why':
    'A password that changed must be changed for backups as well, before they lock their account.',
  'doctor.space.counted':
    '{files} MiB of files, {wal} MiB for one WAL segment, {manifest} MiB for the manifest; more WAL comes while the backup runs',
  'doctor.restore-space.counted': '{files} MiB of files, {wal} MiB for one WAL segment; a recovery fetches more',
  'doctor.copy-space.counted': '{files} MiB of files, {wal} MiB of WAL for the recovery',
  'doctor.files-space.counted': '{files} MiB of files',
  'doctor.recovery-space.counted': '{wal} MiB for the next WAL segment',
  'doctor.target.backup': '{path}: gs_basebackup could not put a backup there: {reason}',
  'doctor.target.restore': '{path}: a restore could not put a copy there: {reason}',
  'doctor.target.why':
    'It was looked at as the account that runs this; the program fails there before it copies anything.',
  'doctor.target.fix':
    'Name a directory that is missing or empty and that this account may write to, or use the account that may.',
  'doctor.target.not-writable': 'this account may not write to "{place}" ({code})',
  'doctor.target.filled': '{path}: there is something in it',
  'doctor.target.filled.backup-why': 'gs_basebackup refuses a directory that is not empty.',
  'doctor.target.filled.backup-fix': 'Name a new directory in it, or an empty one.',
  'doctor.target.filled.restore-why':
    'A restore refuses a directory that is not empty, unless --force or --delta is given.',
  'doctor.target.filled.restore-fix':
    'Name a new or an empty directory. With --force what is in it is moved aside first; with --delta it is updated in place.',
  'doctor.archive-owner.unusable': '{path}: no WAL can be archived there: {reason}',
  'doctor.archive-owner.generation.fix':
    'Name a generation that is open, or none where one is open: gausskeep wal generation lists them.',
  'doctor.archive-owner.unusable.why': 'Archiving into it fails, and the server keeps all WAL until its disk is full.',
  'doctor.archive-owner.unusable.fix':
    'Create the directory, for the account of the server, or mount the file system that holds it; or name the right one.',
  'doctor.archive-owner.foreign': '{path}: there is no WAL, but something else: {reason}',
  'doctor.archive-owner.foreign.why':
    'gausskeep wal push refuses to make an archive of it, so that archiving with it fails.',
  'doctor.archive-owner.foreign.fix': 'Name an empty directory, or the archive that exists already.',
  'doctor.generation-alone': '--generation needs --archive: it names a generation of that archive',
  'doctor.empty-directory': '--{option}: the path of a directory is empty',
  'doctor.no-directory': '--{option}: "-" is no directory; for one of that name, write ./-',
} as const;
