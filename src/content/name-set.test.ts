import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NameSet } from './name-set.ts';

describe('NameSet', () => {
  it('answers as a Set does, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 12 }), { maxLength: 4000 }), (names) => {
        const [ours, model] = [new NameSet(), new Set<string>()];
        for (const name of names) {
          expect(ours.has(name)).toBe(model.has(name));
          expect(ours.add(name)).toBe(!model.has(name));
          model.add(name);
        }
        expect(ours.size).toBe(model.size);
      }),
      { numRuns: 40 },
    );
  });

  it('tells the names of a large instance apart, and knows each again', () => {
    const set = new NameSet();
    const names = function* (): Generator<string> {
      for (let file = 0; file < 100_000; file += 1) {
        const path = `base/${String(16_384 + (file % 40))}/${String(16_384 + file)}`;
        yield path;
        yield `${path}_fsm`;
        yield `16423\0PG_17_202406281/5/${String(file)}`;
      }
    };
    for (const name of names()) if (!set.add(name)) throw new Error(`${name} is taken for another`);
    for (const name of names()) if (!set.has(name)) throw new Error(`${name} is not known`);
    expect(set.size).toBe(300_000);
    expect(set.has('base/16384/16384_vm')).toBe(false);
  });
});
