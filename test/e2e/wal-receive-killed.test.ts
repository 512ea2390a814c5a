import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { parseLsn, type Lsn } from '../../src/index.ts';
import { defaultSegmentSizeBytes, segmentName, segmentOffset, segmentStart } from '../../src/wal/segment.ts';
import { takeBackup } from '../support/backups.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { checkWriting, prepareWriting, Writer } from '../support/postgres/writer.ts';
import { runProgram, startProgram } from '../support/programs.ts';
import { endSegment } from '../support/received-segments.ts';
import { forEachServer } from '../support/servers-under-test.ts';
import { hashOf } from '../support/watched-receiver.ts';

const owner = runningAsRoot ? [`--owner=${String(serverUser.uid)}:${String(serverUser.gid)}`] : [];

/** How often the receiver is killed; 200 in the runs that a release is judged by. */
const kills = Number(process.env['GAUSSKEEP_KILLS'] ?? '8');

/** Numbers from 0 to 1, the same in each run. */
function* numbers(): Generator<number, never, undefined> {
  for (let state = 20_261_121; ;) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    yield state / 0x8000_0000;
  }
}

/** Files of an archive by their path below the WAL folder. */
function storedFiles(archive: string, folder: 'wal' | 'open'): string[] {
  const root = join(archive, 'generations/1', folder);
  if (!existsSync(root)) return [];
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** What is held of the segment of a position: in the archive or still growing. */
function heldBytes(archive: string, position: Lsn): Buffer {
  const name = segmentName(1, position, defaultSegmentSizeBytes);
  const stored = [...storedFiles(archive, 'wal'), ...storedFiles(archive, 'open')];
  const path = [`/${name}`, `/${name}.partial`].map((end) => stored.find((one) => one.endsWith(end))).find(Boolean);
  return path === undefined ? Buffer.alloc(0) : readFileSync(path);
}

/** The server has been told that everything before its slot's position is safe: so it must be here, as the server has it. */
async function expectAcknowledgedHeld(server: PostgresServer, archive: string, reserved: string): Promise<void> {
  const text = await server.value("select restart_lsn from pg_replication_slots where slot_name = 'receiver'");
  // Nothing was acknowledged yet.
  if (text === reserved) return;
  const position = parseLsn(text);
  const start = segmentStart(position, defaultSegmentSizeBytes);
  const length = segmentOffset(position, defaultSegmentSizeBytes);
  const own = readFileSync(join(server.dataDirectory, 'pg_wal', segmentName(1, start, defaultSegmentSizeBytes)));
  const held = heldBytes(archive, start);
  expect(Buffer.compare(held.subarray(0, length), own.subarray(0, length)), `up to ${text}`).toBe(0);
}

forEachServer('full', (version) => {
  it(
    `loses nothing that was acknowledged when it is killed ${String(kills)} times under load`,
    async () => {
      const keep = version >= 13 ? { wal_keep_size: '4GB' } : { wal_keep_segments: 256 };
      const server = await startServer({ version, config: { ...keep, max_wal_size: '8GB' } });
      const client = await server.client();
      await prepareWriting(client);
      await server.sql("select pg_create_physical_replication_slot('receiver', true)");
      const reserved = await server.value('select restart_lsn from pg_replication_slots');
      const backup = await takeBackup(server, ['-X', 'stream']);
      const archive = serverDirectory('archive');
      const writer = await Writer.start(server);
      const random = numbers();
      const contents = new Map<string, string>();
      const place = ['-h', server.host, '-p', String(server.port), '-U', server.user, '-S', 'receiver'];
      const receive = ['wal', 'receive', '--archive', archive, ...place, '-v'];
      for (let kill = 0; kill < kills; kill += 1) {
        const program = startProgram('gausskeep', kill % 2 === 0 ? [...receive, '--synchronous'] : receive);
        // From its start on, or while it streams: there the phases lie close together.
        if (random.next().value > 0.3) await program.output(/starting log streaming/);
        const load = endSegment(server);
        await delay(random.next().value * 400);
        program.kill('SIGKILL');
        await Promise.all([program.result, load]);
        await expectAcknowledgedHeld(server, archive, reserved);
        for (const path of storedFiles(archive, 'wal')) {
          if (path.includes('.gausskeep-')) continue;
          const hash = hashOf(path);
          expect(contents.get(path) ?? hash, path).toBe(hash);
          contents.set(path, hash);
        }
      }
      await writer.stop();
      await endSegment(server);
      const end = await server.value('select pg_current_wal_lsn()');
      const rows = (await checkWriting(client)).get(1);
      const last = startProgram('gausskeep', [...receive, '--endpos', end]);
      // The position must be passed, not only reached.
      await server.sql('create table passed(x int)');
      expect(await last.result).toMatchObject({ status: 0 });
      const segments = [...contents.keys()].filter((path) => /\/[0-9A-F]{24}$/.test(path));
      for (const path of segments) {
        expect(hashOf(path)).toBe(hashOf(join(server.dataDirectory, 'pg_wal', path.slice(-24))));
      }
      await server.stop('immediate');

      // The archive links: a plan reads every byte of it, and the copy has every transfer.
      const data = join(serverDirectory('restored'), 'data');
      const places = ['--from', backup, '--archive', archive, '--target-action', 'promote', '--no-sync'];
      const restored = await runProgram('gausskeep', ['restore', '-D', data, ...places, ...owner]);
      expect(restored.status, restored.stderr).toBe(0);
      const copy = await startFrom(data, { settings: { archive_mode: false } });
      await copy
        .waitFor('select not pg_is_in_recovery()', { timeoutMs: 60_000 + kills * 2000 })
        .catch((cause: unknown) => {
          throw new Error(`the copy did not come up: ${copy.log().slice(-3000)}`, { cause });
        });
      const check = await copy.client();
      expect((await checkWriting(check)).get(1)).toBe(rows);
      await check.end();
      await copy.stop('immediate');
    },
    120_000 + kills * 8000,
  );
});
