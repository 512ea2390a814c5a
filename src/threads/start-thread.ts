import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

/**
 * Whether the entry of a thread lies beside the file that this code ended up in: in every build; run from source there is none.
 * @param name of `src/threads/<name>.ts`
 */
export function hasThread(name: string): boolean {
  return existsSync(entryOf(name));
}

/**
 * Starts the worker thread whose entry is `src/threads/<name>.ts`. The build puts every entry and every chunk into one
 * folder, so the entry lies beside whichever file this code ended up in.
 * @param data handed to the thread as its `workerData`; in memory only, so it may hold a password
 */
export function startThread(name: string, data?: unknown): Worker {
  // The flags of the process may not fit a thread (--input-type), and ours need none.
  return new Worker(entryOf(name), { workerData: data, execArgv: [] });
}

/** The same for a thread that works in memory which others own: what it makes for itself is thrown away often, instead of filling 48 MiB first. */
export function startLeanThread(name: string, data?: unknown): Worker {
  return new Worker(entryOf(name), { workerData: data, execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 3 } });
}

/** Threads that are started for a short time are built as CommonJS, which a thread loads faster. */
function entryOf(name: string): URL {
  const commonJs = new URL(`./${name}.cjs`, import.meta.url);
  return existsSync(commonJs) ? commonJs : new URL(`./${name}.js`, import.meta.url);
}
