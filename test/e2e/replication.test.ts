import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { render } from '../../src/messages/message.ts';
import type { BaseBackupEvent, BaseBackupRequest } from '../../src/replication/base-backup.ts';
import { showSetting, timelineHistory, walSegmentSize } from '../../src/replication/identify.ts';
import { openReplicationSession, type ReplicationSession } from '../../src/replication/open-session.ts';
import { serverRole } from '../../src/replication/server-role.ts';
import { SlotWatch } from '../../src/replication/slot-watch.ts';
import { createSlot, dropSlot, readSlot } from '../../src/replication/slots.ts';
import { startBaseBackup } from '../../src/replication/start-base-backup.ts';
import { startWalStream } from '../../src/replication/start-wal-stream.ts';
import type { WalStream } from '../../src/replication/wal-stream.ts';
import { controlLayoutOf } from '../../src/server/control-layout.ts';
import { readControlFile } from '../../src/server/control-file.ts';
import { formatLsn, lsn, parseLsn, type Lsn } from '../../src/wal/lsn.ts';
import { segmentName, segmentStart } from '../../src/wal/segment.ts';
import { startServer, type PostgresServer } from '../support/postgres/server.ts';
import { startStandby, waitForReplay } from '../support/postgres/standby.ts';
import { forEachServer } from '../support/servers-under-test.ts';

async function openSession(server: PostgresServer, attempts: string[] = []): Promise<ReplicationSession> {
  const { host, port, user } = server;
  return openReplicationSession(
    { host, port, user, inactivityTimeoutMs: 60_000 },
    { onAttempt: (attempt) => attempts.push(render(attempt)) },
  );
}

function backupRequest(session: ReplicationSession, changes: Partial<BaseBackupRequest> = {}): BaseBackupRequest {
  return {
    label: 'it\'s (a) "label"',
    progress: true,
    checkpoint: 'fast',
    includeWal: false,
    noWait: true,
    maxRateKib: undefined,
    tablespaceMap: false,
    verifyChecksums: true,
    manifest: session.capabilities.baseBackup.manifest ? { checksums: 'SHA256', forceEncode: false } : undefined,
    ...changes,
  };
}

async function collect(
  events: AsyncIterable<BaseBackupEvent>,
): Promise<{ events: BaseBackupEvent[]; contents: Buffer[] }> {
  const seen: BaseBackupEvent[] = [];
  const contents: Buffer[] = [];
  for await (const event of events) {
    seen.push(event);
    if (event.type !== 'archive' && event.type !== 'manifest') continue;
    const pieces: Buffer[] = [];
    for await (const piece of event.content) pieces.push(Buffer.from(piece));
    contents.push(Buffer.concat(pieces));
  }
  return { events: seen, contents };
}

/** Members of a ustar archive by name, and what follows the last one. */
function unpack(archive: Buffer): { members: Map<string, Buffer>; rest: Buffer } {
  const members = new Map<string, Buffer>();
  let at = 0;
  while (at + 512 <= archive.length && archive[at] !== 0) {
    const name = archive.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(archive.toString('latin1', at + 124, at + 135), 8) || 0;
    members.set(name, archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return { members, rest: archive.subarray(at) };
}

/** Pulls a stream to its end. */
async function endOf(stream: WalStream): Promise<unknown> {
  try {
    // A server that shuts down in order waits until it was told that everything has come.
    while ((await stream.next()) !== undefined) stream.reportPositions({ received: stream.position });
    return stream.ending;
  } catch (error) {
    return error;
  }
}

forEachServer('smoke', (version) => {
  it('is recognised without a second attempt, and takes commands', async () => {
    const server = await startServer({ version });
    const attempts: string[] = [];
    const session = await openSession(server, attempts);
    expect(session.identity).toMatchObject({ family: 'postgresql', product: 'PostgreSQL', major: version });
    expect(session.connection.negotiated).toBe(true);
    expect(attempts).toEqual([
      `trying 127.0.0.1:${server.port}`,
      expect.stringMatching(`^127.0.0.1:${server.port} is PostgreSQL ${version}`),
    ]);
    const control = readControlFile(readFileSync(join(server.dataDirectory, 'global/pg_control')));
    expect(session.system.systemIdentifier).toBe(String(control.systemIdentifier));
    expect(session.system.timeline).toBe(control.checkpoint.timeline);
    expect(controlLayoutOf(control.controlVersion)).toBeDefined();
    expect(await walSegmentSize(session.connection, session.capabilities)).toBe(control.walSegmentSizeBytes);
    expect(control.dataChecksumVersion).toBe(1);
    expect(await showSetting(session.connection, 'max_wal_senders')).toBe('10');

    const { connection, capabilities } = session;
    const slot = { name: 'kept', temporary: false, reserveWal: true };
    expect(await createSlot(connection, capabilities, slot)).toEqual({ existed: false });
    await expect(createSlot(connection, capabilities, slot)).rejects.toMatchObject({
      code: 'OBJECT_EXISTS',
      hint: { key: 'refusal.slot-exists' },
    });
    const position = await readSlot(connection, capabilities, 'kept');
    const missing = await readSlot(connection, capabilities, 'nope');
    if (version >= 15) {
      expect(position).toMatchObject({ restartTimeline: 1 });
      expect(missing).toBe('missing');
    } else {
      expect([position, missing]).toEqual([undefined, undefined]);
    }
    expect(
      await server.value("select restart_lsn is not null from pg_replication_slots where slot_name = 'kept'"),
    ).toBe('true');
    await dropSlot(connection, capabilities, 'kept');
    await expect(dropSlot(connection, capabilities, 'kept')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    const another = await session.openAnother();
    expect(another.system.systemIdentifier).toBe(session.system.systemIdentifier);
    await another.connection.close();
    await connection.close();
  });

  it('gives a base backup with and without WAL', async () => {
    const server = await startServer({ version });
    await server.sql('create table t as select generate_series(1, 20000) as v');
    const session = await openSession(server);
    const { connection, capabilities } = session;
    const progress: bigint[] = [];
    const onProgress = (done: bigint): void => void progress.push(done);
    const plain = await collect(startBaseBackup(connection, capabilities, backupRequest(session), { onProgress }));
    expect(plain.events.map(({ type }) => type)).toEqual(
      version >= 13 ? ['start', 'archive', 'manifest', 'end'] : ['start', 'archive', 'end'],
    );
    const [archive, manifest] = plain.contents;
    const base = unpack(archive!);
    expect(base.members.get('backup_label')?.toString()).toContain('LABEL: it\'s (a) "label"');
    const control = readControlFile(base.members.get('global/pg_control')!);
    expect(String(control.systemIdentifier)).toBe(session.system.systemIdentifier);
    expect(base.rest).toEqual(Buffer.alloc(version >= 15 ? 1024 : 0));
    if (manifest !== undefined) {
      const text = manifest.toString();
      const at = text.lastIndexOf('"Manifest-Checksum"');
      const sha256 = createHash('sha256').update(text.slice(0, at)).digest('hex');
      expect(text.slice(at)).toContain(sha256);
    }
    if (version >= 15) expect(progress.length).toBeGreaterThan(0);

    // The same session takes the next one, now with WAL in the archive.
    const request = backupRequest(session, {
      includeWal: true,
      maxRateKib: 1_048_576,
      tablespaceMap: true,
      verifyChecksums: false,
    });
    const fetched = await collect(startBaseBackup(connection, capabilities, request));
    const start = fetched.events[0];
    const end = fetched.events.at(-1);
    if (start?.type !== 'start' || end?.type !== 'end') throw new Error('no start or no end');
    expect(end.endLsn).toBeGreaterThan(start.startLsn);
    const size = 16 * 1024 * 1024;
    const segment = segmentName(start.timeline, start.startLsn, size);
    expect(unpack(fetched.contents[0]!).members.get(`pg_wal/${segment}`)?.length).toBe(size);
    await connection.close();
  });

  it('streams WAL, reports positions to the slot, and stops', async () => {
    const server = await startServer({ version });
    const session = await openSession(server);
    const { connection, capabilities, system } = session;
    await createSlot(connection, capabilities, { name: 'stream', temporary: false, reserveWal: true });
    const size = await walSegmentSize(connection, capabilities);
    await server.sql('create table t as select generate_series(1, 50000) as v');
    const target = parseLsn(await server.value('select pg_current_wal_flush_lsn()'));
    const startLsn = segmentStart(system.flushLsn, size);
    const request = { startLsn, timeline: 1, slot: 'stream', systemIdentifier: system.systemIdentifier };
    const stream = await startWalStream(connection, capabilities, request, { segmentSizeBytes: size });
    const pieces: Buffer[] = [];
    while (stream.position < target) {
      const piece = await stream.next();
      if (piece === undefined) throw new Error('the stream ended');
      pieces.push(Buffer.from(piece.bytes));
    }
    stream.reportPositions({ received: stream.position, flushed: stream.position });
    await stream.sendStatus();
    await stream.stop();
    const wal = Buffer.concat(pieces);
    const file = readFileSync(join(server.dataDirectory, 'pg_wal', segmentName(1, startLsn, size)));
    const length = Math.min(wal.length, Number(target - startLsn));
    expect(wal.subarray(0, length).equals(file.subarray(0, length))).toBe(true);
    await server.waitFor("select not active from pg_replication_slots where slot_name = 'stream'");
    const kept = await server.value("select restart_lsn from pg_replication_slots where slot_name = 'stream'");
    expect(kept).toBe(formatLsn(stream.position));
  });

  it('watches a slot that is used, left, lost and dropped; says how a stream ended, or why it cannot begin', async () => {
    const server = await startServer({ version });
    const settings = { host: server.host, port: server.port, user: server.user };
    const session = await openSession(server);
    const { capabilities, system } = session;
    const watch = new SlotWatch({ settings, session, name: 'watched' });
    expect(await watch.ask()).toMatchObject({ exists: false });
    await createSlot(session.connection, capabilities, { name: 'watched', temporary: false, reserveWal: false });
    const canTell = version >= 13;
    // Keeps nothing yet, which is not the same as having lost it.
    expect(await watch.ask()).toMatchObject({
      exists: true,
      restartLsn: undefined,
      ...(canTell ? { lost: false } : {}),
    });

    const startLsn = segmentStart(system.flushLsn, 16 * 1024 * 1024);
    const request = { startLsn, timeline: 1, slot: 'watched' };
    const stream = await startWalStream(session.connection, capabilities, request);
    await stream.next();
    stream.reportPositions({ flushed: stream.position });
    await stream.sendStatus();
    await server.waitFor("select restart_lsn is not null from pg_replication_slots where slot_name = 'watched'");
    const used = await watch.ask();
    expect(used).toMatchObject({ exists: true, restartLsn: stream.position });
    expect([version >= 15 ? undefined : true]).toContain(used.active);
    if (canTell) expect(used.lost).toBe(false);
    const refusal = async (changes: { startLsn?: Lsn; slot?: string | undefined }): Promise<unknown> => {
      const { connection } = await openSession(server);
      try {
        return await endOf(await startWalStream(connection, capabilities, { ...request, ...changes }));
      } catch (error) {
        return error;
      } finally {
        connection.destroy();
      }
    };
    expect(await refusal({})).toMatchObject({ code: 'LOCKED', kind: 'slot-active', retryable: true });
    expect(await refusal({ slot: 'nope' })).toMatchObject({ code: 'OBJECT_NOT_FOUND', kind: 'slot-missing' });
    expect(await refusal({ slot: undefined, startLsn: lsn(startLsn + 0x4000_0000n) })).toMatchObject({
      code: 'SYSTEM_MISMATCH',
      kind: 'ahead-of-server',
    });

    const ended = endOf(stream);
    await server.sql('select pg_terminate_backend(active_pid) from pg_replication_slots');
    expect(await ended).toMatchObject({ code: 'SERVER_UNREACHABLE', kind: 'server-stopped', retryable: true });
    // Its own connection is gone as well, now and then: the next ask has another.
    await server.sql(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name in ('gausskeep', 'gs_basebackup')",
    );
    await watch.ask();
    expect(await watch.ask()).toMatchObject({ exists: true, restartLsn: used.restartLsn });

    if (canTell) await server.sql("alter system set max_slot_wal_keep_size = '1MB'");
    else await dropSlot((await openSession(server)).connection, capabilities, 'watched');
    await server.sql('select pg_reload_conf()');
    for (let segment = 0; segment < 4; segment += 1) {
      await server.sql('create table w as select 1; drop table w; select pg_switch_wal()');
    }
    await server.sql('checkpoint');
    expect(await watch.ask()).toMatchObject(canTell ? { exists: true, lost: true } : { exists: false });
    const fresh = new SlotWatch({ settings, session, name: 'watched' });
    expect(await fresh.ask()).toMatchObject(canTell ? { exists: true, lost: true } : { exists: false });
    expect(await refusal({})).toMatchObject(
      canTell
        ? { code: 'WAL_MISSING', kind: version >= 18 ? 'slot-invalidated' : 'wal-removed' }
        : { code: 'OBJECT_NOT_FOUND', kind: 'slot-missing' },
    );
    expect(await refusal({ slot: undefined })).toMatchObject({ code: 'WAL_MISSING', kind: 'wal-removed' });

    const now = await openSession(server);
    const last = await startWalStream(now.connection, capabilities, {
      startLsn: segmentStart(now.system.flushLsn, 16 * 1024 * 1024),
      timeline: 1,
    });
    // A WAL sender that has not begun to send when the server stops is terminated, and says so.
    while (last.position < now.system.flushLsn) await last.next();
    const orderly = endOf(last);
    await server.stop('fast');
    expect(await orderly).toEqual({ reason: 'shutdown' });
    // Nobody answers: unknown, and no error.
    expect(await watch.ask()).toEqual({ exists: undefined });
    await Promise.all([watch.close(), fresh.close()]);
    await server.start();
    const again = await openSession(server);
    const startLast = segmentStart(again.system.flushLsn, 16 * 1024 * 1024);
    const crashing = await startWalStream(again.connection, capabilities, { startLsn: startLast, timeline: 1 });
    // Up to 13 a WAL sender that is stopped while it sends says nothing any more: it must have sent what there is.
    while (crashing.position < again.system.flushLsn) await crashing.next();
    await server.stop('immediate');
    expect(await endOf(crashing)).toMatchObject({
      code: 'SERVER_UNREACHABLE',
      kind: version >= 14 ? 'connection-lost' : 'server-crashed',
    });
  });

  it('goes on to the next timeline, and says when one had ended before', async () => {
    const primary = await startServer({ version });
    await primary.sql('create table t as select 1 as v');
    const standby = await startStandby(primary);
    await waitForReplay(primary, standby);
    const session = await openSession(standby);
    const size = await walSegmentSize(session.connection, session.capabilities);
    const startLsn = segmentStart(session.system.flushLsn, size);
    // A primary whose transactions are read-only unless they say otherwise stays one.
    await primary.sql('alter system set default_transaction_read_only = on');
    await primary.sql('select pg_reload_conf()');
    await primary.waitFor("select current_setting('default_transaction_read_only') = 'on'");
    const first = await openSession(primary);
    expect(await serverRole(first)).toBe('primary');
    await first.connection.close();
    expect(await serverRole(session)).toBe('standby');
    await standby.promote();
    expect(await serverRole(session)).toBe('primary');
    await session.connection.close();

    const after = await openSession(standby);
    const stream = await startWalStream(after.connection, after.capabilities, { startLsn, timeline: 1 });
    let bytes = 0;
    for await (const piece of stream) bytes += piece.bytes.length;
    const ending = stream.ending;
    if (ending?.reason !== 'timeline') throw new Error('the timeline did not end');
    expect(ending.next.timeline).toBe(2);
    expect(BigInt(bytes)).toBe(ending.next.startLsn - startLsn);
    const connection = stream.release();
    const history = await timelineHistory(connection, after.capabilities, 2);
    expect(history.name).toBe('00000002.history');
    expect(history.content).toContain(`1\t${formatLsn(ending.next.startLsn)}`);
    const ended = await startWalStream(connection, after.capabilities, { startLsn: ending.next.startLsn, timeline: 1 });
    expect(await ended.next()).toBeUndefined();
    expect(ended.ending).toEqual(ending);
    const next = await startWalStream(ended.release(), after.capabilities, {
      startLsn: segmentStart(ending.next.startLsn, size),
      timeline: 2,
    });
    expect((await next.next())?.startLsn).toBe(segmentStart(ending.next.startLsn, size));
    await next.stop();

    const refusal = async (startsAt: Lsn, timeline: number): Promise<unknown> => {
      const { connection, capabilities } = await openSession(standby);
      try {
        return await startWalStream(connection, capabilities, { startLsn: startsAt, timeline });
      } catch (error) {
        return error;
      } finally {
        connection.destroy();
      }
    };
    const left = { code: 'SYSTEM_MISMATCH', kind: 'timeline-left' };
    expect(await refusal(lsn(ending.next.startLsn + 1n), 1)).toMatchObject(left);
    expect(await refusal(startLsn, 7)).toMatchObject({ code: 'SYSTEM_MISMATCH', kind: 'timeline-unknown' });
  });

  it('refusals name what to do', async () => {
    const server = await startServer({ version, hba: ['host replication trusted 127.0.0.1/32 trust'] });
    const { host, port } = server;
    await expect(openReplicationSession({ host, port, user: 'stranger' })).rejects.toMatchObject({
      code: 'AUTHENTICATION',
      hint: {
        key: 'refusal.hba-encryption',
        parameters: { line: 'host replication stranger 127.0.0.1/32 scram-sha-256' },
      },
    });
    await server.sql('create role trusted login');
    await expect(openReplicationSession({ host, port, user: 'trusted' })).rejects.toMatchObject({
      code: 'AUTHENTICATION',
      hint: { key: 'refusal.replication-privilege' },
    });
    await server.sql('alter role trusted replication');
    const session = await openReplicationSession({ host, port, user: 'trusted' });
    const missing = { startLsn: session.system.flushLsn, timeline: 1, slot: 'nope' };
    await expect(startWalStream(session.connection, session.capabilities, missing)).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
    session.connection.destroy();
  });
});
