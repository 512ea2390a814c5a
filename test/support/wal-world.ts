import type { ExpireResult } from '../../src/expire/expire-request.ts';
import { performExpire } from '../../src/expire/perform-expire.ts';
import { rehearseExpire } from '../../src/expire/rehearse-expire.ts';
import { onePiece } from '../../src/bytes/one-piece.ts';
import { readCatalogue } from '../../src/repository/catalogue.ts';
import { putHold } from '../../src/repository/keep-hold.ts';
import { newId } from '../../src/repository/names.ts';
import { readPruned } from '../../src/repository/pruned.ts';
import { putCommit } from '../../src/repository/put-commit.ts';
import { storageBelow } from '../../src/storage/storage-below.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { initArchive } from '../../src/wal-archive/archive.ts';
import { segmentBase } from '../../src/wal-archive/archive-wal.ts';
import { lsn, type Lsn } from '../../src/wal/lsn.ts';
import { parseSegmentName, segmentName } from '../../src/wal/segment.ts';
import { MemoryStorage } from './memory-storage.ts';
import { plainInstance, sampleCommit } from './repository-instance.ts';

const hourMs = 3_600_000;
const segmentSizeBytes = 16 * 1024 * 1024;
const facts = { systemIdentifier: 7n, product: 'PostgreSQL 17', walMagic: 0xd116, segmentSizeBytes };

/** One instance of a repository with its WAL, a segment an hour, and a clock that goes when it is told to. Its backups have no content. */
export class WalWorld {
  nowMs = Date.parse('2026-11-01T03:00:00Z');
  readonly now = (): number => (this.nowMs += 1);
  readonly storage = new MemoryStorage(this.now);
  /** The segment that comes next. */
  #next = 1;

  static async begin(): Promise<WalWorld> {
    const world = new WalWorld();
    await initArchive(storageBelow(world.storage, 'wal/'), facts);
    return world;
  }

  /** So many hours pass. */
  async write(hours: number, storage: Storage = this.storage): Promise<void> {
    for (let hour = 0; hour < hours; hour += 1) {
      this.nowMs += hourMs;
      await this.push(this.#next, storage);
      this.#next += 1;
    }
  }

  async push(number: number, storage: Storage = this.storage, timeline = 1): Promise<void> {
    const base = `wal/${segmentBase(1, nameOf(number, timeline))}`;
    for (const ending of ['', '.receipt']) await storage.put(base + ending, () => onePiece(Buffer.from('x')));
  }

  /** A backup that begins and ends within the hour that comes. @returns its id */
  async backup(storage: Storage = this.storage): Promise<string> {
    const backup = newId();
    const hold = await putHold(storage, { kind: 'backup', backup, prior: undefined }, { now: this.now });
    const startLsn = startOf(this.#next);
    await hold.begin({ timeline: 1, generation: 1, startLsn });
    await this.write(1, storage);
    const endedAt = new Date(this.nowMs).toISOString();
    const position = { generation: 1, timeline: 1, startLsn, endLsn: lsn(startLsn + 100n) };
    await putCommit(
      storage,
      sampleCommit({ backup, name: `${stamp(this.nowMs)}-${backup}`, endedAt, ...position }, endedAt),
    );
    await hold.leave();
    return backup;
  }

  readonly #request = (storage: Storage) => ({
    instance: plainInstance(storage),
    rules: { keepLast: 100, keepWithinMs: 0 },
    graceMs: hourMs,
    walWindowMs: 24 * hourMs,
  });

  expire(storage: Storage = this.storage, more: object = {}): Promise<ExpireResult> {
    return performExpire({ ...this.#request(storage), ...more });
  }

  rehearse(more: object = {}): Promise<ExpireResult> {
    return rehearseExpire({ ...this.#request(this.storage), ...more }, this.now());
  }

  /**
   * Proves that a backup can be recovered to the newest WAL, then holds it, looks what was removed meanwhile, and reads all of that WAL. @returns whether it was refused, and not
   * at all short of what was proved
   */
  async recover(backup: string, storage: Storage = this.storage): Promise<'done' | 'refused' | 'named'> {
    const known = new Set((await readPruned(storage)).map(({ storedName }) => storedName));
    const { backups } = await readCatalogue(storage);
    const commit = backups.find((one) => one.commit.backup === backup)?.commit;
    if (commit === undefined) throw new Error('no backup');
    const there = await this.segments(storage);
    const needed: number[] = [];
    for (let number = numberAt(commit.startLsn); number < this.#next; number += 1) needed.push(number);
    if (needed.some((number) => !there.has(number))) return 'refused';
    const hold = await putHold(storage, { kind: 'restore', backup, prior: undefined }, { now: this.now });
    const isAmong = (range: { beginLsn: Lsn; endLsn: Lsn }): boolean =>
      needed.some((number) => range.beginLsn <= startOf(number) && startOf(number) < range.endLsn);
    const fresh = (await readPruned(storage)).filter(({ storedName }) => !known.has(storedName));
    if (fresh.some(isAmong)) {
      await hold.release();
      return 'refused';
    }
    let result: 'done' | 'named' = 'done';
    for (const number of needed) {
      const found = await storage.stat(`wal/${segmentBase(1, nameOf(number))}`);
      if (found !== undefined) continue;
      // As `wal get` and the restore that copies would: an error, which says why.
      if (!(await readPruned(storage)).some(isAmong)) throw new Error(`segment ${number} is gone, and nobody says why`);
      result = 'named';
    }
    await hold.release();
    return result;
  }

  /** Numbers of the segments that are there, of all timelines. */
  async segments(storage: Storage = this.storage): Promise<Set<number>> {
    const numbers = new Set<number>();
    for await (const { name } of storage.list('wal/generations/1/wal/')) {
      const parsed = parseSegmentName(name.slice(name.lastIndexOf('/') + 1), segmentSizeBytes);
      if (parsed !== undefined) numbers.add(numberAt(parsed.startLsn));
    }
    return numbers;
  }

  /** Ranges as numbers of segments, the last one inclusive. */
  async pruned(): Promise<[number, number][]> {
    const ranges = await readPruned(this.storage);
    return ranges
      .map(({ beginLsn, endLsn }): [number, number] => [numberAt(beginLsn), numberAt(endLsn) - 1])
      .sort((a, b) => a[0] - b[0]);
  }

  /** Each backup reaches its own end, and of every hole behind the first one it is said why. */
  async check(story: string): Promise<void> {
    const there = await this.segments();
    const { backups } = await readCatalogue(this.storage);
    const starts = backups.map(({ commit }) => numberAt(commit.startLsn));
    for (const start of starts) if (!there.has(start)) throw new Error(`${story}: a backup lost its WAL`);
    const ranges = await this.pruned();
    for (let number = Math.min(...starts); number < this.#next; number += 1) {
      const isSaid = ranges.some(([first, last]) => first <= number && number <= last);
      if (!there.has(number) && !isSaid) throw new Error(`${story}: nobody says why segment ${number} is gone`);
    }
  }
}

function nameOf(number: number, timeline = 1): string {
  return segmentName(timeline, startOf(number), segmentSizeBytes);
}

function startOf(number: number): Lsn {
  return lsn(BigInt(number * segmentSizeBytes));
}

function numberAt(position: Lsn): number {
  return Number(position / BigInt(segmentSizeBytes));
}

function stamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
