import { parentPort, workerData } from 'node:worker_threads';
import { serveWriting } from '../backup/serve-writing.ts';
import type { WritingThreadData } from '../backup/writing-thread.ts';

/** The start of the thread that `WritingThread` controls. */
const port = parentPort;
// What rejects here is told by the end of the thread.
if (port !== null) void serveWriting(workerData as WritingThreadData, (report) => port.postMessage(report));
