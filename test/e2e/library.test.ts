/** The library as somebody else's program has it: the examples as they are printed, and what only a caller of functions meets. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Library from '../../src/index.ts';
import { keepEvents } from '../support/kept-events.ts';
import { newTarget } from '../support/backups.ts';
import { differences, snapshotData } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import {
  serverDirectory,
  startFrom,
  startServer,
  stopAllServers,
  type PostgresServer,
} from '../support/postgres/server.ts';
import { startCommand, temporaryDirectory, type ProgramResult } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const built = join(projectRoot, 'dist/index.js');
const secret = 'S3cret';

forEachServer('full', (version) => {
  let server: PostgresServer;
  let library: typeof Library;
  let expected: Awaited<ReturnType<typeof snapshotData>>;

  beforeAll(async () => {
    library = (await import(/* @vite-ignore */ built)) as typeof Library;
    server = await startServer({ version, config: { wal_level: 'replica' } });
    const client = await server.client();
    await loadData(client, { rows: 2000 });
    await client.query("set password_encryption = 'scram-sha-256'");
    await client.query(`create role app login replication password '${secret}'`);
    await server.setHba(['host replication app 127.0.0.1/32 scram-sha-256', 'host all all 127.0.0.1/32 trust']);
    expected = await snapshotData(client);
  });

  function example(name: string, words: readonly string[], password = secret): Promise<ProgramResult> {
    const { result, stdin } = startCommand(process.execPath, [join(projectRoot, 'examples', name), ...words], {
      env: { PGPASSWORD: password },
    });
    stdin.end();
    return result;
  }

  const place = (): string[] => [server.host, String(server.port), 'app'];

  function sourceOf(password: Library.SessionSettings['password'] = secret): Library.SessionSettings {
    return { host: server.host, port: server.port, user: 'app', password };
  }

  const left = (): Promise<unknown> => server.value('select count(*)::text from pg_stat_replication');

  it('works in a program that node was given on its command line, threads and all', async () => {
    const backup = newTarget();
    const text = `import { reportError, takeBackup, verifyBackup } from ${JSON.stringify(built)};
      const source = ${JSON.stringify(sourceOf())};
      await takeBackup({ source, output: { kind: 'plain', directory: ${JSON.stringify(backup)} }, checkpoint: 'fast' });
      console.log(reportError(await verifyBackup({ path: ${JSON.stringify(backup)} }))?.message ?? 'sound');`;
    const { result, stdin } = startCommand(process.execPath, ['--input-type=module', '-e', text], {});
    stdin.end();
    expect(await result).toMatchObject({ status: 0, stderr: '', stdout: 'sound\n' });
  });

  describe('examples', () => {
    it('stream-members: what it stored is the whole backup', async () => {
      const directory = temporaryDirectory();
      const result = await example('stream-members.mjs', [...place(), directory]);
      expect(result).toMatchObject({ status: 0, stderr: '' });
      const restored = newTarget();
      rebuild(directory, restored);
      const [members] = /^\d+/.exec(result.stdout) ?? [];
      expect(readList(directory)).toHaveLength(Number(members));
      const copy = await startFrom(restored);
      expect(differences(expected, await snapshotData(await copy.client()))).toEqual([]);
      await copy.stop();
      const verified = await library.verifyBackup({ path: rebuild(directory, newTarget()) });
      if (library.reportError(verified) !== undefined) throw library.reportError(verified) as Error;
    });

    it('follow-wal: receives up to the end, and tells what the server refused by its SQLSTATE', async () => {
      await server.sql('create table later (id int); drop table later');
      const result = await example('follow-wal.mjs', place());
      expect(result).toMatchObject({ status: 0, stderr: '' });
      expect(Number(/^\d+/.exec(result.stdout)?.[0])).toBeGreaterThan(0);
      expect(await example('follow-wal.mjs', place(), 'wrong')).toMatchObject({
        status: 1,
        stderr: 'the server said 28P01: password authentication failed for user "app"\n',
      });
    });

    it('push-and-read-wal and recovery-window: an archive made with the library says what can be recovered', async () => {
      const archive = serverDirectory('archive');
      const backups = temporaryDirectory();
      const { startLsn, endLsn } = await library.takeBackup({
        source: sourceOf(),
        output: { kind: 'plain', directory: join(backups, 'one') },
        checkpoint: 'fast',
        sync: false,
      });
      const last = await server.value(`select pg_walfile_name('${library.formatLsn(endLsn)}')`);
      await server.sql('create table later (id int); drop table later; select pg_switch_wal()');
      const first = await server.value(`select pg_walfile_name('${library.formatLsn(startLsn)}')`);
      const names = [...new Set([first, last])].map(String);
      for (const name of names) {
        const path = join(server.dataDirectory, 'pg_wal', name);
        const pushed = await example('push-and-read-wal.mjs', [archive, path]);
        expect(pushed).toMatchObject({ status: 0, stderr: '' });
        expect(pushed.stdout).toMatch(new RegExp(`^${name}: stored, generation 1$`, 'm'));
        expect(pushed.stdout).toMatch(new RegExp(`^${name}: 16777216 bytes, sha256 [0-9a-f]{64}$`, 'm'));
      }
      const shown = await example('recovery-window.mjs', [archive, backups]);
      expect(shown).toMatchObject({ status: 0, stderr: '' });
      expect(shown.stdout).toContain(`timeline 1: 0 gaps\n  ${join(backups, 'one')}: ${library.formatLsn(endLsn)}`);
    });
  });

  describe('takeBackup', () => {
    it('asks a function for the password once, and has it for the stream of WAL too', async () => {
      let asked = 0;
      const directory = newTarget();
      const password = (): Promise<string> => {
        asked += 1;
        return Promise.resolve(secret);
      };
      await library.takeBackup({
        source: sourceOf(password),
        output: { kind: 'plain', directory },
        checkpoint: 'fast',
      });
      expect(asked).toBe(1);
      const copy = await startFrom(directory);
      expect(differences(expected, await snapshotData(await copy.client()))).toEqual([]);
      await copy.stop();
    });

    it('works on a thread of its own, and tells there what it tells here', async () => {
      const kept = keepEvents<Library.BackupEvent>('backup');
      const { events } = kept;
      const directory = newTarget();
      const request = {
        source: sourceOf(() => Promise.resolve(secret)),
        output: { kind: 'tar', directory },
        checkpoint: 'fast',
        estimateSize: true,
      } as const;
      const result = await library.takeBackup(request, {
        ownThread: true,
        onEvent: kept.onEvent,
      });
      expect(kept.check()).toEqual(['connect', 'checkpoint', 'copy', 'wal', 'publish']);
      expect(readdirSync(directory).sort()).toEqual(['base.tar', 'pg_wal.tar', 'backup_manifest'].sort());
      expect(events.map((event) => (event.type === 'step' ? library.render(event.sentence) : event.type))).toContain(
        'base backup completed',
      );
      const progress = events.filter((event) => event.type === 'progress');
      expect(progress.at(-1)).toMatchObject({ doneBytes: result.receivedBytes, tablespacesDone: 1 });
      expect(progress.length).toBeLessThan(events.length);
      const verified = await library.verifyBackup({ path: directory });
      expect(library.reportError(verified)).toBeUndefined();
    });

    it('on a thread of its own ends as here: when it is told to, when its listener fails, when it is refused', async () => {
      const begin = (directory: string, options: Library.BackupOptions, source = sourceOf()): Promise<unknown> =>
        library.takeBackup(
          { source, output: { kind: 'plain', directory }, maxRateKib: 64 },
          { ...options, ownThread: true },
        );
      const gone = newTarget();
      const abort = new AbortController();
      const reason = new Error('enough');
      const onEvent = (event: Library.BackupEvent): void => {
        if (event.type === 'progress') abort.abort(reason);
      };
      await expect(begin(gone, { signal: abort.signal, onEvent })).rejects.toBe(reason);
      const failure = new Error('listener');
      await expect(
        begin(gone, {
          onEvent: () => {
            throw failure;
          },
        }),
      ).rejects.toBe(failure);
      await expect(begin(gone, {}, sourceOf('wrong'))).rejects.toMatchObject({ code: 'AUTHENTICATION' });
      await expect(begin(gone, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(readdirSync(dirname(gone))).toEqual([]);
      await server.waitFor('select count(*) = 0 from pg_stat_replication');
      const sink = { write: () => undefined };
      const refused = library.takeBackup({ source: sourceOf(), output: { kind: 'stream', sink } }, { ownThread: true });
      await expect(refused).rejects.toMatchObject({ code: 'USAGE' });
    });

    it('ends with the error of the sink that takes the members, and the server is out of backup mode', async () => {
      const failure = new Error('the place is full');
      const nothing = (): void => undefined;
      const file = (): never => {
        throw failure;
      };
      const sink = { directory: nothing, link: nothing, end: nothing, file };
      const request = { source: sourceOf(), output: { kind: 'members', sink }, checkpoint: 'fast' } as const;
      await expect(library.takeBackup(request)).rejects.toBe(failure);
      await server.waitFor('select count(*) = 0 from pg_stat_replication');
      await expect(library.takeBackup({ ...request, wal: 'stream' })).rejects.toMatchObject({ code: 'USAGE' });
      expect([library.BackupError.name, library.ServerError.name]).toEqual(['BackupError', 'ServerError']);
      expect(await left()).toBe('0');
    });
  });

  afterAll(() => stopAllServers());
});

interface Listed {
  readonly type: string;
  readonly name: string;
  readonly mode: number;
  readonly linkName: string;
  readonly content?: string;
}

function readList(directory: string): Listed[] {
  return JSON.parse(readFileSync(join(directory, 'list.json'), 'utf8')) as Listed[];
}

/** The data directory of which stream-members made a list. */
function rebuild(directory: string, target: string): string {
  mkdirSync(target, { mode: 0o700 });
  for (const { type, name, mode, linkName, content } of readList(directory)) {
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    if (type === 'directory') mkdirSync(path, { recursive: true });
    else if (type === 'file') writeFileSync(path, readFileSync(join(directory, content ?? '')));
    else symlinkSync(linkName, path);
    if (type !== 'symlink') chmodSync(path, mode);
  }
  return target;
}
