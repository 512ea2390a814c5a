export const backupHelpMessages = {
  'backup.help.what': '{program} takes a base backup of a running openGauss, MogDB or PostgreSQL server.',
  'backup.help.usage': '\nUsage:\n  {program} [OPTION]...',
  'backup.help.output': 'Options controlling the output:',
  'backup.help.pgdata': 'receive base backup into directory ("-" is stdout)',
  'backup.help.format': 'output format (plain (default), tar)',
  'backup.help.mapping': 'relocate tablespace in OLDDIR to NEWDIR (may be repeated; "\\=" stands for a "=" in a path)',
  'backup.help.xlog': 'include required WAL files in backup (fetch mode)',
  'backup.help.xlog-method':
    'include required WAL files with specified method (none, fetch, stream (default)); also --wal-method',
  'backup.help.waldir': 'location for the write-ahead log directory (plain)',
  'backup.help.gzip': 'compress tar output with gzip',
  'backup.help.compress':
    'compress: [client-|server-]METHOD[:DETAIL] with gzip, lz4, zstd or none (PostgreSQL 15 can on its side), or a level of gzip',
  'backup.help.incremental':
    'take incremental backup: what changed since the backup with that manifest (PostgreSQL 17, summarize_wal = on)',
  'backup.help.write-recovery-conf': 'write configuration for replication (PostgreSQL)',
  'backup.help.target':
    'backup target (if other than client; PostgreSQL 15): server:DIR or blackhole; also -t, where it is no number',
  'backup.help.target-original': 'backup target (if other than client; PostgreSQL 15): server:DIR or blackhole',
  'backup.help.manifest-force-encode': 'hex encode all file names in manifest',
  'backup.help.no-estimate-size': 'do not estimate backup size in server side',
  'backup.help.no-verify-checksums': 'do not verify checksums (PostgreSQL 11)',
  'backup.help.sync-method':
    'fsync: each file, or syncfs: the whole file system, at the end (default where the backup has one of its own)',
  'backup.help.max-rate':
    'maximum transfer rate to transfer data directory (in kB/s, or use suffix "k" or "M"; PostgreSQL)',
  'backup.help.tar-format':
    "standard (default): tar archives that tar reads; opengauss: the server's own bytes, for the original gs_tar",
  'backup.help.general': 'General options:',
  'backup.help.checkpoint': 'set fast or spread (default) checkpointing',
  'backup.help.label': 'set backup label',
  'backup.help.slot': 'replication slot to use for the WAL stream',
  'backup.help.create-slot': 'create replication slot',
  'backup.help.no-slot': 'prevent creation of temporary replication slot',
  'backup.help.no-manifest': 'suppress generation of backup manifest',
  'backup.help.manifest-checksums':
    'use algorithm for manifest checksums (NONE, CRC32C, SHA224, SHA256, SHA384, SHA512)',
  'backup.help.no-clean': 'do not clean up after errors',
  'backup.help.no-sync': 'do not wait for changes to be written safely to disk',
  'backup.help.config-dir':
    'take along the configuration of the server from DIR on this host, where it is not in the data directory (Debian)',
  'backup.help.allow-missing-config':
    'openGauss: go on as another client name if the role may not use the HA channel; configuration and TLS files will be missing',
  'backup.help.progress': 'show progress information; as JSON lines with =json',
  'backup.help.verbose': 'output verbose messages',
  'backup.help.version': 'output version information, then exit',
  'backup.help.help': 'show this help, then exit',
  'backup.help.connection': 'Connection options:',
  'backup.help.dbname': 'connection string or URI, as libpq has them; -h, -p and -U win over it',
  'backup.help.host': 'database server host or socket directory; several, separated by commas: the first that answers',
  'backup.help.port': 'database server port number (default: PGPORT, else 5432); one for all hosts, or one for each',
  'backup.help.ha-port': 'openGauss: the HA port, where it is not the port + 1',
  'backup.help.username': 'connect as specified database user',
  'backup.help.status-interval': 'time between status packets sent to server (in seconds; default 10)',
  'backup.help.rw-timeout': 'give up when the server is silent for so long (in seconds; default 120, 0: never)',
  'backup.help.no-password': 'never prompt for password',
  'backup.help.password': 'force password prompt (should happen automatically)',
  'backup.help.max-auth-iterations': 'refuse a login that asks for more key derivation rounds (default 10000000)',
  'backup.help.foot': 'Documentation: docs/guide/020-first-backup.md; exit status 0: done, 1: failed.',
} as const;
