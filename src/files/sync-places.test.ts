import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import type { SyncMethod } from './sync-file-system.ts';
import { syncPlaces } from './sync-places.ts';

const home = mkdtempSync(join(tmpdir(), 'gausskeep-sync-'));
const place = join(home, 'place');
const calls = join(home, 'calls');
const path = process.env['PATH'] ?? '';

beforeEach(() => {
  mkdirSync(join(home, 'programs'), { recursive: true });
  mkdirSync(join(place, 'below'), { recursive: true });
  writeFileSync(join(place, 'below', 'file'), 'content');
  // The system's own program, watched.
  const watch = `#!/bin/sh\necho "$@" >> ${calls}\nPATH=${path} exec sync "$@"\n`;
  writeFileSync(join(home, 'programs', 'sync'), watch, { mode: 0o755 });
  process.env['PATH'] = `${join(home, 'programs')}:${path}`;
});
afterEach(() => {
  process.env['PATH'] = path;
  rmSync(calls, { force: true });
});
afterAll(() => rmSync(home, { recursive: true }));

async function callsOf(method: SyncMethod | undefined): Promise<string> {
  await syncPlaces([fromText(place)], { method, signal: new AbortController().signal });
  return existsSync(calls) ? readFileSync(calls, 'utf8') : '';
}

it('a place that shares its file system is flushed file by file, unless somebody says otherwise', async () => {
  expect(await callsOf(undefined)).toBe('');
  expect(await callsOf('fsync')).toBe('');
  expect(await callsOf('syncfs')).toBe(`-f -- ${place}\n`);
});

it('without the program each file is flushed', async () => {
  process.env['PATH'] = '/nowhere';
  expect(await callsOf('syncfs')).toBe('');
});

it('a place that is not there fails, whatever the method', async () => {
  rmSync(place, { recursive: true });
  for (const method of ['fsync', 'syncfs'] as const) {
    await expect(callsOf(method)).rejects.toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  }
});
