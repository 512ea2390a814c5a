import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkRelations, differences, snapshotData, unloggedRows } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import { serverDirectory, startFrom, startServer } from '../support/postgres/server.ts';
import { startStandby, waitForReplay } from '../support/postgres/standby.ts';
import { checkWriting, prepareWriting, Writer } from '../support/postgres/writer.ts';
import { forEachServer } from '../support/servers-under-test.ts';

forEachServer('smoke', (version) => {
  it('a server starts on the loopback, takes settings, and survives a restart with its data', async () => {
    const server = await startServer({ version, config: { work_mem: '5MB' } });
    expect(Number(await server.value('show server_version_num'))).toBeGreaterThanOrEqual(version * 10_000);
    expect(await server.value('show work_mem')).toBe('5MB');
    expect(await server.value('show data_checksums')).toBe('on');
    expect(statSync(join(server.dataDirectory, 'PG_VERSION')).uid).toBe(serverUser.uid ?? process.getuid?.());
    await server.sql('create table kept as select 42 as value');
    const { port } = server;
    await server.restart();
    expect(server.port).toBe(port);
    expect(await server.value('select value from kept')).toBe('42');
    await server.stop();
    expect(server.running).toBe(false);
  });

  it('a standby follows a server under load, holds the same data, and takes over', async () => {
    const primary = await startServer({ version });
    const client = await primary.client();
    await loadData(client, { rows: 2000 });
    await prepareWriting(client);
    const writer = await Writer.start(primary);
    await writer.reached(20);
    const standby = await startStandby(primary);
    await writer.reached(writer.committed + 20);
    await writer.stop();
    await waitForReplay(primary, standby);

    const reader = await standby.client();
    expect(differences(await snapshotData(client), await snapshotData(reader))).toEqual([]);
    expect(await checkWriting(reader)).toEqual(new Map([[1, writer.committed]]));
    expect(await checkRelations(reader)).toBeGreaterThan(50);

    await primary.kill();
    await standby.promote();
    await standby.sql("insert into toasted values (1000, 'written after the promotion')");
    expect(await standby.value('select count(*) from toasted')).toBe('41');
    expect(await unloggedRows(await standby.client())).toBe(0);
  });
});

forEachServer('full', (version) => {
  it('after SIGKILL no process is left, and recovery brings every commit back', async () => {
    const server = await startServer({ version, config: { fsync: true } });
    await prepareWriting(await server.client());
    const writer = await Writer.start(server);
    await writer.reached(50);
    await server.kill();
    await expect(writer.stop()).rejects.toThrow();
    expect(processesBelow(server.dataDirectory)).toEqual([]);

    await server.start();
    const transfers = (await checkWriting(await server.client())).get(1) ?? 0;
    // The transfer under way may have been committed without our hearing of it.
    expect(transfers).toBeGreaterThanOrEqual(writer.committed);
    expect(transfers).toBeLessThanOrEqual(writer.committed + 1);
  });

  it('a stopped data directory boots elsewhere without an edit, as it is and by archive recovery', async () => {
    const server = await startServer({ version });
    const client = await server.client();
    await loadData(client, { rows: 500 });
    const expected = await snapshotData(client);
    await server.stop();
    const configuration = readFileSync(join(server.dataDirectory, 'postgresql.conf'), 'utf8');

    const copy = await startFrom(server.dataDirectory);
    expect(copy.socketDirectory).not.toBe(server.socketDirectory);
    expect(differences(expected, await snapshotData(await copy.client()))).toEqual([]);
    await copy.stop();
    const recovered = await startFrom(server.dataDirectory, { recovery: { restore_command: 'false' } });
    await recovered.waitFor('select not pg_is_in_recovery()');
    expect(differences(expected, await snapshotData(await recovered.client()))).toEqual([]);
    expect(readFileSync(join(server.dataDirectory, 'postgresql.conf'), 'utf8')).toBe(configuration);
  });

  it('differences are found: a lost row, a changed one, a missing table', async () => {
    const server = await startServer({ version });
    const client = await server.client();
    await loadData(client, { rows: 500 });
    const expected = await snapshotData(client);
    await client.query('delete from large_1 where id = 77');
    await client.query("update toasted set value = value || '.' where id = 7");
    await client.query('drop table empty');
    await client.query("select setval('ticket', 1)");
    expect(differences(expected, await snapshotData(client))).toEqual([
      '"public"."empty": 0 rows expected, no table found',
      '"public"."large_1": 500 rows expected, 499 rows found',
      '"public"."toasted": other rows than expected',
      'public.ticket: at 28, restored at 1',
    ]);
  });

  it('a damaged index is found', async () => {
    const server = await startServer({ version });
    const client = await server.client();
    await loadData(client, { rows: 500 });
    expect(await checkRelations(client)).toBeGreaterThan(50);
    // A row that no index knows of: deleted and inserted again without index maintenance is not to be had, so the
    // index is declared ready after rows were written behind its back.
    await client.query(`update pg_index set indisready = false, indislive = false
                          where indexrelid = 'large_1_code_idx'::regclass`);
    await client.query("insert into large_1 values (100001, 'unindexed', 'row')");
    await client.query(`update pg_index set indisready = true, indislive = true
                          where indexrelid = 'large_1_code_idx'::regclass`);
    await expect(checkRelations(client)).rejects.toThrow(/lacks matching index tuple/);
  });

  it('options of initdb, users and pg_hba.conf take effect', async () => {
    const server = await startServer({
      version,
      checksums: false,
      groupAccess: true,
      walSegmentSizeMib: 1,
      passwordEncryption: 'scram-sha-256',
      hba: ['host all all 127.0.0.1/32 scram-sha-256'],
    });
    expect(await server.value('show data_checksums')).toBe('off');
    expect(await server.value('show wal_segment_size')).toBe('1MB');
    expect(statSync(join(server.dataDirectory, 'base')).mode & 0o777).toBe(0o750);
    await server.createReplicationUser('copier', "it's a secret");
    const login = { host: server.host, user: 'copier' };
    const client = await server.client({ ...login, password: "it's a secret" });
    expect((await client.query<{ name: string }>('select current_user as name')).rows).toEqual([{ name: 'copier' }]);
    await expect(server.client({ ...login, password: 'wrong' })).rejects.toThrow(/password authentication failed/);
    await server.setHba(['host all all 127.0.0.1/32 reject']);
    await expect(server.client({ ...login, password: "it's a secret" })).rejects.toThrow(/pg_hba.conf rejects/);
  });

  it('tablespaces can be made where the server may write', async () => {
    const server = await startServer({ version });
    const location = serverDirectory('space');
    await server.sql(`create tablespace elsewhere location '${location}'`);
    await server.sql('create table moved tablespace elsewhere as select 1 as value');
    expect(readdirSync(location)).toHaveLength(1);
  });

  it('a server that cannot start fails with the end of its log', async () => {
    const server = await startServer({ version });
    await server.stop();
    await expect(server.start({ settings: { shared_buffers: 'much' } })).rejects.toThrow(
      /did not start[^]*invalid value for parameter "shared_buffers"/,
    );
    expect(server.running).toBe(false);
  });
});

describe('the account of the servers', () => {
  it('is nobody for root, and our own otherwise', () => {
    expect(serverUser.uid === undefined).toBe(!runningAsRoot);
  });
});

/** Processes that work in a directory. */
function processesBelow(directory: string): string[] {
  return readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`) && commandOf(name).includes(directory),
  );
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
