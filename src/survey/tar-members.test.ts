import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collect } from '../../test/support/byte-pieces.ts';
import { noise } from '../../test/support/tool-sample.ts';
import { onePiece } from '../bytes/one-piece.ts';
import type { ByteString } from '../bytes/byte-string.ts';
import { compress } from '../compression/decompress.ts';
import { openLocalStorage } from '../storage/local-storage.ts';
import { encodeMembers } from '../tar/encode-members.ts';
import type { Member } from '../tar/member.ts';
import { TarMembers } from './tar-members.ts';

const mebibyte = 1024 * 1024;
const contents: readonly (readonly [string, Buffer])[] = [
  ['first', noise(3000, 1)],
  ['large', noise(6 * mebibyte + 17, 2)],
  ['wal', noise(2 * mebibyte, 3)],
  ['large too', noise(3 * mebibyte, 4)],
  ['last', noise(700, 5)],
];

let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gausskeep-tar-members-'));
  writeFileSync(join(directory, 'base.tar.gz'), await collect(compress(encodeMembers(members()), 'gzip')));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

async function* members(): AsyncGenerator<Member> {
  await Promise.resolve();
  for (const [name, content] of contents) {
    const names = { name: name as ByteString, linkName: '' as ByteString };
    const header = { ...names, type: 'file' as const, size: content.length, mode: 0o600, mtime: 0 };
    yield { header, content: onePiece(content) };
  }
}

/** Reads those that are wanted, and passes by the others. */
async function read(wanted: (name: string) => boolean, name = 'base.tar.gz'): Promise<Map<string, Buffer | undefined>> {
  const { size: sizeBytes } = statSync(join(directory, name));
  const tar = { name, sizeBytes, compression: 'gzip' as const };
  const found = new Map<string, Buffer | undefined>();
  for await (const { header, content } of new TarMembers(await openLocalStorage(directory), tar).all({}))
    found.set(header.name, wanted(header.name) ? await collect(content) : undefined);
  return found;
}

describe('the members of a compressed tar', () => {
  it('are whole whichever of them are read', async () => {
    for (let choice = 0; choice < 2 ** contents.length; choice++) {
      const wanted = contents.filter((_, index) => (choice & (1 << index)) !== 0).map(([name]) => name);
      const found = await read((name) => wanted.includes(name));
      expect([...found.keys()]).toEqual(contents.map(([name]) => name));
      for (const [name, content] of contents) {
        const same = wanted.includes(name) ? content.equals(found.get(name) ?? Buffer.alloc(0)) : undefined;
        expect(same ?? found.get(name) === undefined).toBe(true);
      }
    }
  });

  it('are not decompressed where nobody reads them, and checked where somebody does', async () => {
    const damaged = readFileSync(join(directory, 'base.tar.gz'));
    // In the middle of the second file, which does not compress.
    damaged.fill(0xff, 3.5 * mebibyte, 3.5 * mebibyte + 1000);
    writeFileSync(join(directory, 'damaged.tar.gz'), damaged);
    const found = await read((name) => name === 'wal', 'damaged.tar.gz');
    expect(found.get('wal')?.equals(contents[2]?.[1] ?? Buffer.alloc(0))).toBe(true);
    await expect(read((name) => name === 'large', 'damaged.tar.gz')).rejects.toMatchObject({ code: 'CORRUPT' });
  });
});
