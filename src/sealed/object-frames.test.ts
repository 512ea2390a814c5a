import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newHeader } from './frame-format.ts';
import { objectFrames, objectKey } from './object-frames.ts';

const master = Buffer.alloc(32, 5);
const zeros = new Uint8Array(16);

/** Encrypted zeros are the key stream: equal where key and nonce are. */
function streamOf(header: Uint8Array, name: string, number: number, isLast: boolean): string {
  const frames = objectFrames(objectKey({ kind: 'encrypted', master }, header, name));
  return Buffer.from(frames.seal(zeros, number, isLast).stored).toString('hex');
}

it('no nonce comes twice under one key', () => {
  const header = newHeader('encrypted');
  const frames = objectFrames(objectKey({ kind: 'encrypted', master }, header, 'x'));
  const seen = new Set<string>();
  const numbers = [
    ...Array.from({ length: 5000 }, (_, number) => number),
    ...[...Array(53).keys()].map((bit) => 2 ** bit + 5000),
  ];
  for (const number of numbers) {
    for (const isLast of [false, true])
      seen.add(Buffer.from(frames.seal(zeros, number, isLast).stored).toString('hex'));
  }
  expect(seen.size).toBe(new Set(numbers).size * 2);
  const number = fc.nat(2 ** 31);
  fc.assert(
    fc.property(number, fc.boolean(), number, fc.boolean(), (a, lastA, b, lastB) => {
      const isSame = a === b && lastA === lastB;
      expect(streamOf(header, 'x', a, lastA) === streamOf(header, 'x', b, lastB)).toBe(isSame);
    }),
  );
});

it('no key serves two objects', () => {
  const headers = Array.from({ length: 2000 }, () => newHeader('encrypted'));
  expect(new Set(headers.map((header) => streamOf(header, 'x', 0, true))).size).toBe(2000);
  const names = ['x', 'y', 'x/y', '', 'x\u0301'];
  expect(new Set(names.map((name) => streamOf(headers[0]!, name, 0, true))).size).toBe(names.length);
});
