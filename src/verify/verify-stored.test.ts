import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { collect } from '../../test/support/byte-pieces.ts';
import { FaultyStorage } from '../../test/support/faulty-storage.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { SmallRepository } from '../../test/support/small-repository.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { StoredBackups } from '../backup-source/stored-backups.ts';
import type { BackupError } from '../errors/backup-error.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { render } from '../messages/message.ts';
import { openKnownInstance } from '../repository/open-instance.ts';
import { repositoryOf } from '../repository/repository.ts';
import { packName, type PackId } from '../packs/chunk-ref.ts';
import { openContent } from '../packs/content-reader.ts';
import type { ReadAmount } from './choose-packs.ts';
import { readContent } from './read-content.ts';
import type { PackReading } from './read-before.ts';
import { surveyInstance } from './stored-survey.ts';
import { verifyStored, type CoverageVerdict, type StoredVerdict } from './verify-stored.ts';

const MiB = 1024 * 1024;

/** Content that differs in every block. */
function content(seed: number, bytes: number): Buffer {
  const made = Buffer.alloc(bytes);
  for (let at = 0, value = seed; at < bytes; at += 4) {
    value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0;
    made.writeUInt32LE(value, at);
  }
  return made;
}

describe('verifying what is stored', () => {
  let root: MemoryStorage;
  let small: SmallRepository;
  let cacheDirectory: string;
  /** What is read of packs, by name: how often. */
  let gets: Map<string, number>;
  /** As they were when all was sound. */
  let contentPacks: string[] | undefined;

  beforeEach(async () => {
    let nowMs = Date.now();
    root = new MemoryStorage(() => (nowMs += 1));
    small = await SmallRepository.make(root);
    contentPacks = undefined;
    cacheDirectory = temporaryDirectory();
  });

  interface Verified {
    readonly verdicts: readonly StoredVerdict[];
    readonly coverage: CoverageVerdict | undefined;
    readonly contentRead: readonly string[];
  }

  async function verify(read: ReadAmount, cache: string | undefined = cacheDirectory): Promise<Verified> {
    gets = new Map();
    contentPacks ??= [...(await small.contentPacks())];
    const watched = new FaultyStorage(root, (call, name) => {
      if (call === 'get') gets.set(name, (gets.get(name) ?? 0) + 1);
      return undefined;
    });
    const repository = repositoryOf(
      { storage: watched, directory: undefined, name: '' },
      small.repository.identity,
      undefined,
    );
    const instance = await openKnownInstance(repository, 'orders');
    const verdicts: StoredVerdict[] = [];
    let coverage: CoverageVerdict | undefined;
    for await (const verdict of verifyStored({ instances: [instance], read, cacheDirectory: cache })) {
      if (verdict.kind === 'verdict') verdicts.push(verdict);
      else coverage = verdict;
    }
    const packs = contentPacks;
    // The label, which says where the WAL begins, is read of each backup: its pack does not tell.
    const contentRead = packs.filter((name) => (gets.get(`instances/orders/${name}`) ?? 0) > 1);
    return { verdicts, coverage, contentRead };
  }

  /** Backups that have no block in common: a pack of content each, of about 200 kB. */
  async function backups(count: number): Promise<void> {
    for (let number = 1; number <= count; number += 1) {
      await small.backup(new Map([['base/1/1259', content(number, 200_000)]]), 'none');
    }
    contentPacks = [...(await small.contentPacks())];
  }

  async function change(name: string, to: (bytes: Buffer) => Buffer | undefined): Promise<void> {
    const stored = `instances/orders/${name}`;
    const bytes = await collect(root.get(stored));
    await root.delete(stored);
    const changed = to(bytes);
    if (changed !== undefined) await root.put(stored, () => onePiece(changed));
  }

  /** Behind the first chunk of a pack, which holds the label, and that is read each time. */
  const flipped = (bytes: Buffer): Buffer => {
    const changed = Buffer.from(bytes);
    changed[290_000] = (changed[290_000] ?? 0) ^ 4;
    return changed;
  };

  const flippedAtEnd = (bytes: Buffer): Buffer => {
    const changed = Buffer.from(bytes);
    changed[bytes.length - 40] = (changed.at(-40) ?? 0) ^ 4;
    return changed;
  };

  it('reads a part each time, where the run before ended, until all was read, and then what was read longest ago', async () => {
    await backups(6);
    const began = Date.now();
    const runs: Verified[] = [];
    for (let run = 0; run < 4; run += 1) runs.push(await verify({ percent: 33 }));
    expect(runs.map(({ coverage }) => coverage?.readPacks)).toEqual([2, 2, 2, 2]);
    const total = runs[0]?.coverage?.bytes ?? 0;
    expect(total).toBeGreaterThan(6 * 200_000);
    expect(runs.map(({ coverage }) => Math.round((6 * (coverage?.neverReadBytes ?? 0)) / total))).toEqual([4, 2, 0, 0]);
    expect(runs.map(({ coverage }) => (coverage?.allReadSinceMs ?? 0) >= began)).toEqual([false, false, true, true]);
    for (const { verdicts, coverage } of runs) {
      expect(coverage).toMatchObject({ packs: 6, isKept: true, bytes: total });
      expect(verdicts.map(({ state, filesRead, wal }) => [state, filesRead, wal])).toEqual(
        Array.from({ length: 6 }, () => ['present', 0, { segments: 1, isRead: false }]),
      );
    }
    const read = runs.map(({ contentRead }) => contentRead);
    expect(new Set(read.slice(0, 3).flat()).size).toBe(6);
    expect(read[3]).toEqual(read[0]);
    const since = runs.map(({ coverage }) => coverage?.allReadSinceMs ?? 0);
    expect(since[3]).toBeGreaterThanOrEqual(since[2] ?? 0);
  });

  it.each(['root', 'records'])('remembers what was read though %s of the newest backup are damaged', async (kind) => {
    await backups(6);
    const { commit } = small.backups[5]!;
    const { root: maps } = await openContent(small.instance.storage, commit.root);
    const { pack } = kind === 'root' ? commit.rootPacks[0]! : maps.packs.entries.find((entry) => entry.kind === kind)!;
    const pristine = await collect(root.get(`instances/orders/${packName(pack)}`));
    await change(packName(pack), flippedAtEnd);
    const runs: Verified[] = [];
    for (let run = 0; run < 4; run += 1) runs.push(await verify({ percent: 33 }));
    const states = runs.map(({ verdicts }) => verdicts.map(({ state }) => state).join(' '));
    expect(new Set(states)).toEqual(new Set(['present present present present present damaged']));
    expect(runs.map(({ coverage }) => coverage?.unreadableMaps)).toEqual([1, 1, 1, 1]);
    expect(runs.map(({ coverage }) => coverage?.allReadSinceMs)).toEqual(runs.map(() => undefined));
    // What only the damaged backup uses cannot be found in its packs; without its root it is not even known which they are.
    const left = runs.map(({ coverage }) => (coverage?.neverReadBytes ?? 0) / coverage!.bytes);
    const own = kind === 'root' ? 0 : 1 / 6;
    expect(left[0]).toBeGreaterThan(own + 0.3);
    expect(Math.abs(left[2]! - own)).toBeLessThan(0.02);
    expect(left[3]).toBe(left[2]);
    const whole = await verify('all');
    expect(whole.coverage?.readPacks).toBe(5);

    await change(packName(pack), () => pristine);
    const again = await verify({ bytes: 1 });
    expect(again.coverage).toMatchObject({ unreadableMaps: 0, readPacks: 1 });
    expect(again.coverage?.neverReadBytes).toBeGreaterThan(0.6 * again.coverage!.bytes);
    expect((await verify('all')).coverage?.neverReadBytes).toBe(0);
  });

  it('reads what is damaged in each run, and besides goes on', async () => {
    await backups(6);
    const [first = ''] = [...(await small.contentPacks())].sort();
    await change(first, flippedAtEnd);
    const runs: Verified[] = [];
    for (let run = 0; run < 5; run += 1) runs.push(await verify({ bytes: 1 }));
    expect(runs.map(({ coverage }) => coverage?.readPacks)).toEqual([1, 2, 2, 2, 2]);
    const states = runs.map(({ verdicts }) => verdicts.filter(({ state }) => state === 'damaged').length);
    expect(states).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(runs.flatMap(({ contentRead }) => contentRead)).size).toBe(5);
  });

  it('tells a pack that was cut short from one that is not there, as a restore does, with what to do', async () => {
    await backups(2);
    const [first = '', second = ''] = [...(await small.contentPacks())].sort();
    const other = await collect(root.get(`instances/orders/${second}`));
    const { storage } = small.instance;
    const [{ commit }] = [small.backups[first.includes(small.backups[0]!.commit.backup) ? 0 : 1]!];
    const stored = new StoredBackups('x', storage, [{ name: 'it', root: commit.root, storedAtMs: undefined }]);
    const { signal } = new AbortController();
    for (const [to, words] of [
      [(bytes: Buffer) => bytes.subarray(0, -100_000), /" holds \d+ bytes, not the \d+ bytes that the backup needs/],
      [() => other.subarray(0, 30), /no sound object has its size, and the backup needs \d+ bytes/],
      [() => undefined, /is missing, which the backup needs/],
    ] as const) {
      const pristine = await collect(root.get(`instances/orders/${first}`));
      await change(first, to);
      const { verdicts } = await verify('none');
      const [fault] = verdicts.flatMap(({ faults }) => faults);
      expect(render(fault!.sentence)).toMatch(words);
      const failure = await stored.source('it', signal).catch((error: unknown) => error as BackupError);
      expect(failure).toMatchObject({ code: 'CORRUPT', message: expect.stringMatching(words) as string });
      expect(render((failure as BackupError).hint!)).toMatch(/^Use another backup/);
      if ((await root.stat(`instances/orders/${first}`)) !== undefined) await root.delete(`instances/orders/${first}`);
      await root.put(`instances/orders/${first}`, () => onePiece(pristine));
    }
  });

  it('takes an amount in bytes, and goes on as well after all was read at once', async () => {
    await backups(3);
    expect((await verify({ bytes: 1 })).coverage).toMatchObject({ readPacks: 1, packs: 3 });
    const whole = await verify('all');
    expect(whole.coverage).toMatchObject({ readPacks: 3, neverReadBytes: 0, readBytes: whole.coverage?.bytes });
    expect(whole.verdicts.map(({ filesRead, wal }) => [filesRead, wal])).toEqual(
      Array.from({ length: 3 }, () => [2, { segments: 1, isRead: true }]),
    );
    expect((await verify({ bytes: 300_000 })).coverage).toMatchObject({ readPacks: 2, neverReadBytes: 0 });
  });

  it('begins anew where nothing is remembered, or what is was damaged', async () => {
    await backups(4);
    const [first] = (await verify({ percent: 25 })).contentRead;
    expect((await verify({ percent: 25 })).contentRead).not.toEqual([first]);
    const [file] = readdirSync(join(cacheDirectory, 'verified')).map((name) => join(cacheDirectory, 'verified', name));
    const bytes = readFileSync(file ?? '');
    bytes[30] = (bytes[30] ?? 0) ^ 1;
    writeFileSync(file ?? '', bytes);
    const again = await verify({ percent: 25 });
    expect(again.contentRead).toEqual([first]);
    expect(again.coverage?.allReadSinceMs).toBeUndefined();
    for (let run = 0; run < 2; run += 1) {
      const { coverage, contentRead } = await verify({ percent: 25 }, '');
      expect([contentRead, coverage?.isKept]).toEqual([[first], false]);
    }
    // What cannot be written is not kept either.
    rmSync(file ?? '');
    mkdirSync(join(file ?? '', 'in-its-place'), { recursive: true });
    expect((await verify({ percent: 25 })).coverage?.isKept).toBe(false);
  });

  it('reads a pack again that was put anew, and before the others', async () => {
    await backups(3);
    expect((await verify('all')).coverage?.neverReadBytes).toBe(0);
    const name = [...(await small.contentPacks())].sort().at(-1) ?? '';
    await change(name, (bytes) => bytes);
    const { coverage, contentRead } = await verify({ bytes: 1 });
    expect([contentRead, coverage?.neverReadBytes]).toEqual([[name], 0]);
  });

  it('reads what several backups use once', async () => {
    const files = (seed: number) => {
      const large = content(1, 3 * MiB);
      content(seed, 1000).copy(large, 40_000 * seed);
      return new Map([
        ['base/1/1259', large],
        ['base/1/same', content(3, 5000)],
      ]);
    };
    await small.backup(files(1));
    await verify('all');
    const once = [...(await small.contentPacks())];
    const before = once.map((name) => gets.get(`instances/orders/${name}`));
    for (let seed = 2; seed < 7; seed += 1) await small.backup(files(seed));
    const { verdicts } = await verify('all');
    expect(verdicts.map(({ state, filesRead }) => [state, filesRead])).toEqual(
      Array.from({ length: 6 }, () => ['sound', 3]),
    );
    expect(once.map((name) => gets.get(`instances/orders/${name}`))).toEqual(before);
  });

  it('tells every backup and file that damage concerns, in each run that meets it', async () => {
    await backups(2);
    const shared = content(9, 300_000);
    for (const [name, more] of [
      ['third', 11],
      ['fourth', 12],
    ] as const) {
      await small.backup(
        new Map([
          ['base/1/shared', shared],
          [`base/1/${name}`, content(more, 20_000)],
        ]),
        'none',
      );
    }
    const { root: ofThird } = small.backups[2]!.commit;
    const pack = [...(await small.contentPacks())].find((name) => name.includes(ofThird[0]!.pack.backup)) ?? '';
    await change(pack, flipped);
    expect((await verify('none')).verdicts.map(({ state }) => state)).toEqual([
      'present',
      'present',
      'present',
      'present',
    ]);
    for (const read of ['all', { percent: 100 }, { percent: 100 }] as const) {
      const { verdicts, coverage } = await verify(read);
      const fine = read === 'all' ? 'sound' : 'present';
      expect(verdicts.map(({ state }) => state)).toEqual([fine, fine, 'damaged', 'damaged']);
      expect(verdicts[3]?.faults.map(({ names }) => names)).toEqual([['base/1/shared']]);
      expect(verdicts[3]?.filesRead).toBe(read === 'all' ? 2 : 0);
      expect(coverage?.neverReadBytes).toBeGreaterThan(300_000);
      expect(coverage?.readPacks).toBe(coverage?.packs);
      expect(coverage?.allReadSinceMs).toBeUndefined();
    }
    await change(pack, () => undefined);
    const gone = await verify('none');
    expect(gone.verdicts.map(({ state }) => state)).toEqual(['present', 'present', 'damaged', 'damaged']);
    expect(gone.verdicts[3]?.faults.map(({ names }) => names)).toEqual([['base/1/shared']]);
  });

  it('misses WAL, finds it shorter than its receipt says, and with its content damaged', async () => {
    await backups(3);
    const [, second, third] = small.backups;
    const nameOf = async (segment: string, end: string): Promise<string> => {
      for await (const { name } of root.list('instances/orders/wal/')) {
        if (name.endsWith(segment + end)) return name.replace('instances/orders/', '');
      }
      throw new Error(`no ${segment}${end}`);
    };
    await change(await nameOf(third?.segment ?? '', ''), flipped);
    expect((await verify('none')).verdicts.map(({ state }) => state)).toEqual(['present', 'present', 'present']);
    const read = await verify('all');
    expect(read.verdicts.map(({ state }) => state)).toEqual(['sound', 'sound', 'damaged']);
    expect(render(read.verdicts[2]!.faults[0]!.sentence)).toContain(third?.segment);
    await change(await nameOf(third?.segment ?? '', ''), (bytes) => bytes.subarray(0, -1));
    for (const end of ['', '.receipt']) await change(await nameOf(second?.segment ?? '', end), () => undefined);
    const quick = await verify('none');
    expect(quick.verdicts.map(({ state }) => state)).toEqual(['present', 'damaged', 'damaged']);
    expect(quick.verdicts[1]?.faults.map(({ sentence }) => render(sentence))).toEqual([
      `WAL segment ${String(second?.segment)}, which the backup needs, is not there`,
    ]);
    expect(render(quick.verdicts[2]!.faults[0]!.sentence)).toContain('1048575 bytes, not 1048576');
  });

  it('reads the maps several times where they name more blocks than are held at a time', async () => {
    await backups(4);
    const survey = await surveyInstance(small.instance);
    const read: [number, PackReading][] = [];
    const onRead = (pack: PackId, result: PackReading): void => {
      read.push([survey.packs.findIndex((one) => one.pack === pack), result]);
    };
    const packs = survey.packs.map(({ pack }) => pack);
    await readContent(survey, packs, { signal: new AbortController().signal, onRead, mostBlocks: 20 });
    expect(read).toEqual([0, 1, 2, 3].map((at) => [at, 'sound']));
    expect(survey.damaged.isEmpty).toBe(true);
  });
});
