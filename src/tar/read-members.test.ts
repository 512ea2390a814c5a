import fc from 'fast-check';
import tarStream from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { chunkSizes, encode, file, none, readAll } from '../../test/support/archives.ts';
import { reused } from '../../test/support/byte-pieces.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { encodeMemberHeader, endOfTar, padding } from './encode-member.ts';
import type { Member, MemberHeader } from './member.ts';
import { readMembers } from './read-members.ts';
import { memberOf } from './encode-members.ts';

/** An archive of one file whose header block was changed by `change`, with a right checksum. */
function crafted(change: (block: Buffer) => void, content = ''): Buffer {
  const block = Buffer.from(encodeMemberHeader({ ...file('victim', content).header, size: content.length }));
  change(block);
  fixChecksum(block);
  return Buffer.concat([block, Buffer.from(content, 'latin1'), padding(content.length), endOfTar]);
}

function fixChecksum(block: Buffer): void {
  block.fill(0x20, 148, 156);
  const sum = block.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
}

function extension(flag: string, body: Buffer): Buffer {
  const block = Buffer.from(encodeMemberHeader({ ...file('extension').header, size: body.length }));
  block.write(flag, 156, 'latin1');
  fixChecksum(block);
  return Buffer.concat([block, body, padding(body.length)]);
}

function pax(...records: string[]): Buffer {
  const encoded = records.map((record) => {
    let length = record.length + 3;
    while (`${length} ${record}\n`.length !== length) length += 1;
    return `${length} ${record}\n`;
  });
  return extension('x', Buffer.from(encoded.join(''), 'latin1'));
}

const part = fc
  .uint8Array({ minLength: 1, maxLength: 120 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))).toString('latin1'))
  .filter((text) => text !== '.' && text !== '..');
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/') as ByteString);
const content = fc.uint8Array({ maxLength: 1500 });
const mode = fc.integer({ min: 0, max: 0o7777 });
const mtime = fc.integer({ min: 0, max: 2 ** 40 });
const member: fc.Arbitrary<{ header: Omit<MemberHeader, 'size'>; bytes: Uint8Array }> = fc.oneof(
  fc.record({
    header: fc.record({ name, type: fc.constant('file' as const), mode, mtime, linkName: fc.constant(none) }),
    bytes: content,
  }),
  fc.record({
    header: fc.record({ name, type: fc.constant('directory' as const), mode, mtime, linkName: fc.constant(none) }),
    bytes: fc.constant(new Uint8Array(0)),
  }),
  fc.record({
    header: fc.record({
      name,
      type: fc.constantFrom('symlink' as const, 'hardlink' as const),
      mode,
      mtime,
      linkName: name,
    }),
    bytes: fc.constant(new Uint8Array(0)),
  }),
);

describe('tar', () => {
  it('reads back what it writes, whatever the names, sizes, times and pieces', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(member, { maxLength: 6 }), fc.constantFrom(...chunkSizes), async (members, chunk) => {
        const archive = await encode(members.map(({ header, bytes }) => memberOf(header, bytes)));
        expect(archive.length % 512).toBe(0);
        expect(await readAll(archive, 'tar', chunk)).toEqual(
          members.map(({ header, bytes }) => ({
            header: { ...header, size: bytes.length },
            content: Buffer.from(bytes).toString('latin1'),
          })),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('is read by tar-stream', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(120)}`;
    const split = `${'a'.repeat(120)}/${'b'.repeat(90)}`;
    const link: Member = memberOf(
      {
        name: fromText('pg_tblspc/1'),
        type: 'symlink',
        mode: 0o777,
        mtime: 5,
        linkName: fromText(`/${'t'.repeat(150)}`),
      },
      new Uint8Array(0),
    );
    const archive = await encode([file('näme', 'one'), file(long, 'two'), file(split, 'three'), link]);
    const extract = tarStream.extract();
    extract.end(archive);
    const found: unknown[] = [];
    for await (const entry of extract) {
      const pieces: Uint8Array[] = [];
      for await (const piece of entry) pieces.push(piece as Uint8Array);
      found.push([entry.header.name, entry.header.type, entry.header.linkname, Buffer.concat(pieces).toString()]);
    }
    expect(found).toEqual([
      ['näme', 'file', null, 'one'],
      [long, 'file', null, 'two'],
      [split, 'file', null, 'three'],
      ['pg_tblspc/1', 'symlink', `/${'t'.repeat(150)}`, ''],
    ]);
  });

  it('reads what tar-stream writes', async () => {
    const pack = tarStream.pack();
    const long = `${'x'.repeat(200)}/${'y'.repeat(200)}`;
    pack.entry({ name: 'base/', type: 'directory', mode: 0o700 });
    pack.entry({ name: long, mode: 0o640 }, 'content');
    pack.entry({ name: 'l', type: 'symlink', linkname: `/${long}` });
    pack.finalize();
    const pieces: Uint8Array[] = [];
    for await (const piece of pack) pieces.push(piece as Uint8Array);
    const members = await readAll(Buffer.concat(pieces));
    expect(
      members.map(({ header, content }) => [header.name, header.type, header.mode, header.linkName, content]),
    ).toEqual([
      ['base', 'directory', 0o700, '', ''],
      [long, 'file', 0o640, '', 'content'],
      ['l', 'symlink', 0o644, `/${long}`, ''],
    ]);
  });

  it('announces sizes of 8 GiB and more in a pax header, and reads them there and in base 256', async () => {
    const size = 8 * 1024 ** 3 + 5;
    const first = async (archive: Uint8Array) => {
      for await (const { header } of readMembers(reused(archive, 512), 'tar')) return header;
      return undefined;
    };
    expect(await first(encodeMemberHeader({ ...file('big').header, size }))).toMatchObject({ name: 'big', size });
    const binary = crafted((block) => {
      block.fill(0, 124, 136);
      block[124] = 0x80;
      block.writeUIntBE(size, 130, 6);
    });
    expect(await first(binary)).toMatchObject({ size });
  });

  it('takes names without ./ and trailing slashes, and leaves ./ out', async () => {
    const archive = Buffer.concat([
      crafted((block) => block.write('./\0\0\0\0', 0)).subarray(0, 512),
      crafted((block) => block.write('5', 156)).subarray(0, 512),
      crafted((block) => block.write('.//a/b/\0', 0)),
    ]);
    const members = await readAll(archive);
    expect(members.map(({ header }) => [header.name, header.type])).toEqual([
      ['victim', 'directory'],
      ['a/b', 'directory'],
    ]);
  });

  it('takes GNU long names and links, and lets pax records win', async () => {
    const longName = 'n'.repeat(140);
    const gnu = Buffer.concat([extension('L', Buffer.from(`${longName}\0`)), crafted(() => undefined, 'x')]);
    expect((await readAll(gnu))[0]?.header.name).toBe(longName);
    const link = Buffer.concat([
      extension('K', Buffer.from('/long/target\0')),
      crafted((block) => block.write('2', 156)),
    ]);
    expect((await readAll(link))[0]?.header.linkName).toBe('/long/target');
    const both = Buffer.concat([
      extension('L', Buffer.from('gnu\0')),
      pax('path=pax', 'mtime=12.75'),
      crafted(() => undefined),
    ]);
    expect((await readAll(both))[0]?.header).toMatchObject({ name: 'pax', mtime: 12 });
  });

  it('applies a global pax header to what has no record of its own', async () => {
    const global = Buffer.from(pax('mtime=99', 'comment=x'));
    global.write('g', 156);
    fixChecksum(global);
    const archive = Buffer.concat([
      global,
      crafted(() => undefined).subarray(0, 512),
      pax('mtime=7'),
      crafted(() => undefined),
    ]);
    expect((await readAll(archive)).map(({ header }) => header.mtime)).toEqual([99, 7]);
  });

  it('skips content that nobody reads', async () => {
    const archive = await encode([file('a', 'x'.repeat(5000)), file('b', 'y')]);
    const names: string[] = [];
    for await (const { header, content } of readMembers(reused(archive, 700), 'tar')) {
      names.push(header.name);
      for await (const piece of content) {
        expect(piece.length).toBeGreaterThan(0);
        break;
      }
    }
    expect(names).toEqual(['a', 'b']);
  });

  it('accepts a missing end mark only when told', async () => {
    const whole = await encode([file('a', 'x')]);
    const open = whole.subarray(0, whole.length - 1024);
    expect(await readAll(open, 'tar', 512, { terminated: false })).toHaveLength(1);
    expect(await readAll(whole, 'tar', 512, { terminated: false })).toHaveLength(1);
    expect(await readAll(new Uint8Array(0), 'tar', 512, { terminated: false })).toEqual([]);
    await expect(readAll(open, 'tar')).rejects.toMatchObject({ code: 'CORRUPT', sentence: { key: 'tar.no-end-mark' } });
    await expect(readAll(whole.subarray(0, -512), 'tar')).rejects.toMatchObject({
      sentence: { key: 'tar.no-end-mark' },
    });
  });

  it.each(chunkSizes)('finds every truncation, read in pieces of %i', async (chunk) => {
    const whole = await encode([
      file('a', 'x'.repeat(600)),
      file('n'.repeat(300).replace(/.{100}/g, '$&/') + 'e', 'y'),
    ]);
    for (let length = 0; length < whole.length; length += chunk === 1 ? 331 : 37) {
      await expect(readAll(whole.subarray(0, length), 'tar', chunk)).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });

  it('accepts zeros behind the end mark and nothing else', async () => {
    const whole = await encode([file('a', 'x')]);
    expect(await readAll(Buffer.concat([whole, Buffer.alloc(10_240)]))).toHaveLength(1);
    const trailing = Buffer.concat([whole, Buffer.alloc(512), Buffer.from('!')]);
    await expect(readAll(trailing)).rejects.toMatchObject({
      sentence: { key: 'tar.trailing-data', parameters: { offset: whole.length + 512 } },
    });
  });

  it('stops when its signal is aborted', async () => {
    const controller = new AbortController();
    controller.abort();
    const archive = await encode([file('a')]);
    await expect(readAll(archive, 'tar', 512, { signal: controller.signal })).rejects.toThrow('aborted');
  });
});

describe('a hostile or damaged tar', () => {
  const name = (text: string) => crafted((block) => block.fill(0, 0, 100).write(text, 0, 'latin1'));
  const faults: [string, Buffer, string][] = [
    ['an absolute name', name('/etc/passwd'), 'tar.member-name-absolute'],
    ['a name that climbs', name('a/../../b'), 'tar.member-name-dots'],
    ['a name that begins with ..', name('../b'), 'tar.member-name-dots'],
    ['a name that climbs behind ./', name('./../b'), 'tar.member-name-dots'],
    ['a name that ends in ..', name('a/..'), 'tar.member-name-dots'],
    ['a name with an empty part', name('a//b'), 'tar.member-name-empty-part'],
    ['a file that is the target itself', name('.'), 'tar.member-name-root'],
    ['an empty name', name(''), 'tar.member-name-empty'],
    ['a name with NUL', Buffer.concat([pax('path=a\0b'), name('x')]), 'tar.member-name-nul'],
    ['a climbing pax name', Buffer.concat([pax('path=../x'), name('x')]), 'tar.member-name-dots'],
    ['a climbing GNU name', Buffer.concat([extension('L', Buffer.from('../x\0')), name('x')]), 'tar.member-name-dots'],
    [
      'a part that no file system takes',
      Buffer.concat([pax(`path=${'p'.repeat(256)}`), name('x')]),
      'tar.member-name-too-long',
    ],
    [
      'a name that no system takes',
      Buffer.concat([pax(`path=${'p/'.repeat(2048)}p`), name('x')]),
      'tar.member-name-too-long',
    ],
    ['a GNU sparse file', crafted((block) => block.write('S', 156)), 'tar.member-sparse'],
    ['a pax sparse file', Buffer.concat([pax('GNU.sparse.major=1'), name('x')]), 'tar.member-sparse'],
    ['a size that is not octal', crafted((block) => block.write('0000000019x', 124)), 'tar.member-size'],
    ['a negative size', crafted((block) => block.fill(0xff, 124, 136)), 'tar.member-size'],
    ['a size beyond 2^53', crafted((block) => block.fill(0x7f, 125, 136).fill(0x80, 124, 125)), 'tar.member-size'],
    ['a negative pax size', Buffer.concat([pax('size=-1'), name('x')]), 'tar.member-size'],
    ['a pax size in hex', Buffer.concat([pax('size=0x10'), name('x')]), 'tar.member-size'],
    ['a directory with content', crafted((block) => block.write('5', 156), 'x'), 'tar.member-content'],
    ['a link with content', crafted((block) => block.write('2', 156).valueOf(), 'x'), 'tar.member-content'],
    ['a link without target', crafted((block) => block.write('2', 156)), 'tar.member-link-empty'],
    ['a hard link that climbs', crafted((block) => block.write('1../../etc/passwd', 156)), 'tar.member-name-dots'],
    ['an absolute hard link', crafted((block) => block.write('1/etc/passwd', 156)), 'tar.member-name-absolute'],
    ['an unknown type', crafted((block) => block.write('M', 156)), 'tar.member-type'],
    ['a mode that is not octal', crafted((block) => block.write('rwxr-xr', 100)), 'tar.member-mode'],
    ['a wrong checksum', Buffer.concat([name('a').fill(0x41, 10, 12), name('b')]), 'tar.bad-checksum'],
    [
      'an unreadable pax record',
      Buffer.concat([extension('x', Buffer.from('99 path=x\n')), name('x')]),
      'tar.bad-extension',
    ],
    [
      'a pax record without length',
      Buffer.concat([extension('x', Buffer.from('path=x\n')), name('x')]),
      'tar.bad-extension',
    ],
    [
      'an endless pax header',
      crafted((block) => block.write('x', 156).valueOf() && block.write('77777777777', 124)),
      'tar.large-extension',
    ],
    ['a pax header at the end', Buffer.concat([pax('path=x'), endOfTar]), 'tar.lone-extension'],
  ];

  it.each(faults)('with %s is refused', async (_title, archive, key) => {
    await expect(readAll(archive, 'tar')).rejects.toMatchObject({ code: 'CORRUPT', sentence: { key } });
  });

  it('with a pax size does not fool the size of an extension header', async () => {
    // The size record belongs to the member, not to the long name between them.
    const archive = Buffer.concat([
      pax('size=3'),
      extension('L', Buffer.from('long\0')),
      crafted(() => undefined, 'abc'),
    ]);
    expect(await readAll(archive)).toMatchObject([{ header: { name: 'long', size: 3 }, content: 'abc' }]);
  });

  it('never ends in anything but members or a BackupError', async () => {
    const base = await encode([file('a', 'content'), file('b'.repeat(150), 'more'), file('c/d', '')]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (changes, repair) => {
          const archive = Buffer.from(base);
          for (const [offset, byte] of changes) archive[offset] = byte;
          if (repair) fixChecksum(archive);
          await readAll(archive, 'detect').then(
            (members) => {
              for (const { header, content } of members) expect(content.length).toBe(header.size);
            },
            (error: unknown) => expect(error).toMatchObject({ name: 'BackupError', code: 'CORRUPT' }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});
