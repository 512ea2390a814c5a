import fc from 'fast-check';
import { BackupError } from '../../src/errors/backup-error.ts';

/** What a disk, a network or somebody with intent makes of bytes that were good. */
type Change =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'drop'; readonly at: number; readonly length: number }
  | { readonly kind: 'double'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array };

/** Numbers that lengths and counts are attacked with, in both byte orders and as text. */
const extremes = ['ffffffff', '7fffffff', '80000000', '00000080', 'ffffff7f', 'ffffffffffffffff', 'ffffffffffffff7f']
  .map((hex) => Buffer.from(hex, 'hex'))
  .concat(
    ['99999999999999999999', '-1', '1e400', '77777777777', '\0', '\n', '../', '%00'].map((text) => Buffer.from(text)),
  );

/** A place anywhere, more often near the beginning, where headers are. */
const place = fc.oneof(fc.nat({ max: 200 }), fc.nat());
const length = fc.integer({ min: 1, max: 600 });
const bytes = fc.oneof(fc.constantFrom(...extremes), fc.uint8Array({ minLength: 1, maxLength: 40 }));
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: place, bit: fc.nat({ max: 7 }) }),
  fc.record({ kind: fc.constant('set' as const), at: place, bytes }),
  fc.record({ kind: fc.constant('cut' as const), at: place }),
  fc.record({ kind: fc.constant('drop' as const), at: place, length }),
  fc.record({ kind: fc.constant('double' as const), at: place, length }),
  fc.record({ kind: fc.constant('insert' as const), at: place, bytes }),
);

export const changes = fc.array(change, { minLength: 1, maxLength: 4 });

/** `good` after `list`, one change after the other. */
export function changed(good: Uint8Array, list: readonly Change[]): Buffer {
  let result = Buffer.from(good);
  for (const one of list) {
    const at = result.length === 0 ? 0 : one.at % result.length;
    const [before, behind] = [result.subarray(0, at), result.subarray(at)];
    switch (one.kind) {
      case 'flip':
        if (result.length > 0) result[at] = (result[at] ?? 0) ^ (1 << one.bit);
        break;
      case 'set':
        result.set(Uint8Array.from(one.bytes).subarray(0, behind.length), at);
        break;
      case 'cut':
        result = Buffer.from(before);
        break;
      case 'drop':
        result = Buffer.concat([before, behind.subarray(one.length)]);
        break;
      case 'double':
        result = Buffer.concat([before, behind.subarray(0, one.length), behind]);
        break;
      case 'insert':
        result = Buffer.concat([before, one.bytes, behind]);
        break;
    }
  }
  return result;
}

/** Values that no field of our JSON expects. */
const oddValues: readonly unknown[] = [
  null, true, -1, 1.5, 2 ** 53, 1e308, '', '0', 'x', '-1', '99999999999999999999999', 'FFFFFFFF/FFFFFFFF', '\0', '../x',
  [], {}, [null], [[]], { length: -1 }, '__proto__',
]; // prettier-ignore

/** A document in which some values are others, are gone, or have fields beside them. */
export function changedFields(document: unknown): fc.Arbitrary<unknown> {
  const odd = fc.constantFrom(...oddValues);
  return fc
    .array(fc.tuple(fc.nat(), odd, fc.constantFrom('replace', 'remove', 'add')), { minLength: 1, maxLength: 3 })
    .map((steps) => {
      const copy: unknown = structuredClone(document);
      for (const [index, value, how] of steps) {
        const fields = fieldsOf(copy);
        const field = fields[index % Math.max(1, fields.length)];
        if (field === undefined) continue;
        const { holder, name } = field;
        if (how === 'remove') Reflect.deleteProperty(holder, name);
        else holder[how === 'add' ? `${name}x` : name] = structuredClone(value);
      }
      return copy;
    });
}

function fieldsOf(value: unknown): { readonly holder: Record<string, unknown>; readonly name: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, unknown>;
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...fieldsOf(holder[name])]);
}

/** Throws unless `error` is one that our programs explain: a defect of theirs is no answer to hostile input. */
export function requireTyped(error: unknown): void {
  if (error instanceof BackupError && error.code !== 'INTERNAL') return;
  throw new Error('an error that nobody explains', { cause: error });
}

/** The largest buffer that is asked for while `work` runs, in bytes. */
export async function largestBuffer(work: () => unknown): Promise<number> {
  let largest = 0;
  const note = (size: unknown): void => {
    if (typeof size === 'number' && size > largest) largest = size;
  };
  const names = ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const;
  const real = names.map((name) => Buffer[name].bind(Buffer));
  const arrays = ['Uint8Array', 'Uint32Array', 'ArrayBuffer', 'SharedArrayBuffer'] as const;
  const constructors = arrays.map((name) => globalThis[name] as new (...given: unknown[]) => object);
  names.forEach((name, index) => {
    Buffer[name] = ((size: number, ...rest: []) => {
      note(size);
      return real[index]?.(size, ...rest);
    }) as never;
  });
  arrays.forEach((name, index) => {
    const watched = new Proxy(constructors[index] as object, {
      construct(target, given: unknown[], newTarget) {
        note(typeof given[0] === 'number' && name === 'Uint32Array' ? given[0] * 4 : given[0]);
        return Reflect.construct(target as new () => object, given, newTarget) as object;
      },
    });
    Object.assign(globalThis, { [name]: watched });
  });
  try {
    await work();
  } finally {
    names.forEach((name, index) => Object.assign(Buffer, { [name]: real[index] }));
    arrays.forEach((name, index) => Object.assign(globalThis, { [name]: constructors[index] }));
  }
  return largest;
}
