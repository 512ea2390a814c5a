export const refusalMessages = {
  'refusal.password.opengauss':
    'The password or the user name is wrong; it is not tried again, because repeated failures lock the account. The same answer comes when the method in pg_hba.conf (md5, sha256, sm3) does not fit the form in which the password is stored: set the password again after changing password_encryption_type, or change the method to the stored form.',
  'refusal.password.postgresql':
    'The password or the user name is wrong; it is not tried again. The server log tells more than it may tell us, for example that the password has expired or is stored in another form than pg_hba.conf asks for.',
  'refusal.role-no-login':
    'The role may not log in. Name another one (-U, PGUSER), or let it: ALTER ROLE {role} LOGIN;',
  'refusal.role-missing':
    'The server has no such role. Name another one (-U, PGUSER), or make it: CREATE ROLE {role} LOGIN REPLICATION;',
  'refusal.hba-replication':
    'Add the line "{line}" to pg_hba.conf of the server and reload it ({reload}). The word replication must stand in the database column; "all" does not include it.',
  'refusal.hba-database': 'Add the line "{line}" to pg_hba.conf of the server and reload it ({reload}).',
  'refusal.hba-reject':
    'A line with the method reject matches before any other. Put the line "{line}" above it in pg_hba.conf of the server and reload it ({reload}).',
  'refusal.ha-channel':
    'With --allow-missing-config another application name is used, but postgresql.conf and the TLS files are then missing in the backup. Otherwise there are two ways out: name the SQL port, where REPLICATION is enough as long as enable_thread_pool is off, or grant the user SYSADMIN: ALTER USER {user} SYSADMIN;',
  'refusal.ha-channel-thread-pool':
    'The SQL port takes no replication here, because enable_thread_pool is on, and on the HA port REPLICATION is not enough. With --allow-missing-config another application name is used, but postgresql.conf and the TLS files are then missing in the backup. Otherwise grant the user SYSADMIN: ALTER USER {user} SYSADMIN;',
  'refusal.hba-encryption':
    'The connection was not encrypted. Where pg_hba.conf has a hostssl line for this user, TLS is enough: PGSSLMODE=require, which needs ssl = on on the server. Otherwise add the line "{line}" to pg_hba.conf of the server and reload it ({reload}). The word replication must stand in the database column for a backup.',
  'refusal.initial-user':
    'The user that initialised the instance may connect only from the host of the server. Create another user with SYSADMIN and REPLICATION, or run this on the host of the server.',
  'refusal.trust-remote':
    'openGauss does not take the method trust from another host. Change the method of that line in pg_hba.conf to sha256.',
  'refusal.internal-tool':
    'The application name belongs to a maintenance tool of the server. Choose another one (--application-name, PGAPPNAME).',
  'refusal.thread-pool':
    'With enable_thread_pool on, replication goes to the HA port only, which is the SQL port plus 1 unless configured otherwise. Name it with --ha-port.',
  'refusal.sql-on-ha-port': 'This is the HA port. SQL goes to the SQL port, which is usually one less.',
  'refusal.wal-senders':
    'All {limit} WAL sender places are taken. Raise max_wal_senders on the server (a restart is needed) or wait until another backup or standby has ended. A backup with -X stream needs two places, one with -X fetch a single one.',
  'refusal.wal-senders-off':
    'The server takes no replication connections, as with wal_level = minimal. Set wal_level to {level} and max_wal_senders to at least 2 on the server and restart it.',
  'refusal.wal-level': 'Set wal_level to {level} on the server and restart it.',
  'refusal.locked':
    'Too many failed logins locked the account. An administrator unlocks it: ALTER USER {user} ACCOUNT UNLOCK;',
  'refusal.validity':
    'The account is outside the time in which it is valid. See VALID BEGIN and VALID UNTIL of the user.',
  'refusal.tls-required': 'The server takes only TLS connections. Use sslmode=require.',
  'refusal.starting': 'The server is starting, stopping or recovering. Try again when it accepts connections.',
  'refusal.too-many-clients':
    'All connections of the server are taken. Raise max_connections or wait until others have ended.',
  'refusal.wal-removed':
    'The server has recycled WAL segment {segment} already. Raise {setting} or keep WAL with a replication slot (-S NAME, with -C to create it), then take a new backup.',
  'refusal.wal-file-missing':
    'WAL that this backup needs was recycled while it ran. Raise {setting}, use -X stream with a slot (-S NAME), or take the backup when less is written.',
  'refusal.corrupt-page':
    'The data file {file} on the server is damaged{place}; the server ends the backup there and no option makes it go on. Find the table with pg_relation_filenode, save its readable rows and rewrite it (VACUUM FULL or CREATE TABLE AS), restore the page by the page repair of a standby, or restore from an older backup. Do not delete older backups before that.',
  'refusal.backup-privilege': 'Grant the user SYSADMIN or REPLICATION: ALTER USER {user} REPLICATION;',
  'refusal.replication-privilege': 'Give the role the attribute: ALTER ROLE {user} REPLICATION;',
  'refusal.privilege': 'The user lacks a privilege for this on the server.',
  'refusal.stream-removed':
    'The server has removed WAL segment{segment} already: what it held that is not here is lost to us. A replication slot or a larger {setting} keeps WAL until it is received.',
  'refusal.stream-slot-missing': 'Create the slot, or choose one that exists (see pg_replication_slots).',
  'refusal.stream-slot-invalidated':
    'The server has given up the WAL that the slot kept (max_slot_wal_keep_size, idle_replication_slot_timeout). Drop the slot and create it again; where WAL is missing then, a new base backup is needed.',
  'refusal.stream-stopped': 'The server was stopped, or an administrator ended the session.',
  'refusal.stream-crashed': 'A process of the server crashed, or it was stopped at once. Its log tells why.',
  'refusal.timeline-left':
    'The server left that timeline before this position: it was promoted, or restored to an earlier moment, and what came behind is not part of its history.',
  'refusal.slot-missing': 'Create the slot with -C, or choose one that exists (see pg_replication_slots).',
  'refusal.slot-exists': 'Choose another name, leave out -C to use the slot as it is, or drop it.',
  'refusal.slot-active':
    'Another receiver uses the slot. Choose another slot, or end the session with process id {pid}.',
  'refusal.slot-name':
    'A slot name has 1 to 63 characters out of lower-case letters, digits and underscore; openGauss also takes "?", "." and "-".',
  'refusal.slots-used':
    'Raise max_replication_slots on the server (a restart is needed) or drop a slot that nobody uses.',
  'refusal.slot-logical': 'The slot is a logical one. Choose or create a physical slot.',
  'refusal.slot-invalidated':
    'The server dropped WAL that the slot needed (max_slot_wal_keep_size). Drop the slot, create it again and take a new base backup.',
  'refusal.grammar':
    'The server does not understand the command. It may be of another release than it was taken for, or a pooler or proxy answers in its place.',
  'refusal.label': 'Choose a shorter label without quotes and brackets.',
  'refusal.stopped':
    'The server was stopped, or an administrator ended the session. Nothing of the backup can be used; take it again.',
  'refusal.promoted': 'The server changed its role during the backup. Take the backup again.',
  'refusal.full-page-writes':
    'Set full_page_writes = on on the primary, run CHECKPOINT there, and take the backup again.',
  'refusal.name-too-long':
    'The format of PostgreSQL backups has no room for file names above 100 bytes. Remove or rename the file in the data directory of the server.',
  'refusal.unreadable-file':
    'The server cannot read one of the files in its data directory. Remove the file or give it back to the user of the server.',
  'refusal.protocol': 'The server does not speak protocol version 3. Supported are PostgreSQL 10 to 18 and openGauss.',
  'refusal.uuid': 'The server demands a replication UUID (repl_auth_mode = uuid), which is not supported.',
  'refusal.summarize-wal': 'Set summarize_wal = on on the server and take a full backup first.',
  'refusal.summaries-missing':
    'What changed since the earlier backup is not known for the whole of that time: summarize_wal was off, wal_level was minimal, the summaries are gone (wal_summary_keep_time), or this server has none from before it was made: a standby or a restored copy that is newer than the earlier backup, promoted since. Take a full backup.',
  'refusal.manifest-ahead':
    'The earlier backup ended behind the position at which this one begins. On a standby try again when it has replayed a later checkpoint.',
  'refusal.manifest-timeline':
    'The earlier backup belongs to a timeline that this server did not come from. Take a full backup.',
  'refusal.manifest-instance':
    'The manifest is that of a backup of another instance. Name one of this instance, or take a full backup.',
  'refusal.manifest-unread': 'Name the backup_manifest of a backup of PostgreSQL 17 or later, unchanged.',
  'refusal.ahead':
    'The WAL at hand is newer than that of the server: this is another instance, or it was restored to an earlier moment.',
  'refusal.timeline': 'The server does not know that timeline: it was promoted or restored. Take a new base backup.',
  'refusal.no-database': 'Name a database that exists (-d, PGDATABASE).',
  'refusal.disk-full': 'The disk of the server is full.',
  'refusal.in-block': ' in block {block}',
} as const;
