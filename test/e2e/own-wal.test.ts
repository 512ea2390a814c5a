/** The WAL inside a backup, with which a copy starts that is given no other. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Lsn } from '../../src/wal/lsn.ts';
import { parseSegmentName } from '../../src/wal/segment.ts';
import { takeBackup } from '../support/backups.ts';
import { flipOrdinaryRecord } from '../support/damage-wal.ts';
import { startFrom, startServer } from '../support/postgres/server.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const restore = (args: readonly string[]): Promise<ProgramResult> =>
  runProgram('gausskeep', ['restore', '--no-sync', ...args]);
const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];
const newDirectory = (): string => join(temporaryDirectory('restored'), 'data');

forEachServer('newest', (version) => {
  it('is read before anything is written: flipped, missing, cut; intact the copy boots', async () => {
    const server = await startServer({ version, walSegmentSizeMib: 1 });
    const writer = await server.client();
    await writer.query('CREATE TABLE own_wal (n int, note text)');
    const going = new AbortController();
    const writing = (async (): Promise<void> => {
      while (!going.signal.aborted) {
        await writer.query("INSERT INTO own_wal SELECT g, repeat('x', 100) FROM generate_series(1, 2000) g");
      }
    })();
    // Several segments, as they are small.
    const slow = await takeBackup(server);
    const packed = await takeBackup(server, ['-Ft', '-z', '-X', 'stream']);
    going.abort();
    await writing;
    const refused = async (backup: string, ...words: string[]): Promise<void> => {
      // A plan says the same, which is not asked each time.
      for (const how of words.includes('bad-checksum') ? [['--plan'], []] : [[]]) {
        const data = newDirectory();
        const result = await restore(['--from', backup, '--pgdata', data, ...owner, ...how]);
        expect(result.status, result.stderr).not.toBe(0);
        for (const word of words) expect(result.stderr).toContain(word);
        expect(existsSync(data)).toBe(false);
      }
    };
    const isSegment = (name: string): boolean => /^[0-9A-F]{24}$/.test(name);
    const changed = async (wal: string, judge: (...words: string[]) => Promise<void>): Promise<void> => {
      const names = readdirSync(wal).filter(isSegment).sort();
      expect(names.length).toBeGreaterThan(2);
      const path = join(wal, names[1]!);
      const whole = readFileSync(path);
      const damaged = Buffer.from(whole);
      const { text } = flipOrdinaryRecord(damaged, parseSegmentName(names[1]!, whole.length)!.startLsn, 0n as Lsn);
      writeFileSync(path, damaged);
      await judge(names[1]!, text, 'bad-checksum');
      rmSync(path);
      await judge(names[1]!, 'missing');
      writeFileSync(path, whole.subarray(0, 8192));
      await judge(names[1]!);
      writeFileSync(path, whole);
    };
    const wal = join(slow, 'pg_wal');
    await changed(wal, (...words) => refused(slow, ...words));
    const data = newDirectory();
    const result = await restore(['--from', slow, '--pgdata', data, ...owner]);
    expect(result.status, result.stderr).toBe(0);
    expect(result.stdout).toContain('read to the last byte');
    const copy = await startFrom(data, { settings: { archive_mode: false } });
    expect(Number(await copy.value('SELECT count(*) FROM own_wal'))).toBeGreaterThan(0);
    await copy.stop();
    const unpacked = temporaryDirectory('members');
    const tarred = join(packed, 'pg_wal.tar.gz');
    execFileSync('tar', ['-xzf', tarred, '-C', unpacked]);
    await changed(unpacked, async (...words) => {
      execFileSync('tar', ['-czf', tarred, '-C', unpacked, ...readdirSync(unpacked).sort()]);
      await refused(packed, ...words);
    });
    await server.stop();
  });
});
