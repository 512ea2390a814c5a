import type { FaultRow, FaultSection } from './fault-row.ts';

const files = 'test/faults/file-calls.test.ts';
const wal = 'test/faults/wal-calls.test.ts';
const recovery = 'test/faults/recovery-calls.test.ts';
const repository = 'test/faults/repository-calls.test.ts';

/** What every such failure says. */
const says = 'which file, and why: no space left on device, disk quota exceeded, i/o error';
const writing = 'any call that makes, writes, flushes, renames or closes a file fails: ENOSPC, EDQUOT, EIO';
const reading = 'any call that opens, reads or lists fails: EIO';

/** Programs are named as the cases of the tests, which take the statuses from here. */
const rows: readonly FaultRow[] = [
  ...['gs_basebackup -F p', 'gs_basebackup -F t -z'].map((program) => row(program, writing, 1, 'nothing', files)),
  ...['restore of a plain backup', 'restore of a tar backup'].map((program) =>
    row(program, writing, 13, 'nothing', files),
  ),
  ...['restore of a plain backup on a bad disk', 'restore of a tar backup on a bad disk'].map((program) =>
    row(program, reading, '13 or 20', 'nothing', files),
  ),
  ...['verify of a plain backup', 'verify of a tar backup'].map((program) =>
    row(program, reading, '13 or 20', 'unchanged', files),
  ),
  ...['wal push into a new archive', 'wal push'].map((program) =>
    row(program, `${writing}; ${reading}`, 13, 'the archive shows the segment whole, or not', wal),
  ),
  row(
    'wal get',
    `${writing}; ${reading}`,
    126,
    'no target: a server never takes a broken disk for the end of the WAL',
    wal,
  ),
  row('wal receive', `${writing}; ${reading}`, 13, 'what was acknowledged', wal),
  row('gs_tar', writing, 1, 'nothing', recovery),
  row('gs_tar on a bad disk', reading, 1, 'nothing', recovery),
  row('restore to a point in time', writing, 13, 'nothing', recovery),
  row(
    'restore to a point in time from a bad archive',
    reading,
    '13 or 16',
    'nothing; complete, where it is WAL that is not needed',
    recovery,
  ),
  row(
    'backup --repo',
    `${writing}; ${reading}`,
    '13 or 20',
    'every backup that was listed, or also the new one, each readable to its last byte; no pack of a run that failed',
    repository,
  ),
  row(
    'expire',
    `${writing}; ${reading}`,
    '13 or 20',
    'every backup that is listed, readable to its last byte',
    repository,
  ),
  row('restore --repo', writing, 13, 'nothing', repository),
  row('restore --repo on a bad disk', reading, '13 or 20', 'nothing', repository),
  row('export', writing, 13, 'nothing', repository),
  row('verify --repo', reading, '13 or 20', 'unchanged', repository),
  {
    ...row('recover', writing, 13, 'what the server made of it: it goes on, or was not started', recovery),
    next: 'finds where it stands',
  },
];

function row(program: string, fault: string, status: FaultRow['status'], after: string, file: string): FaultRow {
  return {
    kinds: ['FI-05'],
    program,
    fault,
    status,
    says,
    after,
    next: 'succeeds, with the same result',
    proof: [[file, program]],
  };
}

export const callFaults: FaultSection = {
  title: 'Every call that touches a file',
  text: 'One call after the other is made to fail, in the main thread and in the others, as the kernel would do it.',
  rows,
};

/** The statuses of a row. @param program as it names it */
export function statusesOf(program: string): number[] {
  const found = rows.find((one) => one.program === program);
  if (found === undefined) throw new Error(`no row for ${program}`);
  return String(found.status).split(' or ').map(Number);
}
