export const surveyMessages = {
  'survey.unsound': '{name} is named as a segment, but is none: half-written, or of another instance',
  'survey.known-damage': '{reason}',
  'survey.unreadable': 'it cannot be read: {reason}',
  'survey.damaged-record': 'segment {name} is damaged at {lsn}: {reason}, although WAL follows',
  'survey.damaged-object': 'segment {name} is damaged: {reason}',
  'survey.damaged-crossing':
    'segment {first} or {last} is damaged: the record at {lsn}, which begins in the one and ends in the other, has a wrong CRC',
  'survey.damaged-crossing-in':
    'segment {name} is damaged: the record at {lsn}, of which a part lies in it, has a wrong CRC',
  'survey.object-missing':
    'segment {name} has a receipt, but its object {stored} is not there as a file of its own (links are not followed)',
  'survey.object-size': 'segment {name}: its object {stored} has {actual} bytes, not {expected} as its receipt says',
  'survey.segment-size': 'segment {name}: its object {stored} has {actual} bytes, and a whole segment has {expected}',
  'survey.other-content':
    'segment {name}: its object {stored} is not that segment: its first page is of another one, or of none',
  'survey.damaged-member': 'segment {name} is damaged behind {lsn}: {reason}',
  'survey.member-gone': '{name} is not in {tar} any more',
  'survey.changes': '{name} changes while it is read ({from})',
  'survey.changes.hint': 'Something writes to it. Run the command again when that has finished.',
  'survey.no-history': '{name} is missing: what this timeline comes from is not known',
  'survey.two-contents': 'two files of the same segment differ: {first}, and {second}',
  'survey.two-contents.hint':
    'They belong to different lines of WAL: a recovery lies between them. Leave out the place that does not belong to the backup.',
  'survey.other-instance': 'it is of another instance: {actual}, not {expected}',
  'survey.incremental':
    'it is an incremental backup, which is restored together with those that it builds on (restore --from FULL --from …)',
  'survey.only-incremental': 'there is no full backup, only incremental ones such as "{backup}"',
  'survey.only-incremental.hint': 'Name the chain: --from FULL --from INCREMENTAL …, oldest first.',
  'survey.no-history.hint': 'Without it no server follows the timeline. Name a place that has it with --wal-from.',
  'survey.older-timeline':
    '{name} is missing, and the server would replay {older} in its place, which belongs to the timeline that was left',
  'survey.no-backup': 'there is no backup to begin with',
  'survey.none-usable': 'none of the backups can be used; of "{name}": {reason}',
  'survey.no-backup.hint': 'Name one with --from, or folders of backups with --backups.',
  'survey.no-wal-for-backup': 'the WAL that the backup begins with is nowhere to be found',
  'survey.other-timeline': 'timeline {timeline} does not come from timeline {own} behind backup "{backup}"',
  'survey.other-timeline.hint': 'Choose a backup that was taken before the timelines parted, or --target-timeline.',
  'survey.odd-name': 'its name has a control character, which no name in a folder of backups may have',
} as const;
