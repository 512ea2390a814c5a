export const replicationMessages = {
  'replication.failed-command': 'could not send replication command "{command}": {lines}',
  'replication.failed-backup-begin': 'could not initiate base backup: {lines}',
  'replication.failed-manifest': 'could not upload manifest: {lines}',
  'replication.failed-backup-list': 'could not get backup header: {lines}',
  'replication.failed-backup-data': 'could not read the data of the backup: {lines}',
  'replication.failed-backup-end': 'could not get write-ahead log end position from server: {lines}',
  'replication.failed-mot': 'could not fetch the MOT checkpoint: {lines}',
  'replication.failed-wal': 'could not stream write-ahead log: {lines}',
  'replication.result-shape': 'unexpected answer to {command}: {reason}',
  'replication.label-refused': 'the backup label "{label}" cannot be used with this server',
  'replication.label-refused.hint':
    'Labels that begin with gs_roach, the label "gs_ctl full build" and labels with double quotes or brackets mean something else to openGauss.',
  'replication.label-long': 'the backup label has {length} bytes, at most {limit} are possible',
  'replication.label-control': 'the backup label must not contain line breaks or control characters',
  'replication.option-missing': 'the server has no {option} in its base backups',
  'replication.option-missing.hint':
    'Leave out {flag}: it is for PostgreSQL {release} and later, openGauss and MogDB have nothing of the kind.',
  'replication.wal-in-backup.hint':
    'openGauss 1.0 cannot put WAL into a base backup, and the release of this server is not known. Use -X stream.',
  'replication.rate': 'a transfer rate of {rate} kB/s is out of range',
  'replication.rate.hint': 'The rate is between 32 and 1048576 kB/s.',
  'replication.slot-name': 'invalid replication slot name "{name}"',
  'replication.slot-name.hint':
    'A slot name has 1 to 63 characters out of lower-case letters, digits and underscore; openGauss also takes "?", "." and "-".',
  'replication.no-temporary-slots': 'this server has no temporary replication slots',
  'replication.slot-needs-position': 'a slot on this server needs the position from which it keeps WAL',
  'replication.no-timelines': 'this server has no timeline history',
  'replication.system-mismatch':
    'the two connections lead to different servers: system identifier {first} and then {second}',
  'replication.system-mismatch.hint':
    'The host name or port may lead to several servers (a load balancer, a virtual address that moved, or another server on the HA port). Name one server.',
  'replication.physical-only': 'physical replication is not started on a session that is connected to a database',
  'replication.unreachable.hint':
    'Check that the server runs and listens there. No other port was tried, because another server may listen on it. If only the HA port of openGauss is open, name that port with --ha-port={port}.',
  'replication.attempt': 'trying {endpoint}',
  'replication.attempt-ha-port': 'the server wants replication on its HA port (thread pool is on); trying port {port}',
  'replication.recognised': '{endpoint} is {server}',
  'replication.wal-gap': 'WAL from {actual} came where {expected} was expected',
  'replication.wal-message': 'a WAL message "{kind}" of {length} bytes is not valid',
  'replication.wal-compressed': 'the server sends compressed WAL, which was not asked for',
  'replication.wal-compressed.hint': 'Set enable_wal_shipping_compression = off on the server.',
  'replication.tablespace-cut':
    'the server sends the tablespace with oid {oid} with a path that is cut ("{path}"), so that it could not be restored',
  'replication.tablespace-cut.hint':
    'This happens to openGauss where the path of a tablespace begins with that of the data directory without being inside of it, as /data/db and /data/db_ts. Make a tablespace with another path and move its tables there (ALTER TABLE … SET TABLESPACE), then take the backup.',
  'replication.file-left-out': 'the server left {file} out of the backup because it is too large for its format',
  'replication.file-left-out.hint':
    'openGauss cannot send files of 8 GiB or more in a base backup. The backup would be incomplete, so it was ended.',
  'replication.not-primary': 'server at "{host}", port {port} is in hot standby mode',
  'replication.not-standby': 'server at "{host}", port {port} is not in hot standby mode',
  'replication.read-only': 'session at "{host}", port {port} is read-only',
  'replication.not-read-only': 'session at "{host}", port {port} is not read-only',
  'replication.role-unknown':
    'server at "{host}", port {port} does not say whether it is a primary or a standby, and target_session_attrs wants {wanted}',
} as const;
