import { describe, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { classifyPageFile, relationOf, type PageFile, type PageFormat } from './page-file.ts';

const segment = 131072;

function classify(path: string, format: PageFormat): PageFile | string {
  const file = classifyPageFile(fromText(path), format, segment);
  if (file.kind === 'pages') return `pages from ${file.firstBlock}`;
  return file.kind === 'unjudged' ? file.reason : 'other';
}

describe('classifyPageFile', () => {
  it.each([
    ['base/5/16385', 'pages from 0'],
    ['base/5/16385.3', `pages from ${3 * segment}`],
    ['base/5/16385_fsm', 'pages from 0'],
    ['base/5/16385_vm.1', `pages from ${segment}`],
    ['base/5/16385_init', 'pages from 0'],
    ['global/1262', 'pages from 0'],
    ['pg_tblspc/16390/PG_15_202209061/5/16391.2', `pages from ${2 * segment}`],
    ['base/5/t3_16385', 'temporary'],
    ['base/5/t3_16385_fsm.1', 'temporary'],
    ['base/5/16385.32768', 'other'],
    ['base/5/pg_filenode.map', 'other'],
    ['base/5/PG_VERSION', 'other'],
    ['global/pg_control', 'other'],
    ['pg_xact/0000', 'other'],
    ['base/pgsql_tmp/1', 'other'],
    ['16385', 'other'],
    ['pg_wal/000000010000000000000001', 'other'],
  ])('%s of both formats is %s', (path, expected) => {
    expect(classify(path, 'postgresql')).toBe(expected);
    expect(classify(path, 'opengauss')).toBe(expected);
  });

  it.each([
    ['base/5/16435_C1.0', 'columnStore'],
    ['base/5/16435_C12_bcm', 'bulkChangeMap'],
    ['base/5/16435_bcm.1', 'bulkChangeMap'],
    ['base/5/16435_compress.1', 'compressed'],
    ['base/5/16435_pca', 'compressed'],
    ['base/5/16435.1_pcd', 'compressed'],
    ['base/5/16435_b7', 'hashBucket'],
    ['base/5/16435_b7_fsm', 'hashBucket'],
    ['base/5/1', 'pages from 0'],
    ['base/5/2_fsm', 'pages from 0'],
    ['undo/permanent/00000.0000002', 'pages from 256'],
    ['undo/permanent/0001F.000000A', 'pages from 1280'],
    ['undo/permanent/00000.meta.0000003', 'pages from 12'],
    ['undo/undometa', 'other'],
    ['pg_clog/000000000000', 'other'],
    ['pg_tblspc/16390/PG_9.2_201611171_sgnode/5/16391_C1.0', 'columnStore'],
  ])('%s of openGauss is %s', (path, expected) => {
    expect(classify(path, 'opengauss')).toBe(expected);
  });

  it('does not take openGauss names for anything in PostgreSQL', () => {
    expect(classify('base/5/16435_C1.0', 'postgresql')).toBe('other');
    expect(classify('undo/permanent/00000.0000002', 'postgresql')).toBe('other');
  });
});

describe('relationOf', () => {
  it('names the relation as WAL records do', () => {
    expect(relationOf(fromText('base/5/16385_vm.1'))).toEqual({
      tablespace: 1663,
      database: 5,
      relation: 16385,
      fork: 2,
    });
    expect(relationOf(fromText('global/1262'))).toEqual({ tablespace: 1664, database: 0, relation: 1262, fork: 0 });
    expect(relationOf(fromText('pg_tblspc/16390/PG_15_202209061/5/16391'))).toEqual({
      tablespace: 16390,
      database: 5,
      relation: 16391,
      fork: 0,
    });
    expect(relationOf(fromText('base/5/pg_filenode.map'))).toBeUndefined();
    expect(relationOf(fromText('PG_VERSION'))).toBeUndefined();
  });
});
