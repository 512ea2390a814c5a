import fc from 'fast-check';
import { expect, it } from 'vitest';
import { namesOf, pieces } from '../../test/contract/storage.contract.ts';
import { MemoryStorage } from '../../test/support/memory-storage.ts';
import { isNamePart } from '../storage/object-name.ts';
import { decodeBase32Hex, encodeBase32Hex } from './base32hex.ts';
import { framedStorage } from './framed-storage.ts';
import { NameCipher } from './name-cipher.ts';

const master = Buffer.alloc(32, 3);
const cipher = new NameCipher(master);
const part = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => isNamePart(text) && !text.includes('/') && Buffer.byteLength(text) <= 128);

function open() {
  const inner = new MemoryStorage();
  return { inner, framed: framedStorage(inner, { kind: 'encrypted', master }) };
}

it('base32hex goes there and back, and nothing else is decoded', () => {
  expect(encodeBase32Hex(Buffer.from('foobar'))).toBe('cpnmuoj1e8');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(decodeBase32Hex(encodeBase32Hex(bytes))).toEqual(bytes);
    }),
  );
  for (const text of ['0', 'w0', 'CPNMUOJ1E8', 'cpnmuoj1e9', 'cpnmuoj1e80', 'é0']) {
    expect(decodeBase32Hex(text)).toBeUndefined();
  }
});

it('a part goes there and back, in its folder alone, and no other text does', () => {
  fc.assert(
    fc.property(part, part, (folder, name) => {
      const stored = cipher.encrypt(`${folder}/`, name)!;
      expect(stored).toMatch(/^[0-9a-v]{52,231}$/);
      expect(cipher.encrypt(`${folder}/`, name)).toBe(stored);
      expect(cipher.decrypt(`${folder}/`, stored)).toBe(name);
      expect(cipher.decrypt('', stored)).toBeUndefined();
      expect(new NameCipher(Buffer.alloc(32)).decrypt(`${folder}/`, stored)).toBeUndefined();
    }),
  );
  const stored = cipher.encrypt('', 'orders')!;
  for (let at = 0; at < stored.length; at += 1) {
    const other = stored.slice(0, at) + (stored[at] === '0' ? '1' : '0') + stored.slice(at + 1);
    expect(cipher.decrypt('', other)).toBeUndefined();
  }
});

it('the same part has another name in every folder', () => {
  const names = ['', 'a/', 'b/', 'a/b/'].map((folder) => cipher.encrypt(folder, 'x'));
  expect(new Set(names).size).toBe(4);
});

it('lists by the clear names, folder by folder', async () => {
  const names = fc.uniqueArray(
    fc
      .array(fc.constantFrom('a', 'a-', 'a0', 'b', 'é', '\u{1f600}', '\uffee'), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/')),
    { maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(names, fc.constantFrom('', 'a', 'a/', 'a/b', 'b/a/'), async (wanted, prefix) => {
      const { framed } = open();
      const plain = new MemoryStorage();
      for (const name of wanted) {
        const isThere = await plain.put(name, pieces('x')).then(
          () => true,
          () => false,
        );
        await (isThere
          ? framed.put(name, pieces('x'))
          : expect(framed.put(name, pieces('x'))).rejects.toMatchObject({ code: 'OBJECT_EXISTS' }));
      }
      for (const recursive of [true, false]) {
        expect(await namesOf(framed, prefix, recursive)).toEqual(await namesOf(plain, prefix, recursive));
      }
    }),
    { numRuns: 60 },
  );
});

it('passes over what is not ours, and names it when it is asked', async () => {
  const { inner, framed } = open();
  await framed.put('a/x', pieces('1'));
  const [ours] = await namesOf(inner);
  await inner.put('README', pieces('1'));
  await inner.put('lost+found/x', pieces('1'));
  await inner.put(`${ours!.split('/')[0]!}/foreign`, pieces('1'));
  await inner.put(`other/${ours!.split('/')[1]!}`, pieces('1'));
  expect(await namesOf(framed)).toEqual(['a/x']);
  const folders: string[] = [];
  for await (const name of framed.folders('')) folders.push(name);
  expect(folders).toEqual(['a/']);
  const [folder, name] = ours!.split('/') as [string, string];
  const foreign = async (prefix: string) => {
    const found: string[] = [];
    for await (const one of framed.foreignNames(prefix)) found.push(one);
    return found.sort();
  };
  expect(await foreign('')).toEqual(['README', `${folder}/foreign`, 'lost+found/', 'other/'].sort());
  expect(await foreign('a/')).toEqual([`${folder}/foreign`]);
  expect(await foreign('b/')).toEqual([]);
  await inner.put(name, pieces('moved'));
  expect(await foreign('')).toContain(name);
});

it('refuses a part that would become too long', async () => {
  const { framed } = open();
  await framed.put('x'.repeat(128), pieces('1'));
  const long = 'x'.repeat(129);
  await expect(framed.put(long, pieces('1'))).rejects.toMatchObject({ code: 'USAGE' });
  await expect(framed.stat(`${long}/x`)).rejects.toMatchObject({ code: 'USAGE' });
  expect(await namesOf(framed, `${long}/`)).toEqual([]);
  expect(await namesOf(framed)).toEqual(['x'.repeat(128)]);
});
