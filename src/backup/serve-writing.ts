import { setImmediate as turn } from 'node:timers/promises';
import { RingReader, type RingRecord } from '../bytes/record-ring.ts';
import { errorToData } from '../errors/error-data.ts';
import { WrittenFiles } from './written-files.ts';
import { decodeOpening, writing, type WritingReport, type WritingThreadData } from './writing-thread.ts';

/** How long the thread sleeps while flushes run, whose ends it must notice itself; and while none does. */
const flushingMs = 2;
const idleMs = 1000;

/** After so many files the flushes get a turn, and the sums that were made are told. */
const filesBetweenTurns = 16;

/** The work of the thread that `WritingThread` starts: does what comes through the ring until it is finished or stopped. */
export async function serveWriting(data: WritingThreadData, tell: (report: WritingReport) => void): Promise<void> {
  const ring = new RingReader(data.ring);
  const files = new WrittenFiles(data);
  let sums: string[] = [];
  let hasFailed = false;
  let filesDone = 0;
  const tellSums = (): void => {
    if (sums.length > 0) tell({ type: 'sums', sums });
    sums = [];
  };
  const perform = ({ type, value, bytes }: RingRecord): void | Promise<void> => {
    switch (type) {
      case writing.open:
        return files.open(...decodeOpening(value, bytes));
      case writing.content:
      case writing.other:
        files.write(bytes, type === writing.content);
        return undefined;
      case writing.endContent:
        files.endContent();
        sums.push(files.sum);
        return undefined;
      case writing.close:
        files.close();
        return undefined;
      case writing.finish:
        tellSums();
        return files.finish();
      default:
        throw new TypeError(`a record of type ${type}`);
    }
  };
  while (!ring.isStopped) {
    const record = ring.next();
    if (record === undefined) {
      tellSums();
      if (files.isFlushing) await turn();
      ring.wait(files.isFlushing ? flushingMs : idleMs);
      continue;
    }
    const { type } = record;
    // After a failure the rest is taken and dropped, until the other side has heard of it and stops the ring.
    if (!hasFailed) {
      try {
        const done = perform(record);
        if (done !== undefined) await done;
      } catch (error) {
        hasFailed = true;
        files.abandon();
        tell({ type: 'failed', error: errorToData(error) });
      }
    }
    if (ring.release(record)) tell({ type: 'room' });
    if (type === writing.finish && !hasFailed) {
      tell({ type: 'finished' });
      return;
    }
    if (type === writing.close) {
      filesDone += 1;
      if (filesDone % filesBetweenTurns === 0) {
        tellSums();
        if (files.isFlushing) await turn();
      }
    }
  }
  files.abandon();
}
