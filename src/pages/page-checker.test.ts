import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { fromText } from '../bytes/byte-string.ts';
import { PageChecker, type BadPage, type PageCounts } from './page-checker.ts';
import { pageChecksum } from './page-checksum.ts';
import { decodePageHeader } from './page-header.ts';
import { classifyPageFile, type PageFormat } from './page-file.ts';

const fixtures = fileURLToPath(new URL('../../test/fixtures/opengauss/pages/', import.meta.url));

interface Check {
  readonly counts: PageCounts;
  readonly bad: readonly BadPage[];
}

function check(bytes: Uint8Array, format: PageFormat, { firstBlock = 0, pieceSize = 1 << 20, shift = 0 } = {}): Check {
  const bad: BadPage[] = [];
  const checker = new PageChecker({ format, blockSizeBytes: 8192, firstBlock, onBadPage: (page) => bad.push(page) });
  const shifted = new Uint8Array(bytes.length + shift).subarray(shift);
  shifted.set(bytes);
  for (let start = 0; start < shifted.length; start += pieceSize) {
    checker.update(shifted.subarray(start, start + pieceSize));
  }
  expect(Buffer.from(shifted).equals(bytes)).toBe(true);
  return { counts: checker.finish(), bad };
}

const index = (await readFile(`${fixtures}index.tsv`, 'utf8'))
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'));

describe('PageChecker on pages of a live openGauss', () => {
  it('has all of them', () => expect(index).toHaveLength(25));

  it.each(index)('%s', async (file, sourcePath, _size, _sum, ok, bad, empty) => {
    const bytes = gunzipSync(await readFile(`${fixtures}${file}`));
    const classified = classifyPageFile(fromText(sourcePath), 'opengauss', 131072);
    if (ok === '-') {
      expect(classified.kind).not.toBe('pages');
      return;
    }
    expect(classified).toEqual({ kind: 'pages', firstBlock: 0 });
    for (const pieceSize of [1000, 8192, 65536 + 4, 1 << 20]) {
      const counts = { ok: Number(ok), bad: Number(bad), empty: Number(empty), partialBytes: 0 };
      expect(check(bytes, 'opengauss', { pieceSize, shift: 4 }).counts).toEqual(counts);
      expect(check(bytes, 'opengauss', { pieceSize, shift: 1 }).counts).toEqual(counts);
    }
  });

  it('knows the layouts', async () => {
    const layoutOf = async (file: string): Promise<number> =>
      decodePageHeader(gunzipSync(await readFile(`${fixtures}${file}`))).layoutVersion;
    expect(await layoutOf('base__16412__16413.gz')).toBe(6);
    expect(await layoutOf('base__16412__16451.gz')).toBe(7);
    expect(await layoutOf('base__16412__16419.gz')).toBe(5);
  });

  it('finds one changed bit anywhere in a page, and a page in the wrong place', async () => {
    const bytes = gunzipSync(await readFile(`${fixtures}base__16412__16413.gz`));
    for (const position of [0, 8, 9, 11, 14, 24, 4096, 8191]) {
      const damaged = Buffer.from(bytes);
      damaged[3 * 8192 + position]! ^= 0x10;
      const { counts, bad } = check(damaged, 'opengauss');
      expect(counts).toEqual({ ok: 16, bad: 1, empty: 0, partialBytes: 0 });
      expect(bad[0]?.block).toBe(3);
      expect(bad[0]?.computed).not.toBe(bad[0]?.stored);
    }
    expect(check(bytes, 'opengauss', { firstBlock: 131072 }).counts.bad).toBe(17);
  });
});

/** A PostgreSQL heap page with one tuple's worth of bytes, checksummed for `block`. */
function postgresqlPage(block: number, lsn: bigint): Buffer {
  const page = Buffer.alloc(8192);
  page.writeUInt32LE(Number(lsn >> 32n), 0);
  page.writeUInt32LE(Number(lsn & 0xffff_ffffn), 4);
  page.writeUInt16LE(28, 12);
  page.writeUInt16LE(8160, 14);
  page.writeUInt16LE(8192, 16);
  page.writeUInt16LE(8192 | 4, 18);
  page.write('tuple', 8160);
  const words = new Int32Array(Uint8Array.from(page).buffer);
  page.writeUInt16LE(pageChecksum(words, 0, 2048, block), 8);
  return page;
}

describe('PageChecker on PostgreSQL pages', () => {
  it('decodes the header and accepts the page in its place only', () => {
    const page = postgresqlPage(7, 0x1_0000_0028n);
    expect(decodePageHeader(page)).toMatchObject({
      lsn: 0x1_0000_0028n,
      flags: 0,
      lower: 28,
      upper: 8160,
      special: 8192,
      pageSize: 8192,
      layoutVersion: 4,
    });
    expect(check(page, 'postgresql', { firstBlock: 7 }).counts.ok).toBe(1);
    const { counts, bad } = check(page, 'postgresql', { firstBlock: 8 });
    expect(counts.bad).toBe(1);
    expect(bad[0]).toMatchObject({ block: 8, lsn: 0x1_0000_0028n });
  });

  it('accepts an empty page only when all of it is zero', () => {
    const empty = Buffer.alloc(8192);
    expect(check(empty, 'postgresql').counts).toEqual({ ok: 0, bad: 0, empty: 1, partialBytes: 0 });
    empty[8000] = 1;
    expect(check(empty, 'postgresql').bad).toEqual([{ block: 0, lsn: 0n, stored: 0, computed: undefined }]);
    expect(check(empty, 'opengauss').counts.bad).toBe(1);
  });

  it('accepts the unfinished page of an openGauss bulk load', () => {
    const logical = Buffer.alloc(8192);
    logical.writeUInt16LE(0x10, 10);
    logical[4000] = 1;
    expect(check(logical, 'opengauss').counts.empty).toBe(1);
  });

  it('judges each page alike among sound, failing and empty ones, with and without WebAssembly', async () => {
    const failing = Buffer.from(postgresqlPage(0, 1n));
    const kinds = `ooooxooee${'o'.repeat(40)}ooxxeeo`.split(/(?:)/);
    const pages = kinds.map((kind, block) => {
      if (kind === 'e') return Buffer.alloc(8192);
      return kind === 'x' ? failing : postgresqlPage(block, 1n);
    });
    const expected = {
      counts: { ok: 49, bad: 3, empty: 4, partialBytes: 5 },
      blocks: kinds.flatMap((kind, block) => (kind === 'x' ? [block] : [])),
    };
    const judge = (Checker: typeof PageChecker): unknown => {
      const blocks: number[] = [];
      const onBadPage = ({ block }: BadPage): void => void blocks.push(block);
      const checker = new Checker({ format: 'postgresql', blockSizeBytes: 8192, firstBlock: 0, onBadPage });
      checker.update(Buffer.concat([...pages, Buffer.alloc(5)]));
      return { counts: checker.finish(), blocks };
    };
    expect(judge(PageChecker)).toEqual(expected);
    vi.stubGlobal('WebAssembly', undefined);
    vi.resetModules();
    try {
      expect(judge((await import('./page-checker.ts')).PageChecker)).toEqual(expected);
    } finally {
      vi.unstubAllGlobals();
      vi.resetModules();
    }
  });

  it('counts what is left over at the end', () => {
    const bytes = Buffer.concat([postgresqlPage(0, 1n), postgresqlPage(1, 1n).subarray(0, 100)]);
    expect(check(bytes, 'postgresql', { pieceSize: 33 }).counts).toEqual({
      ok: 1,
      bad: 0,
      empty: 0,
      partialBytes: 100,
    });
  });
});
