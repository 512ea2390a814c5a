import { describe, expect, it } from 'vitest';
import { capabilitiesOf } from './capabilities-of.ts';
import {
  describeServer,
  identifyOpengauss,
  identifyPostgresql,
  isPostgresqlRelease,
  parseRelease,
} from './identity.ts';

describe('PostgreSQL', () => {
  it.each([
    ['10.23', 10, 23],
    ['15.8 (Debian 15.8-0+deb12u1)', 15, 8],
    ['18beta1', 18, 0],
  ])('%s', (text, major, minor) => {
    expect(identifyPostgresql(text)).toMatchObject({ family: 'postgresql', product: 'PostgreSQL', major, minor });
  });

  it.each(['9.2.4', '9.6.24', '19.0', 'nonsense'])('%s is refused by name', (text) => {
    expect(() => identifyPostgresql(text)).toThrow(`PostgreSQL ${text} is not supported`);
  });

  it('is not recognised from 9.x alone', () => {
    expect(isPostgresqlRelease('9.2.4')).toBe(false);
    expect(isPostgresqlRelease('10.0')).toBe(true);
  });
});

describe('openGauss and its relatives', () => {
  it.each([
    [
      '(openGauss-lite 5.0.5 build c9f6da70) compiled at 2025-01-01 commit 0 last mr on x',
      'openGauss-lite',
      '5.0.5',
      5,
    ],
    ['(openGauss 3.0.0 build 02c14696) compiled at 2022-04-01', 'openGauss', '3.0.0', 3],
    ['PostgreSQL 9.2.4 (openGauss 2.0.0 build 78689da9) compiled at 2021-03-31', 'openGauss', '2.0.0', 2],
    ['(MogDB 5.0.8 build f2d2b5a1) compiled at 2024', 'MogDB', '5.0.8', 5],
    ['(GaussDB Kernel V500R002C00 build 1234) compiled', 'GaussDB Kernel', '500R002C00', 500],
    ['6.0.0', 'openGauss', '6.0.0', 6],
  ])('%s', (text, product, version, major) => {
    expect(identifyOpengauss(text)).toMatchObject({ family: 'opengauss', product, version, major });
  });

  it('never takes 9.2.4 for the release', () => {
    expect(identifyOpengauss()).toMatchObject({ product: 'openGauss', version: undefined, major: undefined });
    expect(identifyOpengauss('something')).toMatchObject({ product: 'openGauss', version: undefined });
    expect(describeServer(identifyOpengauss())).toBe('openGauss');
    expect(describeServer(identifyOpengauss('5.0.5'))).toBe('openGauss 5.0.5');
  });

  it('puts WAL into backups unless the release is 1.0 or unknown', () => {
    const includeWal = (text?: string, reported: [string, string][] = []): boolean =>
      capabilitiesOf(identifyOpengauss(text), new Map(reported)).baseBackup.includeWal;
    expect(includeWal('(openGauss 1.0.0 build 0bd0ce80)')).toBe(false);
    expect(includeWal('(openGauss 1.1.0 build 0bd0ce80)')).toBe(true);
    expect(includeWal('5.0.5')).toBe(true);
    expect(includeWal()).toBe(false);
    expect(includeWal(undefined, [['plsql_compile_check_options', '']])).toBe(true);
  });
});

describe('capabilities', () => {
  it.each([10, 11, 12, 13, 14, 15, 16, 17, 18])('of PostgreSQL %i', (major) => {
    const capabilities = capabilitiesOf(identifyPostgresql(`${major}.1`));
    expect({
      grammar: capabilities.baseBackup.grammar,
      skipChecksums: capabilities.baseBackup.skipChecksums,
      manifest: capabilities.baseBackup.manifest,
      terminated: capabilities.baseBackup.terminated,
      framed: capabilities.baseBackup.framed,
      incremental: capabilities.baseBackup.incremental,
      readSlot: capabilities.slots.read,
      recovery: capabilities.recoveryConfiguration,
    }).toEqual({
      grammar: major >= 15 ? 'options' : 'keywords',
      skipChecksums: major >= 11,
      manifest: major >= 13,
      terminated: major >= 15,
      framed: major >= 15,
      incremental: major >= 17,
      readSlot: major >= 15,
      recovery: major >= 12 ? 'signal-files' : 'recovery-conf',
    });
    expect(capabilities.walDirectory).toBe('pg_wal');
    expect(capabilities.slots.usedByDefault).toBe('temporary');
  });

  it('of openGauss', () => {
    const capabilities = capabilitiesOf(identifyOpengauss('5.0.5'));
    expect(capabilities.walDirectory).toBe('pg_xlog');
    expect(capabilities.droppedAfterBackup.some((name) => name.test('global/pg_dw_meta'))).toBe(true);
    expect(capabilities.droppedAfterBackup.some((name) => name.test('global/pg_control'))).toBe(false);
    expect(capabilities.createdAfterBackup).toEqual([{ name: 'global/pg_dw.build', sizeBytes: 8192, mode: 0o600 }]);
    expect(capabilities.slots.usedByDefault).toBe('none');
    expect(capabilities.applicationName).toBe('gs_basebackup');
  });
});

it('parseRelease takes the first two numbers', () => {
  expect(parseRelease('9.2.4')).toEqual({ major: 9, minor: 2 });
  expect(parseRelease('17')).toEqual({ major: 17, minor: 0 });
  expect(parseRelease('x')).toBeUndefined();
});
