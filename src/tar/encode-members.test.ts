import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chunkSizes, encode, file, none, readAll } from '../../test/support/archives.ts';
import { collect, reused } from '../../test/support/byte-pieces.ts';
import { readPaxRecords } from '../../test/support/pax-reader.ts';
import { temporaryDirectory } from '../../test/support/temporary-directory.ts';
import { fromText, type ByteString } from '../bytes/byte-string.ts';
import { encodeMemberHeader } from './encode-member.ts';
import type { Member } from './member.ts';
import { encodeMembers, memberOf } from './encode-members.ts';
import { readMembers } from './read-members.ts';
import { rewriteMembers } from '../../test/support/rewritten-tar.ts';
import { headerChecksum } from './ustar-header.ts';

const mtime = 1_700_000_000;

function link(name: string, target: string): Member {
  const header = { name: fromText(name), type: 'symlink', mode: 0o777, mtime, linkName: fromText(target) } as const;
  return memberOf(header, new Uint8Array(0));
}

describe('encodeMembers', () => {
  it('a member of more than 8 GiB with a late time passes, and what is behind it stays where it is (BB-47)', async () => {
    const size = 8 * 1024 ** 3 + 5;
    const late = 2 ** 31 + 5;
    // The same piece again and again: nothing of it is looked at.
    const piece = new Uint8Array(4 * 1024 * 1024);
    const big = async function* () {
      for (let left = size; left > 0; left -= piece.length) {
        yield await Promise.resolve(piece.subarray(0, Math.min(left, piece.length)));
      }
    };
    const header = { name: fromText('base/1/big'), type: 'file', mode: 0o600, mtime: late, linkName: none } as const;
    const members = async function* (): AsyncGenerator<Member> {
      yield await Promise.resolve({ header: { ...header, size }, content: big() });
      yield memberOf({ ...header, name: fromText('base/1/empty') }, new Uint8Array(0));
      yield memberOf({ ...header, name: fromText('base/1/last') }, Buffer.from('last'));
    };
    const read: unknown[] = [];
    for await (const { header: found, content } of readMembers(encodeMembers(members()), 'tar')) {
      let length = 0;
      for await (const part of content) length += part.length;
      read.push([found.name, found.size, found.mtime, length]);
    }
    expect(read).toEqual([
      ['base/1/big', size, late, size],
      ['base/1/empty', 0, late, 0],
      ['base/1/last', 4, late, 4],
    ]);
  });

  it.each(chunkSizes)('takes members from openGauss to tar, in pieces of %i', async (chunk) => {
    const members = [file('backup_label', 'label'), file('global/1', 'y'.repeat(513), 0o640), file('a', '')];
    const source = await encode(members, 'opengauss');
    const archive = await collect(rewriteMembers(reused(source, chunk), 'opengauss', { mtime }));
    expect(archive.length % 512).toBe(0);
    const read = await readAll(archive, 'tar');
    expect(read.map(({ header, content }) => [header.name, header.mtime, header.mode, content])).toEqual([
      ['backup_label', mtime, 0o600, 'label'],
      ['global/1', mtime, 0o640, 'y'.repeat(513)],
      ['a', mtime, 0o600, ''],
    ]);
  });

  it.each(chunkSizes)(
    'gives back every header as it came, extended ones and the root too, in pieces of %i',
    async (chunk) => {
      const long = `${'d'.repeat(200)}/${'e'.repeat(200)}`;
      const foreign = encodeMemberHeader({ ...file('owner', 'abc').header, size: 3 });
      // A server writes its own user into the header; the checksum field holds the sum of all bytes.
      Buffer.from(foreign.buffer, foreign.byteOffset).write('postgres', 265, 'latin1');
      Buffer.from(foreign.buffer, foreign.byteOffset).write(
        `${headerChecksum(foreign).toString(8).padStart(6, '0')}\0 `,
        148,
      );
      const root = encodeMemberHeader({ ...file('.').header, type: 'directory', name: fromText('.') });
      const source = Buffer.concat([
        root,
        await encode([file(long, 'x')]).then((bytes) => bytes.subarray(0, -1024)),
        foreign,
      ]);
      const whole = Buffer.concat([source, Buffer.from('abc'.padEnd(512, '\0')), Buffer.alloc(1024)]);
      expect((await collect(rewriteMembers(reused(whole, chunk), 'tar', { verbatim: true }))).equals(whole)).toBe(true);
      const again = await collect(rewriteMembers(reused(whole, chunk), 'tar'));
      expect(again.includes('postgres')).toBe(false);
      const opengauss = await encode([file('a', 'x'), link('b', '/t')], 'opengauss');
      const kept = await collect(rewriteMembers(reused(opengauss, chunk), 'opengauss', { verbatim: true }));
      expect(kept.subarray(0, -1024).equals(opengauss)).toBe(true);
    },
  );

  it('adds the end mark that servers before PostgreSQL 15 leave out', async () => {
    const whole = await encode([file('a', 'x')]);
    const rewritten = await collect(
      rewriteMembers(reused(whole.subarray(0, -1024), 512), 'tar', { terminated: false }),
    );
    expect(rewritten.equals(whole)).toBe(true);
  });

  it('refuses a content that is not as long as its header says', async () => {
    for (const size of [3, 5]) {
      const lying = { ...file('a', 'four'), header: { ...file('a').header, size } };
      const members = async function* () {
        yield await Promise.resolve(lying);
      };
      await expect(collect(encodeMembers(members()))).rejects.toMatchObject({ code: 'CORRUPT' });
    }
  });

  it('writes what GNU tar unpacks without a word', async () => {
    const root = temporaryDirectory();
    const long = `${'d'.repeat(200)}/${'e'.repeat(200)}/${'f'.repeat(200)}`;
    const split = `${'a'.repeat(120)}/${'b'.repeat(90)}`;
    const directory = 'a'.repeat(99);
    const raw = Buffer.from([0x66, 0xff, 0x80]).toString('latin1') as ByteString;
    const rawFile = { ...file('x', 'raw'), header: { ...file('x', 'raw').header, name: raw } };
    const archive = await encode([
      file('backup_label', 'x'.repeat(1000), 0o640),
      memberOf({ name: fromText(directory), type: 'directory', mode: 0o750, mtime, linkName: none }, new Uint8Array(0)),
      file(long, 'long'),
      file(split, 'split'),
      file('ümlaut', 'ü'),
      rawFile,
      link('link', `/${'t'.repeat(200)}`),
    ]);
    writeFileSync(join(root, 'archive.tar'), archive);
    const output = spawnSync('tar', ['-C', root, '-xpf', join(root, 'archive.tar')], { encoding: 'latin1' });
    expect([output.status, output.stderr]).toEqual([0, '']);
    expect(lstatSync(join(root, 'backup_label')).mode & 0o7777).toBe(0o640);
    expect(lstatSync(join(root, 'backup_label')).mtimeMs).toBe(mtime * 1000);
    expect(lstatSync(join(root, directory)).mode & 0o7777).toBe(0o750);
    expect(readFileSync(join(root, long), 'latin1')).toBe('long');
    expect(readFileSync(join(root, split), 'latin1')).toBe('split');
    expect(readFileSync(join(root, 'ümlaut'), 'latin1')).toBe('ü');
    expect(readdirSync(root, { encoding: 'latin1' })).toContain(raw);
    expect(readlinkSync(join(root, 'link'))).toBe(`/${'t'.repeat(200)}`);
  });

  it('keeps long names that are no UTF-8 for those who read pax strictly, as python does', async () => {
    const raw = Buffer.concat([Buffer.alloc(150, 0x61), Buffer.from([0xff, 0x80])]).toString('latin1') as ByteString;
    const archive = await encode([{ ...file('x', 'raw'), header: { ...file('x', 'raw').header, name: raw } }]);
    expect(archive.toString('latin1', 156, 157)).toBe('x');
    const records = readPaxRecords(
      archive.subarray(512, 512 + Number.parseInt(archive.toString('latin1', 124, 135), 8)),
    );
    expect(records.map(({ key }) => key)).toEqual(['hdrcharset', 'path']);
    expect(records.map(({ value }) => value.toString('latin1'))).toEqual(['BINARY', raw]);
    const listed = execFileSync('tar', ['-tf', '-', '--quoting-style=literal'], {
      input: archive,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    expect(listed.toString('latin1').trimEnd()).toBe(raw);
  });
});
