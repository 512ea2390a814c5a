import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromText, toBytes, type ByteString } from '../bytes/byte-string.ts';
import { parseBackupLabel } from './backup-label.ts';
import { parseLsn } from './lsn.ts';
import { parseTablespaceMap, type TablespaceMapEntry, type TablespaceMapEscape } from './tablespace-map.ts';
import { parseTimelineHistory, timelineAt } from './timeline-history.ts';

const pitr = new URL('../../test/fixtures/opengauss/pitr/', import.meta.url);

/** The file as the server writes it. */
function formatTablespaceMap(entries: readonly TablespaceMapEntry[], escape: TablespaceMapEscape): Buffer {
  const pattern = { none: /(?!)/g, newlines: /[\n\r]/g, all: /[\n\r\\]/g }[escape];
  const lines = entries.map(({ oid, path }) => `${oid} ${path.replace(pattern, (character) => `\\${character}`)}\n`);
  return toBytes(lines.join('') as ByteString);
}

describe('backup label', () => {
  it('of openGauss', () => {
    expect(parseBackupLabel(readFileSync(new URL('backup_label', pitr), 'utf8'))).toEqual({
      startLsn: parseLsn('0/27000028'),
      startSegment: '000000010000000000000027',
      startTimeline: 1,
      checkpointLsn: parseLsn('0/270000A8'),
      method: 'streamed',
      from: 'master',
      startTime: '2026-11-20 21:27:18 UTC',
      label: 'pitrbase',
      incrementalFrom: undefined,
    });
  });

  it('of PostgreSQL 17, incremental, with a label that looks like a line', () => {
    const text = [
      'START WAL LOCATION: 1/5000028 (file 000000030000000100000005)',
      'CHECKPOINT LOCATION: 1/5000060',
      'BACKUP METHOD: streamed',
      'BACKUP FROM: standby',
      'START TIME: 2026-11-20 20:26:06 UTC',
      'LABEL: START TIMELINE: 9',
      'START TIMELINE: 3',
      'INCREMENTAL FROM LSN: 0/2000028',
      'INCREMENTAL FROM TLI: 2',
      '',
    ].join('\n');
    expect(parseBackupLabel(text)).toMatchObject({
      startLsn: parseLsn('1/5000028'),
      startTimeline: 3,
      from: 'standby',
      label: 'START TIMELINE: 9',
      incrementalFrom: { lsn: parseLsn('0/2000028'), timeline: 2 },
    });
  });

  it.each([
    ['', 'START WAL LOCATION'],
    ['START WAL LOCATION: 0/28\nCHECKPOINT LOCATION: 0/60\n', 'START WAL LOCATION: 0/28'],
    ['START WAL LOCATION: 0/28 (file 000000010000000000000001)\r\nCHECKPOINT LOCATION: 0/60\r\n', 'START WAL LOCATION'],
    ['START WAL LOCATION: 0/28 (file 000000010000000000000001)\n', 'CHECKPOINT LOCATION'],
    ['START WAL LOCATION: 0/28 (file 000000010000000000000001)\nCHECKPOINT LOCATION: x\n', 'CHECKPOINT LOCATION: x'],
  ])('refuses %j', (text, named) => {
    expect(() => parseBackupLabel(text)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
    expect(() => parseBackupLabel(text)).toThrow(named);
  });

  it('never fails in another way, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(() => parseBackupLabel(text)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
      }),
    );
  });
});

describe('tablespace map', () => {
  it('of the recorded openGauss backup', () => {
    const bytes = readFileSync(new URL('tablespace_map', pitr));
    const entries = parseTablespaceMap(bytes, 'none');
    expect(entries).toEqual([
      { oid: 16421, path: '/home/omm/data/pg_location/x/y' },
      { oid: 16422, path: '/home/omm/ts_abs' },
    ]);
    expect(formatTablespaceMap(entries, 'none')).toEqual(bytes);
  });

  it('escapes as each server does', () => {
    const entries = [{ oid: 1, path: fromText('/a\nb\\c\rd') }];
    expect(formatTablespaceMap(entries, 'all').toString()).toBe('1 /a\\\nb\\\\c\\\rd\n');
    expect(formatTablespaceMap(entries, 'newlines').toString()).toBe('1 /a\\\nb\\c\\\rd\n');
  });

  it('comes back, whatever the path', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<TablespaceMapEscape>('all', 'newlines', 'none'),
        fc.string({ unit: fc.constantFrom('a', ' ', '\\', '\n', '\r', 'é', '0'), minLength: 1 }),
        (escape, text) => {
          // What a server that does not escape backslashes or line ends cannot say, it cannot be read.
          const isSayable = escape === 'all' || (escape === 'newlines' ? !text.includes('\\') : !/[\n\r]/.test(text));
          fc.pre(isSayable);
          const entries = [{ oid: 7, path: fromText(`/${text}`) }];
          expect(parseTablespaceMap(formatTablespaceMap(entries, escape), escape)).toEqual(entries);
        },
      ),
    );
  });

  it.each(['x /a\n', '0 /a\n', '12\n', '4294967296 /a\n', '12 \n'])('refuses %j', (text) => {
    expect(() => parseTablespaceMap(Buffer.from(text), 'all')).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });
});

describe('timeline history', () => {
  const text = '1\t0/7007E50\tat restore point "rp_x"\n\n# comment\n3\t0/9000000\tno recovery target specified\n';

  it('is read as the servers write it', () => {
    const entries = parseTimelineHistory(text, 4);
    expect(entries).toEqual([
      { timeline: 1, switchLsn: parseLsn('0/7007E50'), reason: 'at restore point "rp_x"' },
      { timeline: 3, switchLsn: parseLsn('0/9000000'), reason: 'no recovery target specified' },
    ]);
  });

  it('tells which timeline a position belongs to', () => {
    const entries = parseTimelineHistory(text, 4);
    const at = (position: string): number => timelineAt(entries, 4, parseLsn(position));
    expect([at('0/1'), at('0/7007E4F'), at('0/7007E50'), at('0/8FFFFFF'), at('0/9000000'), at('FF/0')]).toEqual([
      1, 1, 3, 3, 4, 4,
    ]);
  });

  it.each([
    ['nonsense\n', 5],
    ['1\n', 5],
    ['1\t0/x\treason\n', 5],
    ['0\t0/1\treason\n', 5],
    ['2\t0/1\ta\n1\t0/2\tb\n', 5],
    ['2\t0/1\ta\n', 2],
  ])('refuses %j for timeline %i', (bad, timeline) => {
    expect(() => parseTimelineHistory(bad, timeline)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
  });
});
