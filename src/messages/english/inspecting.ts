/** `gausskeep repo stats` and `gausskeep repo check`: what a repository takes, and what is wrong with its form. */
export const inspectingMessages = {
  'stats-help.synopsis': '[OPTION]...',
  'stats-help.summary': 'what a repository takes, and for what',
  'stats-help.what':
    'Tells for each instance of a repository, and for all, what is stored and what of it backups use. It lists the objects and reads the catalogue and the root of each backup; no content is read. Exit status 3: something in the catalogue cannot be read.',
  'stats-help.json': 'one JSON object an instance, and one for all',
  'stats.head.instance': 'Instance',
  'stats.head.backups': 'Backups',
  'stats.head.size': 'Size',
  'stats.head.packs': 'Packs',
  'stats.head.used': 'Used',
  'stats.head.unused': 'Unused',
  'stats.head.wal': 'WAL',
  'stats.head.objects': 'Objects',
  'stats.all': 'all',
  'stats.legend':
    'Backups: those that "gausskeep list" counts below its table; not those that are being removed or cannot be read. Size: what a restore of each of them writes, added up. Packs: what is stored of them, by listing. Used: packs that a backup of the catalogue refers to, by their roots. Unused: the other packs; "gausskeep expire" removes them when they are due. WAL: all of the archive, by listing; a file that is a hard link is counted in full. Sizes are those before framing, which adds 16 bytes to each 64 KiB.',
  'stats.stored': 'The storage lists {objects} {objects|object|objects} of {bytes} in all.',
  'stats.removed':
    '{instance}: {count} {count|backup is|backups are} being removed; what only {count|it uses|they use} is in Unused',
  'stats.damaged-backups':
    '{instance}: {count} {count|backup|backups} cannot be read; what only {count|it uses|they use} is in Unused, and "gausskeep expire" removes nothing of the instance meanwhile',
  'stats.held':
    '{instance}: {bytes} of Unused are kept by a hold of a backup that has no commit that can be read; it counts no more from {until} on, unless it is renewed',
  'stats.unreadable': 'instance {instance}: the root of backup {backup} cannot be read: what is used is not known',
  'stats.damaged':
    'instance {instance}: {count} {count|object|objects} of the catalogue cannot be read: "gausskeep repo check" names {count|it|them}',
  'check-help.synopsis': '[OPTION]...',
  'check-help.summary': 'whether the form of a repository is sound',
  'check-help.what':
    'Looks at what a repository is made of, besides what "gausskeep verify" reads: identity and keys, each object of the catalogue, holds and removals, packs that backups refer to and packs that none does, the receipts of the WAL, names that are none of a repository. Nothing is written, and no content of packs and WAL is read. Exit status 3: something to look at; 20: something is lost or cannot be read.',
  'check-help.json': 'one JSON object a finding, and one at the end',
  'repo-check.severity.damage': 'damage',
  'repo-check.severity.warning': 'warning',
  'repo-check.severity.note': 'note',
  'repo-check.of-instance': '{instance}: {what}',
  'repo-check.more': '{count} more like the last {count|one|ones}: "--json" names all',
  'repo-check.sound': 'nothing wrong was found in what was looked at',
  'repo-check.found': '{damages} {damages|damage|damages}, {warnings} {warnings|warning|warnings}',
  'repo-check.looked-at':
    'Looked at: the identity, {keys} {keys|key|keys}, {instances} {instances|instance|instances}; the names, sizes and dates of {objects} {objects|object|objects}; read: {catalogueObjects} {catalogueObjects|object|objects} of the catalogue, {holds} {holds|hold|holds}, the roots of {roots} {roots|backup|backups}, {receipts} {receipts|receipt|receipts} of WAL.',
  'repo-check.not-looked-at':
    'Not read: what lies in the {packs} {packs|pack|packs}, of content and of lists of files, which "gausskeep verify --read-data" reads, and the WAL itself: whether it has gaps, "gausskeep window" tells.',
  'repo-check.size': '"{name}" has a size that no content gives: it was cut or changed',
  'repo-check.future': '"{name}" is dated {at}, which is not yet',
  'repo-check.future.action':
    'Compare the clock of the storage with that of this host. Retention removes by these dates: what is dated too late stays too long.',
  'repo-check.put-back.action': 'Put it back from a copy of the repository.',
  'repo-check.newer.action': 'A newer gausskeep wrote it: use that one. What belongs to it was not looked at.',
  'repo-check.rest-not-looked-at.action':
    'Put it back from a copy of the repository, then run this again: the rest of the instance was not looked at.',
  'repo-check.stranger': '"{name}" is none of a repository',
  'repo-check.stranger.action':
    'Find out where it came from, and take it away if nobody needs it. It does no harm there.',
  'repo-check.blocks.action':
    '"gausskeep expire" removes nothing of the instance while it is there. Put it back from a copy of the repository, or take it away if it is none of it.',
  'repo-check.foreign': '"{name}" is a name that the key of the repository does not decrypt',
  'repo-check.key': 'the key object "{name}" cannot be read: its password opens nothing any more',
  'repo-check.key.action':
    'Put it back from a copy of the repository; or give its password once more with "gausskeep repo key add", then "gausskeep repo key remove {id}".',
  'repo-check.many-keys': 'there {count|is|are} {count} {count|key object|key objects}, of which {limit} are tried',
  'repo-check.many-keys.action': 'Remove those that nobody uses: gausskeep repo key remove',
  'repo-check.similar.action': 'Copy the repository to no file system that does not tell upper from lower case.',
  'repo-check.no-identity': 'instance.json is lost: of which server these are only the backups themselves say',
  'repo-check.catalogue.action':
    'Put it back from a copy of the repository. Until then "gausskeep expire" removes nothing of the instance; other backups do not depend on it.',
  'repo-check.mark.action': 'Put it back from a copy of the repository. It may be a pin: until then its backup stays.',
  'repo-check.clock': 'backup {name} is dated before its own end: one of two clocks was wrong',
  'repo-check.clock.action':
    'Compare the clock of the storage with that of the host that took it. The backup stays until you condemn it.',
  'repo-check.other-system': 'backup {name} is of system identifier {actual}, the instance of {expected}',
  'repo-check.other-system.action': 'Restore it nowhere before you know where it came from.',
  'repo-check.tombstones': '{count} {count|run was|runs were} declared dead and can commit nothing: nothing to do',
  'repo-check.removal-unfinished': 'the removal of backup {backup} did not come to its end',
  'repo-check.removal-waiting': 'backup {name} was taken off the catalogue at {at} and is still stored',
  'repo-check.expire.action': 'The next "gausskeep expire" takes it away.',
  'repo-check.expire-later.action': '"gausskeep expire" takes it away when it is due.',
  'holds.title': 'Of instance {instance} is in use:',
  'holds.by.backup': 'a backup',
  'holds.by.restore': 'a restore, export or copy',
  'holds.by.verify': 'a verify',
  'holds.by.expire': 'an expire',
  'holds.by.copy': 'a copy into this repository',
  'holds.live':
    'held by {kind}: process {pid} of host {host} needs {backup} since {since}, last heard of at {renewed} (UTC). What it needs is not deleted before {until}, later if it is heard of again.',
  'holds.copy':
    'held by {kind}: process {pid} of host {host} copies {backup} since {since}, last heard of at {renewed} (UTC). What it needs stays until "gausskeep repo copy" has come to its end.',
  'holds.gone': 'No such process is seen on this host: it has ended, was killed, or runs in a container.',
  'repo-check.hold-live':
    'a hold of {kind} on {backup}: taken by process {pid} of host {host} at {since}, last heard of at {at}; what it names is not deleted before {until}, later if it is heard of again',
  'repo-check.hold-void':
    'the hold of backup {backup}, which is committed: the next backup, or copy into this repository, takes it away',
  'repo-check.hold-dead':
    'a hold of {kind} on {backup} that was not renewed in time: taken by process {pid} of host {host}, last heard of at {at}',
  'repo-check.hold-copy':
    'a copy of backup {backup} from repository {from} was begun by process {pid} of host {host} at {at}; the backup is not in the catalogue: the copy is at work, ended without it, or its commit was lost since. What was put stays, and the next "gausskeep repo copy" goes on with it',
  'repo-check.no-reserve':
    'there is no reserve: on a full disk "gausskeep expire" could not begin. The next one makes it',
  'repo-check.root.action':
    'What backup {name} uses is not known; "gausskeep verify" looks whether others can be read. Put back what is named, or condemn the backup.',
  'repo-check.pack-missing': 'pack "{name}" is missing; {count} {count|backup uses|backups use} it: {backup}',
  'repo-check.pack-size':
    'pack "{name}" has {actual} bytes, not {expected}; {count} {count|backup uses|backups use} it: {backup}',
  'repo-check.pack.action':
    'Put it back from a copy of the repository. Without it no backup that uses it can be restored whole: take another one now, and condemn those.',
  'repo-check.packs-held':
    '{count} {count|pack|packs} ({bytes} bytes) of {backup}, which has no commit and which a hold keeps; it counts no more from {until} on, unless it is renewed',
  'repo-check.packs-young':
    '{count} {count|pack|packs} ({bytes} bytes) of {backup}, which is no backup; younger than a day',
  'repo-check.packs-left':
    '{count} {count|pack|packs} ({bytes} bytes) of {backup}, which is no backup: a run was interrupted, or its backup was removed',
  'repo-check.packs-copied':
    '{count} {count|pack|packs} ({bytes} bytes) of {backup}, of which a copy was begun and which is not in the catalogue: the next "gausskeep repo copy" goes on with it',
  'repo-check.packs-lost':
    '{count} {count|pack|packs} ({bytes} bytes) of {backup}, whose commit is not there: "gausskeep repo copy" need not copy {count|it|them} again',
  'repo-check.copy-lost':
    'backup {backup} was here, as a copy from repository {from} says, and its commit is not there: it was deleted or lost',
  'repo-check.copy-fenced':
    'backup {backup} was here or was being copied, as a copy from repository {from} says, and was declared dead when its commit was not there',
  'repo-check.copy.action':
    'Run "gausskeep repo copy" from that repository: it brings the backup again, or forgets it where that has it no longer.',
  'repo-check.no-wal': 'there is no WAL archive yet',
  'repo-check.no-archive': 'the WAL archive has no identity: its adoption was interrupted, or the identity is lost',
  'repo-check.lost-identity':
    'the WAL archive has lost its identity: no backup that needs WAL of it can be restored, and none of it is read',
  'repo-check.no-archive.action':
    'Run "gausskeep repo adopt" again, or put the identity back from a copy of the repository.',
  'repo-check.other-archive': 'the WAL archive is of system identifier {actual}, the instance of {expected}',
  'repo-check.other-archive.action': 'A recovery with it would fail. Find out where it came from before you restore.',
  'repo-check.half-generation': 'a generation without generation.json: nobody reads what is in it',
  'repo-check.half-generation.action':
    'Put it back from a copy of the repository; an adoption that was interrupted is run again.',
  'repo-check.no-generation': 'backup {name} belongs to generation {generation} of the WAL archive, which is not there',
  'repo-check.unfinished':
    '{count} unfinished {count|file|files} (.gausskeep-…) of {bytes} bytes: of writes that are under way, or were killed',
  'repo-check.unfinished.action':
    '"gausskeep expire" and "gausskeep wal cleanup" remove those in a WAL archive that are more than a day old; elsewhere, files of this name that are older than any run that is at work can be deleted.',
  'repo-check.open': '{count} {count|segment that a receiver is|segments that a receiver is} at',
  'repo-check.gap-record': 'a record of missing WAL cannot be read: it explains nothing any more',
  'repo-check.no-receipt':
    'WAL file {name} has no receipt: its push or copy is under way, or did not come to its end, or the receipt was lost; no more of it than its first page was looked at',
  'repo-check.index-alone': 'WAL file {name} has an index and no data: its cleanup did not come to its end',
  'repo-check.segment.action':
    'Put it back from a copy of the repository. While the server still has the segment, push it again.',
  'repo-check.fork': 'WAL file {after} does not go on where {before} ends: they are of two lines of WAL',
  'repo-check.fork.action':
    'A recovery cannot go over this border. "gausskeep window" tells what can be reached on either side.',
} as const;
