import type { FaultSection } from './fault-row.ts';

const killed = 'test/faults/push-async-killed.test.ts';
const spools = 'test/faults/push-async-spool.test.ts';
const stopped = 'test/faults/push-async-stopped.test.ts';
const disks = 'test/faults/push-async-full-disk.test.ts';
const ahead = 'test/wal-archive/push-ahead.test.ts';
const servers = 'test/e2e/wal-push-async.test.ts';
const sound = 'what the server was told is there, byte for byte; no receipt has a hole before it';

/** Several pushes at once, by a process beside the calls of the server. */
export const pushAsyncFaults: FaultSection = {
  title: 'wal push --async',
  text: 'The server is told 0 only for the very file that is durable in the archive; what is not acknowledged stays with it. The spool may be lost at any time.',
  rows: [
    {
      kinds: ['FI-06'],
      program: 'wal push --async',
      fault: 'kill -9 of the process that pushes, at any step',
      status: 'none: the call starts another one',
      says: 'nothing',
      after: sound,
      next: 'completes what was begun',
      proof: [
        [killed, 'at the $step, $moment'],
        [killed, 'at request %i of an encrypted repository'],
        [killed, 'with its answers given but not taken'],
        [servers, 'goes on when the process that pushes is killed again and again'],
      ],
    },
    {
      kinds: ['FI-06'],
      program: 'wal push --async',
      fault: 'the process that pushes is stopped (SIGSTOP) at any step, and goes on later',
      status: 0,
      says: 'that the file is pushed by itself, and which process stands still',
      after: sound,
      next: 'the same, until it goes on; it finds what is there',
      proof: [
        [stopped, 'stopped at the $step, $moment'],
        [stopped, 'what was said before it was stopped is not believed'],
      ],
    },
    {
      kinds: ['FI-06', 'FI-10'],
      program: 'wal push --async',
      fault: 'kill -9 of a call; a store that is busy, loses answers or does not answer',
      status: '0, or 13 after `--timeout`',
      says: 'that it is not in the archive yet, and why where that is known',
      after: sound,
      next: 'succeeds',
      proof: [[killed, 'a call that is killed, a store that is busy']],
    },
    {
      kinds: ['FI-10'],
      program: 'wal push --async',
      fault: 'a push that fails while others are on their way',
      status: 13,
      says: 'why',
      after: sound,
      next: 'the oldest goes alone, when all others have ended',
      proof: [
        [ahead, 'begins nothing after a failure before all that is on its way has ended'],
        [servers, 'keeps everything while the archive is away'],
      ],
    },
    {
      kinds: ['FI-05', 'FI-17'],
      program: 'wal push --async',
      fault: 'a spool that is full, a link, a file, or of another account',
      status: 0,
      says: 'that the file is pushed by itself, and why',
      after: sound,
      next: 'the same',
      proof: [
        [spools, 'a spool of others, a link, one that is full'],
        [disks, 'a spool whose disk is full, before it is used and while it is'],
      ],
    },
    {
      kinds: ['FI-07', 'FI-09'],
      program: 'wal push --async',
      fault:
        'what an earlier process, one of another host or for another file said; a spool that is removed, a server that is started anew, an older copy in its place',
      status: 0,
      says: 'nothing',
      after: sound,
      next: 'begins anew',
      proof: [
        [spools, 'notes of processes that are gone'],
        [spools, 'a spool that is removed while it is used'],
        [ahead, 'believes nothing that a pusher of another host said'],
      ],
    },
    {
      kinds: ['FI-12'],
      program: 'wal push --async',
      fault: 'another file under a name that was acknowledged',
      status: '1 or 20',
      says: 'what differs',
      after: 'the archive as it was',
      next: 'the same',
      proof: [[spools, 'a file that is another one under a name that was acknowledged']],
    },
  ],
};
