/** Little that decompresses to much: what cannot be part of a backup is refused soon, and a signal ends the rest. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { fromText, type ByteString } from '../../src/bytes/byte-string.ts';
import { encodeMemberHeader } from '../../src/tar/encode-member.ts';
import { encode, file } from '../support/archives.ts';
import { runProgram, startProgram, temporaryDirectory, type RunningProgram } from '../support/programs.ts';

const label = `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)
CHECKPOINT LOCATION: 0/5000060
BACKUP METHOD: streamed
BACKUP FROM: master
START TIME: 2026-11-20 20:26:06 UTC
LABEL: test
`;
const small = [file('backup_label', label), file('PG_VERSION', '9.2\n'), file('tablespace_map', '')];
const huge = 1024 ** 4;

/** A tar of small files that goes on with a file of a terabyte, which neither gs_tar nor restore writes. */
async function endlessMember(): Promise<Buffer> {
  const archive = await encode(small);
  const header = { name: fromText('global/pg_dw_0'), type: 'file', mode: 0o600, mtime: 1 } as const;
  const member = encodeMemberHeader({ ...header, size: huge, linkName: '' as ByteString });
  return Buffer.concat([archive.subarray(0, archive.length - 1024), member]);
}

/** zstd: what `head` says, then `count` times 128 KiB of zeros in four bytes each. Format: RFC 8878, 3.1.1. */
function zstd(head: Buffer, count: number): Buffer {
  const begin = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x38]);
  const block = (kind: number, size: number, last = 0): Buffer => {
    const word = Buffer.alloc(3);
    word.writeUIntLE((size << 3) | (kind << 1) | last, 0, 3);
    return word;
  };
  const zeros = Buffer.concat([block(1, 131_072), Buffer.alloc(1)]);
  const last = Buffer.concat([block(1, 131_072, 1), Buffer.alloc(1)]);
  return Buffer.concat([begin, block(0, head.length), head, Buffer.alloc(4 * (count - 1), zeros), last]);
}

/** gzip: members of 64 MiB of zeros. */
function gzip(head: Buffer, count: number): Buffer {
  const zeros = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 9 });
  return Buffer.concat([gzipSync(head), ...Array<Buffer>(count).fill(zeros)]);
}

function backupWith(name: string, bytes: Uint8Array): string {
  const directory = temporaryDirectory('bomb');
  writeFileSync(join(directory, name), bytes);
  return directory;
}

it('zeros behind the end of an archive end early, whatever they are packed in', async () => {
  const archive = await encode(small);
  const refused = /more than 67108864 zeros behind its end/;
  const verified = await runProgram('gausskeep', ['verify', backupWith('base.tar.gz', gzip(archive, 1000))]);
  expect(verified.stderr).toMatch(refused);
  expect(verified.status).toBe(20);
  const target = join(temporaryDirectory('target'), 'empty');
  mkdirSync(target);
  const packed = join(backupWith('base.tar.zst', zstd(archive, 1_000_000)), 'base.tar.zst');
  const unpacked = await runProgram('gs_tar', ['-D', target, '-F', packed]);
  expect(unpacked.stderr).toMatch(refused);
  expect(unpacked.status).toBe(1);
  expect(readdirSync(target)).toEqual([]);
  const padded = Buffer.concat([gzipSync(archive), Buffer.alloc(65 * 1024 * 1024)]);
  const copy = join(temporaryDirectory('copy'), 'new');
  const args = ['--from', backupWith('base.tar.gz', padded), '-D', copy];
  expect((await runProgram('gausskeep', ['restore', ...args])).stderr).toMatch(refused);
  expect(existsSync(join(copy, 'PG_VERSION'))).toBe(false);
  // A record of a tape is no damage.
  const record = Buffer.concat([archive, Buffer.alloc(16 * 1024 * 1024)]);
  const sound = join(backupWith('base.tar.gz', gzipSync(record)), 'base.tar.gz');
  expect(await runProgram('gs_tar', ['-D', target, '-F', sound])).toMatchObject({ status: 0 });
});

it.each<[string, (head: Buffer) => Buffer]>([
  ['base.tar.gz', (head) => gzip(head, 1000)],
  ['base.tar.zst', (head) => zstd(head, 1_000_000)],
])('SIGTERM ends verify, gs_tar and restore in the middle of %s', async (name, pack) => {
  const backup = backupWith(name, pack(await endlessMember()));
  const target = join(temporaryDirectory('target'), 'empty');
  mkdirSync(target);
  const copy = join(temporaryDirectory('copy'), 'new');
  const ended = async (program: RunningProgram, isReading: Promise<void>, code = 143): Promise<string> => {
    await isReading;
    program.kill('SIGTERM');
    const { status, stdout, stderr } = await program.result;
    expect(stderr).toContain('interrupted by SIGTERM');
    expect(status).toBe(code);
    return stdout;
  };
  const verify = startProgram('gausskeep', ['verify', '-P', backup]);
  await ended(verify, verify.output(/has no manifest/));
  const unpack = startProgram('gs_tar', ['-D', target, '-F', join(backup, name)]);
  await ended(unpack, unpack.output(/left out/), 1);
  expect(readdirSync(target)).toEqual([]);
  const restore = startProgram('gausskeep', ['restore', '--progress', '--json', '--from', backup, '-D', copy]);
  const [error = ''] = (await ended(restore, restore.output(/kB/))).trim().split('\n').slice(-1);
  expect(JSON.parse(error)).toMatchObject({ messageType: 'error', code: 'ABORTED', message: 'interrupted by SIGTERM' });
});
