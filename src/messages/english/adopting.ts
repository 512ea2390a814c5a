/** `gausskeep repo adopt`: a standalone WAL archive becomes that of an instance of a repository. */
export const adoptingMessages = {
  'adopt-help.synopsis': 'ARCHIVE --repo PLACE --instance NAME [OPTION]...',
  'adopt-help.summary': 'take a WAL archive into a repository',
  'adopt-help.what':
    'Takes the WAL archive in the directory ARCHIVE into a repository as the archive of an instance, which is made where there is none. On one file system nothing is copied: its files become hard links, which are the same files under two names. The archive stays as it is, and can be named with --archive as before. What was taken before is compared and left, so that it can be run again. Exit status 3: a segment that a receiver is at was left behind.',
  'adopt-help.copy': 'copy everything, so that damage to a file of the one is none to the other',
  'adopt.changed': '"{name}" was stored in the archive of the instance by another run meanwhile',
  'adopt.changed.hint': 'Run it again: it compares, and goes on where it came to.',
  'adopt.conflict': 'WAL file {name} of generation {generation} has other content in the archive of the instance',
  'adopt.conflict.hint':
    'The two archives do not hold the same WAL: the server was restored to an earlier point between them, or one of them is not of this server. Nothing that was there was changed. Use the archive as it is, with --archive, or adopt it under another instance.',
  'adopt.damaged.hint':
    'Put the file back from a copy of the archive; or take its receipt out of the archive, and it counts as WAL that is missing.',
  'adopt.itself': '"{archive}" is the archive of the instance already',
  'adopt.in-store': '"{archive}" is in an object store: only an archive in a directory of this host is adopted',
  'adopt.in-store.hint':
    'Fetch its objects into a directory with the tools of the store, and adopt that one. The repository itself is named with --repo.',
  'adopt.left-growing':
    '"{name}" was left behind: a receiver writes it, or did. What it holds is not in the repository',
  'adopt.left-growing.hint':
    'Stop the receiver and start it on the archive of the instance. If its server is lost, take what came: gausskeep wal push {path:word} {words}',
  'adopt.left-whole':
    '"{name}" was left behind: a receiver has not stored it yet. Run this again when it has; if no receiver runs: gausskeep wal push {path:word} {words}',
  'adopt.no-archive.hint':
    'It must be an archive that "gausskeep wal push" or "wal receive" made. Files that other tools put into a directory are pushed one by one with "gausskeep wal push".',
  'adopt.no-room': 'a copy of the archive needs {needed} bytes; the file system of "{repository}" has {free}',
  'adopt.no-room.hint':
    'Nothing was written. Make room there. On one file system, with files of the account that the repository belongs to, nothing is copied.',
  'adopt.occupied.hint': 'Nothing was written. Take away what is there, or choose another instance.',
  'adopt.other-generations': 'the archive of the instance has not the same generation {generation}',
  'adopt.done':
    '{segments} {segments|segment|segments} of WAL adopted into instance "{instance}"; {present} {present|was|were} there',
  'adopt.linked': '{linked} {linked|file|files} linked; nothing was copied',
  'adopt.copied': '{linked} {linked|file|files} linked, {copied} copied ({bytes}): {reason}',
  'adopt.why.asked': 'it was asked for',
  'adopt.why.elsewhere': 'the archive is on another file system',
  'adopt.why.encrypted': 'the repository is encrypted',
  'adopt.why.owner': 'the archive belongs to another account than the repository',
  'adopt.why.refused': 'the file system refused a link',
  'adopt.why.store': 'the repository is in an object store',
  'adopt.other-owner':
    'the archive belongs to user {source}, the archive of the instance to user {target}: a server of the former cannot push into it',
  'adopt.not-read': 'receipts and sizes were compared; the WAL itself was not read',
  'adopt.copied-read': 'receipts and sizes were compared; WAL that was copied was read and compared with its receipts',
  'adopt.unknown': '{count} {count|name is|names are} none of an archive and left where {count|it is|they are}: {list}',
  'adopt.next':
    '"{archive}" stays as it is, and the server goes on archiving into it until you configure what follows. Then run this once more: it takes what came meanwhile.',
} as const;
