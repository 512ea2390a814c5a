/** The process that pushes for `wal push --async`, in this process, on a storage whose calls fail or wait as the test says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { pushAhead } from '../../src/archiving/push-ahead.ts';
import {
  openPushSpool,
  readDone,
  readState,
  pusherOf,
  writeAsked,
  writeDone,
  type PushSpool,
} from '../../src/archiving/push-spool.ts';
import { fingerprintOf } from '../../src/archiving/fingerprint.ts';
import { pushWal } from '../../src/archiving/push-wal.ts';
import type { PushTarget } from '../../src/archiving/pusher-request.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { readReceipt } from '../../src/wal-archive/archive-wal.ts';
import { openForPush } from '../../src/wal-archive/push-segment.ts';
import { namesOf } from '../contract/storage.contract.ts';
import { startDeadProcess } from '../support/dead-process.ts';
import { FaultyStorage } from '../support/faulty-storage.ts';
import { writeFixtureWal } from '../support/fixture-wal.ts';
import { MemoryStorage } from '../support/memory-storage.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;
const all = ['26', '27', '28', '29', '2A', '2B'].map(segment);
interface Gate {
  readonly passed: Promise<void>;
  readonly pass: () => void;
}
const deadline = { timeout: 120_000 };

let parent: string;
let data: string;
let wal: string;
let spool: PushSpool;
let stop: AbortController;
let pushing: Promise<void> | undefined;
let inner: MemoryStorage;
let gates: Gate[];
/** What was begun and what ended, in that order. */
let story: string[];

beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'gausskeep-push-ahead-'));
  data = join(parent, 'data');
  wal = join(data, 'pg_xlog');
  await writeFixtureWal(wal);
  await mkdir(join(wal, 'archive_status'));
  await writeFile(join(data, 'PG_VERSION'), '9.2\n');
  await writeFile(join(data, 'postmaster.pid'), '4711\n/data\n1700000000\n');
  for (const name of all) await writeFile(join(wal, 'archive_status', `${name}.ready`), '');
  spool = openPushSpool({ spool: join(parent, 'spool'), walDirectory: wal, archive: 'memory' });
  stop = new AbortController();
  inner = new MemoryStorage();
  story = [];
  gates = [];
});
afterEach(async () => {
  stop.abort();
  for (const { pass } of gates) pass();
  await pushing?.catch(() => undefined);
  rmSync(parent, { recursive: true });
});

let tokens = 0;
function ask(name: string): string {
  const token = `token-${(tokens += 1)}`;
  writeAsked(spool, { name, token, file: fingerprintOf(join(wal, name)) });
  return token;
}

/** Pushes all that is marked, as long as the test asks for it. */
function begin(storage: Storage): void {
  const target: PushTarget = {
    look: () => openForPush(storage),
    push: async (path, how) => {
      const name = path.slice(-2);
      story.push(`begin ${name}`);
      try {
        const report = await pushWal({ storage, path, codec: 'zstd', opened: how?.opened, turn: how?.turn });
        return { report, notes: [] };
      } finally {
        story.push(`end ${name}`);
      }
    },
  };
  const request = {
    spool,
    archive: 'memory',
    walDirectory: wal,
    dataDirectory: data,
    atOnce: 4,
    open: () => Promise.resolve(target),
  };
  pushing = pushAhead(request, { signal: stop.signal });
}

const isThere = (name: string): boolean => readDone(spool, name, fingerprintOf(join(wal, name))) !== undefined;

it('begins nothing after a failure before all that is on its way has ended, also where one before it is stored meanwhile', async () => {
  await pushWal({ storage: inner, path: join(wal, all[0]!), codec: 'zstd' });
  const [receipt, index] = [gate(), gate()];
  let failures = 0;
  const storage = new (class extends FaultyStorage {
    override async put(...words: Parameters<FaultyStorage['put']>): ReturnType<FaultyStorage['put']> {
      // 27 is stored after 28 failed; 29 is on its way until the test lets it go.
      if (words[0].endsWith(`${all[1]!}.receipt`)) await receipt.passed;
      if (words[0].endsWith(`${all[3]!}.index`)) await index.passed;
      return super.put(...words);
    }
  })(inner, (call, name) => {
    const isMeant = call === 'put' && name.endsWith(`${all[2]!}.index`) && failures === 0;
    if (isMeant) failures += 1;
    return isMeant ? 'fail' : undefined;
  });
  gates = [receipt, index];
  // Where nothing is known of the archive yet, one goes alone.
  ask(all[0]!);
  begin(storage);
  await expect.poll(() => failures, deadline).toBe(1);
  receipt.pass();
  await expect.poll(() => isThere(all[1]!), deadline).toBe(true);
  // Longer than its pause after a failure: it has told twice how it stands.
  for (const name of [all[2]!, all[2]!]) {
    const { atMs } = readState(spool)!;
    await expect.poll(() => readState(spool)!.atMs > atMs, deadline).toBe(true);
    ask(name);
  }
  expect(readState(spool)?.trouble).toMatchObject({ name: all[2]! });
  index.pass();
  await expect.poll(() => all.slice(1).every(isThere), deadline).toBe(true);
  const tries = (digits: string): number => story.filter((line) => line === `begin ${digits}`).length;
  expect(['27', '28', '29'].map(tries)).toEqual([1, 2, 2]);
});

it('believes nothing that a pusher of another host said, and takes over from it', async () => {
  const lock = join(spool.folder, '.gausskeep.lock');
  const elsewhere = `${JSON.stringify({ pid: process.pid, host: 'host-of-before', started: '1' })}\n`;
  writeFileSync(lock, elsewhere);
  const file = fingerprintOf(join(wal, all[0]!));
  const report = { name: all[0]!, kind: 'segment', result: 'stored', generation: 1, sizeBytes: 1 } as const;
  writeDone(spool, { holder: elsewhere, file, report, notes: [] });
  expect(pusherOf(spool)).toBeUndefined();
  expect(isThere(all[0]!)).toBe(false);
  ask(all[0]!);
  begin(inner);
  await expect.poll(() => isThere(all[5]!), deadline).toBe(true);
  expect(pusherOf(spool)).toContain(hostname());
  // Should that other be at work after all: it ends when its lock is gone, and so does this one.
  writeFileSync(lock, elsewhere);
  await pushing;
  expect(readFileSync(lock, 'utf8')).toBe(elsewhere);
});

it('believes nothing that a pusher said which is dead, and only still in the table of processes', async () => {
  const { pid, started, bury } = await startDeadProcess();
  writeFileSync(join(spool.folder, '.gausskeep.lock'), `${JSON.stringify({ pid, host: hostname(), started })}\n`);
  expect(pusherOf(spool)).toBeUndefined();
  ask(all[0]!);
  begin(inner);
  await expect.poll(() => isThere(all[0]!), deadline).toBe(true);
  bury();
});

it('forgets what it said when the archive is another one, and what nobody asks for', async () => {
  ask(all[0]!);
  begin(inner);
  await expect.poll(() => all.every(isThere), deadline).toBe(true);
  for (const name of await namesOf(inner)) await inner.delete(name);
  const receipts = () => Promise.all(all.map(async (name) => (await readReceipt(inner, 1, name))?.name));
  await expect
    .poll(() => {
      ask(all[5]!);
      return receipts();
    }, deadline)
    .toEqual(all);
  await expect.poll(() => all.every(isThere), deadline).toBe(true);
  // Nobody asks any more; it takes its time.
  if (process.env['GAUSSKEEP_FAULTS'] === 'all') await expect.poll(() => all.some(isThere), deadline).toBe(false);
});

function gate(): Gate {
  let pass!: () => void;
  const passed = new Promise<void>((resolve) => (pass = resolve));
  return { passed, pass };
}
