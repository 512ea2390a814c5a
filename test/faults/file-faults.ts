import type { FaultSection } from './fault-row.ts';

const failures = 'test/e2e/backup-failures.test.ts';
const receive = 'test/e2e/wal-receive.test.ts';
const pushing = 'test/wal-archive/push-get.test.ts';
const files = 'test/faults/file-calls.test.ts';
const places = 'test/faults/places.test.ts';
const sessions = 'test/faults/servers/sessions.test.ts';
const clean = 'nothing; the server has no slot, session or running backup of ours';

/** Files, disks, accounts. */
export const fileFaults: readonly FaultSection[] = [
  {
    title: 'Files and disks',
    text: '',
    rows: [
      {
        kinds: ['FI-05'],
        program: 'gs_basebackup, plain and tar',
        fault: 'a file grows no more (`ulimit -f`)',
        status: 1,
        says: 'which file',
        after: clean,
        next: 'succeeds with space',
        proof: [[failures, 'a disk that takes no more in the middle']],
      },
      {
        kinds: ['FI-05'],
        program: 'gs_basebackup -D -',
        fault: 'standard output is a full disk, or its reader goes away',
        status: 1,
        says: 'that standard output could not be written',
        after: 'the server has nothing of ours',
        next: 'succeeds',
        proof: [['test/e2e/backup-tar.test.ts', 'a full disk or a reader that goes away ends in one message']],
      },
      {
        kinds: ['FI-05'],
        program: 'verify, restore, `--help`, with `--json` or without',
        fault: 'standard output is a full device',
        status: 13,
        says: 'that standard output could not be written',
        after: 'what was to be done besides: a restore is complete',
        next: 'succeeds',
        proof: [[places, 'a result that cannot be printed is an error']],
      },
      {
        kinds: [],
        program: 'verify, restore, gs_basebackup',
        fault: 'the account may not read a file, or not write to a directory',
        status: '13; gs_basebackup 1',
        says: 'which file or directory',
        after: 'nothing',
        next: 'succeeds when it may',
        proof: [[places, 'what another account may not read or write is named']],
      },
      {
        kinds: ['FI-17'],
        program: 'wal push, wal get',
        fault: 'the account may not read the segment, or not read or write in the archive',
        status: '12, for the segment 13; wal get 126',
        says: 'which file or directory',
        after: 'no target: what may not be read is not absent',
        next: 'succeeds when it may',
        proof: [['test/faults/wal-calls.test.ts', 'what another account may not read or write is no absence']],
      },
      {
        kinds: ['FI-17'],
        program: 'restore --owner',
        fault: 'the file system takes no owner (FAT, a file server that makes root nobody)',
        status: 3,
        says: 'at the end, how many files have another owner, and the first of them',
        after: 'complete, but for the owner',
        next: 'says the same',
        proof: [[files, 'an owner that the file system does not take is told at the end']],
      },
      {
        kinds: ['FI-17'],
        program: 'restore',
        fault: 'the file system takes no mode: chmod is refused',
        status: 13,
        says: 'which file or directory, and why',
        after: 'nothing',
        next: 'says the same',
        proof: [[files, 'a mode that the file system does not take ends the restore']],
      },
      {
        kinds: ['FI-16'],
        program: 'gs_basebackup, restore',
        fault: 'a directory that they have made is replaced by a link, or moved',
        status: '13; gs_basebackup 1',
        says: 'which file, and where it would lie',
        after:
          'nothing, nor any content where the link leads (Linux, and not WAL that is streamed or put there for a recovery; elsewhere a directory is looked at when it is made only)',
        next: 'succeeds',
        proof: [
          [sessions, 'a link that replaces a directory which had come'],
          ['src/files/real-place.test.ts', 'is not written through, whoever writes'],
        ],
      },
      {
        kinds: ['FI-16'],
        program: 'gs_basebackup',
        fault: 'a symbolic link appears where a directory was still to come',
        status: 1,
        says: 'the link',
        after: 'nothing, nor anything where the link leads',
        next: 'succeeds',
        proof: [[sessions, 'a link in the place of a directory that is still to come']],
      },
      {
        kinds: ['FI-05'],
        program: 'restore',
        fault: 'no byte can be written (`ulimit -f 0`)',
        status: 13,
        says: 'which file',
        after: 'nothing: neither lock nor marker',
        next: 'succeeds with space',
        proof: [['test/opengauss/killed-restore.test.ts', 'leaves no lock and no marker on a full disk']],
      },
      {
        kinds: ['FI-05'],
        program: 'wal receive',
        fault: 'a full disk',
        status: 13,
        says: 'which file',
        after: 'what was acknowledged is there; the slot keeps the rest',
        next: 'has all, with space',
        proof: [[receive, 'ends on a full disk, its slot keeps what was not durable']],
      },
      {
        kinds: ['FI-10'],
        program: 'wal push, wal get',
        fault: 'any single call of the storage fails, before or after it took effect',
        status: 13,
        says: 'the name of the object',
        after: 'the archive holds the segment whole, or it does not show',
        next: 'succeeds',
        proof: [[pushing, 'survives a failure at every single call, before and after it took effect']],
      },
      {
        kinds: ['FI-10'],
        program: 'wal get',
        fault: 'the archive fails, is gone, or is another one',
        status: 126,
        says: 'what failed; never that the WAL ends there',
        after: 'no target',
        next: 'succeeds when it is back',
        proof: [
          [pushing, 'is not proved by an empty, missing, foreign or failing one'],
          ['test/e2e/wal-archive.test.ts', 'stops a recovery when the archive is gone'],
        ],
      },
    ],
  },
];
