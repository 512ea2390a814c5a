import { describe, expect, it } from 'vitest';
import { render } from '../messages/message.ts';
import { refusalOf } from './refusals.ts';

/** Fields of PostgreSQL; R is the function that raised it. */
function postgresql(sqlstate: string, text: string, routine = ''): Record<string, string> {
  return { S: 'ERROR', V: 'ERROR', C: sqlstate, M: text, R: routine };
}

function opengauss(sqlstate: string, text: string): Record<string, string> {
  return { S: 'FATAL', C: sqlstate, M: text, d: 'BACKEND' };
}

const streaming = { streaming: true };

describe('what START_REPLICATION is refused with', () => {
  const segment = '000000010000000000000003';
  const start = 'StartReplication';
  it.each([
    [postgresql('58P01', `requested WAL segment ${segment} has already been removed`), 'WAL_MISSING', 'wal-removed'],
    [postgresql('XX000', `requested WAL segment ${segment} has already been removed`), 'WAL_MISSING', 'wal-removed'],
    [postgresql('58P01', `das angeforderte WAL-Segment ${segment} wurde schon entfernt`), 'WAL_MISSING', 'wal-removed'],
    [postgresql('XX000', `请求的 WAL 段 ${segment} 已经被移除`, 'CheckXLogRemoved'), 'WAL_MISSING', 'wal-removed'],
    [opengauss('58P01', `requested WAL segment ${segment} has already been removed`), 'WAL_MISSING', 'wal-removed'],
    [postgresql('42704', 'replication slot "s1" does not exist'), 'OBJECT_NOT_FOUND', 'slot-missing'],
    [postgresql('42704', 'Replikations-Slot »s1« existiert nicht'), 'OBJECT_NOT_FOUND', 'slot-missing'],
    [opengauss('42704', 'replication slot "s1" does not exist'), 'OBJECT_NOT_FOUND', 'slot-missing'],
    [postgresql('55006', 'replication slot "s1" is active for PID 4711'), 'LOCKED', 'slot-active'],
    [postgresql('55006', 'レプリケーションスロット"s1"はPID 4711で使用中です'), 'LOCKED', 'slot-active'],
    [postgresql('55000', 'can no longer access replication slot "s1"'), 'WAL_MISSING', 'slot-invalidated'],
    [postgresql('55000', 'auf Slot s1 kann nicht', 'ReplicationSlotAcquire'), 'WAL_MISSING', 'slot-invalidated'],
    [
      postgresql('55000', 'cannot use a logical replication slot for physical replication', start),
      'SERVER_ERROR',
      'slot-logical',
    ],
    [
      opengauss('55000', 'cannot use a logical replication slot for physical replication'),
      'SERVER_ERROR',
      'slot-logical',
    ],
    [
      postgresql(
        'XX000',
        'requested starting point 0/5000000 is ahead of the WAL flush position of this server 0/4000388',
      ),
      'SYSTEM_MISMATCH',
      'ahead-of-server',
    ],
    [
      postgresql('XX000', "requested starting point 0/5000000 on timeline 1 is not in this server's history"),
      'SYSTEM_MISMATCH',
      'timeline-left',
    ],
    [
      postgresql('XX000', "requested timeline 7 is not in this server's history"),
      'SYSTEM_MISMATCH',
      'timeline-unknown',
    ],
    [postgresql('XX000', 'die angeforderte Zeitleiste 7', 'tliSwitchPoint'), 'SYSTEM_MISMATCH', 'timeline-unknown'],
    [
      postgresql('57P01', 'terminating connection due to administrator command'),
      'SERVER_UNREACHABLE',
      'server-stopped',
    ],
    [postgresql('57P02', 'terminating connection because of crash'), 'SERVER_UNREACHABLE', 'server-crashed'],
    [opengauss('42809', 'shutdown requested, aborting active base backup'), 'SERVER_UNREACHABLE', 'server-stopped'],
  ])('%o', (fields, code, kind) => {
    const refusal = refusalOf(fields, streaming);
    expect(refusal).toMatchObject({ code, kind });
    expect(render(refusal.hint!)).toMatch(/\.$/);
    // Of a stream that goes on later nothing is lost, and nobody took a backup.
    expect(render(refusal.hint!)).not.toMatch(/[{}]|take it again|this backup/);
  });

  it('tells who uses a slot, where it is said', () => {
    const hint = (text: string): string => render(refusalOf(postgresql('55006', text), streaming).hint!);
    expect(hint('replication slot "s1" is active for PID 4711')).toContain('process id 4711.');
    expect(hint('replication slot "s1" is already active')).toContain('process id ?.');
  });

  it('reads SQLSTATE alone only there', () => {
    expect(refusalOf(postgresql('58P01', 'die Datei gibt es nicht'))).toMatchObject({ kind: undefined });
    expect(refusalOf(postgresql('42704', 'die Rolle gibt es nicht'))).toMatchObject({ kind: undefined });
  });
});
