/** The stand-in's base backup, WAL stream and faults, seen by a raw client: nothing of `src/` is used here. */
import { afterEach, describe, expect, it } from 'vitest';
import { copyData } from '../support/scripted/messages.ts';
import { Workspace } from '../support/opengauss/backup-run.ts';
import { configurationPaths, makeDataDirectory, unsentPaths } from '../support/opengauss/data-directory.ts';
import { RawClient, type RawMessage } from '../support/opengauss/raw-client.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import type { OpengaussOptions } from '../support/opengauss/state.ts';

let server: OpengaussServer | undefined;
let workspace = new Workspace();
const clients: RawClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server?.stop();
  workspace.remove();
  workspace = new Workspace();
});

async function session(options: OpengaussOptions, application: string): Promise<RawClient> {
  server ??= await startOpengaussServer(options);
  const client = new RawClient(server.haPort);
  clients.push(client);
  const parameters = { user: 'backup', replication: 'true', application_name: application };
  const greeting = await client.login(parameters, 'Backup@1234');
  expect(greeting.at(-1)?.type).toBe('Z');
  return client;
}

function start(options: OpengaussOptions, application = 'gs_basebackup'): Promise<RawClient> {
  server = undefined;
  return session(options, application);
}

/** Runs of the same type are one letter. */
function order(messages: readonly RawMessage[]): string {
  return messages
    .map((item) => item.type)
    .join('')
    .replaceAll(/d+/g, 'd')
    .replaceAll(/D+/g, 'D');
}

interface SeenMember {
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly link: string;
}

/** Reads an archive of 2560-byte headers. */
function members(archive: Buffer): SeenMember[] {
  const found: SeenMember[] = [];
  const text = (at: number, length: number): string => archive.toString('latin1', at, at + length).split('\0')[0]!;
  for (let at = 0; at < archive.length;) {
    const size = parseInt(text(at + 1048, 11), 8);
    found.push({ name: text(at, 1024), type: text(at + 1080, 1), size, link: text(at + 1081, 1024) });
    at += 2560 + Math.ceil(size / 512) * 512;
  }
  return found;
}

function archives(messages: readonly RawMessage[]): Buffer[] {
  const found: Buffer[][] = [];
  for (const item of messages) {
    if (item.type === 'H') found.push([]);
    if (item.type === 'd') found.at(-1)!.push(item.body);
  }
  return found.map((parts) => Buffer.concat(parts));
}

describe('BASE_BACKUP of the stand-in', () => {
  it('sends the results in the recorded order, the data directory last', async () => {
    const data = makeDataDirectory(workspace.at('data'));
    const client = await start({ dataDirectory: data.path, tablespaces: data.tablespaces });
    client.query("BASE_BACKUP LABEL 'it''s' PROGRESS FAST NOWAIT");
    const answer = await client.receiveUntil('ZE');
    expect(order(answer)).toBe('TDCNTDCTDCHdcHdcHdcTDCCZ');
    const base = members(archives(answer)[2]!);
    expect(base[0]).toMatchObject({ name: 'backup_label', type: '0' });
    expect(base.at(-1)).toMatchObject({ name: 'global/pg_control', size: 8192 });
    const names = base.map((member) => member.name);
    expect(names.filter((name) => unsentPaths.includes(name))).toEqual([]);
    expect(names).toEqual(expect.arrayContaining([...configurationPaths]));
    expect(base).toContainEqual({ name: 'pg_tblspc/16421/', type: '3', size: 0, link: 'pg_location/x/y' });
    expect(base).toContainEqual({ name: 'pg_tblspc/16422/', type: '2', size: 0, link: data.tablespaces[1]!.path });
    expect(names).toContain(data.longPath);
    expect(names).toContain(data.oddName.toString('latin1'));
    expect(members(archives(answer)[0]!)[0]!.name).toBe('PG_9.2_201611171_n1/');
  });

  it('leaves the configuration out for another application_name, and sends tablespace_map and WAL when asked', async () => {
    const data = makeDataDirectory(workspace.at('data'), { tablespaces: ['absolute'] });
    const client = await start({ dataDirectory: data.path, tablespaces: data.tablespaces }, 'other');
    client.query('base_backup wal nowait tablespace_map');
    const answer = await client.receiveUntil('ZE');
    const base = members(archives(answer)[1]!).map((member) => member.name);
    expect(base.slice(0, 2)).toEqual(['backup_label', 'tablespace_map']);
    expect(base.filter((name) => configurationPaths.includes(name))).toEqual([]);
    expect(base.slice(-2)).toEqual([
      'pg_xlog/000000010000000000000006',
      'pg_xlog/archive_status/000000010000000000000006.done',
    ]);
    expect(base.filter((name) => name.startsWith('pg_tblspc/'))).toEqual(['pg_tblspc/']);
  });

  it('sends the link of pg_xlog twice', async () => {
    const data = makeDataDirectory(workspace.at('data'), { xlogLink: true, tablespaces: [] });
    const client = await start({ dataDirectory: data.path });
    client.query('BASE_BACKUP NOWAIT');
    const base = members(archives(await client.receiveUntil('ZE'))[0]!);
    expect(base.filter((member) => member.name === 'pg_xlog/').map((member) => member.type)).toEqual(['2', '2']);
  });

  it('warns of a file that no member can announce and goes on', async () => {
    const data = makeDataDirectory(workspace.at('data'), { tooLarge: true, tablespaces: [] });
    const client = await start({ dataDirectory: data.path });
    client.query('BASE_BACKUP NOWAIT');
    const answer = await client.receiveUntil('ZE');
    const warning = answer
      .filter((item) => item.type === 'N')
      .at(-1)!
      .body.toString();
    expect(warning).toContain(`archive member "${data.tooLargePath}" too large for tar format`);
    expect(answer.at(-1)!.type).toBe('Z');
  });

  it.each([1, 7, 65_536])('sends the same bytes in writes of %i bytes', async (size) => {
    const data = makeDataDirectory(workspace.at('data'), { tablespaces: [] });
    const client = await start({ dataDirectory: data.path, chunking: { size, forBytes: 20_000 } });
    client.query('BASE_BACKUP NOWAIT');
    expect(order(await client.receiveUntil('ZE'))).toBe('TDCNTDCTDCHdcTDCCZ');
  });

  it.each(['auth', 'start', 'header', 'mid-member', 'end-lsn'] as const)('closes at %s', async (at) => {
    const data = makeDataDirectory(workspace.at('data'), { tablespaces: [] });
    server = await startOpengaussServer({ dataDirectory: data.path, faults: [{ at, action: 'close' }] });
    const client = new RawClient(server.haPort);
    clients.push(client);
    await client.login({ user: 'backup', replication: 'true' }, 'Backup@1234');
    client.query('BASE_BACKUP NOWAIT');
    const answer = await client.receiveUntil('Z');
    expect(answer.at(-1)?.type).not.toBe('Z');
    expect(server.eventsOf('fault')).toHaveLength(1);
    expect(server.failures).toEqual([]);
  });
});

describe('START_REPLICATION of the stand-in', () => {
  /** A status reply of 65 bytes; flush and the wish for an answer are all that matter here. */
  function reply(flush: bigint, replyRequested: boolean): Buffer {
    const body = Buffer.alloc(65);
    body.write('r', 0, 'latin1');
    body.writeBigUInt64LE(flush, 17);
    body.writeUInt8(replyRequested ? 1 : 0, 57);
    return copyData(body);
  }

  async function nextOf(client: RawClient, kind: string): Promise<Buffer> {
    for (;;) {
      const next = await client.receive();
      if (!next) throw new Error('the stream ended');
      if (next.type === 'd' && String.fromCharCode(next.body[0]!) === kind) return next.body;
    }
  }

  it('streams what is there, then what comes', async () => {
    const client = await start({}, 'og-raw');
    client.query('START_REPLICATION 0/5000000');
    expect((await client.receive())?.type).toBe('W');
    const first = await nextOf(client, 'w');
    expect(first.readBigUInt64LE(1)).toBe(0x500_0000n);
    expect(first.readUInt16LE(65)).toBe(0xd074);
    expect((await nextOf(client, 'k')).readUInt8(25)).toBe(1);
    server!.wal.grow(20_000);
    const more = await nextOf(client, 'w');
    expect(more.readBigUInt64LE(1)).toBe(0x500_0000n + BigInt(first.length - 65));
    client.send(reply(0n, true));
    await nextOf(client, 'k');
    expect(server!.eventsOf('sync-standby')).toEqual([]);
  });

  it('moves a slot by a flush inside a segment, never by one at its end', async () => {
    const client = await start({}, 'og-raw');
    client.query('CREATE_REPLICATION_SLOT s PHYSICAL 0/0');
    await client.receiveUntil('Z');
    client.query('START_REPLICATION SLOT s 0/5000000');
    await nextOf(client, 'k');
    client.send(reply(0x500_0010n, false));
    client.send(reply(0x600_0000n, true));
    while (server!.eventsOf('reply').length < 2) await nextOf(client, 'k');
    expect(server!.slots.get('s')).toEqual({ restartLsn: 0x500_0010n, active: 1 });
  });

  it('cuts a silent receiver without a word, and asks only once', async () => {
    const client = await start({ walSenderTimeoutMs: 100 }, 'og-raw');
    client.query('START_REPLICATION 0/5000000');
    const heard = await client.receiveUntil('ECc');
    const requests = heard.filter((item) => item.type === 'd' && item.body[0] === 0x6b && item.body[25] === 1);
    expect(requests).toHaveLength(1);
    expect(heard.some((item) => item.type === 'E')).toBe(false);
    expect(server!.eventsOf('silent-receiver')).toHaveLength(1);
  });

  it('ends with COPY 0 when it is shut down fast, and says so of a removed segment', async () => {
    const client = await start({}, 'og-raw');
    client.query('START_REPLICATION 0/5000000');
    await nextOf(client, 'w');
    server!.shutdown('fast');
    const heard = await client.receiveUntil('C');
    expect(heard.at(-1)!.body.toString()).toBe('COPY 0\0');
    server!.wal.removeBefore(5n);
    const late = await session({}, 'og-raw');
    late.query('START_REPLICATION 0/3000000');
    const refused = await late.receiveUntil('E');
    expect(order(refused)).toBe('WdE');
    expect(refused.at(-1)!.body.toString()).toContain('000000010000000000000003 has already been removed');
  });
});
