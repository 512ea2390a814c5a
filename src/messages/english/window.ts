export const windowMessages = {
  'window.break.missing': 'missing: {first} to {last} ({count} segments)',
  'window.break.nothing-valid': '{name} holds nothing valid',
  'window.break.no-more': 'no further WAL',
  'window.break.end': 'the WAL ends at {lsn}',
  'window.break.invalid': 'no valid record at {lsn} ({reason})',
  'window.break.other-system': '{name} is WAL of another instance',
  'window.break.other-segment-size': '{name} has another segment size',
  'window.break.timeline-backwards': '{name} is of an earlier timeline than the segment before it',
  'window.break.fork':
    '{name} does not go on where the segment before it ends: it was written after a recovery, or before one',
  'window.no-wal-of-backup': 'the WAL at {lsn}, where the backup begins, is not there',
  'window.wal-ends-in-backup': 'the WAL ends at {lsn}, before the backup is consistent',
  'window.proof.no-wal': 'the WAL that backup "{backup}" begins with ({start}) is not there',
  'window.proof.no-wal.hint': 'Name the WAL archive with --archive, or a directory that has the WAL with --wal-from.',
  'window.proof.not-consistent': 'the WAL from {start} on ends at {end}, before backup "{backup}" is consistent',
  'window.unreachable.before': 'cannot reach {target}: the backup is consistent only from {lsn} ({time}) on',
  'window.unreachable.before.hint':
    'The earliest point with this backup is {lsn}, {time}. Choose an older backup with --from, or have one chosen from --backups.',
  'window.unreachable.subtransaction': 'transaction {xid} was a subtransaction of {parent}: no recovery can stop at it',
  'window.unreachable.subtransaction.hint': 'Its transaction: {transaction}.',
  'window.unreachable.prepared':
    'transaction {xid} was prepared: this server does not stop at the end of a prepared transaction, and would open with all WAL replayed',
  'window.unreachable.prepared.hint':
    'Supply the WAL by copy (--wal-supply=copy), which ends exactly there: {transaction}.',
  'window.unreachable.never-ended.hint': 'It was prepared and never ended: {transaction}.',
  'window.unreachable.overrun': 'cannot stop at {target}: this server would go on through {transaction}',
  'window.unreachable.overrun.hint': 'Supply the WAL by copy (--wal-supply=copy), which ends before it: {transaction}.',
  'window.unreachable.no-immediate': 'this server cannot be told to stop as soon as it is consistent',
  'window.unreachable.no-immediate.hint': 'Supply the WAL by copy (--wal-supply=copy), which ends there.',
  'window.unreachable.gap': 'cannot reach {target}: the WAL can be replayed up to {end} only ({reason})',
  'window.unreachable.unknown': 'cannot reach {target}: it is not in the WAL, which ends at {end}',
  'window.unreachable.after': 'cannot reach {target}: it is behind the last commit, and the WAL ends at {end}',
  'window.unreachable.not-met.hint': '{nearest} To take the end of the WAL instead: --allow-end-of-wal.',
  'window.nearest.names': 'Restore points that can be reached: {list}.',
  'window.nearest.transactions': 'The nearest: {list}.',
  'window.nearest.last': 'The last transaction is {transaction}; the WAL ends at {lsn}.',
  'window.nearest.end': 'The WAL ends at {lsn}, with no end of a transaction in it.',
  'window.note.end-of-wal': 'the target {target} is not met: the recovery goes to the end of the WAL',
  'window.note.aborted': 'transaction {xid} was rolled back: the recovery stops there, and nothing of it is seen',
  'window.note.repeated-name': 'there are several restore points "{name}": {list}; the recovery stops at the first',
  'window.note.prepared':
    '{count} prepared transactions are left open: {list}; end each with COMMIT PREPARED or ROLLBACK PREPARED, a SELECT that meets their rows may wait for that',
  'window.note.unread':
    '{count} records are too long to be read from the index; they may be transactions that are not counted',
  'window.note.no-pause': 'the server cannot pause there: it opens for writing at once',
  'window.note.restart-time':
    'do not restart the server while it is paused: it would open for writing, with one transaction more',
  'window.note.restart': 'do not restart the server while it is paused: it would open for writing',
  'window.note.restart-exact':
    'a restart while the server is paused opens it for writing at the same point, because the WAL ends there',
} as const;
