import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mergeOrdered } from './merge-ordered.ts';

it('gives every name of ordered sources once, in order', async () => {
  const sorted = fc.uniqueArray(fc.string({ maxLength: 3 }), { maxLength: 12 }).map((names) => names.sort());
  await fc.assert(
    fc.asyncProperty(fc.array(sorted, { maxLength: 4 }), async (sources) => {
      const merged: string[] = [];
      const streams = sources.map(async function* (names) {
        for (const name of names) yield await Promise.resolve(name);
      });
      for await (const name of mergeOrdered(streams)) merged.push(name);
      expect(merged).toEqual([...new Set(sources.flat())].sort());
    }),
  );
});

it('ends its sources when nobody asks any more', async () => {
  let ended = 0;
  const source = async function* (): AsyncGenerator<string> {
    try {
      for (let number = 0; ; number += 1) yield await Promise.resolve(String(number).padStart(9, '0'));
    } finally {
      ended += 1;
    }
  };
  for await (const name of mergeOrdered([source(), source()])) if (name.endsWith('3')) break;
  expect(ended).toBe(2);
});
