/** `gausskeep repo copy`: backups and WAL of one repository into another. */
export const copyingMessages = {
  'copy-help.synopsis': '--repo PLACE --to PLACE [OPTION]...',
  'copy-help.summary': 'copy backups and WAL into another repository',
  'copy-help.what':
    'Copies the backups and the WAL of a repository into another one, which "gausskeep repo init" made: of all instances, or of those that --instance names. What is copied is read through its checksums and stored through those, or the keys, of the other repository; what is there already is compared by names and sizes with what the backups need, and not read. What is missing there, or of another size, is copied again; --read-data reads it as well, and mends what is damaged inside. So each run brings what is new and mends what was lost, and one that was interrupted is taken up by the next. A backup that is damaged is named and left out. What "gausskeep expire" removed in the other repository does not come back; what it removes here stays there. Condemned backups are not copied. Exit status 20: something is damaged; 11: a backup has to wait until an expire there is over; 3: something else was left out, or could not be kept from being removed meanwhile.',
  'copy-help.source': 'Repository to copy',
  'copy-help.target': 'Repository to copy to',
  'copy-help.to': 'the repository to copy to (GAUSSKEEP_TO)',
  'copy-help.to-password-file':
    'file with its password, if it is encrypted (GAUSSKEEP_TO_PASSWORD_FILE); without either it is asked for',
  'copy-help.to-password-command': 'command that prints it, run by sh (GAUSSKEEP_TO_PASSWORD_COMMAND)',
  'copy-help.instance': 'copy this instance only; may be given several times (default: all)',
  'copy-help.dry-run': 'write nothing: say what would be copied',
  'copy-help.progress': 'show progress',
  'copy-help.json': 'print the result as JSON, a line for each instance',
  'copy.no-target': 'no repository to copy to was named',
  'copy.no-target.hint': 'Name it with --to. It is made with "gausskeep repo init".',
  'copy.password.hint':
    'Name it with --to-password-file or --to-password-command, or run this in a terminal, where it is asked for.',
  'copy.needs-no-password.hint': 'Take --to-password-file and --to-password-command away.',
  'copy.same': 'both are the same repository',
  'copy.same.hint':
    'A copy that was made file by file is the same repository. Make another one with "gausskeep repo init", which needs other files and has keys of its own.',
  'copy.busy': 'an expire is at work in the other repository, or was interrupted there within the last day',
  'copy.conflict': 'WAL file {name} of generation {generation} has other content in the other repository',
  'copy.conflict.hint':
    'The two do not hold the same WAL: a server was restored to an earlier point between them, or they are of two servers. Nothing that was there was changed. Copy into another repository.',
  'copy.damaged-segment.hint': 'What follows was copied. Put the file back from another copy, and run this again.',
  'copy.cannot-replace': '"{name}" is damaged in the other repository, and cannot be replaced there: {reason}',
  'copy.cannot-replace.hint':
    'Nothing that is there is overwritten: run this with credentials that may delete there, or take the damaged object away.',
  'copy.progress-wal': '{done}/{total} kB ({percent}%) of WAL copied',
  'copy.progress-packs': '{done}/{total} kB ({percent}%) of packs copied',
  'copy.instance': 'instance "{instance}":',
  'copy.copied':
    '{count} {count|backup|backups} copied ({bytes} in {packs} {packs|pack|packs}), {present} {present|was|were} there',
  'copy.would-copy':
    '{count} {count|backup|backups} would be copied ({bytes} in {packs} {packs|pack|packs}), {present} {present|is|are} there',
  'copy.wal': '{count} {count|segment|segments} of WAL copied ({bytes}), {present} {present|was|were} there',
  'copy.would-wal':
    '{count} {count|segment|segments} of WAL would be copied ({bytes}), {present} {present|is|are} there',
  'copy.no-wal': 'there is no WAL archive',
  'copy.unneeded': '{count} {count|segment|segments} of WAL left out: no backup there needs {count|it|them}',
  'copy.marks': '{count} {count|mark|marks} of backups (pins, notes, condemnations) copied',
  'copy.would-marks': '{count} {count|mark|marks} of backups (pins, notes, condemnations) would be copied',
  'copy.expired': '{count} {count|backup|backups} not copied again: removed there by retention',
  'copy.mended':
    '{count} {count|backup|backups} mended that lacked something there ({bytes} in {packs} {packs|pack|packs})',
  'copy.would-mend':
    '{count} {count|backup|backups} would be mended that {count|lacks|lack} something there ({bytes} in {packs} {packs|pack|packs})',
  'copy.wal-mended': '{count} of these had been there, and lacked something',
  'copy.backup-not-mended':
    'instance "{instance}": backup {name} lacks something there that could not be copied: {reason}',

  'copy.unknown-archive':
    '{archive} has lost what says whose WAL archive it is, and nothing shows that it is a copy of this one',
  'copy.unknown-archive.hint':
    'Put gausskeep-archive.json and the generation.json of each generation back from another copy of it, or copy into another repository. Nothing was changed in it.',
  'copy.renewed': '"{name}" was missing there, or could not be read: put anew',
  'copy.would-renew': '"{name}" is missing there, or cannot be read: it would be put anew',
  'copy.rest': '{packs} {packs|pack|packs} ({bytes}) copied for backups that are not whole there',
  'copy.source-harmed':
    'instance "{instance}": damage in the repository that is copied: {reason}; {count} {count|backup is|backups are} concerned: {list}',
  'copy.source-harmed.hint':
    'What the other repository has of it "gausskeep repo copy" from there to here brings back. "gausskeep verify" of each says which backups are whole.',
  'copy.condemned': '{count} condemned {count|backup|backups} not copied',
  'copy.backup-damaged': 'instance "{instance}": backup {name} was not copied: {reason}',
  'copy.backup-would-fail': 'instance "{instance}": backup {name} could not be copied: {reason}',
  'copy.backup-busy': 'instance "{instance}": backup {name} was not copied: {reason}',
  'copy.backup-busy.hint': 'Run this again when that expire is over.',
  'copy.backup-removed': 'instance "{instance}": backup {name} was removed while this ran: it was not copied',
  'copy.wal-damaged': 'instance "{instance}": WAL file {name} of generation {generation} was not copied: {reason}',
  'copy.wal-unfinished':
    'instance "{instance}": {count} {count|segment|segments} of WAL without a receipt left out: {list}',
  'copy.wal-unfinished.hint':
    'Their push did not come to its end, or their receipts were lost. If the server has them, push them again; there is a gap in the copy.',
  'copy.unreadable': 'instance "{instance}": "{name}" cannot be read and was not copied: {reason}',
  'copy.not-held':
    'instance "{instance}": the repository could not be written to, so that nothing kept an expire from removing what was read',
  'copy.instance-failed': 'instance "{instance}" was not copied to its end: {reason}',
  'copy.nothing': 'the repository holds no instance: nothing was copied',
  'copy.checked':
    'What was copied was read through its checksums before it was stored, WAL through the hashes of its receipts. Of what was there already names and sizes were compared with what the backups need; it was not read: --read-data does that, and "gausskeep verify" of the other repository.',
  'copy.checked-read':
    'What was copied was read through its checksums before it was stored, WAL through the hashes of its receipts. What was there already, and is needed by backups that both repositories have, was read there in the same way.',
  'copy.checked-part':
    'What was copied was read through its checksums before it was stored, WAL through the hashes of its receipts. Of the packs that were there already as many were read as --read-data says; of the others, and of WAL, names and sizes were compared.',
  'copy.read':
    '{count} of {packs} {packs|pack|packs} that {packs|was|were} there read ({part} of {all}), {mended} damaged {mended|one|ones} copied again',
  'copy.read-damaged':
    'instance "{instance}": "{name}" is damaged in the other repository, and was not mended: {reason}',
  'copy.read-dry': '--read-data cannot be given with --dry-run, which copies nothing anew: "gausskeep verify" reads',
  'copy.wal-read': '{count} {count|segment|segments} of WAL that {count|was|were} there read',
  'copy-help.read-data':
    'read what is there as well, and copy anew what is damaged inside: all of it, or of the packs that much (10%, 10GB), those first that this host never read or read longest ago',
} as const;
