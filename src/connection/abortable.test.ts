import { afterEach, beforeEach, expect, it } from 'vitest';
import { abortable } from './abortable.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => void process.on('unhandledRejection', note));
afterEach(() => {
  process.removeListener('unhandledRejection', note);
  unhandled.length = 0;
});

/** Rejections that nobody handles are told behind the microtasks. */
const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

it('gives what the work comes to', async () => {
  const { signal } = new AbortController();
  expect(await abortable(Promise.resolve(7), signal)).toBe(7);
  expect(await abortable(Promise.resolve(7), undefined)).toBe(7);
  await expect(abortable(Promise.reject(new Error('work')), signal)).rejects.toThrow('work');
});

it.each(['before the call', 'meanwhile'])('work that fails behind a signal that came %s is nobody’s', async (when) => {
  const controller = new AbortController();
  if (when === 'before the call') controller.abort(new Error('signal'));
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<void>((_, reject) => (fail = reject));
  const outcome = expect(abortable(work, controller.signal)).rejects.toThrow('signal');
  controller.abort(new Error('signal'));
  await outcome;
  fail(new Error('work'));
  await turn();
  expect(unhandled).toEqual([]);
});
