import { createGunzip, gunzip, type Gunzip } from 'node:zlib';
import { ByteReader, type ByteSource } from '../bytes/byte-reader.ts';
import type { SkippedBytes } from '../bytes/skipped-bytes.ts';
import { BackupError, reasonOf, systemCodeOf } from '../errors/backup-error.ts';
import { damagedData, endlessZeros, impossibleSize, trailingData, truncatedData } from './faults.ts';
import { gzipBlockSize, sizedHeaderLength, sizedMemberLength } from './gzip-members.ts';
import { through } from './through.ts';

export interface DecompressOptions {
  /** Members or blocks decompressed at the same time where the format allows it; default 4. */
  readonly concurrency?: number | undefined;
  /** Shared with the reader: what that does not want to see need not be decompressed, where the format tells what to leave out. It is not checked then. */
  readonly skipped?: SkippedBytes | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Members of ours are 1 MiB and what incompressible data adds to it; a lying length stops here. */
const memberLimit = gzipBlockSize + 64 * 1024;
/** Most zeros behind the last member: tapes fill records with them, of 16 MiB at most. */
const zerosLimit = 64 * 1024 * 1024;

/**
 * The content of a gzip file of any number of members. Members that tell their length (`gzipMembers`) are inflated in
 * parallel on the thread pool, others one after another. Zeros behind the last member are accepted, as gzip does.
 * Memory is bounded whatever the ratio.
 * @throws BackupError `CORRUPT` when it is damaged, ends early or goes on with something else
 */
export async function* gunzipMembers(
  source: ByteSource,
  { skipped, concurrency = skipped === undefined ? 4 : 2, signal }: DecompressOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ByteReader(source);
  const running: Promise<Uint8Array>[] = [];
  try {
    let members = 0;
    let head = await readUpTo(reader, sizedHeaderLength);
    if (head.length === 0) throw truncatedData('gzip');
    for (let length = sizedMemberLength(head); length !== undefined; length = sizedMemberLength(head)) {
      signal?.throwIfAborted();
      if (length < sizedHeaderLength + 8 || length > memberLimit) throw impossibleSize('gzip');
      const member = await readMember(reader, head, length);
      members += 1;
      // What was begun ahead comes before it.
      while (skipped?.isAsked === true && running.length > 0) yield* unlessSkipped(await firstOf(running), skipped);
      if (running.length > 0 || !canSkip(member, skipped)) {
        const result = inflateMember(member);
        // Awaited below, in order.
        result.catch(() => undefined);
        running.push(result);
      }
      while (running.length >= concurrency) yield* unlessSkipped(await firstOf(running), skipped);
      head = await readUpTo(reader, sizedHeaderLength);
    }
    while (running.length > 0) yield* unlessSkipped(await firstOf(running), skipped);
    if (head.length === 0) return;
    if (members > 0 && head[0] === 0) await requireZerosToEnd(reader, head);
    else yield* inflateRest(reader, head, signal);
  } finally {
    await Promise.allSettled(running);
    await reader.close();
  }
}

async function firstOf(running: Promise<Uint8Array>[]): Promise<Uint8Array> {
  const result = (await running[0]) ?? new Uint8Array(0);
  void running.shift();
  return result;
}

function canSkip(member: Uint8Array, skipped: SkippedBytes | undefined): boolean {
  const size = sizeOfMember(member);
  return size <= gzipBlockSize && skipped?.take(size) === true;
}

function* unlessSkipped(piece: Uint8Array, skipped: SkippedBytes | undefined): Generator<Uint8Array, void, undefined> {
  if (skipped?.take(piece.length) !== true) yield piece;
}

/** A copy of the next `length` bytes, or of what is left. */
async function readUpTo(reader: ByteReader, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const filled = await fill(reader, bytes, 0);
  return bytes.subarray(0, filled);
}

async function fill(reader: ByteReader, into: Uint8Array, from: number): Promise<number> {
  let filled = from;
  while (filled < into.length) {
    const piece = await reader.readSome(into.length - filled);
    if (piece === undefined) break;
    into.set(piece, filled);
    filled += piece.length;
  }
  return filled;
}

async function readMember(reader: ByteReader, head: Uint8Array, length: number): Promise<Uint8Array> {
  const member = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  member.set(head);
  if ((await fill(reader, member, head.length)) < length) throw truncatedData('gzip');
  return member;
}

/** What a member says that it holds. */
function sizeOfMember(member: Uint8Array): number {
  return new DataView(member.buffer, member.byteOffset, member.byteLength).getUint32(member.length - 4, true);
}

function inflateMember(member: Uint8Array): Promise<Uint8Array> {
  const size = sizeOfMember(member);
  if (size > gzipBlockSize) return Promise.reject(impossibleSize('gzip'));
  return new Promise((resolve, reject) => {
    // One byte more than announced, so that zlib sees the end of the data without a second buffer.
    const options = { chunkSize: Math.max(64, size + 1), maxOutputLength: Math.max(64, size + 1) };
    gunzip(member, options, (error, result) => {
      if (error !== null) reject(asFault(error));
      else if (result.length === size) resolve(result);
      else reject(impossibleSize('gzip'));
    });
  });
}

/** Everything from `head` on, as one stream. */
async function* inflateRest(
  reader: ByteReader,
  head: Uint8Array,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const inflater = createGunzip({ chunkSize: 64 * 1024 });
  try {
    yield* through(rest(reader, head, inflater, signal), inflater);
  } catch (error) {
    throw asFault(error);
  }
}

/**
 * The pieces for `inflater`. It stops by itself at a zero byte behind a member; from there on everything must be zero.
 */
async function* rest(
  reader: ByteReader,
  head: Uint8Array,
  inflater: Gunzip,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let fed = 0;
  let zeros = 0;
  for (let piece: Uint8Array | undefined = head; piece !== undefined; piece = await reader.readSome(64 * 1024)) {
    signal?.throwIfAborted();
    // Were bytes of an earlier piece left over, all of this one is behind the end.
    if (inflater.bytesWritten < fed) {
      requireZeros(piece);
      zeros += piece.length;
      if (zeros > zerosLimit) throw endlessZeros('gzip', zerosLimit);
      continue;
    }
    fed += piece.length;
    yield piece;
    const left = fed - inflater.bytesWritten;
    if (left > 0) requireZeros(piece.subarray(piece.length - left));
  }
}

async function requireZerosToEnd(reader: ByteReader, head: Uint8Array): Promise<void> {
  let zeros = 0;
  for (let piece: Uint8Array | undefined = head; piece !== undefined; piece = await reader.readSome(64 * 1024)) {
    requireZeros(piece);
    zeros += piece.length;
    if (zeros > zerosLimit) throw endlessZeros('gzip', zerosLimit);
  }
}

function requireZeros(bytes: Uint8Array): void {
  if (bytes.some((byte) => byte !== 0)) throw trailingData('gzip');
}

function asFault(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (error instanceof BackupError) return error;
  const code = systemCodeOf(error) ?? '';
  if (code === 'Z_BUF_ERROR') return truncatedData('gzip');
  if (code.startsWith('Z_')) return damagedData('gzip', reasonOf(error), error);
  return code === 'ERR_BUFFER_TOO_LARGE' ? impossibleSize('gzip') : error;
}
