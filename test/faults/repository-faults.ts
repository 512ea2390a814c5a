import type { FaultSection } from './fault-row.ts';

const ended = 'test/faults/repository-ended.test.ts';
const interleavings = 'src/expire/interleavings.test.ts';
const expiring = 'src/expire/perform-expire.test.ts';
const cutting = 'src/expire/cut-wal.test.ts';
const atOnce = 'test/object-storage/many-hosts.test.ts';
const hours = 'test/object-storage/moved-clocks.test.ts';
const killed = 'test/object-storage/killed-in-store.test.ts';
const stored = 'test/e2e/repository-verify.test.ts';
const copied = 'test/e2e/repository-copy.test.ts';
const mended = 'src/copying/mend-copy.test.ts';
const undeletable = 'test/object-storage/may-not-delete.test.ts';

/** Runs that are ended or that meet in a repository, and what retention may not remove. */
export const repositoryFaults: FaultSection = {
  title: 'In a repository',
  text: 'Calls of the file system that fail are above, with those of the other programs.',
  rows: [
    {
      kinds: ['FI-06'],
      program: 'backup --repo, expire',
      fault: 'kill -9 before any step',
      status: 'ended by that signal',
      says: '',
      after: 'every backup that is listed, readable to its last byte; packs and a hold of what became no backup',
      next: 'succeeds; `expire` removes what was left when its hold is dead',
      proof: [
        [ended, 'that is killed before any of its steps loses no backup'],
        [expiring, 'takes up what a run left that ended in the middle'],
        [killed, 'a backup loses no other one'],
        [killed, 'retention loses nothing that stays'],
      ],
    },
    {
      kinds: ['FI-06'],
      program: 'backup --repo',
      fault: 'SIGTERM in the middle',
      status: 143,
      says: 'the signal',
      after: 'the repository as it was, but for WAL',
      next: 'succeeds',
      proof: [[ended, 'a backup that a signal ends takes away']],
    },
    {
      kinds: ['FI-06'],
      program: 'repo copy',
      fault: 'kill -9 before any step',
      status: 'ended by that signal',
      says: '',
      after: 'in the other repository every backup that is listed, whole',
      next: 'takes it up',
      proof: [[copied, 'killed before any of its steps, run again']],
    },
    {
      kinds: ['FI-05'],
      program: 'repo copy',
      fault: 'a file of the source that the disk cannot read (EIO), or that is damaged',
      status: 20,
      says: 'each backup and WAL file that was not copied for it, and why',
      after: 'the others, whole',
      next: 'copies them once they can be read',
      proof: [
        [mended, 'unreadable: a pack, a segment and a commit are named'],
        [copied, 'damage in the source: named'],
      ],
    },
    {
      kinds: [],
      program: 'repo copy',
      fault: 'a file of the other repository that is gone, cut, or (with `--read-data`) damaged inside',
      status: '0; 20 where it may not be replaced',
      says: 'how many backups and WAL files were mended',
      after: 'whole again',
      next: 'finds all there',
      proof: [
        [copied, 'mends what it lost'],
        [mended, 'where nothing may be deleted'],
      ],
    },
    {
      kinds: [],
      program: 'expire, wal cleanup',
      fault: 'credentials that may not delete in an object store',
      status: 12,
      says: 'where they may not',
      after: 'everything as it was; where one deletion is allowed and the next refused, what was done is said',
      next: 'with others that may: succeeds',
      proof: [
        [undeletable, 'by folder: what is denied'],
        [undeletable, 'refused in the middle'],
      ],
    },
    {
      kinds: ['FI-07'],
      program: 'backup --repo',
      fault: 'two backups of one server at once',
      status: 0,
      says: 'nothing',
      after: 'both, whole',
      next: '',
      proof: [
        [ended, 'two backups of one server at once'],
        [atOnce, 'two of one instance and one of another at once'],
      ],
    },
    {
      kinds: ['FI-06'],
      program: 'repo copy',
      fault: 'kill -9 at a request to an object store',
      status: 'ended by that signal',
      says: '',
      after: 'both repositories without a fault; a hold of the copy in the target',
      next: 'succeeds, and copies what is not there yet',
      proof: [[killed, 'a copy is taken up by the next']],
    },
    {
      kinds: [],
      program: 'backup --repo, expire',
      fault: 'the clock of the host is an hour off that of an object store, either way',
      status: '19 for a backup; 0 for expire',
      says: 'what both clocks say',
      after: 'no backup; nothing that was removed before its time',
      next: 'the same, until the clock is right',
      proof: [[hours, 'a host whose clock is an hour off']],
    },
    {
      kinds: ['FI-13', 'FI-14'],
      program: 'backup --repo, expire',
      fault:
        'a backup and a removal at once; one of them stops at any call, for good or for longer than every time that is waited',
      status: '0; 11 for a backup that was declared dead',
      says: 'that it was declared dead',
      after: 'every backup that is listed, readable to its last byte',
      next: 'succeeds',
      proof: [
        [interleavings, 'a backup that stops at any call'],
        [interleavings, 'nor does a removal that stops at any call'],
        [interleavings, 'nor do a backup and a removal that wait for each other'],
        [interleavings, 'nor do two removals at once'],
        [hours, 'retention elsewhere takes nothing of a backup that is made'],
        [hours, 'a backup that stands still before'],
        [hours, 'a restore goes on while its backup is taken off'],
      ],
    },
    {
      kinds: ['FI-13'],
      program: 'expire',
      fault: 'WAL or packs that a kept, pinned, running or being-restored backup needs are older than every rule',
      status: 0,
      says: 'what is kept, and why',
      after: 'all that any of them needs',
      next: 'says the same',
      proof: [
        [cutting, 'goes up to the least start, of backups and of those under way'],
        [cutting, 'stays while a backup that has just begun does not know its start'],
        [expiring, 'leaves alone what is pinned or held'],
        [expiring, 'never goes below the minimum'],
        [expiring, 'keeps the packs that a later backup refers to'],
      ],
    },
    {
      kinds: [],
      program: 'restore --repo, verify --repo',
      fault: 'a pack is gone',
      status: 20,
      says: 'the pack',
      after: 'nothing: it is seen before anything is written',
      next: 'says the same',
      proof: [[stored, 'finds a pack that is gone without reading any']],
    },
    {
      kinds: [],
      program: 'restore --repo, verify --repo --read-data',
      fault: 'a bit of a pack is another',
      status: 20,
      says: 'the files that it concerns',
      after: 'nothing',
      next: 'says the same',
      proof: [[stored, 'finds a flipped bit in a pack with --read-data']],
    },
  ],
};
