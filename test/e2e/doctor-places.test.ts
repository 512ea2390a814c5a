/** What `gausskeep doctor` says of directories that cannot take what they are to take, on a real server: each is a finding, and the other checks go on. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newTarget } from '../support/backups.ts';
import { provoked } from '../support/doctor-findings.ts';
import { DoctorRun } from '../support/doctor-run.ts';
import { S3Server, testAccount } from '../support/object-store/s3-server.ts';
import { giveToServerUser, serverUser } from '../support/postgres/server-user.ts';
import { startServer, stopAllServers, type PostgresServer } from '../support/postgres/server.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';
import { runDirectory } from '../support/run-directory.ts';
import { forEachServer } from '../support/servers-under-test.ts';

forEachServer('smoke', (version) => {
  let server: PostgresServer;
  let doctor: DoctorRun;
  const file = (): string => {
    const path = join(runDirectory().make('file'), 'file');
    writeFileSync(path, '');
    return path;
  };

  beforeAll(async () => {
    const config = { fsync: true, archive_mode: 'on', archive_command: '/bin/true' };
    server = await startServer({ version, config });
    doctor = new DoctorRun(server);
  });
  afterAll(async () => {
    await stopAllServers();
  });

  const plain = async (...words: string[]): Promise<ProgramResult> =>
    await runProgram('gausskeep', ['doctor', '-w', ...words], { env: server.environment() });

  it('room is wanted for one WAL segment and the manifest too, and the sentence says so', async () => {
    const { found } = await doctor.examined(['-D', newTarget(), '--restore-directory', newTarget()]);
    expect(found('space')).toMatchObject([
      {
        what: expect.stringMatching(
          /needed \(\d+ MiB of files, 16 MiB for one WAL segment, 1 MiB for the manif/,
        ) as unknown,
      },
    ]);
    expect(found('restore-space')).toMatchObject([
      { what: expect.stringMatching(/needed \(\d+ MiB of files, 16 MiB for one WAL segment; a recovery/) as unknown },
    ]);
  });

  it('a file, what lies below one, and a directory in which something is', async () => {
    const [there, filled] = [file(), runDirectory().make('filled')];
    writeFileSync(join(filled, 'a'), '');
    for (const path of [there, join(there, 'x')]) {
      const { found, status, of } = await doctor.examined(['-D', path, '--restore-directory', path]);
      expect(status).toBe(4);
      expect(found('space')).toMatchObject([provoked('space', 'doctor.target.backup')]);
      expect(found('restore-space')).toMatchObject([provoked('restore-space', 'doctor.target.restore')]);
      expect(of('ok')).toContain('fsync');
    }
    const { found } = await doctor.examined(['-D', filled, '--restore-directory', filled]);
    expect(found('space')).toMatchObject([provoked('space', 'doctor.target.filled'), {}]);
    expect(found('restore-space')).toMatchObject([provoked('restore-space', 'doctor.target.filled'), {}]);
    const backup = await runProgram('gs_basebackup', ['-D', filled], { env: server.environment() });
    expect(backup).toMatchObject({ status: 1, stderr: expect.stringContaining('not empty') as unknown });
  });

  it('what this account may not write to, or not even look at', async () => {
    const closed = runDirectory().make('closed');
    mkdirSync(join(closed, 'hidden'));
    giveToServerUser(closed);
    for (const [mode, path] of [
      [0o500, join(closed, 'x')],
      [0o000, join(closed, 'hidden', 'x')],
    ] as const) {
      chmodSync(closed, mode);
      const words = ['doctor', '--json', '-w', '-D', path];
      const { stdout } = await runProgram('gausskeep', words, { env: server.environment(), asUser: serverUser });
      const { findings } = JSON.parse(stdout) as { findings: { check: string; what: string }[] };
      const room = findings.filter(({ check }) => check === 'space');
      expect(room).toMatchObject([provoked('space', 'doctor.target.backup')]);
      expect(room[0]?.what).toMatch(mode === 0 ? /permission denied/i : /may not write to ".*closed[^/]*" \(EACCES\)/);
      expect(findings.length).toBeGreaterThan(10);
    }
    chmodSync(closed, 0o700);
  });

  it('an archive that is a file, is missing, or is something else', async () => {
    const owner = (...words: string[]) => doctor.findings('archive-owner', ...words);
    for (const path of [file(), '/nowhere', join(file(), 'x')]) {
      expect(await owner('--archive', path)).toMatchObject([
        provoked('archive-owner', 'doctor.archive-owner.unusable'),
      ]);
    }
    const other = runDirectory().make('other');
    writeFileSync(join(other, 'passwd'), '');
    const [foreign] = await owner('--archive', other);
    expect(foreign).toMatchObject(provoked('archive-owner', 'doctor.archive-owner.foreign'));
    expect(foreign?.what).toMatch('is no WAL archive and not empty: it holds "passwd"');
    expect(await owner('--archive', runDirectory().make('empty'))).toMatchObject([{ severity: 'ok' }]);
    expect(await owner('--archive', `/${'a'.repeat(300)}`)).toMatchObject([
      provoked('archive-owner', 'doctor.archive-owner.unread'),
    ]);
    // The settings of the server count as well.
    await doctor.reload(`set archive_command = 'cp %p /nowhere/%f'`);
    expect(await owner()).toMatchObject([provoked('archive-owner', 'doctor.archive-owner.unusable')]);
    await doctor.reload('reset archive_command');
  });

  it('an archive in an object store that refuses the clock of this host', async () => {
    const store = await S3Server.start();
    const { accessKeyId, secretAccessKey } = testAccount;
    const credentials = file();
    const text = `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
    writeFileSync(credentials, text);
    chmodSync(credentials, 0o600);
    const place = ['--s3-endpoint', store.endpoint, '--s3-allow-http', '--s3-credentials-file', credentials];
    const clockOf = () => doctor.findings('archive-clock', '--archive', 's3://whole/wal', ...place);
    try {
      store.createBucket('whole');
      expect(await clockOf()).toEqual([]);
      store.clock = () => Date.now() + 3_600_000;
      expect(await clockOf()).toMatchObject([provoked('archive-clock', 'doctor.archive-clock.behind')]);
      store.clock = () => Date.now() - 3_600_000;
      expect(await clockOf()).toMatchObject([provoked('archive-clock', 'doctor.archive-clock.ahead')]);
    } finally {
      await store.close();
    }
  });

  it.each([
    [['-D', ''], '--backup-directory: the path of a directory is empty'],
    [['--restore-directory='], '--restore-directory: the path of a directory is empty'],
    [['-D', '-'], '--backup-directory: "-" is no directory; for one of that name, write ./-'],
    [['--generation', '1'], '--generation needs --archive'],
    [['--archive', ''], 'the path of a directory is empty'],
  ])('%j is refused', async (words, sentence) => {
    const { status, stdout, stderr } = await plain(...words);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
  });
});
