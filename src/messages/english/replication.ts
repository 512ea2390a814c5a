export const replicationMessages = {
  'replication.server-error': '{phase}: {text}',
  'replication.unexpected': 'unexpected {message} message from the server {phase}',
  'replication.result-shape': 'unexpected answer to {command}: {reason}',
  'replication.label-refused': 'the backup label "{label}" cannot be used with this server',
  'replication.label-refused.hint':
    'Labels that begin with gs_roach, the label "gs_ctl full build" and labels with double quotes or brackets mean something else to openGauss.',
  'replication.label-long': 'the backup label has {length} bytes, at most {limit} are possible',
  'replication.label-control': 'the backup label must not contain line breaks or control characters',
  'replication.option-missing': '{server} has no {option} in its base backups',
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
    'The HA port was not tried: another server may listen on port {port}. If this server is openGauss and only its HA port is open, name it with --ha-port={port}.',
  'replication.attempt': 'trying {endpoint} with protocol {protocol}',
  'replication.attempt-protocol': 'the server refuses protocol {refused}; trying {protocol}',
  'replication.attempt-ha-port': 'the server wants replication on its HA port; trying port {port}',
  'replication.recognised': '{endpoint} is {server}',
  'replication.in-timeline-end': 'the server did not tell which timeline comes after {timeline}',
  'replication.wal-gap': 'WAL from {actual} came where {expected} was expected',
  'replication.wal-message': 'a WAL message "{kind}" of {length} bytes is not valid',
  'replication.wal-compressed': 'the server sends compressed WAL, which was not asked for',
  'replication.wal-compressed.hint': 'Set enable_wal_shipping_compression = off on the server.',
  'replication.file-left-out': 'the server left {file} out of the backup because it is too large for its format',
  'replication.file-left-out.hint':
    'openGauss cannot send files of 8 GiB or more in a base backup. The backup would be incomplete, so it was ended.',
  'replication.phase.identify': 'cannot identify the server',
  'replication.phase.query': 'cannot run {command}',
  'replication.phase.backup-begin': 'could not initiate base backup',
  'replication.phase.backup-list': 'could not get the list of tablespaces',
  'replication.phase.backup-data': 'could not read the data of the backup',
  'replication.phase.backup-end': 'could not get the end position of the backup',
  'replication.phase.mot': 'could not fetch the MOT checkpoint',
  'replication.phase.wal': 'could not stream WAL from {lsn}',
} as const;
