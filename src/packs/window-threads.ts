import { SharedThreads } from '../threads/shared-threads.ts';
import { workOffWindow, type WindowAnswer, type WindowOrder } from './window-work.ts';

const mostThreads = 2;
/** What is done here before a thread is worth its start, in bytes of content. */
const worthStarting = 16 * 1024 * 1024;

const threads = new SharedThreads<WindowOrder, WindowAnswer>('window-thread', mostThreads);
let seen = 0;

/**
 * Works off a window: on threads once there is much to do, else here. Its memory belongs to whoever does it until the promise settles.
 * @param contentBytes of its chunks
 */
export function windowAnswer(order: WindowOrder, contentBytes: number): Promise<WindowAnswer> {
  seen += contentBytes;
  return (seen < worthStarting ? undefined : threads.perform(order)) ?? workOffWindow(order);
}
