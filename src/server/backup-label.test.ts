import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { parseLsn } from '../wal/lsn.ts';
import { parseBackupLabel } from './backup-label.ts';

const lines = [
  'START WAL LOCATION: A/5000028 (file 000000030000000A00000005)',
  'CHECKPOINT LOCATION: A/5000060',
  'BACKUP METHOD: streamed',
  'BACKUP FROM: primary',
  'START TIME: 2026-11-20 20:26:06 UTC',
  'LABEL: nightly: two',
];

describe('parseBackupLabel', () => {
  it('reads the six lines of openGauss and PostgreSQL 10', () => {
    expect(parseBackupLabel(Buffer.from(`${lines.join('\n')}\n`))).toEqual({
      startLsn: parseLsn('A/5000028'),
      startSegment: '000000030000000A00000005',
      timeline: 3,
      checkpointLsn: parseLsn('A/5000060'),
      method: 'streamed',
      from: 'primary',
      startTime: '2026-11-20 20:26:06 UTC',
      label: 'nightly: two',
      statesTimeline: false,
      incrementalFrom: undefined,
    });
  });

  it('reads what later servers add', () => {
    const text = [...lines, 'START TIMELINE: 3', 'INCREMENTAL FROM LSN: 9/28', 'INCREMENTAL FROM TLI: 3', ''].join(
      '\n',
    );
    expect(parseBackupLabel(Buffer.from(text))).toMatchObject({
      statesTimeline: true,
      incrementalFrom: parseLsn('9/28'),
    });
  });

  it.each(['', lines[0]!, lines[1]!, lines.join('\r\n'), `${lines[0]!.replace('A/5000028', 'oops')}\n${lines[1]!}`])(
    'refuses %j',
    (text) => {
      expect(() => parseBackupLabel(Buffer.from(text))).toThrow(BackupError);
    },
  );
});
