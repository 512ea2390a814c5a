/** Repositories of backups; keys sorted by area: `packs.`, `repo.`, `retention.`, `sealed.` */
export const repositoryMessages = {
  'repo.all-condemned': 'every backup here is condemned',
  'repo.clock': 'the clock of this host says {here}, that of the storage {there}',
  'repo.clock.hint':
    'Backups are dated by these clocks, and kept or removed by their dates. Set the one that is wrong, then run this again. Nothing was stored.',
  'repo.damaged-commit': 'the commit of backup {name} is damaged',
  'repo.damaged-commit.hint': 'Put it back from a copy of the repository. Other backups do not depend on it.',
  'repo.declared-dead': 'backup {backup} was declared dead by {by}: {reason}',
  'repo.declared-dead.hint':
    'Nothing of it was made a backup, and what it stored may have been removed. Take another backup.',
  'repo.hold-lost': 'the hold on backup {backup} could not be renewed since {since}',
  'repo.hold-lost.hint':
    'Who removes old backups may have declared this run dead. Nothing was made a backup. See to the storage, then run it again.',
  'repo.no-backups': 'there is no backup yet',
  'repo.no-such-backup': 'no backup has a name that begins with "{wanted}"',
  'repo.no-such-backup.hint': '"gausskeep list" shows the names of the backups.',
  'repo.other-instance': 'instance "{name}" holds backups of system identifier {expected}, not {actual}',
  'repo.other-instance.hint':
    'Choose another name with --instance: each instance holds the backups of one server and its standbys.',
  'repo.removed': 'backup {backup} is no longer in the catalogue',
  'repo.removed.hint': 'It was removed meanwhile, by retention or by hand. Choose another.',
  'repo.which-backup': 'several backups have names that begin with "{wanted}"',
  'repo.which-backup.hint': 'Write more of the name: {list}',
  'retention.bad-count': 'a rule of retention keeps {given} backups: it must be a whole number from 1 to {highest}',
  'retention.bad-time': 'a rule of retention keeps {given} ms: it must be a number of milliseconds from 0 to {highest}',
  'retention.no-rules': 'no rule of retention says what to keep',
  'retention.no-rules.hint':
    'Nothing was removed. Name at least one of --keep-last, --keep-within, --keep-window, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly.',
  'sealed.bad-size': '"{name}" is damaged: no sound object has its size of {size} bytes',
  'sealed.failed-check':
    '"{name}" is damaged, or another object lies in its place: from byte {offset} on it fails its check',
  'sealed.long-name': 'object name "{name}" is too long for an encrypted repository',
  'sealed.long-name.hint':
    'Between two "/" there can be at most 128 bytes, and fewer than 20 such parts: encrypted, names are longer.',
  'sealed.newer-format': '"{name}" has the format {format}, which this version of gausskeep does not know',
  'sealed.no-header': '"{name}" is damaged, or another object lies in its place: it does not begin as it should',
} as const;
