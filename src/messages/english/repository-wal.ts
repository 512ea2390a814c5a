/** The WAL archive of an instance of a repository, as other commands than `wal push` use it. */
export const repositoryWalMessages = {
  'repository-wal.help.get-hold':
    'of a repository: renew this hold of the restore that is served, at most once an hour, so that retention leaves its backup and WAL',
  'repository-wal.hold-alone': '--hold is for the archive of a repository (--repo)',
  'repository-wal.not-renewed': 'the hold of this restore was not renewed: {reason}',
  'repository-wal.out-of-reach': 'the server could not fetch WAL from the archive: {reason}',
  'repository-wal.copy-out-of-reach': 'by copy, because the server could not fetch it from the archive: {reason}',
  'repository-wal.asked-password':
    'nobody answers its question for the password; name that with --password-file or --password-command',
  'repository-wal.closed-to-account': 'as account {account} it cannot be opened: {reason}',
  'repository-wal.asks':
    'the repository is encrypted, and nobody answers its question for the password when a server runs the script',
  'repository-wal.asks.hint':
    'Name the password with --password-file or --password-command; the account of the server must be able to read it.',
  'repository-wal.grace-alone': '--grace is for the archive of a repository (--repo)',
  'repository-wal.help.grace': 'of a repository: leave what was stored less than TIME ago, default 24h',
  'repository-wal.no-extension': '--strip-extension is for a directory of another tool, not for a repository',
  'repository-wal.unclear':
    'nothing goes: a backup is being made, or was interrupted, and has not said yet where its WAL begins; "gausskeep expire" clears what an interrupted one left, but not before 24 hours have passed since that was last heard of',
  'repository-wal.encrypted': 'WAL cannot be received into an encrypted repository: its segments cannot grow there',
  'repository-wal.doctor-no-instance':
    'Name an instance that it has; or take the first backup of this one, which makes it: gausskeep backup',
  'repository-wal.doctor-password':
    'the repository "{directory}" is encrypted, and no file with its password that this account knows was named: --password-file',
  'repository-wal.encrypted.hint':
    "Let the server archive into it (archive_command = 'gausskeep wal push %p --repo …'), or receive into an archive of its own.",
} as const;
