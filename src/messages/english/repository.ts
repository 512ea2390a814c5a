/** Repositories of backups; keys sorted by area: `expire.`, `packs.`, `repo.`, `retention.`, `sealed.` */
export const repositoryMessages = {
  'expire.changing': 'other runs change the repository all the time',
  'expire.changing.hint': 'Nothing was deleted in this run. Run it again when they have ended.',
  'expire.no-times': '{storage} does not tell when an object was stored: nothing can be removed by age',
  'expire.not-understood': '"{name}" cannot be read, so that nobody can say what may be removed',
  'expire.not-understood.hint':
    'Nothing was removed. Put the object back from a copy of the repository; what is none of gausskeep there, take away.',
  'expire.short-wal-grace': 'WAL stays for at least ten minutes after it was stored: --grace cannot be less',
  'expire.short-grace': 'what was taken off the catalogue stays for at least ten minutes before it is deleted',
  'expire.short-grace.hint': 'The shortest time is --grace 10min.',
  'repo.all-condemned': 'every backup here is condemned',
  'repo.all-condemned.hint':
    'Backups are found by their names as well; "gausskeep list" says why each is condemned, "gausskeep condemn NAME --lift" takes it back.',
  'repo.bad-instance': '"{name}" cannot be the name of an instance',
  'repo.bad-instance.hint':
    'A name has 1 to 63 letters, digits, ".", "_" and "-", begins with a letter or digit and does not end with ".".',
  'repo.being-removed': 'backup {name} was taken off the catalogue: it is being removed',
  'repo.being-removed-since': 'backup {name} was taken off the catalogue at {at}: it is being removed',
  'repo.being-removed.hint':
    'Nothing takes that back, and the next "gausskeep expire" deletes it once the time of its --grace (24 hours, unless it says another) has passed and nobody reads it any more. Choose another backup.',
  'repo.cannot-make': 'cannot make the directory "{path}": {reason}',
  'repo.clock': 'the clock of this host says {here}, that of the storage {there}',
  'repo.clock.hint':
    'Backups are dated by these clocks, and kept or removed by their dates. Set the one that is wrong, then run this again. Nothing was stored.',
  'repo.damaged-identity.hint':
    'Without it nothing of the repository can be read. It never changes: put it back from a copy of the repository, however old that is.',
  'repo.damaged-commit': 'the commit of backup {name} is damaged',
  'repo.damaged-commit.hint': 'Put it back from a copy of the repository. Other backups do not depend on it.',
  'repo.condemned': 'backup {name} is condemned',
  'repo.condemned-why': 'backup {name} is condemned: {reason}',
  'repo.declared-dead': 'backup {backup} was declared dead by {by}: {reason}',
  'repo.declared-dead.hint':
    'Nothing of it was made a backup, and what it stored may have been removed. Take another backup.',
  'repo.empty-password': 'the password is empty',
  'repo.hold-lost': 'the hold on backup {backup} could not be renewed since {since}',
  'repo.hold-lost.hint':
    'Who removes old backups may have declared this run dead. Nothing was made a backup. See to the storage, then run it again.',
  'repo.latest-unsure': 'which backup is the latest is not known: the commit of backup {name} cannot be read',
  'repo.latest-unsure.hint':
    'It may be a newer one. Put it back from a copy of the repository, or name the backup that you mean: "gausskeep list" shows the names.',
  'repo.maybe-damaged':
    'no backup whose commit can be read has a name that begins with "{wanted}"; {count} {count|commit is|commits are} there that cannot be read: {list}',
  'repo.maybe-damaged.hint':
    'The time in the name of a backup is in its commit alone: it may be one of those. Put them back from a copy of the repository. Other backups do not depend on them.',
  'repo.identity-lost': 'instance.json of instance "{name}" is lost',
  'repo.identity-lost.hint':
    'Put it back from a copy of the repository. Where every backup of the instance can be read and is of one server, the next backup of that server writes it anew.',
  'repo.in-archive': '"{place}" lies in the WAL archive "{outer}"',
  'repo.in-repository': '"{place}" lies in the repository "{outer}"',
  'repo.is-archive': '"{place}" is a WAL archive',
  'repo.is-repository': '"{place}" is a repository',
  'repo.is-place.hint': 'Choose a directory of its own, or name this one with --archive or --repo.',
  'repo.nested.hint': 'Choose a place beside it: neither is made inside of the other.',
  'repo.irregular':
    '"{name}" is no regular file: a link, a directory or something else lies in the place of the object',
  'repo.irregular.hint': 'Put the object itself there: of a link, the file that it names; else a copy of it.',
  'repo.last-key': 'this is the last key that can be read: without it nobody could open the repository',
  'repo.last-key.hint': 'Add another one first: gausskeep repo key add',
  'repo.password-there': 'the password opens the repository already: it is that of key {id}',
  'repo.password-there.hint': 'Nothing was added. "gausskeep repo key list" shows the keys.',
  'repo.passed-over': 'the commit of backup {name} cannot be read ({reason}): it is passed over',
  'repo.unknown-frames': 'the objects of the repository are framed as "{word}", which this version does not know',
  'repo.needs-no-password': 'the repository is not encrypted, and a password was given',
  'repo.needs-no-password.hint': 'Check that it is the repository you mean. If it is, leave the password out.',
  'repo.needs-password': 'the repository is encrypted and needs a password',
  'repo.needs-password.hint':
    'Name a file that has it with --password-file, or a command that prints it with --password-command.',
  'repo.no-backups': 'there is no backup yet',
  'repo.no-instances.hint': 'The repository holds no backup of any instance yet.',
  'repo.no-sound-key': 'no key of the repository can be used: its key objects are missing or damaged',
  'repo.no-sound-key.hint':
    'Put the folder "keys" back from a copy of the repository. Without a key its content cannot be read.',
  'repo.no-such-backup': 'no backup has a name that begins with "{wanted}"',
  'repo.no-such-backup.hint': '"gausskeep list" shows the names of the backups.',
  'repo.no-such-instance': 'the repository has no instance "{name}"',
  'repo.no-such-instance.hint': 'It has these: {list}',
  'repo.lost-identity': 'the repository in {storage} has lost its gausskeep-repository.json',
  'repo.lost-identity.hint':
    'Nothing in it can be opened without: put the file back from a copy of this repository. Each repository has its own.',
  'repo.no-such-key': 'no key has an id that begins with "{wanted}"',
  'repo.no-such-key.hint': '"gausskeep repo key list" shows the ids.',
  'repo.none': 'there is no repository in {storage}',
  'repo.none.hint':
    'Check the path, and that its file system is mounted. "gausskeep repo init" makes an empty directory a repository.',
  'repo.none-in-store.hint':
    'Check the bucket and the prefix. "gausskeep repo init" makes an empty prefix a repository.',
  'repo.not-empty': '{storage} is not empty: it holds "{found}"',
  'repo.not-empty.hint': 'Name an empty directory, or an empty prefix of a bucket, for the repository.',
  'repo.not-encrypted': 'the repository is not encrypted and has no keys',
  'repo.other-instance': 'instance "{name}" holds backups of system identifier {expected}, not {actual}',
  'repo.other-instance.hint':
    'Choose another name with --instance: each instance holds the backups of one server and its standbys.',
  'repo.removed': 'backup {backup} is no longer in the catalogue',
  'repo.removed.hint': 'It was removed meanwhile, by retention or by hand. Choose another.',
  'repo.similar-instance':
    '"{name}" differs from the instance "{other}" of the repository in upper and lower case only',
  'repo.there-already': 'there is a repository in {storage} already',
  'repo.which-backup': 'several backups have names that begin with "{wanted}"',
  'repo.which-backup.hint': 'Write more of the name: {list}',
  'repo.which-key': 'several keys have ids that begin with "{wanted}"',
  'repo.wrong-password': 'wrong password for the repository',
  'repo.wrong-password-or-damaged.hint':
    'No key of the repository opens with it. Other keys are damaged: it may be the password of one of those.',
  'repo.wrong-password.hint': 'No key of the repository opens with it.',
  'retention.bad-count': 'a rule of retention keeps {given} backups: it must be a whole number from 1 to {highest}',
  'retention.bad-time': 'a rule of retention keeps {given} ms: it must be a number of milliseconds from 0 to {highest}',
  'retention.no-rules': 'no rule of retention says what to keep',
  'retention.no-rules.hint':
    'Nothing was removed. Name at least one of --keep-last, --keep-within, --keep-window, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly.',
  'sealed.bad-size': '"{name}" is damaged: no sound object has its size of {size} bytes',
  'sealed.failed-check':
    '"{name}" is damaged, or another object lies in its place: from byte {offset} on it fails its check',
  'sealed.long-name': 'object name "{name}" is too long for an encrypted repository',
  'sealed.long-name.hint': 'A part between two "/" has at most 128 bytes there: encrypted, it becomes longer.',
  'sealed.newer-format': '"{name}" has the format {format}, which this version of gausskeep does not know',
  'sealed.no-header': '"{name}" is damaged, or another object lies in its place: it does not begin as it should',
} as const;
