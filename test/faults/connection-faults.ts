import type { FaultSection } from './fault-row.ts';

const failures = 'test/e2e/backup-failures.test.ts';
const connection = 'test/e2e/backup-connection.test.ts';
const standIn = 'test/opengauss/faults.test.ts';
const receive = 'test/e2e/wal-receive.test.ts';
const received = 'test/opengauss/receive.test.ts';
const receivewal = 'test/e2e/pg-receivewal.test.ts';
const sessions = 'test/faults/servers/sessions.test.ts';
const clean = 'nothing; the server has no slot, session or running backup of ours';

/** The network and the server. */
export const connectionFaults: readonly FaultSection[] = [
  {
    title: 'The network',
    text: 'On a real PostgreSQL through a proxy, and on the openGauss stand-in at each point of a session: startup, login, start position, header of a member, middle of a member, between tablespaces, end position, WAL.',
    rows: [
      {
        program: 'gs_basebackup',
        fault: 'the connection is reset, or ended in order, anywhere in a session',
        status: 1,
        says: 'that the connection broke',
        after: clean,
        next: 'succeeds',
        proof: [
          [failures, 'a connection that is cut after'],
          [standIn, 'the server hangs up'],
        ],
      },
      {
        program: 'gs_basebackup',
        fault: 'the server falls silent, the connection stays (a network that is gone)',
        status: 1,
        says: 'for how long no data came (`-t`)',
        after: clean,
        next: 'succeeds',
        proof: [
          [connection, '%s ends in an error, not in a hang'],
          [standIn, 'the server falls silent'],
        ],
      },
      {
        program: 'gs_basebackup',
        fault: 'bytes come one at a time, messages are cut anywhere',
        status: 0,
        says: 'nothing',
        after: 'complete',
        next: '',
        proof: [
          [standIn, 'the server writes one byte at a time'],
          ['test/opengauss/plain.test.ts', 'does not care how the bytes are cut'],
          ['src/protocol/frame-decoder.test.ts', 'splits every recorded openGauss session'],
        ],
      },
      {
        program: 'gs_basebackup -C',
        fault: 'all connections break after it made a permanent slot',
        status: 1,
        says: 'that the connection broke; where no new connection is to be had, the slot and the statement that drops it',
        after: 'nothing; the slot is dropped over a new connection',
        next: 'succeeds',
        proof: [
          [failures, 'is dropped over a new connection when all connections break'],
          [failures, 'is named by the last line with the statement'],
        ],
      },
      {
        program: 'wal receive',
        fault: 'the connection breaks at any message or byte',
        status: 'goes on',
        says: 'that it was lost, and when it is tried again',
        after: 'only what is durable was acknowledged',
        next: 'goes on behind what is there',
        proof: [
          [received, 'goes on behind a cut at every message'],
          [received, 'goes on behind a cut at any byte'],
        ],
      },
      {
        program: 'wal receive',
        fault: 'WAL comes in odd pieces; connections are reset, or go silent (`--rw-timeout`)',
        status: 0,
        says: 'each connection that was lost',
        after: 'every byte as the server has it',
        next: 'goes on',
        proof: [[sessions, '%s has every byte']],
      },
      {
        program: 'wal receive',
        fault: 'nobody listens any more',
        status: 'goes on',
        says: 'when it is tried again; with `-n` it ends with 1',
        after: 'what was received',
        next: 'goes on',
        proof: [
          ['src/wal-receiver/receiver.test.ts', 'goes on trying where nobody listens'],
          [receivewal, 'ends when the first connection fails'],
        ],
      },
    ],
  },
  {
    title: 'The server',
    text: '',
    rows: [
      {
        program: 'gs_basebackup',
        fault: 'the server is killed (kill -9), or stopped at once',
        status: 1,
        says: 'that the connection broke',
        after: 'nothing',
        next: 'succeeds when the server is back',
        proof: [
          [failures, 'a server that dies during the backup'],
          ['src/replication/start-base-backup.opengauss.test.ts', 'interrupted/server-stopped-immediate'],
        ],
      },
      {
        program: 'gs_basebackup',
        fault: 'the server is shut down in order',
        status: 1,
        says: 'why, in the words of the server',
        after: 'nothing',
        next: 'succeeds when the server is back',
        proof: [
          [failures, 'a server that is shut down during the backup says why'],
          [standIn, 'fast, during a backup: an error inside the copy'],
        ],
      },
      {
        program: 'gs_basebackup',
        fault: 'the server is stopped at once and started again',
        status: 1,
        says: 'that the connection broke',
        after: clean,
        next: 'succeeds',
        proof: [[sessions, 'a server that is stopped at once and started again']],
      },
      {
        program: 'gs_basebackup of a standby',
        fault: 'the standby is promoted',
        status: 1,
        says: 'that it was promoted during the backup',
        after: clean,
        next: 'succeeds, on the new timeline',
        proof: [[sessions, 'a standby that is promoted in the middle of its backup']],
      },
      {
        program: 'gs_basebackup',
        fault: 'its role loses login, rights and password',
        status: 0,
        says: 'nothing: the server lets sessions go on',
        after: 'complete',
        next: '1: the server refuses the role',
        proof: [[sessions, 'a role that loses its rights']],
      },
      {
        program: 'gs_basebackup',
        fault: 'an administrator ends its session',
        status: 1,
        says: 'that the connection broke, or why where the server could say it',
        after: clean,
        next: 'succeeds',
        proof: [[sessions, 'an administrator who ends the session of the backup']],
      },
      {
        program: 'gs_basebackup -X stream',
        fault: 'the session that streams WAL is ended by an administrator',
        status: 1,
        says: 'that the WAL could not be streamed, and why',
        after: clean,
        next: 'succeeds',
        proof: [[failures, 'that is killed ends the backup']],
      },
      {
        program: 'gs_basebackup',
        fault: 'the server reports a page that is damaged',
        status: 1,
        says: 'file and block of each',
        after: 'complete: the backup is kept, PostgreSQL; nothing, openGauss, which ends the backup itself',
        next: 'says the same',
        proof: [
          [failures, 'are told with their file, the backup is kept'],
          [standIn, 'a page that is wrong: file and block'],
        ],
      },
      {
        program: 'gs_basebackup',
        fault: 'WAL that the backup needs was recycled meanwhile',
        status: 1,
        says: 'which segment, and the setting that keeps more',
        after: 'nothing',
        next: 'succeeds when more is kept',
        proof: [
          [standIn, 'WAL that was recycled, -X fetch'],
          [standIn, 'WAL that was recycled, -X stream'],
        ],
      },
      {
        program: 'wal receive',
        fault: 'the server is restarted, killed, stopped and started again',
        status: 'goes on',
        says: 'that the connection was lost, and when it is tried again',
        after: 'every byte as the server has it',
        next: 'goes on',
        proof: [[receive, 'loses nothing when the server is restarted, killed and stopped under it']],
      },
      {
        program: 'wal receive',
        fault: 'another server is promoted and takes over',
        status: 'goes on',
        says: 'the new timeline',
        after: 'the line of WAL across the timelines',
        next: 'goes on',
        proof: [
          ['test/e2e/wal-receive-failover.test.ts', 'takes the primary of two hosts, follows it'],
          [receivewal, 'follows a promoted standby'],
        ],
      },
      {
        program: 'wal receive',
        fault: 'the server no longer has the WAL that comes next',
        status: 15,
        says: 'the gap; `--on-gap=continue` notes it and goes on',
        after: 'what was received, unchanged; no slot that keeps WAL for nobody',
        next: 'says the same until it is told to go on',
        proof: [
          ['test/e2e/wal-receive-slots.test.ts', 'calls a slot that lost its WAL a gap'],
          [receivewal, 'a gap ends it with 15'],
        ],
      },
      {
        program: 'wal receive',
        fault: 'the WAL of the server is another line (a copy, a point-in-time recovery)',
        status: 14,
        says: 'where the lines part',
        after: 'what was received, unchanged',
        next: 'says the same; a new generation of the archive takes the new line',
        proof: [
          [receive, 'never writes over the WAL of another line'],
          ['test/opengauss/receive-forks.test.ts', 'found before anything is appended'],
        ],
      },
    ],
  },
];
