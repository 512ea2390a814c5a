/**
 * What every operation goes through, in this order as far as it comes; a phase may be left out. The closed table: events and the
 * JSON of progress name these and no others.
 */
export const phases = {
  backup: {
    connect: 'reads what is on this host, logs in, prepares a slot',
    checkpoint: 'the server makes a checkpoint and begins',
    copy: 'the data directory and tablespaces arrive',
    wal: 'the rest of the WAL arrives',
    publish: 'what was written is completed, made durable, and gets its names',
    'clean-up': 'after a failure: what was written is removed, the slot is dropped',
  },
  restore: {
    prepare: 'what is in the way is moved aside, the directories are claimed',
    copy: 'the backup is read and written',
    configure: 'links, configuration and what a recovery needs are written',
    publish: 'owner, durability, and the name of pg_control as the last',
    'clean-up': 'after a failure: what was written is removed, what was moved aside comes back',
  },
  verify: {
    manifest: 'the manifest and the list of files are read',
    files: 'files, pages and links are checked',
    wal: 'the WAL of the backup is checked',
  },
  unpack: {
    copy: 'the tar is read and written',
    publish: 'durability, and the name of pg_control as the last',
    'clean-up': 'after a failure: what was written is removed',
  },
  recovery: {
    start: 'programs are found, the server is started',
    replay: 'the server replays WAL',
    check: 'where it came to is compared with what was promised',
  },
  survey: {
    segments: 'segments of WAL are looked at, by their indexes where there are any',
    tars: 'tars with WAL in them are looked through',
    wal: 'every byte of the WAL that will be replayed is read',
  },
  receive: {
    connect: 'logs in and finds out where to go on',
    compare: 'what the server has is compared with what is held',
    stream: 'WAL arrives and is made durable',
    wait: 'the connection was lost; it is tried again after a while',
    close: 'what was received is made durable and put in its place',
  },
  archiving: {
    store: 'a file is read and stored in the archive',
    fetch: 'files are fetched from the archive',
    remove: 'files are removed from the archive',
  },
  copy: {
    compare: 'what both repositories have of an instance is compared',
    wal: 'WAL that the other repository lacks is read, checked and stored there',
    packs:
      'packs that backups need and the other repository lacks are read, checked and stored there; each backup is committed when it has all',
  },
} as const;

export type OperationName = keyof typeof phases;
export type PhaseOf<Operation extends OperationName> = keyof (typeof phases)[Operation] & string;
