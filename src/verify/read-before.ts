import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { VariableReader, VariableWriter } from '../bytes/variable-length.ts';
import { onePiece } from '../bytes/one-piece.ts';
import { packName, type PackId } from '../packs/chunk-ref.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import type { Storage, StorageOptions } from '../storage/storage.ts';
import type { StoredPackFacts } from './stored-survey.ts';

/**
 * What came of reading what backups use of a pack. `sound`: all of it. `partly`: all that is known, but maps of backups were damaged, which may name more of it. `damaged`:
 * something is wrong with it. `nothing`: no backup that can be read names anything of it.
 */
export type PackReading = 'sound' | 'partly' | 'damaged' | 'nothing';

/** In the order of their numbers in the file. */
const results: readonly PackReading[] = ['sound', 'partly', 'damaged', 'nothing'];

interface Reading {
  readonly pack: PackId;
  readonly sizeBytes: number;
  /** As the storage told it, in µs since 1970; -1: it told none. */
  readonly storedAtUs: number;
  readonly readAtMs: number;
  readonly result: PackReading;
}

const signature = Buffer.from('GKRB');
const version = 2;
const sumBytes = 32;
const largest = Number.MAX_SAFE_INTEGER;

/**
 * When this host read which pack of an instance last, and what came of it. It is kept in the cache of the host and decides only what is read first: of what is
 * lost, damaged, or of a pack that changed since, nothing is known.
 */
export class ReadBefore {
  #storage: Storage | undefined;
  readonly #object: string;
  #readings = new Map<string, Reading>();

  private constructor(storage: Storage | undefined, object: string) {
    this.#storage = storage;
    this.#object = object;
  }

  /**
   * @param directory of the cache; undefined: nothing is kept
   * @param name of the instance and where it is
   */
  static async open(directory: string | undefined, name: string, options: StorageOptions = {}): Promise<ReadBefore> {
    const object = `verified/${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
    const storage = directory === undefined ? undefined : await openCache(directory);
    const known = new ReadBefore(storage, object);
    if (storage !== undefined) known.#readings = await readAll(storage, object, options);
    return known;
  }

  /** Whether anything is kept for the next run. */
  get isKept(): boolean {
    return this.#storage !== undefined;
  }

  /** When the pack was read as it is now, ms since 1970, and what came of it; undefined: never, as far as is known. */
  find(
    { pack, sizeBytes, storedAtMs }: StoredPackFacts,
    nowMs: number,
  ): Pick<Reading, 'readAtMs' | 'result'> | undefined {
    const reading = this.#readings.get(packName(pack));
    if (reading?.sizeBytes !== sizeBytes || reading.storedAtUs !== microseconds(storedAtMs)) return undefined;
    // By a clock that was wrong.
    return reading.readAtMs > nowMs ? undefined : reading;
  }

  add({ pack, sizeBytes, storedAtMs }: StoredPackFacts, readAtMs: number, result: PackReading): void {
    const storedAtUs = microseconds(storedAtMs);
    this.#readings.set(packName(pack), { pack, sizeBytes, storedAtUs, readAtMs, result });
  }

  /** Keeps what is known of `packs`; of others nobody will ask. That it cannot be kept is no error. */
  async save(packs: readonly StoredPackFacts[]): Promise<void> {
    if (this.#storage === undefined) return;
    const kept = packs.flatMap(({ pack }) => this.#readings.get(packName(pack)) ?? []);
    try {
      await this.#storage.delete(this.#object);
      await this.#storage.put(this.#object, () => onePiece(encode(kept)));
    } catch {
      // It is read again.
      this.#storage = undefined;
    }
  }
}

function microseconds(timeMs: number | undefined): number {
  return timeMs === undefined ? -1 : Math.floor(timeMs * 1000);
}

async function openCache(directory: string): Promise<Storage | undefined> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    return await openLocalStorage(directory);
  } catch {
    return undefined;
  }
}

async function readAll(storage: Storage, object: string, options: StorageOptions): Promise<Map<string, Reading>> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of storage.get(object, options)) pieces.push(Buffer.from(piece));
    return decode(Buffer.concat(pieces));
  } catch {
    options.signal?.throwIfAborted();
    return new Map();
  }
}

/** One behind the other, with a sum of all: what says that something was read must not come from a flipped bit. */
function encode(readings: readonly Reading[]): Uint8Array {
  const writer = new VariableWriter();
  writer.raw(signature);
  writer.byte(version);
  writer.count(readings.length);
  for (const { pack, sizeBytes, storedAtUs, readAtMs, result } of readings) {
    writer.raw(Buffer.from(pack.backup, 'hex'));
    for (const value of [pack.number, sizeBytes, storedAtUs + 1, readAtMs]) writer.count(value);
    writer.byte(results.indexOf(result));
  }
  const bytes = writer.bytes();
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
}

/** @throws RangeError for what was damaged or is of another version */
function decode(bytes: Buffer): Map<string, Reading> {
  const content = bytes.subarray(0, Math.max(0, bytes.length - sumBytes));
  const sum = createHash('sha256').update(content).digest();
  if (!sum.equals(bytes.subarray(content.length))) throw new RangeError('another sum');
  const reader = new VariableReader(content);
  if (!signature.equals(reader.raw(signature.length)) || reader.byte() !== version)
    throw new RangeError('no such form');
  const readings = new Map<string, Reading>();
  for (let left = reader.count(reader.remainingBytes); left > 0; left -= 1) {
    const backup = Buffer.from(reader.raw(16)).toString('hex');
    const pack = { backup, number: reader.count(largest) };
    const [sizeBytes, storedAtUs] = [reader.count(largest), reader.count(largest) - 1];
    const readAtMs = reader.count(largest);
    const result = results[reader.byte()];
    if (result === undefined) throw new RangeError('no such result');
    readings.set(packName(pack), { pack, sizeBytes, storedAtUs, readAtMs, result });
  }
  return readings;
}
