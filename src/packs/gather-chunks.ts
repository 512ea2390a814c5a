import type { Storage } from '../storage/storage.ts';
import { packName, type ChunkRef } from './chunk-ref.ts';

/** So many bytes between two chunks, or fewer, are read with them: another request costs more. */
const gapBytes = 64 * 1024;

/** A chunk, and where its stored bytes go. */
export interface PlacedChunk {
  readonly chunk: ChunkRef;
  readonly to: number;
  /** They are there. */
  isRead: boolean;
}

/** Lets so many run at the same time; the others wait, in order. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#free = most;
  }

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

export interface GatherOptions {
  readonly storage: Storage;
  readonly turns: Turns;
  readonly signal: AbortSignal;
}

/**
 * Reads the stored bytes of chunks into `memory`, whatever their order, with one request for those that lie near one another in a pack. Never rejects: those that
 * could not be read are not.
 */
export async function gatherChunks(
  chunks: readonly PlacedChunk[],
  memory: Uint8Array,
  options: GatherOptions,
): Promise<void> {
  const requests = requestsOf(chunks);
  await Promise.all(requests.map((wanted) => options.turns.run(() => read(wanted, memory, options))));
}

/** Chunks to be read together, each time in the order of their places. */
function requestsOf(chunks: readonly PlacedChunk[]): PlacedChunk[][] {
  const requests: PlacedChunk[][] = [];
  let end = 0;
  for (const placed of chunks.toSorted((a, b) => comparePlaces(a.chunk, b.chunk))) {
    const { chunk } = placed;
    const request = requests.at(-1);
    const isNear = request?.[0] !== undefined && isSamePack(request[0].chunk, chunk) && chunk.offset - end <= gapBytes;
    if (isNear) request.push(placed);
    else requests.push([placed]);
    end = Math.max(isNear ? end : 0, endOf(chunk));
  }
  return requests;
}

async function read(
  wanted: readonly PlacedChunk[],
  memory: Uint8Array,
  { storage, signal }: GatherOptions,
): Promise<void> {
  const [first] = wanted;
  if (first === undefined || signal.aborted) return;
  const { pack, offset } = first.chunk;
  const end = Math.max(...wanted.map(({ chunk }) => endOf(chunk)));
  let position = offset;
  try {
    for await (const piece of storage.get(packName(pack), { offset, length: end - offset, signal })) {
      take(piece, position, wanted, memory);
      position += piece.length;
    }
  } catch {
    // What came before is as good as any. Whoever needs what is behind reads it once more, by itself, and tells what is wrong with it.
  }
  for (const placed of wanted) placed.isRead = endOf(placed.chunk) <= position;
}

/** Copies what a piece of a pack has of the chunks. @param position of the piece */
function take(piece: Uint8Array, position: number, wanted: readonly PlacedChunk[], memory: Uint8Array): void {
  for (const { chunk, to } of wanted) {
    if (chunk.offset >= position + piece.length) return;
    if (endOf(chunk) <= position) continue;
    const part = piece.subarray(Math.max(0, chunk.offset - position), endOf(chunk) - position);
    memory.set(part, to + Math.max(0, position - chunk.offset));
  }
}

function endOf({ offset, storedBytes }: ChunkRef): number {
  return offset + storedBytes;
}

function isSamePack(a: ChunkRef, b: ChunkRef): boolean {
  return a.pack.number === b.pack.number && a.pack.backup === b.pack.backup;
}

function comparePlaces(a: ChunkRef, b: ChunkRef): number {
  if (a.pack.backup !== b.pack.backup) return a.pack.backup < b.pack.backup ? -1 : 1;
  return a.pack.number - b.pack.number || a.offset - b.offset;
}
