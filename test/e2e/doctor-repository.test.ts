/** What `gausskeep doctor` says of a server that archives into a repository: as its archive_command says, or as it is named. */
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { provoked } from '../support/doctor-findings.ts';
import { DoctorRun } from '../support/doctor-run.ts';
import { testCredentialVariables } from '../support/object-store/stores-under-test.ts';
import { S3Server } from '../support/object-store/s3-server.ts';
import { serverDirectory, startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { programPath, runProgram } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';

forEachServer('newest', (version) => {
  let server: PostgresServer;
  let doctor: DoctorRun;
  let store: S3Server;
  let place: string;
  let passwordFile: string;

  const gausskeep = async (...words: string[]): Promise<void> => {
    const env = { ...server.environment(), ...testCredentialVariables };
    const { status, stderr } = await runProgram('gausskeep', words, { env });
    expect(status, stderr).toBe(0);
  };
  const inStore = (): string[] => ['--s3-endpoint', store.endpoint, '--s3-allow-http'];
  const push = (...words: string[]): string => [programPath('gausskeep'), 'wal', 'push', '%p', ...words].join(' ');
  const examinedBy = async (command: string, ...words: string[]) => {
    await doctor.reload(`set archive_command = '${command}'`);
    return doctor.examined(words, { env: testCredentialVariables });
  };
  const ownerBy = async (command: string) => (await examinedBy(command)).found('archive-owner');

  beforeAll(async () => {
    server = await startServer({ version, config: { archive_mode: 'on', archive_command: '/bin/false' } });
    doctor = new DoctorRun(server);
    store = await S3Server.start();
    store.createBucket('safe');
    place = runDirectory().make('repositories');
    passwordFile = join(place, 'password');
    writeFileSync(passwordFile, 'secret\n', { mode: 0o600 });
    const encrypted = ['--password-file', passwordFile];
    await gausskeep('repo', 'init', join(place, 'clear'));
    await gausskeep('repo', 'init', join(place, 'secret'), '--encrypt', ...encrypted);
    await gausskeep('repo', 'init', 's3://safe/repo', ...inStore());
    const backup = ['backup', '--instance', 'orders', '-c', 'fast', '--repo'];
    await gausskeep(...backup, join(place, 'clear'));
    await gausskeep(...backup, join(place, 'secret'), ...encrypted);
    await gausskeep(...backup, 's3://safe/repo', ...inStore());
  });
  afterAll(async () => {
    await stopAllServers();
    await store.close();
  });

  it('reads it out of archive_command: in clear, encrypted, in an object store, by the pusher beside the server', async () => {
    const clear = ['--repo', join(place, 'clear'), '--instance', 'orders'];
    const secret = ['--repo', join(place, 'secret'), '--instance=orders', '--password-file', passwordFile];
    const far = ['--repo', 's3://safe/repo', '--instance', 'orders', ...inStore(), '--generation', '1'];
    for (const words of [clear, secret, far, [...clear, '--async', '--spool', join(place, 'spool')]]) {
      const { found } = await examinedBy(push(...words));
      const name = `${words[1] ?? ''} (orders)`;
      expect(found('archive-owner')).toMatchObject([{ severity: 'ok', what: expect.stringContaining(name) as string }]);
      expect(found('archive-space')).toHaveLength(words === far ? 0 : 1);
    }
  });

  it('says where nothing can be archived, and what it cannot look at', async () => {
    expect(await ownerBy(push('--repo', join(place, 'clear'), '--instance', 'new'))).toMatchObject([
      {
        severity: 'error',
        what: expect.stringContaining('no WAL can be archived there: the repository has no instance "new"') as string,
        fix: expect.stringContaining('gausskeep backup') as string,
      },
    ]);
    expect(await ownerBy(push('--repo', join(place, 'none'), '--instance', 'orders'))).toMatchObject([
      provoked('archive-owner', 'doctor.archive-owner.unusable'),
    ]);
    // What a server names as a command is not run.
    const [program, sign] = [join(place, 'say-password'), join(place, 'was-run')];
    writeFileSync(program, `#!/bin/sh\ntouch ${sign}\necho secret\n`);
    chmodSync(program, 0o755);
    const asked = push('--repo', join(place, 'secret'), '--instance', 'orders', '--password-command', program);
    const [unread] = await ownerBy(asked);
    expect(unread).toMatchObject(provoked('archive-owner', 'doctor.archive-owner.unread'));
    expect(unread?.what).toContain('--password-file');
    expect(existsSync(sign)).toBe(false);
    // With a password of one's own it can be looked at.
    const own = await examinedBy(asked, '--password-file', passwordFile);
    expect(own.found('archive-owner')).toMatchObject([{ severity: 'ok' }]);
    // Which instance it is only the environment of the server says.
    expect(await ownerBy(push('--repo', join(place, 'clear')))).toMatchObject([
      provoked('archive-owner', 'doctor.archive-owner.elsewhere'),
    ]);
  });

  it('a command of ours that can never work is an error, also before the server has called it; one that hangs on its environment is not checked', async () => {
    const far = ['--repo', 's3://safe/repo', '--instance', 'orders', ...inStore()];
    const program = programPath('gausskeep');
    for (const [command, sentence] of [
      [push(...far, '--asnyc'), 'unrecognized option "--asnyc"'],
      [`${program} wal psuh %p ${far.join(' ')}`, 'unknown command "wal psuh"'],
      [push(...far).replace('%p', '%f'), '%f stands where %p, the path of the file, is needed'],
      [push(...far, '--timeout', '5'), '--timeout needs --async'],
      [push(...far, '--async', '--at-once', '17'), 'invalid value "17" for --at-once'],
      [push(...far, '--generation', 'x'), 'invalid value "x" for --generation'],
      [push(...far, '--archive', place), '--archive'],
      [push('--repo', place, '--instance', 'orders', ...inStore()), '--s3-endpoint'],
    ] as const) {
      const { found } = await examinedBy(command);
      expect(found('archive-command')).toMatchObject([provoked('archive-command', 'doctor.archive-refused')]);
      expect(found('archive-command')[0]?.what).toContain(sentence);
    }
    const below = await examinedBy(push('--repo', 'below/repository', '--instance', 'orders'));
    expect(below.found('archive-command')).toMatchObject([provoked('archive-command', 'doctor.archive-relative')]);
    const hanging = await examinedBy(push('--repo', 's3://safe/repo', '--async', ...inStore()));
    expect(hanging.found('archive-command')).toMatchObject([{ severity: 'ok' }]);
    expect(hanging.found('archive-owner')).toMatchObject([provoked('archive-owner', 'doctor.archive-owner.elsewhere')]);
  });

  it('a generation, a file of credentials or a bucket that is not there is an error: nothing can be archived so', async () => {
    const far = ['--repo', 's3://safe/repo', '--instance', 'orders', ...inStore()];
    expect(await ownerBy(push(...far, '--generation', '7'))).toMatchObject([
      { severity: 'error', fix: expect.stringMatching(/^Name a generation that is open/) as unknown },
    ]);
    const missing = join(place, 'no-credentials');
    expect(await ownerBy(push(...far, '--s3-credentials-file', missing))).toMatchObject([
      { severity: 'error', what: expect.stringContaining(`"${missing}"`) as unknown },
    ]);
    for (const [name, fix] of [
      ['s3://nosuch/repo', /bucket/],
      ['s3://safe/nothing', /repository|prefix/],
    ] as const) {
      const [found] = await ownerBy(push('--repo', name, '--instance', 'orders', ...inStore()));
      expect(found).toMatchObject({ severity: 'error', fix: expect.stringMatching(fix) as unknown });
      expect(found?.fix).not.toContain('irectory');
    }
  });

  it('a process that pushes and stands still is seen, by wal status as well', async () => {
    const archive = serverDirectory('archive');
    await doctor.reload(`set archive_command = '${push('--async', '--archive', archive)}'`);
    const spool = `${server.dataDirectory}.gausskeep-spool`;
    const stop = async (): Promise<number | undefined> => {
      const segment = await server.value('select pg_walfile_name(pg_switch_wal())');
      await server.waitFor(`select last_archived_wal >= '${segment}' from pg_stat_archiver`);
      try {
        const [folder = ''] = readdirSync(spool);
        const { pid } = JSON.parse(readFileSync(join(spool, folder, '.gausskeep.lock'), 'utf8')) as { pid: number };
        process.kill(pid, 'SIGSTOP');
        return pid;
      } catch {
        // It has ended just now: the next segment starts another.
        await server.sql('create table more as select 1; drop table more');
        return undefined;
      }
    };
    await server.sql('create table more as select 1; drop table more');
    let pid: number | undefined;
    await expect.poll(async () => (pid = await stop()), { timeout: 120_000 }).toBeDefined();
    try {
      await expect
        .poll(() => doctor.findings('archive-backlog'), { timeout: 120_000 })
        .toMatchObject([provoked('archive-backlog', 'doctor.archive-stopped')]);
      const status = await runProgram('gausskeep', ['wal', 'status', server.dataDirectory]);
      expect(status).toMatchObject({ status: 3 });
      expect(status.stdout).toContain('the process that pushes stands still');
      expect(status.stdout).toContain(`process ${pid} stands still`);
    } finally {
      process.kill(pid!, 'SIGCONT');
    }
  });

  it('looks at one that is named, encrypted too, and the command that it advises is found sound', async () => {
    await doctor.reload(`set archive_command = ''`);
    const words = ['--repo', join(place, 'secret'), '--instance', 'orders', '--password-file', passwordFile];
    const { found } = await doctor.examined(words);
    expect(found('archive-owner')).toMatchObject([{ severity: 'ok' }]);
    const command = /archive_command = '(.*)';/.exec(found('archive-command')[0]?.fix ?? '')?.[1] ?? '';
    expect(command).toContain(`--password-file ${passwordFile} --generation 1`);
    expect(await ownerBy(command)).toMatchObject([{ severity: 'ok' }]);
  });
});
