export const walAsyncMessages = {
  'wal-async.help.async':
    'let another process push what waits, several files at once; ends when this one is in the archive',
  'wal-async.help.at-once': 'with --async: push that many at once, 1 to 16 (default 4)',
  'wal-async.help.timeout': 'with --async: give up after that many seconds; the server asks again (default 60)',
  'wal-async.help.spool':
    'with --async: where the two talk to each other (GAUSSKEEP_SPOOL); default: beside the data directory, with ".gausskeep-spool" behind its name',
  'wal-async.help.status-spool':
    'the spool of "wal push --async" (GAUSSKEEP_SPOOL); default: beside the data directory',
  'wal-async.needs-async': '{option} needs --async',
  'wal-async.spool-of-others': 'the spool "{path}" can be written to by other accounts, or belongs to one',
  'wal-async.spool-in-data': 'the spool "{spool}" lies in the data directory "{directory}"',
  'wal-async.spool-in-data.hint': 'Base backups would hold it. Name one beside it with --spool.',
  'wal-async.no-spool':
    '{name} is pushed by itself, without others beside it: the spool "{spool}" cannot be used: {reason}',
  'wal-async.no-pusher':
    '{name} is pushed by itself, without others beside it: no process that pushes could be started',
  'wal-async.stands-still':
    '{name} is pushed by itself, without others beside it: process {pid}, which is to push it, stands still',
  'wal-async.late': '{name} is not in the archive yet after {seconds} {seconds|second|seconds}',
  'wal-async.late-because': '{name} is not in the archive yet after {seconds} {seconds|second|seconds}: {reason}',
  'wal-async.late.hint':
    'Nothing is lost: the server keeps it and asks again. "gausskeep wal status DATA-DIRECTORY" shows what waits.',
  'wal-async.changed': '{name} was changed while it was pushed',
  'wal-async.endangered-backlog':
    'the disk of the WAL is in danger: {count} {count|file waits|files wait} to be archived, {size}, and {free} are free',
  'wal-async.endangered-free':
    'the disk of the WAL is in danger: {free} of {total} are free, and {count} {count|file waits|files wait} to be archived, {size}, the oldest for {age}',
  'wal-async.status.head': 'archiving of "{directory}": {state}',
  'wal-async.status.well': 'nothing has waited for more than a minute',
  'wal-async.status.behind': 'is behind',
  'wal-async.status.stopped': 'the process that pushes stands still',
  'wal-async.status.fails': 'fails',
  'wal-async.status.endangered': 'is behind, and the disk of the WAL is in danger',
  'wal-async.status.waiting': '  waiting: {count} {count|file|files}, {size}, the oldest, {name}, for {age}',
  'wal-async.status.nothing': '  waiting: nothing',
  'wal-async.status.free': '  free on the disk of the WAL: {free} of {total}',
  'wal-async.status.pusher': '  pushing into {archive}: {state}',
  'wal-async.status.at-work': 'process {pid}, {count} {count|file|files} since {since}, {rate} a minute, now {now}',
  'wal-async.status.stands-still': 'process {pid} stands still: it was stopped; last seen {at}',
  'wal-async.status.not-at-work': 'no process now; last seen {at}',
  'wal-async.status.no-pusher': '  no "wal push --async" has run for it, by what lies in "{spool}"',
  'wal-async.status.last': '  last pushed: {name} at {at}',
  'wal-async.status.trouble': '  fails since {since} at {name}: {reason}',
  'wal-async.status.trouble-then': '  failed from {since} to {at} at {name}: {reason}',
  'wal-async.status.no-data': '"{path}" is neither a status file of "wal receive" nor a data directory',
  'wal-async.status.idle': 'none',
} as const;
