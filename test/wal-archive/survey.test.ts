/** The recovery window of archives as they are on disk: ours with generations, those of other tools, the cache for them. */
import { cp, mkdir, mkdtemp, readFile, readdir, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { render } from '../../src/messages/message.ts';
import { pushWal } from '../../src/archiving/push-wal.ts';
import { initArchive, openArchive, openGeneration } from '../../src/wal-archive/archive.ts';
import { windowRecord } from '../../src/cli/window-record.ts';
import { windowLines } from '../../src/cli/window-text.ts';
import type { Codec } from '../../src/wal-archive/codec.ts';
import { recordGap } from '../../src/wal-archive/gaps.ts';
import { openLocalStorage } from '../../src/storage/local-storage.ts';
import type { SurveyEvent } from '../../src/survey/events.ts';
import { storedIndexCache, type IndexCache } from '../../src/survey/index-cache.ts';
import { takeInventory } from '../../src/survey/inventory.ts';
import { readLine } from '../../src/survey/read-line.ts';
import { surveyTransactions, surveyWindow, type RecoveryWindow } from '../../src/survey/survey-window.ts';
import { openWalPlaces } from '../../src/survey/wal-place.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { keepEvents } from '../support/kept-events.ts';
import { fixtureSystemIdentifier, writeFixtureWal } from '../support/fixture-wal.ts';

const segment = (digits: string): string => `0000000100000000000000${digits}`;
let parent: string;
let wal: string;
let files: Map<string, Buffer>;
let archive: string;
let backups: string;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'gausskeep-survey-'));
  wal = join(parent, 'pg_xlog');
  files = await writeFixtureWal(wal);
  backups = join(parent, 'backups');
  await mkdir(join(backups, 'base'), { recursive: true });
  await mkdir(join(backups, 'broken'));
  const label = [
    'START WAL LOCATION: 0/27000028 (file 000000010000000000000027)',
    'CHECKPOINT LOCATION: 0/270000A8',
    'BACKUP METHOD: streamed',
    'BACKUP FROM: master',
    'START TIME: 2026-11-20 21:27:18 UTC',
    'LABEL: pitrbase',
  ];
  await writeFile(join(backups, 'base/backup_label'), `${label.join('\n')}\n`);
  await writeFile(join(backups, 'broken/backup_label'), 'nonsense\n');
});
afterAll(() => rm(parent, { recursive: true, force: true }));
beforeEach(async () => {
  archive = await mkdtemp(join(parent, 'archive-'));
});

const push = async (digits: string, generation?: number, codec: Codec = 'lz4'): Promise<void> => {
  await pushWal({
    storage: await openLocalStorage(archive),
    path: join(wal, segment(digits)),
    generation,
    codec,
  });
};
const summary = ({ lines }: RecoveryWindow): unknown[] =>
  lines.map(({ line, stretches, gaps, backups: ranges }) => [
    line.generation,
    stretches.map(({ firstSegment, lastSegment }) => `${firstSegment.slice(-2)}-${lastSegment.slice(-2)}`).join(' '),
    gaps.length,
    ranges.map(({ problem }) => problem?.key ?? 'ok').join(' '),
  ]);

describe('an archive of gausskeep', () => {
  it('shows each generation with what it inherits, and which backups belong to it', async () => {
    for (const digits of ['26', '27', '28', '29']) await push(digits);
    const opened = await openArchive(await openLocalStorage(archive));
    await openGeneration(opened, { parent: 1, forkLsn: parseLsn('0/29000100'), reason: 'test' });
    const kept = keepEvents<SurveyEvent>('survey');
    const window = await surveyWindow({ archive, backups: [backups] }, { onEvent: kept.onEvent });
    expect(kept.check()).toEqual(['segments']);
    // Those that are inherited are looked at for each generation.
    expect(kept.events.at(-1)).toMatchObject({ filesDone: 7, lsn: parseLsn('0/29000000') });
    expect(window.systemIdentifier).toBe(fixtureSystemIdentifier);
    expect(window.segments).toEqual({ count: 4, readWhole: 0 });
    expect(summary(window)).toEqual([
      [1, '26-29', 0, 'ok'],
      // The segment with the fork is not inherited.
      [2, '26-28', 0, 'ok'],
    ]);
    expect(window.passedOver).toMatchObject([{ name: join(backups, 'broken') }]);
    expect(summary(await surveyWindow({ archive, generation: 2 }))).toHaveLength(1);
    await expect(surveyWindow({ archive, generation: 3 })).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('counts the WAL that lies inside a backup, as a restore does', async () => {
    for (const digits of ['28', '29']) await push(digits);
    const own = await mkdtemp(join(parent, 'own-'));
    const [inside, without] = [join(own, 'inside'), join(own, 'without')];
    for (const backup of [inside, without]) await cp(join(backups, 'base'), backup, { recursive: true });
    await mkdir(join(inside, 'pg_xlog'));
    await cp(join(wal, segment('27')), join(inside, 'pg_xlog', segment('27')));
    expect(summary(await surveyWindow({ archive, backups: [inside] }))).toEqual([[1, '28-29', 0, 'ok']]);
    expect(summary(await surveyWindow({ archive, backups: [without] }))).toEqual([
      [1, '28-29', 0, 'window.no-wal-of-backup'],
    ]);
    const [line] = (await surveyWindow({ archive, backups: [inside] })).lines;
    expect(line?.backups[0]?.endLsn).toBe(line?.stretches[0]?.endLsn);
    const opened = await openArchive(await openLocalStorage(archive));
    await openGeneration(opened, { parent: 1, forkLsn: parseLsn('0/28000100'), reason: 'test' });
    await push('29', 2);
    // Nothing tells that the backup is of the second generation.
    expect(summary(await surveyWindow({ archive, backups: [inside], generation: 2 }))).toEqual([
      [2, '29-29', 0, 'window.no-wal-of-backup'],
    ]);
  });

  it('lists what two generations share once, with the first', async () => {
    for (const digits of ['26', '27', '28', '29']) await push(digits);
    const opened = await openArchive(await openLocalStorage(archive));
    await openGeneration(opened, { parent: 1, forkLsn: parseLsn('0/29000438'), reason: 'test' });
    await push('29', 2);
    const listed: string[] = [];
    for await (const { line, startLsn } of surveyTransactions({ archive, range: {} })) {
      listed.push(`${String(line.generation)} ${startLsn.toString(16)}`);
    }
    const places = listed.map((one) => one.split(' ')[1]!);
    const shared = places.filter((place) => parseLsn('0/29000438') > BigInt(`0x${place}`));
    expect(new Set(shared).size).toBe(shared.length);
    // Behind the fork each generation has its own.
    const behind = places.filter((place) => BigInt(`0x${place}`) >= parseLsn('0/29000438'));
    expect(behind.length).toBe(2 * new Set(behind).size);
    expect(behind.length).toBeGreaterThan(0);
    expect(shared.length).toBeGreaterThan(0);
  });

  it('reads segments again only where their index is gone or damaged', async () => {
    for (const digits of ['26', '27', '28']) await push(digits);
    const folder = join(archive, 'generations/1/wal/0000000100000000');
    const before = summary(await surveyWindow({ archive, backups: [backups] }));
    await unlink(join(folder, `${segment('27')}.index`));
    await writeFile(join(folder, `${segment('28')}.index`), 'damaged');
    expect(summary(await surveyWindow({ archive, backups: [backups] }))).toEqual(before);
    // What is indexed is not read, but looked at: the window sees that the object is not what its receipt says.
    await writeFile(join(folder, `${segment('26')}.lz4`), '');
    expect(summary(await surveyWindow({ archive, backups: [backups] }))).toEqual([[1, '27-28', 1, 'ok']]);
  });

  it('says what is damaged, and goes on behind it', async () => {
    for (const digits of ['26', '27', '28', '29', '2A']) await push(digits);
    const folder = join(archive, 'generations/1/wal/0000000100000000');
    await unlink(join(folder, `${segment('29')}.index`));
    await writeFile(join(folder, `${segment('29')}.lz4`), 'no lz4');
    const window = await surveyWindow({ archive, backups: [backups] });
    expect(summary(window)).toEqual([[1, '26-28 2A-2A', 1, 'ok']]);
    expect(window.lines[0]?.gaps).toMatchObject([{ kind: 'damaged', firstSegment: segment('29') }]);
  });

  it.each([
    ['is cut', '29', 5_000_000],
    ['is empty', '29', 0],
    ['is another one', '29', undefined],
    ['is the last and another one', '2A', undefined],
  ])('names a segment without a receipt that %s', async (_, digits, sizeBytes) => {
    for (const one of ['26', '27', '28', '29', '2A']) await push(one, undefined, 'none');
    const path = join(archive, 'generations/1/wal/0000000100000000', segment(digits));
    await unlink(`${path}.receipt`);
    // Behind the switch of it there is nothing that a server would replay.
    if (sizeBytes === undefined) await writeFile(path, files.get(segment('27'))!);
    else await truncate(path, sizeBytes);
    const window = await surveyWindow({ archive, backups: [backups] });
    const end = digits === '2A' ? '26-29' : '26-28 2A-2A';
    expect(summary(window)).toEqual([[1, end, 1, 'ok']]);
    const [gap] = window.lines[0]?.gaps ?? [];
    expect(gap).toMatchObject({ kind: 'damaged', firstSegment: segment(digits) });
    expect(gap?.reason.key).toBe(sizeBytes === undefined ? 'survey.other-content' : 'survey.segment-size');
  });

  it('tells an archive that has lost its identity or its generation from none', async () => {
    await push('26');
    for (const lost of ['generations/1/generation.json', 'gausskeep-archive.json']) {
      await unlink(join(archive, lost));
      await expect(surveyWindow({ archive })).rejects.toMatchObject({
        code: 'CORRUPT',
        message: expect.stringContaining(lost) as string,
      });
    }
  });

  it('says that there is no backup where there is none', async () => {
    await push('26');
    const none = await surveyWindow({ archive, backups: [archive] });
    expect(windowLines(none, { backupsNamed: true }).join(' ')).toContain('no usable backup of this instance');
  });

  it('goes on where only a receipt is damaged, and says which', async () => {
    for (const digits of ['26', '27', '28']) await push(digits);
    const receipt = join(archive, 'generations/1/wal/0000000100000000', `${segment('28')}.receipt`);
    await writeFile(receipt, (await readFile(receipt, 'utf8')).replace(/"sizeBytes": ?1/, '"sizeBytes":2'));
    const window = await surveyWindow({ archive, backups: [backups] });
    expect(summary(window)).toEqual([[1, '26-28', 0, 'ok']]);
    expect(window.passedOver.map(({ name, reason }) => [name, render(reason)])).toContainEqual([
      `${segment('28')}.receipt`,
      expect.stringContaining(`generations/1/wal/0000000100000000/${segment('28')}.receipt" in the archive is damaged`),
    ]);
    // The server goes on archiving.
    await push('29');
    expect(summary(await surveyWindow({ archive, backups: [backups] }))).toEqual([[1, '26-29', 0, 'ok']]);
  });
});

describe('a directory of another tool', () => {
  async function copy(...digits: string[]): Promise<void> {
    for (const one of digits) await writeFile(join(archive, segment(one)), files.get(segment(one))!);
  }

  function counting(cache: IndexCache): IndexCache & { puts: number } {
    const counter = { puts: 0 };
    return Object.assign(counter, {
      get: (...args: Parameters<IndexCache['get']>) => cache.get(...args),
      put: async (...args: Parameters<IndexCache['put']>) => {
        counter.puts += 1;
        await cache.put(...args);
      },
    });
  }

  it('is indexed once, and again where a file was written anew', async () => {
    await copy('26', '27', '28');
    const cache = counting(storedIndexCache(await openLocalStorage(await mkdtemp(join(parent, 'cache-')))));
    const first = summary(await surveyWindow({ archive, backups: [backups] }, { cache }));
    // All that lie beside each other in one go.
    expect(cache.puts).toBe(1);
    expect(summary(await surveyWindow({ archive, backups: [backups] }, { cache }))).toEqual(first);
    expect(cache.puts).toBe(1);
    // Same name, size and beginning, other content: as cp makes of it after a recovery of openGauss.
    const other = Buffer.from(files.get(segment('28'))!);
    other.fill(0, 0x400);
    await unlink(join(archive, segment('28')));
    await writeFile(join(archive, segment('28')), other);
    const again = await surveyWindow({ archive, backups: [backups] }, { cache });
    expect(again.lines[0]?.stretches[0]?.commits).toBe(2);
    // What ends early may still be written to: that is read each time.
    expect(cache.puts).toBe(1);
  });

  it('counts half-written files as missing', async () => {
    await copy('26', '27', '28', '2A');
    await writeFile(join(archive, segment('29')), files.get(segment('29'))!.subarray(0, 70_000));
    const window = await surveyWindow({ archive, backups: [backups] });
    expect(summary(window)).toEqual([[undefined, '26-28 2A-2A', 1, 'ok']]);
  });

  it('lists transactions of a range', async () => {
    await copy('27', '28', '29');
    const range = { fromXid: 14247n, toXid: 14248n };
    const found: string[] = [];
    for await (const { kind, xid } of surveyTransactions({ archive, range })) found.push(`${kind} ${xid.toString()}`);
    expect(found).toEqual(['commit 14247', 'prepare 14248', 'commit-prepared 14248']);
  });

  it('without a generation yet is of the instance that its identity says', async () => {
    const facts = {
      systemIdentifier: fixtureSystemIdentifier,
      segmentSizeBytes: 16 << 20,
      product: 'openGauss',
      walMagic: 1,
    };
    await initArchive(await openLocalStorage(archive), facts);
    await rm(join(archive, 'generations'), { recursive: true, force: true });
    expect(await surveyWindow({ archive })).toMatchObject({ systemIdentifier: fixtureSystemIdentifier, lines: [] });
  });

  it('that is empty is no archive', async () => {
    await expect(surveyWindow({ archive })).rejects.toMatchObject({ code: 'REPOSITORY_NOT_FOUND' });
    expect(await readdir(archive)).toEqual([]);
  });
});

describe('the same segment in several places', () => {
  const line = { generation: undefined, timeline: 1, history: [] };

  async function lineOf(second: Buffer): Promise<string[]> {
    const [one, two] = [join(archive, 'one'), join(archive, 'two')];
    for (const directory of [one, two]) await mkdir(directory);
    await writeFile(join(one, segment('27')), files.get(segment('27'))!);
    const start = Buffer.from(files.get(segment('28'))!);
    start.fill(0, 0x288);
    await writeFile(join(one, segment('28')), start);
    await writeFile(join(two, segment('28')), second);
    const places = [...(await openWalPlaces({ place: one })), ...(await openWalPlaces({ place: two }))];
    const found: string[] = [];
    for await (const read of readLine((await takeInventory(places))!, line)) found.push(read.from);
    return found;
  }

  it('is taken where it has more WAL, when the shorter is its beginning', async () => {
    const found = await lineOf(files.get(segment('28'))!);
    expect(found.map((from) => (from.includes('/two') ? 'two' : 'one'))).toEqual(['one', 'two']);
  });

  it('is refused when they differ', async () => {
    const other = Buffer.from(files.get(segment('28'))!);
    // In a record that the index passes over: same records, same links, other bytes.
    other[0x148 + 70] = other[0x148 + 70]! ^ 1;
    await expect(lineOf(other)).rejects.toMatchObject({ code: 'CORRUPT', sentence: { key: 'survey.two-contents' } });
  });
});

/** WAL that the server no longer had when a receiver asked for it. */
describe('what was noted of a gap', () => {
  const noticedAt = '2026-11-21T10:00:00.000Z';
  const position = (digits: string) => parseLsn(`0/${digits}000000`);
  const note = (from: string, to: string, timeline = 1): Promise<void> =>
    openLocalStorage(archive).then((storage) =>
      recordGap(storage, 1, {
        timeline,
        beginLsn: position(from),
        endLsn: position(to),
        noticedAt,
        reason: 'already removed',
      }),
    );
  const gapsOf = async () => {
    const window = await surveyWindow({ archive, backups: [backups] });
    return { window, gaps: window.lines[0]?.gaps ?? [], backup: window.lines[0]?.backups[0] };
  };

  it('is shown where the segments are missing, and no more when they are there', async () => {
    for (const digits of ['26', '27', '29']) await push(digits);
    await note('28', '29');
    const { window, gaps } = await gapsOf();
    expect(gaps).toMatchObject([{ kind: 'missing', segments: 1, noted: { noticedAt, endLsn: position('29') } }]);
    const said =
      `missing: ${segment('28')} to ${segment('28')} (1 segment); noticed at ${noticedAt}: ` +
      'the server had removed what lies from 0/28000000 to 0/29000000 (already removed)';
    expect(render(gaps[0]!.reason)).toBe(said);
    expect(windowLines(window, { backupsNamed: true }).join('\n')).toContain(said);
    expect(windowRecord(window)).toMatchObject({
      lines: [
        {
          gaps: [
            {
              removed: { noticedAt, beginLsn: '0/28000000', endLsn: '0/29000000', reason: 'already removed' },
            },
          ],
        },
      ],
    });
    await push('28');
    expect((await gapsOf()).gaps).toEqual([]);
  });

  it('is shown behind the last segment, and what it does not explain is not', async () => {
    for (const digits of ['26', '27']) await push(digits);
    await note('28', '2A');
    await note('2B', '2C');
    expect((await gapsOf()).gaps).toMatchObject([
      { kind: 'missing', firstSegment: segment('28'), lastSegment: segment('29'), noted: { endLsn: position('2A') } },
    ]);
    // Only the rest of it is missing now.
    await push('28');
    expect((await gapsOf()).gaps).toMatchObject([{ firstSegment: segment('29'), lastSegment: segment('29') }]);
    await push('29');
    expect((await gapsOf()).gaps).toEqual([]);
    await rm(join(archive, 'generations/1/gaps'), { recursive: true });
    await note('2A', '2B', 2);
    expect((await gapsOf()).gaps).toEqual([]);
  });

  it('says why a backup cannot be used', async () => {
    await push('29');
    await note('26', '28');
    const { backup } = await gapsOf();
    expect(render(backup!.problem!)).toContain(`noticed at ${noticedAt}`);
  });

  it('is passed over where it is damaged', async () => {
    for (const digits of ['26', '27']) await push(digits);
    await note('28', '2A');
    const [name] = await readdir(join(archive, 'generations/1/gaps'));
    await writeFile(join(archive, 'generations/1/gaps', name!), '{}');
    expect((await gapsOf()).gaps).toEqual([]);
  });
});
