/** Received WAL on its way into an archive: a kill at any step, archive_command at the same time, whose files they are. */
import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { initWalArchive } from '../../src/archiving/init-archive.ts';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { surveyWindow } from '../../src/survey/survey-window.ts';
import { findArchive, openArchive, readGenerations } from '../../src/wal-archive/archive.ts';
import { openArchiveWal, readReceipt } from '../../src/wal-archive/archive-wal.ts';
import { readGaps } from '../../src/wal-archive/gaps.ts';
import { openWalArchive, type WalArchiveOptions } from '../../src/wal-receiver/archive-store.ts';
import { sealSegment } from '../../src/wal-receiver/seal-segment.ts';
import type { WalStore } from '../../src/wal-receiver/wal-store.ts';
import { lsn, parseLsn, type Lsn } from '../../src/wal/lsn.ts';
import { namesOf } from '../contract/storage.contract.ts';
import { collect } from '../support/byte-pieces.ts';
import { projectRoot } from '../support/project.ts';
import { WalBuilder } from '../support/wal-builder.ts';

const size = 1024 * 1024;
const systemIdentifier = 7_000_000_000_000_000_001n;
const instance = { systemIdentifier: systemIdentifier.toString(), segmentSizeBytes: size };
const begin = 0x100_0000;
const segmentsBuilt = 6;
const at = (number: number): Lsn => lsn(BigInt(begin + number * size));
const name = (number: number): string =>
  `00000001${'0'.repeat(14)}${(begin / size + number).toString(16).toUpperCase()}`;

let parent: string;
let wal: Buffer;
let directory: string;
let storage: Storage;

/** Six segments of WAL and a little more; another `content` gives another line. */
function buildWal(content = 1): Buffer {
  const builder = new WalBuilder({ magic: 0xd110, segmentSizeBytes: size, systemIdentifier });
  while (builder.position < at(segmentsBuilt) + 300_000n) {
    builder.append({
      rmid: 10,
      info: 0,
      main: Buffer.alloc(5000 + 8 * content + (Number(builder.position) % 900), content),
    });
  }
  return builder.bytes();
}

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-receive-'));
  chmodSync(parent, 0o755);
  wal = buildWal();
});
afterAll(() => rm(parent, { recursive: true, force: true }));
beforeEach(async () => {
  directory = await mkdtemp(join(parent, 'archive-'));
  storage = await openLocalStorage(directory);
});

async function begun(options: Partial<WalArchiveOptions> = {}): Promise<WalStore> {
  const store = await openWalArchive({ directory, ...options });
  await store.begin(instance);
  return store;
}
const bytesOf = (number: number, from = wal): Buffer => from.subarray(number * size, (number + 1) * size);
async function receive(store: WalStore, number: number, bytes = bytesOf(number)): Promise<void> {
  const segment = await store.open({ timeline: 1, startLsn: at(number) });
  for (let done = 0; done < bytes.length; done += 70_000) await segment.write(bytes.subarray(done, done + 70_000));
  await (bytes.length === size ? segment.complete() : segment.close());
}
/** A segment as archive_command would push it. */
async function push(number: number, more: object = {}, from = wal): Promise<void> {
  const place = await mkdtemp(join(parent, 'pg_wal-'));
  await writeFile(join(place, name(number)), bytesOf(number, from));
  await pushWal({ storage, path: join(place, name(number)), ...more });
}
const opened = (generation = 1): string[] => readdirSync(join(directory, `generations/${generation}/open`)).sort();

describe('an archive as the place of received WAL', () => {
  it('is not begun in another one or in a repository, unless it is a part of that', async () => {
    await writeFile(join(directory, 'gausskeep-repository.json'), '{}');
    const inner = join(directory, 'inner');
    mkdirSync(inner);
    const refused = { code: 'TARGET_NOT_EMPTY', sentence: { key: 'repo.in-repository' } };
    await expect(begun({ directory: inner })).rejects.toMatchObject(refused);
    expect(readdirSync(inner)).toEqual([]);
    const store = await begun({ directory: inner, isOfRepository: true });
    await receive(store, 0);
    await store.close();
    await (await begun({ directory: inner })).close();
  });

  it('becomes one with the first page, and holds what a push would store', async () => {
    const store = await begun({ codec: 'gzip' });
    expect(store.description).toBe(`archive ${directory}, generation 1`);
    expect(await store.newest()).toBeUndefined();
    await store.putHistory(2, '1\t0/1000000\tno reason\n');
    const segment = await store.open({ timeline: 1, startLsn: at(0) });
    await segment.write(wal.subarray(0, 30));
    expect(await findArchive(storage)).toBeUndefined();
    // Not enough to tell whose it is: never said to be durable.
    await expect(segment.sync()).rejects.toMatchObject({ code: 'PROTOCOL_VIOLATION' });
    await segment.write(wal.subarray(30, size));
    expect(await findArchive(storage)).toMatchObject({ identity: { systemIdentifier, segmentSizeBytes: size } });
    expect(await store.readHistory(2)).toBe('1\t0/1000000\tno reason\n');
    await segment.complete();
    for (const number of [1, 2]) await receive(store, number);
    await receive(store, 3, bytesOf(3).subarray(0, 400_000));
    expect((await store.newest())?.startLsn).toBe(at(3));
    await store.close();
    expect(opened()).toEqual([`${name(3)}.partial`]);
    const pushed = await mkdtemp(join(parent, 'pushed-'));
    for (const number of [0, 1, 2]) {
      await push(number, { storage: await openLocalStorage(pushed), codec: 'gzip' });
      const [one, other] = await Promise.all(
        [directory, pushed].map(async (root) => readReceipt(await openLocalStorage(root), 1, name(number))),
      );
      expect(one).toEqual({ ...other, pushedAt: one?.pushedAt });
    }
    const again = await begun();
    expect(await again.newest()).toMatchObject({ startLsn: at(3), isWhole: false });
    expect(await again.find({ timeline: 1, startLsn: at(1) })).toMatchObject({ isWhole: true });
    expect((await collect((await again.find({ timeline: 1, startLsn: at(1) }))!.read())).equals(bytesOf(1))).toBe(true);
    await receive(again, 3);
    await again.close();
    expect(opened()).toEqual([]);
    expect((await surveyWindow({ archive: directory })).lines[0]?.stretches).toMatchObject([{ segments: 4 }]);
  });

  it('is left as it was where nothing came, and not made of what is something else', async () => {
    await (await begun()).close();
    expect(readdirSync(directory)).toEqual([]);
    await writeFile(join(directory, 'foreign'), '');
    await expect(begun()).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    expect(readdirSync(directory)).toEqual(['foreign']);
    await expect(begun({ directory: join(directory, 'missing') })).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_FOUND',
    });
  });

  it('of another instance is refused, and a closed generation', async () => {
    await push(0);
    const store = await openWalArchive({ directory });
    await expect(store.begin({ ...instance, systemIdentifier: '7' })).rejects.toMatchObject({
      code: 'SYSTEM_MISMATCH',
    });
    await store.close();
    await expect(begun({ generation: 2 })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('has one receiver; a lock that a killed one left is taken over; a first push is not kept out', async () => {
    const store = await begun();
    await expect(begun()).rejects.toMatchObject({ code: 'LOCKED', retryable: false });
    // A push, and `wal init`, take what a receiver has made for its own.
    await push(0);
    const place = await mkdtemp(join(parent, 'pg_wal-'));
    await writeFile(join(place, name(0)), bytesOf(0));
    expect((await initWalArchive({ storage, source: place })).created).toBe(false);
    await store.close();
    const lock = JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() });
    mkdirSync(join(directory, 'generations/1/open'), { recursive: true });
    writeFileSync(join(directory, 'generations/1/open/.gausskeep.lock'), lock);
    const next = await begun();
    expect(await next.newest()).toMatchObject({ startLsn: at(0), isWhole: true });
    await next.close();
  });

  it('goes on with what archive_command pushed, whoever was quicker', async () => {
    const store = await begun({ codec: 'gzip' });
    await receive(store, 0);
    await push(1, { codec: 'lz4' });
    await receive(store, 1);
    // Its beginning is here, and it was pushed meanwhile; the receiver was killed.
    await receive(store, 2, bytesOf(2).subarray(0, 300_000));
    await store.close();
    for (const number of [0, 2]) await push(number);
    const next = await begun({ codec: 'gzip' });
    expect(opened()).toEqual(['.gausskeep.lock']);
    expect(await next.newest()).toMatchObject({ startLsn: at(2), isWhole: true });
    await next.close();
    const codecs = await Promise.all(
      [0, 1, 2].map(async (number) => (await readReceipt(storage, 1, name(number)))?.codec),
    );
    expect(codecs).toEqual(['gzip', 'lz4', 'none']);
  });

  it('keeps a beginning whose segment is damaged where it is stored, and minds no segment that a cleanup took', async () => {
    const store = await begun();
    await receive(store, 0);
    await receive(store, 1, bytesOf(1).subarray(0, 300_000));
    await store.close();
    await push(1);
    const stored = join(directory, 'generations/1/wal', name(1).slice(0, 16), name(1));
    const bytes = readFileSync(stored);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    chmodSync(stored, 0o600);
    writeFileSync(stored, bytes);
    const next = await begun();
    expect(opened()).toContain(`${name(1)}.partial`);
    await next.close();
    const order = { directory, generation: 1, segment: name(5), codec: 'none' as const, level: undefined };
    await sealSegment(order);
    const taken = join(directory, 'generations/1/open', name(2));
    writeFileSync(taken, bytesOf(2));
    const sealing = sealSegment({ ...order, segment: name(2) });
    rmSync(taken);
    await sealing;
    expect(opened()).toEqual([`${name(1)}.partial`]);
  });

  it('keeps what cannot be stored, and says so', async () => {
    const other = buildWal(2);
    await push(0);
    await push(1, {}, other).then(
      () => expect.unreachable(),
      (error: unknown) => expect(error).toMatchObject({ code: 'OBJECT_EXISTS' }),
    );
    const store = await begun();
    await receive(store, 1, bytesOf(1, other));
    await expect(store.failed).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    await expect(receive(store, 2, bytesOf(2, other))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    await expect(store.close()).rejects.toMatchObject({ code: 'OBJECT_EXISTS' });
    expect(opened()).toEqual([name(1), name(2)]);
    expect(readFileSync(join(directory, 'generations/1/open', name(1))).equals(bytesOf(1, other))).toBe(true);
  });

  it('lets no more than four segments wait to be sealed', async () => {
    const store = await begun();
    const most = async (): Promise<number> => {
      let waiting = 0;
      for (let number = 0; number < segmentsBuilt; number += 1) {
        await receive(store, number);
        waiting = Math.max(waiting, opened().filter((file) => /^[0-9A-F]{24}$/.test(file)).length);
      }
      return waiting;
    };
    expect(await most()).toBeLessThanOrEqual(4);
    await store.close();
    expect(opened()).toEqual([]);
  });

  it('goes on in a new generation behind a fork', async () => {
    const store = await begun();
    for (const number of [0, 1]) await receive(store, number);
    await receive(store, 2, bytesOf(2).subarray(0, 500_000));
    const forkLsn = parseLsn('0/1180000');
    await store.startGeneration({ timeline: 1, forkLsn });
    expect(store.description).toContain('generation 2');
    // The segment with the fork is not inherited.
    expect(await store.newest()).toMatchObject({ startLsn: at(0), isWhole: true });
    expect(await store.find({ timeline: 1, startLsn: at(1) })).toBeUndefined();
    await receive(store, 1);
    await receive(store, 2, bytesOf(2).subarray(0, 100_000));
    await store.close();
    expect(await readGenerations(await openArchive(storage))).toMatchObject([
      { number: 1, closed: true },
      { number: 2, parent: 1, forkLsn, closed: false },
    ]);
    expect(opened(1)).toEqual([`${name(2)}.partial`]);
    expect(opened(2)).toEqual([`${name(2)}.partial`]);
    // Nobody names a generation: the next run finds the new one.
    const next = await begun();
    expect(next.description).toContain('generation 2');
    expect(await next.newest()).toMatchObject({ startLsn: at(2), isWhole: false });
    await next.close();
  });

  it('keeps records of gaps, each once, also before there is any WAL', async () => {
    const store = await begun();
    const gap = {
      timeline: 1,
      beginLsn: at(1),
      endLsn: at(3),
      reason: 'requested WAL segment has already been removed',
    };
    await store.recordGap(gap);
    await store.recordGap({ ...gap, reason: 'again' });
    await receive(store, 0);
    await store.close();
    expect(await readGaps(storage, 1)).toMatchObject([gap]);
  });

  it.runIf(process.geteuid?.() === 0)('belongs to the owner of the directory, also what root made', async () => {
    chownSync(directory, 1234, 1235);
    const store = await begun();
    const owners = (): Set<number> =>
      new Set(
        readdirSync(directory, { recursive: true, encoding: 'utf8' }).map(
          (path) => lstatSync(join(directory, path)).uid,
        ),
      );
    for (const number of [0, 1]) await receive(store, number);
    await receive(store, 2, bytesOf(2).subarray(0, 1000));
    await store.recordGap({ timeline: 1, beginLsn: at(4), endLsn: at(5), reason: 'removed' });
    // Before the end, the file of the next segment may be just made.
    await store.close();
    expect(owners()).toEqual(new Set([1234]));
    const [partial = ''] = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.partial'),
    );
    // One that a killed run had no time to give away.
    chownSync(join(directory, partial), 0, 0);
    const next = await begun();
    await receive(next, 2, bytesOf(2).subarray(0, 2000));
    await next.close();
    expect(owners()).toEqual(new Set([1234]));
  });
});

describe('a receiver that is killed', () => {
  it('at any step of storing WAL leaves an archive that the next one goes on with', async () => {
    const bundle = join(parent, 'receive.mjs');
    await build({
      entryPoints: [join(projectRoot, 'test/support/receive-into-archive.ts')],
      outfile: bundle,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'warning',
    });
    const file = join(parent, 'wal');
    const length = size + 200_000;
    writeFileSync(file, wal.subarray(0, length));
    const killer = join(projectRoot, 'test/support/kill-at-step.mjs');
    const run = (archive: string, env: Record<string, string>): Promise<{ killed: boolean; output: string }> =>
      new Promise((resolve, reject) => {
        const child = spawn(
          process.execPath,
          [...(Object.keys(env).length > 0 ? ['--import', killer] : []), bundle, archive, file, 'gzip'],
          {
            env: { ...process.env, ...env },
            stdio: ['ignore', 'pipe', 'pipe'],
          },
        );
        const [output, errors]: string[][] = [[], []];
        child.stdout.on('data', (data: Buffer) => output?.push(data.toString()));
        child.stderr.on('data', (data: Buffer) => errors?.push(data.toString()));
        child.on('close', (status, signal) => {
          if (status === 0 || signal === 'SIGKILL')
            resolve({ killed: signal === 'SIGKILL', output: output?.join('') ?? '' });
          else reject(new Error(errors?.join('')));
        });
      });
    const counted = await mkdtemp(join(parent, 'counted-'));
    const stepsFile = join(parent, 'steps');
    await run(counted, { STEPS_FILE: stepsFile });
    const expected = await contentOf(counted);
    const steps = readFileSync(stepsFile, 'utf8').split('\n').length;
    expect(steps).toBeGreaterThan(30);
    const killAt = async (step: number): Promise<void> => {
      const archive = await mkdtemp(join(parent, 'killed-'));
      const first = await run(archive, { KILL_AT_STEP: String(step) });
      expect(first.killed, `step ${step}`).toBe(true);
      // What it would have told a server is there for every reader, before anything is repaired.
      const told = Math.max(0, ...[...first.output.matchAll(/durable (\d+)/g)].map(([, bytes]) => Number(bytes)));
      expect(await durableBytes(archive, told), `step ${step}`).toBe(told);
      expect((await run(archive, {})).output, `step ${step}`).toContain('end');
      expect(await contentOf(archive), `step ${step}`).toEqual(expected);
      rmSync(archive, { recursive: true });
    };
    const queue = Array.from({ length: steps }, (_, index) => index + 1).values();
    const lane = async (): Promise<void> => {
      for (const step of queue) await killAt(step);
    };
    await Promise.all([lane(), lane()]);
  });
});

/** How much of the WAL up to `wanted` readers find, with the right content. */
async function durableBytes(archive: string, wanted: number): Promise<number> {
  if (wanted === 0) return 0;
  const opened_ = await openArchive(await openLocalStorage(archive));
  const from = openArchiveWal(opened_, await readGenerations(opened_), 1);
  let found = 0;
  for (let number = 0; found < wanted; number += 1) {
    const object = (await from.find(name(number))) ?? (await from.find(`${name(number)}.partial`));
    if (object === undefined) return found;
    const length = Math.min(size, wanted - found);
    const bytes = (await collect(object.read())).subarray(0, length);
    if (!bytes.equals(bytesOf(number).subarray(0, length))) return found;
    found += length;
  }
  return found;
}

/** Names and, but for identities and times, contents. */
async function contentOf(root: string): Promise<string[]> {
  const at_ = await openLocalStorage(root);
  const names = await namesOf(at_);
  const leftovers = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.includes('.lock'));
  const receipts = await Promise.all([0].map((number) => readReceipt(at_, 1, name(number))));
  return [...names, ...leftovers, ...receipts.map((receipt) => receipt?.sha256 ?? '-')];
}
