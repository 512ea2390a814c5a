// What bench/repository.mjs takes its largest backups of: a source that is made while it is read, through the engine's tar reader and packs into an
// encrypted repository of checksums and names, in one process whose memory is looked at.
// scripted-source files COUNT DIRECTORY: so many files of one page in directories of a thousand.
// scripted-source pages COUNT DIRECTORY: so many files of 1 GiB, of which one page of 128 is not zero.
// The root of what was stored is left in DIRECTORY, for the next one to be compared with.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../src/bytes/byte-string.ts';
import type { ChunkRef } from '../src/packs/chunk-ref.ts';
import { writeContent } from '../src/packs/content-writer.ts';
import { newId } from '../src/repository/names.ts';
import { framedStorage } from '../src/sealed/framed-storage.ts';
import { openLocalStorage } from '../src/storage/local-storage.ts';
import { ContentSink } from '../src/storing/content-sink.ts';
import { fillingOf, headOf } from '../src/tar/encode-members.ts';
import type { MemberHeader } from '../src/tar/member.ts';
import { readMembers } from '../src/tar/read-members.ts';

const pageBytes = 8192;
const MiB = 1024 * 1024;

function headerOf(name: string, size: number): MemberHeader {
  const mtime = 1_700_000_000;
  return { name: name as ByteString, type: 'file', mode: 0o600, size, mtime, linkName: '' as ByteString };
}

/** A page as a server has it, in parts: half of it rows that are like others. */
function fillPage(page: Buffer, number: number): void {
  page.fill('order line of a table; ');
  for (let at = 0; at < pageBytes / 2; at += 8) page.writeDoubleLE(Math.sin(number + at), at);
}

function* tarOf(kind: string, count: number): Generator<Uint8Array> {
  const page = Buffer.alloc(pageBytes);
  const large = Buffer.alloc(MiB);
  for (let file = 0; file < count; file += 1) {
    const name = `base/${16_384 + Math.floor(file / 1000)}/${100_000 + file}`;
    const size = kind === 'files' ? pageBytes : 1024 * MiB;
    const member = { header: headerOf(name, size), content: nothing() };
    yield headOf(member, { format: 'tar', mtime: 0 });
    if (kind === 'files') {
      fillPage(page, file);
      yield page;
    } else {
      for (let part = 0; part < 1024; part += 1) {
        fillPage(page, file * 1024 + part);
        const at = (part % 128) * pageBytes;
        page.copy(large, at);
        yield large;
        large.fill(0, at, at + pageBytes);
      }
    }
    yield fillingOf(member, size);
  }
  yield Buffer.alloc(1024);
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // The content is written behind the header.
}

async function* slowly(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

const [kind = 'files', count = '0', directory = '.'] = process.argv.slice(2);
const known = join(directory, 'root.json');
mkdirSync(join(directory, 'storage'), { recursive: true });
const storage = framedStorage(await openLocalStorage(join(directory, 'storage')), {
  kind: 'encrypted',
  master: Buffer.alloc(32, 7),
});
const prior = existsSync(known) ? (JSON.parse(readFileSync(known, 'utf8')) as readonly ChunkRef[]) : undefined;
const { signal } = new AbortController();
const writer = await writeContent({ storage, backup: newId(), prior, codec: { name: 'zstd', level: 3 }, signal });
const sink = new ContentSink(writer);
const part = { name: 'base', oid: undefined };
for await (const member of readMembers(slowly(tarOf(kind, Number(count))), 'tar', { signal })) {
  await sink.file(part, member);
}
const { root, files, logicalBytes, newBytes } = await writer.finish();
writeFileSync(known, JSON.stringify(root));
process.stdout.write(`${files} files, ${logicalBytes} bytes, ${newBytes} stored\n`);
