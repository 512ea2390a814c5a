import { closeSync, fstatSync, readdirSync, readSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { openRegularSync } from '../files/open-regular.ts';

/** Lines beyond that are cut: a statement in a log can be of any length. */
const longestLine = 64 * 1024;
const largestPiece = 1024 * 1024;

/**
 * What is written to log files after a certain moment, line by line: one file, and every file of some directories, those
 * included that are made later. Servers rotate their logs and say where they go only when they run, so all are watched.
 */
export class LogFollower {
  readonly #files: readonly string[];
  readonly #directories: readonly string[];
  readonly #read = new Map<string, { offset: number; rest: string }>();

  /** Everything that is there already is passed over. */
  constructor(files: readonly string[], directories: readonly string[]) {
    this.#files = files;
    this.#directories = directories;
    for (const path of this.#paths()) this.#read.set(path, { offset: sizeOf(path), rest: '' });
  }

  /** The complete lines since the last call, file by file. */
  lines(): string[] {
    return this.#paths().flatMap((path) => this.#linesOf(path));
  }

  #linesOf(path: string): string[] {
    const state = this.#read.get(path) ?? { offset: 0, rest: '' };
    this.#read.set(path, state);
    const lines: string[] = [];
    for (;;) {
      const piece = readPiece(path, state.offset);
      if (piece === undefined) return lines;
      state.offset += piece.length;
      const parts = `${state.rest}${piece.toString('utf8')}`.split('\n');
      state.rest = (parts.pop() ?? '').slice(0, longestLine);
      lines.push(...parts);
    }
  }

  #paths(): string[] {
    const below = this.#directories.flatMap((directory) => namesIn(directory).map((name) => join(directory, name)));
    return [...new Set([...below, ...this.#files])];
  }
}

/** The last lines of a log file, at most `bytes` of it. */
export function tailOf(path: string, bytes = 128 * 1024): string[] {
  const piece = readPiece(path, Math.max(0, sizeOf(path) - bytes), bytes);
  return piece === undefined
    ? []
    : piece
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== '');
}

/** The log file of some directories, and these files, that was written last. */
export function newestLog(files: readonly string[], directories: readonly string[]): string | undefined {
  const all = [
    ...files,
    ...directories.flatMap((directory) => namesIn(directory).map((name) => join(directory, name))),
  ];
  let newest: { path: string; at: number } | undefined;
  for (const path of all) {
    const at = statsOf(path)?.mtimeMs;
    if (at !== undefined && (newest === undefined || at > newest.at)) newest = { path, at };
  }
  return newest?.path;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => /\.(?:log|csv|json)$/.test(name))
      .sort();
  } catch {
    return [];
  }
}

function sizeOf(path: string): number {
  return statsOf(path)?.size ?? 0;
}

/** undefined: it is not there, or not ours to see. */
function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

function readPiece(path: string, offset: number, most = largestPiece): Buffer | undefined {
  let file: number;
  try {
    file = openRegularSync(path);
  } catch {
    return undefined;
  }
  try {
    const length = Math.min(fstatSync(file).size - offset, most);
    if (length <= 0) return undefined;
    const piece = Buffer.alloc(length);
    return piece.subarray(0, readSync(file, piece, 0, length, offset));
  } finally {
    closeSync(file);
  }
}
