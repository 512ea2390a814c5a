import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLocalStorage } from '../storage/local-storage.ts';
import { newestSegment } from './newest-segment.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gausskeep-newest-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** An object of generation `generation`, stored at second `at` of 1970. */
function put(generation: number, name: string, at: number): void {
  const path = join(directory, `generations/${generation}/wal/${name}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  utimesSync(path, at, at);
}

const newest = async (): Promise<unknown> => newestSegment(await openLocalStorage(directory));

it('an archive without WAL has no newest segment', async () => {
  expect(await newest()).toBeUndefined();
  put(1, '0000000100000000/000000010000000000000001.gz', 10);
  put(1, '0000000100000000/000000010000000000000001.partial.receipt', 10);
  expect(await newest()).toBeUndefined();
});

it('is the last name that has a receipt, on the last timeline', async () => {
  put(1, '0000000100000000/0000000100000000000000FE.receipt', 40);
  put(1, '0000000100000001/000000010000000100000000.receipt', 10);
  put(1, '0000000100000001/000000010000000100000001.gz', 50);
  expect(await newest()).toEqual({ generation: 1, name: '000000010000000100000000', storedAtMs: 10_000 });
  put(1, '0000000200000001/000000020000000100000000.index', 60);
  expect(await newest()).toMatchObject({ name: '000000010000000100000000' });
  put(1, '0000000200000001/000000020000000100000000.receipt', 5);
  expect(await newest()).toMatchObject({ name: '000000020000000100000000' });
});

it('is of the generation that was written last', async () => {
  put(1, '0000000100000000/000000010000000000000009.receipt', 40);
  put(2, '0000000100000000/000000010000000000000004.receipt', 50);
  put(10, '0000000100000000/000000010000000000000005.receipt', 45);
  expect(await newest()).toEqual({ generation: 2, name: '000000010000000000000004', storedAtMs: 50_000 });
});
