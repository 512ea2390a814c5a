import { Worker } from 'node:worker_threads';

/**
 * Starts the worker thread whose entry is `src/threads/<name>.ts`. The build puts every entry and every chunk into one
 * folder, so the entry lies beside whichever file this code ended up in.
 * @param data handed to the thread as its `workerData`; in memory only, so it may hold a password
 */
export function startThread(name: string, data: unknown): Worker {
  // The flags of the process may not fit a thread (--input-type), and ours need none.
  return new Worker(new URL(`./${name}.js`, import.meta.url), { workerData: data, execArgv: [] });
}
