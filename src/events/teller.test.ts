import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keepEvents } from '../../test/support/kept-events.ts';
import { phases } from './phases.ts';
import { Teller, type EventOf, type Progress } from './teller.ts';

type News = Progress & { current: string };
type Backup = EventOf<'backup', News>;

const phase = fc.constantFrom(...(Object.keys(phases.backup) as (keyof typeof phases.backup)[]));

it('every event stays what it was, though the operation counts on in the same object', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(phase, fc.nat(9000))), (steps) => {
      let clockMs = 0;
      const kept = keepEvents<Backup>('backup');
      const teller = new Teller<'backup', News>(kept.onEvent, () => (clockMs += 1));
      teller.enter('connect');
      const state = { type: 'progress' as const, doneBytes: 0, totalBytes: undefined, filesDone: 0, current: '' };
      for (const step of steps) {
        if (typeof step === 'string') teller.enter(step);
        else {
          state.doneBytes += step;
          state.filesDone += 1;
          state.current = `base/1/${step}`;
          teller.tell(state);
        }
      }
      kept.check();
      const counts = kept.events.flatMap((event) => (event.type === 'progress' ? [event.filesDone] : []));
      expect(counts).toEqual(counts.map((_, index) => index + 1));
    }),
  );
});

it('a phase is told once when it begins; nothing comes before the first', () => {
  const kept = keepEvents<Backup>('backup');
  const teller = new Teller<'backup', News>(kept.onEvent);
  const news = { type: 'progress', doneBytes: 1, totalBytes: 2, filesDone: 0, current: '' } as const;
  expect(() => {
    teller.tell(news);
  }).toThrow('before the first phase');
  teller.enter('copy');
  teller.enter('copy');
  teller.tell(news);
  teller.enter('wal');
  expect(kept.events.map(({ type, phase: name }) => [type, name])).toEqual([
    ['phase', 'copy'],
    ['progress', 'copy'],
    ['phase', 'wal'],
  ]);
});

it('a listener cannot change what others are told', () => {
  const teller = new Teller<'backup', News>((event) => {
    Object.assign(event, { phase: 'wal' });
  });
  expect(() => {
    teller.enter('copy');
  }).toThrow(TypeError);
});
