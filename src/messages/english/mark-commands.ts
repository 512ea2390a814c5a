/** What the commands say that mark a backup: `pin`, `unpin`, `note`, `condemn`. */
export const markCommandsMessages = {
  'repo.mark.help.until': 'to the end of that day in UTC (YYYY-MM-DD); default: for good',
  'repo.mark.help.reason': 'why, for people',
  'repo.mark.help.lift': 'take it back',
  'repo.mark.pin.summary': 'keep a backup, whatever the rules say',
  'repo.mark.pin.synopsis': 'NAME [OPTION]...',
  'repo.mark.pin.what':
    'Pins a backup of a repository: no rule of retention removes it, until DATE or for good. NAME is the beginning of its name, or latest.',
  'repo.mark.unpin.summary': 'leave a backup to the rules again',
  'repo.mark.unpin.synopsis': 'NAME [OPTION]...',
  'repo.mark.unpin.what': 'Takes all pins off a backup of a repository. NAME is the beginning of its name, or latest.',
  'repo.mark.note.summary': 'say something about a backup',
  'repo.mark.note.synopsis': 'NAME TEXT [OPTION]...',
  'repo.mark.note.what':
    'Gives a backup of a repository a note, in the place of the one it had. NAME is the beginning of its name, or latest.',
  'repo.mark.condemn.summary': 'say that a backup is bad',
  'repo.mark.condemn.synopsis': 'NAME [OPTION]...',
  'repo.mark.condemn.what':
    'Condemns a backup of a repository: it is kept, no command chooses it by itself, and no rule counts it. NAME is the beginning of its name, or latest.',
  'repo.mark.pinned': '{name} is pinned for good',
  'repo.mark.pinned-until': '{name} is pinned to the end of {date}',
  'repo.mark.unpinned': '{name} is not pinned any more',
  'repo.mark.not-pinned': '{name} was not pinned',
  'repo.mark.noted': '{name} has the note',
  'repo.mark.note-gone': '{name} has no note now',
  'repo.mark.condemned': '{name} is condemned',
  'repo.mark.absolved': '{name} is not condemned any more',
  'repo.mark.not-condemned': '{name} was not condemned',
  'repo.mark.lift-latest': 'latest is never a condemned backup: the newest one that is not condemned is meant by it',
  'repo.mark.lift-latest.hint': 'Name the backup: "gausskeep list" shows which are condemned.',
  'repo.mark.bad-date': '"{text}" is no day such as 2027-01-31',
  'repo.mark.past-date': '{text} has passed',
} as const;
