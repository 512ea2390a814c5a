import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openPushSpool, writeState } from '../archiving/push-spool.ts';
import { BackupError } from '../errors/backup-error.ts';
import { errorToData } from '../errors/error-data.ts';
import { render, say } from '../messages/message.ts';
import { conditionOf, readArchivingStatus } from './archiving-status.ts';
import { archivingLines } from './backlog-text.ts';

let parent: string;
let data: string;
let spool: string;
const failed = '00000001000000000000000E';

beforeEach(() => {
  parent = realpathSync(mkdtempSync(join(tmpdir(), 'gausskeep-archiving-')));
  [data, spool] = [join(parent, 'data'), join(parent, 'spool')];
  mkdirSync(join(data, 'pg_wal/archive_status'), { recursive: true });
});
afterEach(() => {
  rmSync(parent, { recursive: true });
});

const textOf = (): string =>
  archivingLines(readArchivingStatus(data, spool))
    .map((line) => render(line))
    .join('\n');

it('a failure counts as long as the server waits for that file, and one of a process that has ended is told as past', () => {
  const walDirectory = join(data, 'pg_wal');
  const one = openPushSpool({ spool, walDirectory, archive: 'with other words' });
  const error = errorToData(new BackupError('USAGE', say('archive.unknown-generation', { generation: 7 })));
  writeState(one, {
    ...{ format: 1, pid: 1, atMs: 2000, startedAtMs: 0, archive: 's3://bucket (orders)', walDirectory },
    ...{ pushed: { count: 0, bytes: 0 }, last: undefined, inFlight: [], ended: true },
    trouble: { name: failed, sinceMs: 1000, error },
  });
  writeFileSync(join(walDirectory, failed), '');
  const mark = join(walDirectory, 'archive_status', `${failed}.ready`);
  writeFileSync(mark, '');
  expect(conditionOf(readArchivingStatus(data, spool))).toBe('fails');
  expect(textOf()).toContain(
    `failed from 1970-01-01T00:00:01.000Z to 1970-01-01T00:00:02.000Z at ${failed}: the WAL archive has no generation 7`,
  );
  // Archived since, by whatever command.
  rmSync(mark);
  writeFileSync(join(walDirectory, 'archive_status/00000001000000000000000F.ready'), '');
  expect(readArchivingStatus(data, spool).pushers).toMatchObject([{ state: { trouble: undefined } }]);
  expect(conditionOf(readArchivingStatus(data, spool))).toBe('well');
  expect(textOf()).not.toContain('fail');
});

it('what cannot be looked at is told as that, not as something that is no data directory', () => {
  rmSync(join(data, 'pg_wal'), { recursive: true });
  expect(() => readArchivingStatus(data, spool)).toThrow(expect.objectContaining({ code: 'USAGE' }) as Error);
  symlinkSync('pg_wal', join(data, 'pg_wal'));
  expect(() => readArchivingStatus(data, spool)).toThrow(
    expect.objectContaining({ code: 'STORAGE_UNAVAILABLE' }) as Error,
  );
});
