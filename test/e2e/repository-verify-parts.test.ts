/** `gausskeep verify --repo`: the WAL that backups need, and content read in parts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { onePiece } from '../../src/bytes/one-piece.ts';
import { openInstance } from '../../src/repository/open-instance.ts';
import { openRepository } from '../../src/repository/open-repository.ts';
import { openPlace } from '../../src/storage/place.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { parseLsn } from '../../src/wal/lsn.ts';
import { defaultSegmentSizeBytes, segmentName } from '../../src/wal/segment.ts';
import { collect } from '../support/byte-pieces.ts';
import { loadData } from '../support/postgres/load.ts';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { repositoryKinds } from '../support/repository-kinds.ts';
import { forEachServer } from '../support/servers-under-test.ts';

interface Verdict {
  readonly id: string;
  readonly state: string;
  readonly depth: string;
  readonly wal: { readonly segments: number; readonly depth: string } | null;
  readonly faults: readonly { readonly reason: string }[];
}

interface Coverage {
  readonly packs: number;
  readonly bytes: number;
  readonly readPacks: number;
  readonly readBytes: number;
  readonly neverReadBytes: number;
  readonly allReadSince: string | null;
}

forEachServer('newest', (version) => {
  describe.each(repositoryKinds(version))('repo init %s', (encryption) => {
    let server: PostgresServer;
    let environment: Record<string, string>;
    let archive: Storage;
    /** Segment with which each backup begins. */
    let segments: readonly string[];

    const gausskeep = (args: readonly string[]): Promise<ProgramResult> =>
      runProgram('gausskeep', args, { env: environment });

    beforeAll(async () => {
      const repository = join(temporaryDirectory('repository'), 'repo');
      const password = join(temporaryDirectory('secret'), 'password');
      writeFileSync(password, 'correct horse\n', { mode: 0o600 });
      server = await startServer({ version, config: { wal_level: 'replica' } });
      environment = {
        ...server.environment(),
        ...{ GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders', GAUSSKEEP_CACHE: temporaryDirectory('cache') },
      };
      if (encryption !== '') environment['GAUSSKEEP_PASSWORD_FILE'] = password;
      const made = await gausskeep(['repo', 'init', repository, ...(encryption === '' ? [] : [encryption])]);
      expect(made.status, made.stderr).toBe(0);
      const client = await server.client();
      await loadData(client, { rows: 5000 });
      for (const note of ['first', 'second']) {
        await client.query(`create table ${note} as select i, md5(i::text) from generate_series(1, 20000) i`);
        const stored = await gausskeep(['backup', '-c', 'fast', '--note', note]);
        expect(stored.status, stored.stderr).toBe(0);
      }
      await client.end();
      const listed = records<{ startLsn: string; timeline: number }>(await gausskeep(['list', '--json']), 'backup');
      segments = listed.map(({ startLsn, timeline }) =>
        segmentName(timeline, parseLsn(startLsn), defaultSegmentSizeBytes),
      );
      const secret = encryption === '' ? {} : { password: () => Promise.resolve('correct horse') };
      const { wal } = await openInstance(await openRepository(repository, secret), 'orders');
      archive = (await openPlace(wal)).storage;
    });

    function records<Record>({ stdout }: ProgramResult, messageType: string): Record[] {
      const lines = stdout.split('\n').filter((line) => line !== '');
      const all = lines.map((line) => JSON.parse(line) as Record & { messageType: string });
      return all.filter((record) => record.messageType === messageType);
    }

    async function verify(...more: string[]) {
      const result = await gausskeep(['verify', '--json', ...more]);
      const [coverage] = records<Coverage>(result, 'coverage');
      return { status: result.status, verdicts: records<Verdict>(result, 'verdict'), coverage, stderr: result.stderr };
    }

    /** What the archive has of a segment, receipt and index with it. */
    async function objectsOf(segment: string): Promise<Map<string, Buffer>> {
      const objects = new Map<string, Buffer>();
      for await (const { name } of archive.list('')) {
        if (name.includes(`/${segment}`)) objects.set(name, await collect(archive.get(name)));
      }
      return objects;
    }

    async function restoreStatus(backup: string): Promise<number | null> {
      const target = join(temporaryDirectory('target'), 'data');
      return (await gausskeep(['restore', '-D', target, '--backup', backup, '--target-immediate', '--no-sync'])).status;
    }

    it('says what it has looked at of the WAL', async () => {
      const [quick, whole] = [await verify(), await verify('--read-data')];
      expect([quick.status, whole.status], quick.stderr + whole.stderr).toEqual([0, 0]);
      for (const [{ verdicts }, depth] of [
        [quick, 'quick'],
        [whole, 'data'],
      ] as const) {
        expect(verdicts).toHaveLength(2);
        for (const { state, wal } of verdicts) {
          expect([state, wal?.depth]).toEqual([depth === 'data' ? 'sound' : 'present', depth]);
          expect(wal?.segments).toBeGreaterThanOrEqual(1);
        }
      }
      const said = await gausskeep(['verify', '--read-data']);
      expect(said.stdout).toMatch(/every block as it was backed up, and its WAL, every record of [1-9]\d* segment/);
    });

    it('calls a backup damaged whose WAL is not there, and a restore meets the same', async () => {
      const objects = await objectsOf(segments[0]!);
      expect(objects.size).toBe(3);
      for (const name of objects.keys()) await archive.delete(name);
      const quick = await verify();
      expect([quick.status, ...quick.verdicts.map(({ state }) => state)], quick.stderr).toEqual([
        20,
        'damaged',
        'present',
      ]);
      expect(quick.verdicts[0]?.faults).toEqual([
        {
          ...{ file: null, files: 0, names: [] },
          reason: `WAL segment ${segments[0]!}, which the backup needs, is not there`,
        },
      ]);
      expect(await restoreStatus(quick.verdicts[0]!.id)).toBe(15);
      for (const [name, bytes] of objects) await archive.put(name, () => onePiece(bytes));
      expect((await verify()).status).toBe(0);
      // Made by root it says so, with status 3.
      expect([0, 3]).toContain(await restoreStatus(quick.verdicts[0]!.id));
    });

    it('finds WAL that is other than it was when it reads it, and a restore meets the same', async () => {
      const [name, bytes] = [...(await objectsOf(segments[1]!))].find(([one]) => !/\.(?:receipt|index)$/.test(one))!;
      const changed = Buffer.from(bytes);
      // Within what a restore replays at least.
      changed[40] = (changed[40] ?? 0) ^ 0x20;
      await archive.delete(name);
      await archive.put(name, () => onePiece(changed));
      const whole = await verify('--read-data');
      expect([whole.status, ...whole.verdicts.map(({ state }) => state)], whole.stderr).toEqual([
        20,
        'sound',
        'damaged',
      ]);
      expect(whole.verdicts[1]?.faults[0]?.reason).toContain(segments[1]);
      expect([15, 16, 20]).toContain(await restoreStatus(whole.verdicts[1]!.id));
      await archive.delete(name);
      await archive.put(name, () => onePiece(bytes));
      expect((await verify('--read-data')).status).toBe(0);
    });

    it('reads content in parts, and says since when it has read all of it', async () => {
      environment['GAUSSKEEP_CACHE'] = temporaryDirectory('cache');
      const runs: Coverage[] = [];
      while (runs.at(-1)?.allReadSince === undefined || runs.at(-1)?.allReadSince === null) {
        const { status, verdicts, coverage, stderr } = await verify('--read-data=1%');
        expect([status, ...verdicts.map(({ state, depth }) => [state, depth])], stderr).toEqual([
          0,
          ...[1, 2].map(() => ['present', 'part']),
        ]);
        runs.push(coverage!);
        expect(runs.length).toBeLessThanOrEqual(coverage!.packs);
      }
      const [first] = runs;
      expect(first!.packs).toBeGreaterThanOrEqual(2);
      expect(runs.map(({ readPacks }) => readPacks)).toEqual(runs.map(() => 1));
      expect(runs.reduce((sum, { readBytes }) => sum + readBytes, 0)).toBe(first!.bytes);
      expect(first!.neverReadBytes).toBe(first!.bytes - first!.readBytes);
      const all = await verify('--read-data=10GB');
      expect(all.coverage).toMatchObject({ readPacks: first!.packs, readBytes: first!.bytes, neverReadBytes: 0 });
      const said = await gausskeep(['verify', '--read-data=1%']);
      expect(said.stdout).toMatch(
        /what was read of its content is as it was backed up\n.*\nread \d.* of content that backups use \(1 of \d+ packs of content\)\nsince \d{4}-.* all of it was read/s,
      );
      for (const amount of ['0%', '101%', '10 percent', '0']) {
        const refused = await gausskeep(['verify', `--read-data=${amount}`]);
        expect([refused.status, refused.stdout], refused.stderr).toEqual([2, '']);
      }
    });
  });
});
