export const windowMessages = {
  'window.help.summary': 'show what can be recovered: times, gaps, restore points',
  'window.help.synopsis': '[OPTION]...',
  'window.help.what':
    'Shows the recovery window: from which point to which the backups and the WAL archive can be recovered, for each generation and timeline, where WAL is missing, and the restore points in between. Times are UTC.',
  'window.help.archive': 'WAL archive, or a directory of WAL of any tool (GAUSSKEEP_ARCHIVE)',
  'window.help.backups': 'folder of backups (GAUSSKEEP_BACKUPS); may be repeated',
  'window.help.generation': 'only this generation of the archive (GAUSSKEEP_GENERATION)',
  'window.help.timeline': 'only this timeline',
  'window.help.json': 'one JSON object; with --commits one for each line',
  'window.help.progress': 'show progress information',
  'window.help.transactions': 'Transactions:',
  'window.help.commits': 'list every commit, abort and prepare: time, number, LSN',
  'window.help.from-time': 'only from this time on, with its offset from UTC',
  'window.help.to-time': 'only up to this time',
  'window.help.from-lsn': 'only from this position on',
  'window.help.to-lsn': 'only up to this position',
  'window.help.xid': 'only this transaction',
  'window.range-without-commits': '{option} needs --commits',
  'window.title': '{archive}: WAL of instance {systemIdentifier}',
  'window.line-title': 'timeline {timeline}',
  'window.line-title-generation': 'generation {generation}, timeline {timeline}',
  'window.row.begin': 'WAL from {segment} on',
  'window.row.consistent': 'backup {name}: earliest point',
  'window.row.latest':
    'latest point; {commits} {commits|commit|commits} since the WAL begins, {segments} {segments|segment|segments}',
  'window.row.end': 'WAL breaks; {commits} {commits|commit|commits} before, {segments} {segments|segment|segments}',
  'window.row.gap': 'gap: {reason}',
  'window.row.restore-point': 'restore point {name}',
  'window.row.repeated': 'restore point {name}, again: a recovery by name stops at the first',
  'window.row.more-points': '{count} more restore {count|point|points} (--json lists all)',
  'window.row.switch': 'timeline {timeline} is left ({reason})',
  'window.row.unusable': 'backup {name} cannot be used here: {reason}',
  'window.passed-over': 'passed over {name}: {reason}',
  'window.nothing': 'nothing can be recovered: none of the backups that were looked at has its WAL here',
  'window.no-backups-named':
    'no backup was looked at: --backups DIRECTORY names the folder that holds them, and shows what can be recovered',
  'window.all-read': '{count} of {count} {count|segment was|segments were} read whole before',
  'window.some-read':
    '{readWhole} of {count} {count|segment was|segments were} read whole; of the others only the index is known: gausskeep restore --plan reads what a recovery needs',
  'window.progress': '{done}/{total} kB ({percent}%) of WAL looked at',
  'window.break.missing': 'missing: {first} to {last} ({count} {count|segment|segments})',
  'window.noted-gap': '{reason}; noticed at {time}: the server had removed what lies from {begin} to {end} ({said})',
  'window.break.nothing-valid': '{name} holds nothing valid',
  'window.break.no-more': 'no further WAL',
  'window.break.end': 'the WAL ends at {lsn}',
  'window.break.invalid': 'segment {name} has no valid record at {lsn}: {reason}',
  'window.break.other-system': '{name} is WAL of another instance',
  'window.break.other-segment-size': '{name} has another segment size',
  'window.break.timeline-backwards': '{name} is of an earlier timeline than the segment before it',
  'window.break.fork':
    '{name} does not go on where the segment before it ends: it was written after a recovery, or before one',
  'window.no-wal-of-backup': 'the WAL at {lsn}, where the backup begins, is not there',
  'window.own-wal-unread':
    'the WAL at {lsn}, where the backup begins, is not in the archive; what the tar of the backup may hold of it was not read: gausskeep restore --plan reads it',
  'window.wal-ends-in-backup': 'the WAL ends at {lsn}, before the backup is consistent',
  'window.other-line': 'the WAL here has no checkpoint at {lsn}, with which the backup begins: it is of another line',
  'window.proof.other-line':
    'the WAL has no checkpoint at {lsn}, with which backup "{backup}" begins: it is of another line or instance',
  'window.proof.other-line.hint': 'Name the generation of the archive that the backup was taken in, with --generation.',
  'window.proof.broken.hint': 'It breaks there: {reason}. Name further places that have the WAL with --wal-from.',
  'window.proof.no-wal': 'the WAL that backup "{backup}" begins with ({start}) is not there',
  'window.proof.no-wal.hint': 'Name the WAL archive with --archive, or a directory that has the WAL with --wal-from.',
  'window.proof.not-consistent': 'the WAL from {start} on ends at {end}, before backup "{backup}" is consistent',
  'window.end-of-wal': 'the end of the WAL',
  'window.unreachable.before':
    'cannot reach {target}: the backup is too new, it is consistent only from {lsn} ({time}) on',
  'window.unreachable.before.hint':
    'The earliest point with this backup is {lsn}, {time}. Choose an older backup with --from, or have one chosen from --backups.',
  'window.unreachable.too-new':
    'cannot reach {target}: backup "{backup}" is too new; it begins at {start}, behind {lsn} ({time}), where that is',
  'window.unreachable.too-new.hint': 'Choose an older backup with --from, or have one chosen from --backups.',
  'window.unreachable.older-xid':
    'cannot reach {target}: the backup is too new, or its WAL ends too early; that transaction had begun before the backup and does not end in the WAL behind it',
  'window.unreachable.subtransaction': 'transaction {xid} was a subtransaction of {parent}: no recovery can stop at it',
  'window.unreachable.subtransaction.hint': 'Its transaction: {transaction}.',
  'window.unreachable.prepared':
    'transaction {xid} was prepared: this server does not stop at the end of a prepared transaction, and would open with all WAL replayed',
  'window.unreachable.prepared.hint':
    'Supply the WAL by copy (--wal-supply=copy), which ends exactly there: {transaction}.',
  'window.unreachable.never-ended':
    'transaction {xid} was prepared and does not end in the WAL: no recovery can stop at its end',
  'window.unreachable.never-ended.hint':
    'To have it as a prepared transaction in the copy: --target-lsn {lsn}, where it was prepared ({transaction}).',
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
  'window.note.same-second':
    'the backup began at {time}, which is told in whole seconds only: transactions committed within two seconds of that may be in the copy although they are later than the target; an older backup tells them apart',
  'window.note.torn-end':
    'the WAL ends at {lsn} with a record that was not written to its end, as a crash leaves it; no later WAL was found that goes on',
  'window.note.aborted': 'transaction {xid} was rolled back: the recovery stops there, and nothing of it is seen',
  'window.note.repeated-name': 'there are several restore points "{name}": {list}; the recovery stops at the first',
  'window.note.prepared':
    '{count} prepared {count|transaction is|transactions are} left open: {list}; end each with COMMIT PREPARED or ROLLBACK PREPARED, a SELECT that meets their rows may wait for that',
  'window.note.unread':
    '{count} {count|record is too long to be read from the index; it may be a transaction that is|records are too long to be read from the index; they may be transactions that are} not counted',
  'window.note.no-pause':
    'the server cannot pause there: it opens for writing at once (--require-pause refuses such a target)',
  'window.no-pause': 'the server cannot pause at {target}: it would open for writing at once',
  'window.no-pause.hint': 'The nearest places where it can: {list}.',
  'window.no-pause.nowhere.hint': 'There is no place in this WAL where it can.',
  'window.no-pause.not-asked': '--require-pause needs a target, and --target-action=pause',
  'window.note.restart-time':
    'do not restart the server while it is paused: it would open for writing, with one transaction more',
  'window.note.restart': 'do not restart the server while it is paused: it would open for writing',
  'window.note.restart-exact':
    'a restart while the server is paused opens it for writing at the same point, because the WAL ends there',
} as const;
