import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lsn } from '../wal/lsn.ts';
import { readRecoveryLine } from './recovery-log.ts';
import { decodeRecoveryRecord, encodeRecoveryRecord, type RecoveryRecord } from './recovery-record.ts';

const prefix = '2026-11-20 21:28:25.980 UTC [4711] ';
const codeOf = (line: string): string | undefined => {
  const event = readRecoveryLine(line);
  return event?.kind === 'failure' ? event.known?.code : undefined;
};

describe('readRecoveryLine', () => {
  it('reads what PostgreSQL and openGauss say, whatever stands before', () => {
    const og = '2026-11-20 21:28:25.980 [unknown] [unknown] localhost 1400 0[0:0#0]  0 [REDO] ';
    expect(readRecoveryLine(`${og}LOG:  recovery has paused`)).toEqual({ kind: 'paused' });
    expect(readRecoveryLine(`${prefix}LOG:  pausing at the end of recovery`)).toEqual({ kind: 'paused' });
    for (const word of ['read only', 'read-only']) {
      expect(readRecoveryLine(`${prefix}LOG:  database system is ready to accept ${word} connections`)).toEqual({
        kind: 'read-only',
      });
    }
    expect(
      readRecoveryLine(`${prefix}LOG:  recovery stopping at restore point "rp", time 2026-11-20 21:28:24+00`),
    ).toEqual({
      kind: 'stopping',
      text: 'at restore point "rp", time 2026-11-20 21:28:24+00',
    });
    expect(readRecoveryLine('LOG:  redo in progress, elapsed time: 10.00 s, current LSN: 0/7FF4D2B8')).toEqual({
      kind: 'replaying',
      lsn: '0/7FF4D2B8',
    });
    expect(readRecoveryLine('LOG:  redo done at 0/28000530, end at 0/28000578')).toEqual({
      kind: 'redo-done',
      lsn: '0/28000530',
    });
  });

  it('reads csvlog and jsonlog', () => {
    const csv =
      '2026-11-20 21:28:25.980 UTC,,,47,,6560,12,,2026-11-20 21:28:20 UTC,1/0,0,LOG,00000,"starting point-in-time recovery to ""rp1""",,,,,,,,,"","startup",,0';
    expect(readRecoveryLine(csv)).toEqual({ kind: 'target', text: '"rp1"' });
    const json =
      '{"timestamp":"2026-11-20 21:28:25.980 UTC","pid":47,"error_severity":"LOG","message":"starting point-in-time recovery to \\"rp1\\"","backend_type":"startup"}';
    expect(readRecoveryLine(json)).toEqual({ kind: 'target', text: '"rp1"' });
  });

  it('is not misled by statements and errors of sessions', () => {
    expect(readRecoveryLine(`${prefix}STATEMENT:  select 'LOG:  recovery has paused'`)).toBeUndefined();
    expect(readRecoveryLine('\tLOG:  recovery has paused')).toBeUndefined();
    expect(readRecoveryLine(`${prefix}ERROR:  invalid input syntax for type integer: "x"`)).toBeUndefined();
    expect(readRecoveryLine(`${prefix}LOG:  statement: select 'recovery has paused'`)).toBeUndefined();
    expect(readRecoveryLine('anything at all')).toBeUndefined();
    fc.assert(fc.property(fc.string(), (line) => void readRecoveryLine(line)));
  });

  it('knows the failures of PostgreSQL 10 to 18 and openGauss', () => {
    const failures = {
      CONFIG_INVALID: [
        'FATAL:  unrecognized recovery parameter "recovery_target_foo"',
        'FATAL:  invalid input syntax for type pg_lsn: "zz"',
        'FATAL:  invalid value for parameter "recovery_target_timeline": "bogus"',
        'FATAL:  recovery_target_xid is not a valid number: "x"',
        'FATAL:  multiple recovery targets specified',
        'FATAL:  must specify restore_command when standby mode is not enabled',
        'FATAL:  recovery command file "recovery.conf" must specify restore_command when standby mode is not enabled',
        'FATAL:  using recovery command file "recovery.conf" is not supported',
        'FATAL:  hot standby is not possible because max_connections = 10 is a lower setting than on the master server (its value was 100)',
        'FATAL:  recovery aborted because of insufficient parameter settings',
        'FATAL:  data directory "/d" has group or world access',
        'FATAL:  data directory "/d" has invalid permissions',
        'FATAL:  data directory "/d" has wrong ownership',
        'FATAL:  could not create lock file "/var/run/postgresql/.s.PGSQL.54996.lock": Permission denied',
        'PANIC:  could not open file "pg_wal/000000010000000000000003": Permission denied',
        'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use',
      ],
      TARGET_UNREACHABLE: [
        'FATAL:  recovery ended before configured recovery target was reached',
        'FATAL:  requested recovery stop point is before consistent recovery point',
        'FATAL:  truncate xlog LSN is before consistent recovery point WAL location (LSN) 0/27000178',
      ],
      WAL_MISSING: [
        'FATAL:  WAL ends before end of online backup',
        'FATAL:  WAL ends before consistent recovery point',
        'FATAL:  could not locate required checkpoint record',
        'FATAL:  could not locate required checkpoint record at 0/2000060',
        'PANIC:  could not locate a valid checkpoint record',
        'FATAL:  could not find redo location referenced by checkpoint record',
        'PANIC:  could not open file "pg_wal/000000010000000000000003": No such file or directory',
        'PANIC:  could not open file "pg_xlog/000000010000000000000003" (log segment 000000010000000000000003): No such file or directory',
        'FATAL:  recovery target timeline 7 does not exist',
        "FATAL:  requested timeline 3 is not a child of this server's history",
        'FATAL:  WAL was generated with wal_level=minimal, cannot continue recovering',
        'FATAL:  WAL was generated with "wal_level=minimal", cannot continue recovering',
      ],
      CORRUPT: [
        'FATAL:  archive file "000000010000000000000028" has wrong size: 100 instead of 16777216',
        'PANIC:  single flush DW file does not exist and dw_upgrade file does not exist',
        'PANIC:  WAL contains references to invalid pages',
      ],
      STORAGE_UNAVAILABLE: [
        'FATAL:  could not restore file "000000010000000000000028" from archive: child process exited with exit code 126',
        'FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left on device',
      ],
      SYSTEM_MISMATCH: ['FATAL:  database files are incompatible with server'],
      LOCKED: ['FATAL:  lock file "postmaster.pid" already exists'],
    };
    for (const [code, lines] of Object.entries(failures)) {
      for (const line of lines) expect({ line, code: codeOf(`${prefix}${line}`) }).toEqual({ line, code });
    }
    expect(readRecoveryLine('FATAL:  something new')).toEqual({
      kind: 'failure',
      fatal: true,
      known: undefined,
      text: 'FATAL:  something new',
    });
  });
});

describe('the record of a restore', () => {
  const record: RecoveryRecord = {
    product: 'openGauss-lite',
    version: '5.0.5',
    target: "--target-time '2026-11-20 21:28:25+00'",
    endLsn: lsn(0x2800_0530n),
    lastTransaction: { xid: 14_243n, timeUs: 1_795_210_103_678_877n, kind: 'commit' },
    endIsLeast: true,
    prepared: [{ xid: 14_248n, gid: 'gid1' }],
    pauses: true,
    pauseImpossible: true,
    archiveMode: 'preserve',
    addedSettings: [{ name: 'recovery_max_workers', value: '1' }],
    archive: { place: '/srv/archive', generation: 2 },
    slots: ['dn_6002'],
    restoreCommandLine: 'gausskeep restore …',
    ended: { how: 'missed', lsn: lsn(0x2800_0400n), text: 'recovery ended elsewhere' },
  };

  it('reads back as it was written', () => {
    const words = ['--repo', '/backups/safe', '--instance', 'orders'];
    const ofRepository = {
      ...record,
      archive: { place: '/backups/safe (orders)', generation: 2, words, outOfReach: true },
    };
    expect(decodeRecoveryRecord(encodeRecoveryRecord(ofRepository))).toEqual(ofRepository);
    expect(decodeRecoveryRecord(encodeRecoveryRecord(record))).toEqual(record);
    const least = {
      ...record,
      product: undefined,
      version: undefined,
      target: undefined,
      endLsn: undefined,
      lastTransaction: undefined,
      prepared: undefined,
      ended: undefined,
      archive: undefined,
      restoreCommandLine: undefined,
      slots: [],
      addedSettings: [],
    };
    expect(decodeRecoveryRecord(encodeRecoveryRecord(least))).toEqual(least);
  });

  it('that is damaged or newer is refused', () => {
    for (const text of [
      '',
      '{',
      '[]',
      'null',
      '{"format":2}',
      '{"format":1}',
      '{"format":1,"endLsn":5,"slots":[],"addedSettings":[]}',
    ]) {
      expect(() => decodeRecoveryRecord(Buffer.from(text)), text).toThrow('damaged or newer');
    }
  });
});
