/** What `gausskeep doctor` says of an archive_command, and of archiving that is off: no more than it has looked at. */
import { closeSync, openSync, readdirSync, readSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provoked, type ToldFinding } from '../support/doctor-findings.ts';
import { DoctorRun } from '../support/doctor-run.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';

forEachServer('full', (version) => {
  const quoted = (command: string): string => `'${command.replaceAll("'", "''")}'`;
  let server: PostgresServer;
  let doctor: DoctorRun;

  beforeAll(async () => {
    server = await startServer({ version, config: { archive_mode: 'on', archive_command: '/bin/test -f %p' } });
    doctor = new DoctorRun(server);
  });
  afterAll(async () => {
    await stopAllServers();
  });

  const commandFinding = async (command: string, ...words: string[]): Promise<readonly ToldFinding[]> => {
    await doctor.reload(`set archive_command = ${quoted(command)}`);
    return await doctor.findings('archive-command', ...words);
  };
  const says = async (command: string, expected: object): Promise<void> => {
    expect(await commandFinding(command)).toMatchObject([expected]);
  };

  it('"ok" says what was found; what cannot be looked at from here is not checked', async () => {
    const [sound] = await commandFinding('/bin/test -f %p');
    expect(sound?.severity).toBe('ok');
    expect(sound?.what).toMatch(
      /^archive_command begins with \/bin\/test, which is there and may be executed by account .*; it was not run: /,
    );
    const loop = join(runDirectory().make('loop'), 'push');
    symlinkSync(loop, loop);
    await says(`${loop} %p`, provoked('archive-command', 'doctor.archive-program.unread'));
    const archive = runDirectory().make('there');
    await says(`cp %p ${archive}/%f`, provoked('archive-command', 'doctor.archive-program.named'));
    await says(`(cp %p ${archive}/%f)`, provoked('archive-command', 'doctor.archive-program.shell'));
    await says(`bin/push %p`, provoked('archive-command', 'doctor.archive-program.unclear'));
    await says('nosuchprog %p %f', provoked('archive-command', 'doctor.archive-program.nowhere'));
  });

  it('a command that archives nothing whatever it reports', async () => {
    for (const command of ['true', '/bin/true', 'exit 0', ': %p'])
      await says(command, provoked('archive-command', 'doctor.archive-succeeds'));
    for (const command of ['cp %p /missing/dir/%f; true', 'cp %p /missing/dir/%f || true'])
      await says(command, provoked('archive-command', 'doctor.archive-masked'));
    for (const command of ['false', 'exit 1']) await says(command, provoked('archive-command', 'doctor.archive-fails'));
    await says('  ', provoked('archive-command', 'doctor.archive-blank'));
    await says('cp %p /missing/dir/%f', provoked('archive-command', 'doctor.archive-target'));
    // It may make it itself.
    await says(
      'mkdir -p /missing/dir && cp %p /missing/dir/%f',
      provoked('archive-command', 'doctor.archive-program.named'),
    );
  });

  it('the fix is never a command with something to fill in, and such a command is an error', async () => {
    const placeholder = provoked('archive-command', 'doctor.archive-placeholder');
    for (const command of ['gausskeep wal push --archive DIR %p', '/PATH/gausskeep wal push %p --archive /ARCHIVE'])
      await says(command, placeholder);
    const [unnamed] = await commandFinding('');
    expect(unnamed?.fix).toMatch(/^On the host of the server: gausskeep wal init --archive /);
    const archive = runDirectory().make('fresh');
    const [named] = await commandFinding('', '--archive', archive);
    expect(named?.fix).toMatch(
      new RegExp(`^ALTER SYSTEM SET archive_command = '/\\S+ wal push %p --archive ${archive} --generation 1'; SELECT`),
    );
    // Pasted, it is found sound.
    const command = /= '(.*)';/.exec(named?.fix ?? '')?.[1] ?? '';
    expect(await commandFinding(command)).toMatchObject([{ severity: 'ok' }]);
  });

  it('what the server reports as archived is told as that, and nothing archived is no sign of anything', async () => {
    await doctor.reload('reset archive_command');
    await server.sql(`select pg_stat_reset_shared('archiver')`);
    const [nothing] = await doctor.findings('archive-failures');
    expect(nothing).toMatchObject(provoked('archive-failures', 'doctor.archive-nothing'));
    const started = await server.value(
      `select to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI')`,
    );
    expect(nothing?.what).toMatch(`at least since ${started}`);
    expect(nothing?.why).toMatch('ends by 127');
    await server.sql('create table t as select 1; select pg_switch_wal()');
    await server.waitFor('select archived_count > 0 from pg_stat_archiver');
    expect(await doctor.findings('archive-failures')).toMatchObject([
      provoked('archive-failures', 'doctor.archive-failures.ok', 'ok'),
    ]);
    await doctor.reload(`set archive_command = '/bin/true'`);
    const [reported] = await doctor.findings('archive-failures');
    expect(reported).toMatchObject(provoked('archive-failures', 'doctor.archive-failures.ok', 'note'));
    expect(reported?.what).toMatch(/^the server reports .* with the command that it had then/);
    await doctor.reload('reset archive_command');
  });

  it('where archiving is off, it is not turned on into the archive of another', async () => {
    const wal = join(server.dataDirectory, 'pg_wal');
    const [name = ''] = readdirSync(wal).filter((one) => /^[0-9A-F]{24}$/.test(one));
    const page = Buffer.alloc(8192);
    const file = openSync(join(wal, name), 'r');
    readSync(file, page);
    closeSync(file);
    const store = (as: string, change: (page: Buffer) => void): string => {
      const directory = runDirectory().make('source');
      const changed = Buffer.from(page);
      change(changed);
      writeFileSync(join(directory, as), changed);
      truncateSync(join(directory, as), 16 * 1024 ** 2);
      return directory;
    };
    // As the source of a restored copy goes on in its archive.
    const source = store(`${name.slice(0, 8)}0000000A00000000`, (one) => one.writeBigUInt64LE(0xa_0000_0000n, 8));
    const stranger = store(name, (one) => one.writeBigUInt64LE(42n, 24));
    const own = store(name, () => undefined);
    const fixed = async (command: string, ...words: string[]) => {
      await server.restart('fast', { settings: { archive_mode: 'off', archive_command: command } });
      const { found } = await doctor.examined(words);
      expect(found('archive-mode')).toMatchObject([provoked('archive-mode', 'doctor.archive-mode')]);
      return { fix: found('archive-mode')[0]?.fix, owner: found('archive-owner') };
    };
    const note = provoked('archive-owner', 'doctor.archive-owner', 'note');
    for (const { fix, owner } of [
      await fixed(`cp %p ${source}/%f`),
      await fixed(`cp %p ${source}/%f`, '--archive', own),
      await fixed('', '--archive', source),
    ]) {
      expect(fix).toMatch(`Not archive_mode = on as things are: ${source} has`);
      expect(fix).not.toMatch('ALTER SYSTEM');
      if (owner[0]?.severity === 'ok') continue;
      expect(owner).toMatchObject([note]);
      expect(owner[0]?.why).toMatch(/^Archiving is off here, so that this server writes nothing there/);
      expect(owner[0]?.why).not.toMatch('Both write');
      expect(owner[0]?.fix).toMatch(/^Leave archive_mode = off/);
    }
    const other = await fixed(`cp %p ${stranger}/%f`);
    expect(other.fix).toMatch(/^Not archive_mode = on/);
    expect(other.owner).toMatchObject([provoked('archive-owner', 'doctor.archive-owner.other', 'warning')]);
    // What cannot be seen from here is a condition.
    for (const command of [`cp %p ${own}/%f`, 'rsync %p host:/archive/%f'])
      expect((await fixed(command)).fix).toMatch(
        /^Only where no other server archives .*: ALTER SYSTEM SET archive_mode/,
      );
    expect((await fixed('')).fix).toMatch(/^ALTER SYSTEM SET archive_mode = on; -- then restart/);
  });
});
