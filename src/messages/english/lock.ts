/** Object lock: what cannot be deleted before a date. */
export const lockMessages = {
  'lock.object': 'object "{name}" is locked until {until}',
  'lock.object.hint': 'The bucket keeps it until then, whoever asks. Run the same again afterwards.',
  'lock.no-lock': 'bucket "{bucket}" has no object lock',
  'lock.no-lock.hint':
    'Object lock is switched on when a bucket is made. Make one with it, or leave --lock away. Nothing was written.',
  'lock.no-store': '{place} cannot lock objects: only a bucket with object lock can',
  'lock.settled': 'objects of {place} are {is}',
  'lock.settled-none': 'not locked',
  'lock.settled-days': 'locked for {days} {days|day|days} ({mode})',
  'lock.settled.hint': 'That was settled when the place was written to for the first time. Use another prefix.',
  'lock.cannot-extend': 'object "{name}", which the new backup needs, cannot be locked until {until}: {reason}',
  'lock.cannot-extend.hint':
    'The credentials need GetObjectRetention and PutObjectRetention below the prefix. There is no new backup: it would have been protected for a shorter time than it seems.',
  'lock.help.lock': 'lock each object against deletion for DAYS days; the bucket must have object lock',
  'lock.help.lock-mode': 'governance (default) or compliance, which nobody at all can lift',
  'lock.bad-mode': '"{text}" is no mode of object lock: it is governance or compliance',
  'lock.mode-unused': '--lock-mode is given without --lock',
  'lock.expire.packs':
    '{packs} {packs|pack|packs} of removed backups, {bytes}, locked until {until} or later: a later run deletes them',
  'lock.expire.packs-dry':
    '{packs} {packs|pack|packs} of removed backups, {bytes}, would stay locked until {until} or later',
  'lock.expire.wal':
    '{segments} {segments|file|files} of WAL of generation {generation} that no backup needs, {bytes}, locked until {until} or later',
  'lock.told':
    'each object is locked for {days} {days|day|days} from when it is stored ({mode}): until then nothing deletes it, expire neither',
  'lock.list': 'locked until {until} (UTC) or later',
  'lock.cleanup':
    '{count} {count|file|files} of WAL that nobody needs {count|is|are} locked, the first until {until} (UTC): a later run removes what is over',
  'lock.legal-hold': 'object "{name}" is under a legal hold: nobody can delete it',
  'lock.legal-hold.hint':
    'Somebody put the hold on it with the tools of the store. Run this again when it is lifted there.',
  'lock.obstacle': 'locked',
  'lock.check.hidden': '{count} {count|object is|objects are} hidden by delete markers, the first is "{name}"',
  'lock.check.hidden.action':
    'Somebody deleted them without their versions: nothing is lost yet. Delete the delete markers (list-object-versions, then delete-object with the VersionId of the marker), and they are there again.',
  'lock.check.not-told':
    'whether objects were overwritten or hidden was not looked at: these credentials may not list versions',
  'lock.check.not-told.action': 'Allow them ListBucketVersions on the bucket.',
  'lock.check.several': '{count} {count|object has|objects have} several versions, the first is "{name}"',
  'lock.check.several.action':
    'gausskeep writes each name once: somebody put something else over it. The oldest version is the one that was stored; delete the newer versions by their VersionId, and it is read again.',
} as const;
