export const receiverMessages = {
  'receiver.not-wal': 'what the server sent from {lsn} on is not the WAL of this instance and position',
  'receiver.timeline-behind':
    'the server is on timeline {theirs}, but the WAL that was received goes on to timeline {ours} at {lsn}',
  'receiver.timeline-elsewhere':
    'timeline {theirs} of the server does not come from timeline {ours}, of which WAL was received up to {lsn}',
  'receiver.other-line.hint':
    'The server is an old primary, was recovered to another moment, or is another copy of the instance. Nothing was written. Name the right server, or receive into another directory or archive.',
  'receiver.fork':
    'the server holds other WAL than was received, from {lsn} on timeline {timeline}: it was recovered to an earlier moment, or is another copy of the instance',
  'receiver.fork-before': 'the server holds other WAL than was received, from {lsn} on timeline {timeline} or before',
  'receiver.fork.hint':
    'Nothing was written. Receive the WAL of the recovered server into another directory, or with --archive and --on-fork=generation into a new generation of the archive, and take a new backup.',
  'receiver.fork-unknown':
    'the server holds other WAL than was received, but where they part cannot be known: the server or the archive no longer has segment {segment}',
  'receiver.unproved':
    'it cannot be known whether the server goes on where the WAL that was received ends ({lsn}): it has removed segment {segment}',
  'receiver.unproved.hint':
    'The server could have been recovered to an earlier moment meanwhile. If it was not, go on with --on-unproved=continue; if it was, receive into another directory or a new generation.',
  'receiver.unproved-warning':
    'going on at {lsn} although it could not be compared with what was received before: the server has removed segment {segment}',
  'receiver.gap':
    'the server no longer has the WAL from {begin} on (timeline {timeline}): what lies between {begin} and {end} is lost to this receiver',
  'receiver.gap.hint':
    'Recoveries from earlier backups end at {begin}. Take a new backup. To go on receiving behind the gap, use --on-gap=continue; a replication slot (-S) keeps a server from removing WAL.',
  'receiver.gap-warning':
    'GAP: the WAL from {begin} to {end} (timeline {timeline}) is lost to this receiver; going on at {end}. Take a new backup: recoveries from earlier ones end at {begin}',
  'receiver.no-primary': 'none of {count} {count|server|servers} is a primary that can be reached: {reasons}',
  'receiver.none-fits': 'none of the servers can be reached and is what target_session_attrs={wanted} wants: {reasons}',
  'receiver.not-primary': '{server} is a standby',
  'receiver.skipped-server': '{server} is left out: {reason}',
  'receiver.slot-made': 'created the replication slot "{slot}" on {server}',
  'receiver.slot-left':
    'the replication slot "{slot}" that was made here stays on the server and keeps WAL there ({reason}); to drop it: {statement}',
  'receiver.slot-warn':
    'the replication slot "{slot}" makes the server retain {retained} bytes of WAL (warning from {limit} bytes on)',
  'receiver.slot-max':
    'the replication slot "{slot}" makes the server retain {retained} bytes of WAL (at most {limit} bytes are allowed)',
  'receiver.slot-max.hint':
    'The receiver ended because of --on-slot-max. The slot is still there and goes on retaining WAL: start the receiver again, or drop the slot.',
  'receiver.slot-dropped':
    'the replication slot "{slot}" made the server retain {retained} bytes of WAL (at most {limit} bytes are allowed) and was dropped',
  'receiver.slot-not-dropped':
    'the replication slot "{slot}" makes the server retain {retained} bytes of WAL (at most {limit} bytes are allowed) and could not be dropped',
  'receiver.slot-not-dropped.hint': 'It goes on retaining WAL. Drop it on the server: {statement}',
  'receiver.slot-dropped.hint':
    'The server may now remove WAL that was not received. Start the receiver with a new slot soon, or there will be a gap; take a new backup then.',
} as const;
