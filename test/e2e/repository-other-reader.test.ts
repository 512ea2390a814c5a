/** What a repository holds is what its pages say: backups of servers, given back by a reader that knows nothing else. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newTarget, readTar, type TarEntry } from '../support/backups.ts';
import { handBackup, handFiles } from '../support/other-reader/hand-backup.ts';
import { OtherRepository } from '../support/other-reader/repository.ts';
import { HandRepository } from '../support/other-reader/written-by-hand.ts';
import { writeOut } from '../support/other-reader/write-out.ts';
import { othersRead } from '../support/other-readers.ts';
import { checkRelations, differences, snapshotData, type Content } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { serverDirectory, startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import type { Settings } from '../support/postgres/instance.ts';
import { startStandby } from '../support/postgres/standby.ts';
import { checkWriting, prepareWriting, Writer } from '../support/postgres/writer.ts';
import { runProgram, temporaryDirectory } from '../support/programs.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const secret = 'correct horse battery staple';
const codecs = ['zstd', 'gzip'];

function passwordFile(): string {
  const path = join(temporaryDirectory('secret'), 'password');
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return path;
}

async function gausskeep(args: readonly string[], env: Record<string, string>): Promise<string> {
  const result = await runProgram('gausskeep', args, { env });
  expect(result.status, `${args.join(' ')}\n${result.stdout}${result.stderr}`).toBe(0);
  return result.stdout;
}

forEachServer('newest', (version) => {
  describe.each(['', '--encrypt'])('repo init %s', (encryption) => {
    let server: PostgresServer;
    let environment: Record<string, string>;
    let other: OtherRepository;
    let tablespaces: string[];
    /** By the number of the backup: what was there before it began and hardly changed while it ran. */
    const contents: Content[] = [];
    const writers: Writer[] = [];
    let copy: PostgresServer | undefined;
    const inPlace: Settings = version >= 15 ? { allow_in_place_tablespaces: true } : {};

    const done = (...args: string[]): Promise<string> => gausskeep(args, environment);
    const backUp = (from: PostgresServer, ...more: string[]): Promise<string> =>
      gausskeep(['backup', '-c', 'fast', ...more], { ...environment, ...from.environment() });

    beforeAll(async () => {
      const repository = join(temporaryDirectory('repository'), 'repo');
      environment = { GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'orders', TZ: 'UTC' };
      if (encryption !== '') environment['GAUSSKEEP_PASSWORD_FILE'] = passwordFile();
      await done('repo', 'init', repository, ...(encryption === '' ? [] : [encryption]));
      server = await startServer({ version, settings: inPlace });
      await server.sql(`create tablespace space location '${serverDirectory('space')}'`);
      const client = await server.client();
      await loadData(client, { rows: 5000 });
      await prepareWriting(client);
      await client.query('create table elsewhere tablespace space as select generate_series(1, 1000) as n');
      if (version >= 15) {
        await client.query("create tablespace inside location ''");
        await client.query('create table within tablespace inside as select generate_series(1, 1000) as n');
      }
      const { rows } = await client.query<{ oid: number }>("select oid from pg_tablespace where spcname !~ '^pg_'");
      tablespaces = rows.map(({ oid }) => String(oid));
      for (const [number, codec] of codecs.entries()) {
        await client.query('insert into elsewhere select generate_series(1, 2000)');
        await client.query(`update large_1 set code = 'changed' where id % 50 = ${String(number)}`);
        contents.push(unwritten(await snapshotData(client)));
        const writer = await Writer.start(server, { number });
        writers.push(writer);
        await writer.reached(50);
        await backUp(server, '-Z', codec);
        await writer.stop();
      }
      await client.end();
      const decoders = { lz4: othersRead.lz4, zstd: othersRead.zstd };
      other = new OtherRepository(repository, { decoders, password: encryption === '' ? undefined : secret });
    });
    afterEach(async () => {
      await copy?.stop('immediate');
      copy = undefined;
    });

    /** The backup of that number as a data directory. */
    function givenBack(number: number, instance = 'orders'): { readonly data: string; readonly endLsn: bigint } {
      const commit = other.commits(instance)[number]!;
      const place = temporaryDirectory('given-back');
      const [data, tablespaces] = [join(place, 'data'), join(place, 'spaces')];
      writeOut(other.backup(instance, commit), { to: data, tablespaces, wal: other.wal(instance) });
      return { data, endLsn: commit.endLsn };
    }

    it('lists the same backups', async () => {
      const listed = (await done('list', '--json')).trim().split('\n');
      const ids = listed.map((line) => (JSON.parse(line) as { id: string }).id);
      expect(other.instances().map(({ name }) => name)).toEqual(['orders']);
      expect(other.commits('orders').map(({ name }) => name)).toEqual(ids);
      expect(ids).toHaveLength(codecs.length);
    });

    it.each(codecs.map((_, number) => number))('backup %i: a server starts on it with all rows', async (number) => {
      const { data, endLsn } = givenBack(number);
      copy = await startFrom(data, { settings: { archive_mode: false, ...inPlace } });
      await copy.waitFor('select not pg_is_in_recovery()');
      const client = await copy.client();
      expect(differences(contents[number]!, unwritten(await snapshotData(client)))).toEqual([]);
      const transfers = await checkWriting(client);
      for (const writer of writers.slice(0, number + 1)) {
        const reported = writer.commits.filter(({ position }) => numberOfLsn(position) <= endLsn);
        expect(reported.length).toBeGreaterThanOrEqual(50);
        expect(transfers.get(writer.number)).toBeGreaterThanOrEqual(reported.length);
      }
      expect(transfers.size).toBe(number + 1);
      expect(await checkRelations(client)).toBeGreaterThan(50);
      await client.query('insert into elsewhere values (0)');
    });

    it.each(codecs.map((_, number) => number))('backup %i: every file is that of the export', async (number) => {
      const commit = other.commits('orders')[number]!;
      const set = newTarget();
      await done('export', commit.name, '-F', 't', '--to', set);
      const expected = new Map<string, TarEntry>();
      for (const part of ['base', ...tablespaces]) {
        for (const entry of await readTar(join(set, `${part}.tar`))) {
          expected.set(`${part}/${entry.header.name.replace(/\/$/, '')}`, entry);
        }
      }
      const backup = other.backup('orders', commit);
      const names: string[] = [];
      for (const record of backup.records()) {
        const name = `${record.oid ?? 'base'}/${record.name}`;
        if (name === 'base/backup_manifest' && record.kind === 'file') {
          expect(backup.whole(record).equals(readFileSync(join(set, 'backup_manifest')))).toBe(true);
          continue;
        }
        expect([...expected.keys()]).toContain(name);
        names.push(name);
        const { header, content } = expected.get(name)!;
        expect([header.type, header.mode, header.mtime.getTime()], name).toEqual([
          record.kind === 'link' ? 'symlink' : record.kind,
          record.mode,
          (record.mtime ?? 0) * 1000,
        ]);
        if (record.kind === 'link') expect(record.target).toBe(header.linkname);
        if (record.kind === 'file') expect(backup.whole(record).equals(content), name).toBe(true);
      }
      expect(names.sort()).toEqual([...expected.keys()].sort());
      const wal = other.wal('orders');
      const exported = new Map((await readTar(join(set, 'pg_wal.tar'))).map((entry) => [entry.header.name, entry]));
      for (const name of wal.segmentsOf(commit)) {
        expect(wal.segment(name, commit.generation).equals(exported.get(name)!.content), name).toBe(true);
      }
    });

    it('a backup of a standby has the beginning of a segment with it', async () => {
      const standby = await startStandby(server, { settings: inPlace });
      await standby.waitFor('select pg_last_wal_replay_lsn() is not null');
      await backUp(standby, '--instance', 'standby');
      await standby.stop('immediate');
      const { data } = givenBack(0, 'standby');
      for (const name of ['standby.signal', 'recovery.conf']) rmSync(join(data, name), { force: true });
      expect(existsSync(join(data, 'backup_label'))).toBe(true);
      copy = await startFrom(data, { settings: { archive_mode: false, ...inPlace } });
      await copy.waitFor('select not pg_is_in_recovery()');
      const client = await copy.client();
      expect(differences(contents.at(-1)!, unwritten(await snapshotData(client)))).toEqual([]);
      expect((await checkWriting(client)).get(1)).toBe(writers.at(-1)!.committed);
    });
  });
});

describe.each(['', '--encrypt'])('a repository that was written by hand, repo init %s', (encryption) => {
  it('is listed and read by gausskeep', async () => {
    const { directory } = ((): HandRepository => {
      const place = join(temporaryDirectory('by-hand'), 'repo');
      const hand = new HandRepository(place, encryption === '' ? undefined : secret);
      handBackup(hand);
      return hand;
    })();
    const environment: Record<string, string> = { GAUSSKEEP_REPO: directory };
    if (encryption !== '') environment['GAUSSKEEP_PASSWORD_FILE'] = passwordFile();
    const listed = await gausskeep(['list', '--json', '--instance', 'orders'], environment);
    expect(JSON.parse(listed)).toMatchObject({ state: 'complete', label: 'by hand' });
    const verify = ['verify', '--read-data', '--json', '--instance', 'orders'];
    const { stdout } = await runProgram('gausskeep', verify, { env: environment });
    // All of its content is read, and one block has no hash. It is of no server: what would tell which WAL it needs is missing.
    expect(JSON.parse(stdout.split('\n')[0]!)).toMatchObject({
      filesRead: handFiles.size,
      blocksWithoutHash: 1,
      faults: [{ file: null, reason: expect.stringContaining('has no backup_label') as string }],
    });
    expect(readFileSync(join(directory, 'gausskeep-repository.json'), 'utf8')).not.toContain('orders');
  });
});

/** What the writers do not change. */
function unwritten({ tables, sequences }: Content): Content {
  return { tables: new Map([...tables].filter(([name]) => !/transfer|account/.test(name))), sequences };
}

function numberOfLsn(text: string): bigint {
  const [upper, lower] = text.split('/');
  return (BigInt(`0x${upper!}`) << 32n) | BigInt(`0x${lower!}`);
}
