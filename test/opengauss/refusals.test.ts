/** Logins, ports and refusals: what the program does, and what it says to whoever must mend it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../support/programs.ts';
import { runBackup, startBackup } from '../support/opengauss/backup-run.ts';
import { standInForEachTest } from '../support/opengauss/stand-in-run.ts';
import type { OpengaussOptions } from '../support/opengauss/state.ts';
import { readTree } from '../support/opengauss/tree.ts';

const run = standInForEachTest({ tablespaces: [] });

function expectNothingLeft(): void {
  expect(existsSync(run.target) ? readdirSync(run.target) : []).toEqual([]);
}

describe('options of pg_basebackup that openGauss has nothing for', () => {
  it('are refused by name with the reason, and nothing is left', async () => {
    await run.serve();
    const fixture = join(temporaryDirectory('old'), 'backup_manifest');
    writeFileSync(fixture, '{ "PostgreSQL-Backup-Manifest-Version": 2,\n"System-Identifier": 7,\n');
    for (const [words, first, second] of [
      [['-R'], '-R is not for openGauss and MogDB', 'Make the standby with "gs_ctl build"'],
      [['-r', '1M'], 'the server has no MAX_RATE in its base backups', 'Leave out -r: '],
      [['-Z', 'server-gzip'], 'the server has no COMPRESSION in its base backups', 'Leave out -Z server-METHOD: '],
      [['--no-verify-checksums'], 'the server has no NOVERIFY_CHECKSUMS', 'Leave out --no-verify-checksums: '],
      [['-i', fixture], 'the server has no INCREMENTAL in its base backups', 'Leave out -i: it is for PostgreSQL 17'],
    ] as const) {
      const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', '-X', 'fetch', ...words]);
      expect(result).toMatchObject({ status: 1, stdout: '' });
      expect(result.stderr).toContain(`gs_basebackup: error: ${first}`);
      expect(result.stderr).toContain(second);
      expectNothingLeft();
    }
    const target = await runBackup(run.server!, ['-t', 'blackhole', '-c', 'fast', '-X', 'fetch']);
    expect(target).toMatchObject({ status: 1, stdout: '' });
    expect(target.stderr).toContain('gs_basebackup: error: the server has no TARGET in its base backups');
    expect(target.stderr).toContain('Leave out -t TARGET: ');
  });

  it('an encoded manifest of ours is one of them that it has', async () => {
    await run.serve();
    const words = ['-D', run.target, '-c', 'fast', '-X', 'fetch', '--manifest-force-encode'];
    expect(await runBackup(run.server!, words)).toMatchObject({ status: 0 });
    const manifest = readFileSync(join(run.target, 'backup_manifest'), 'utf8');
    expect(manifest).toContain('"Encoded-Path"');
    expect(manifest).not.toContain('"Path"');
  });
});

describe('ports', () => {
  it('goes to the HA port when the server says so, with one password', async () => {
    const { eventsOf, haPort } = await run.serve({ threadPool: true });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', '-X', 'fetch', '-v']);
    expect(result).toMatchObject({ status: 0 });
    expect(eventsOf('password').map((event) => event.port)).toEqual(['ha']);
    expect(eventsOf('startup')[0]?.port).toBe('sql');
    expect(result.stderr).toContain(String(haPort));
    expect(result.stderr).toMatch(/HA port.*thread pool/);
  });

  it('stays on the SQL port when that takes replication', async () => {
    const { eventsOf } = await run.serve();
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast'])).status).toBe(0);
    expect(new Set(eventsOf('startup').map((event) => event.port))).toEqual(new Set(['sql']));
  });

  it('goes straight to the port of --ha-port', async () => {
    const { eventsOf, haPort } = await run.serve({ threadPool: true });
    const result = await runBackup(run.server!, [
      '-D',
      run.target,
      '-c',
      'fast',
      '-X',
      'fetch',
      '--ha-port',
      String(haPort),
    ]);
    expect(result).toMatchObject({ status: 0 });
    expect(eventsOf('password').map((event) => event.port)).toEqual(['ha']);
  });

  it('never tries the next port because the first did not answer, and names --ha-port where openGauss is installed', async () => {
    const { eventsOf, sqlPort } = await run.serve();
    const server = { sqlPort: sqlPort - 1 };
    const words = ['-D', run.target, '-c', 'fast'];
    for (const [options, isNamed] of [
      [{}, false],
      [{ env: { GAUSSHOME: '/opt/opengauss' } }, true],
      [{ env: { GAUSSHOME: '/opt/opengauss' }, calledAs: 'pg_basebackup' }, false],
    ] as const) {
      const { status, stderr } = await runBackup(server, words, options);
      expect(status).toBe(1);
      expect(stderr.includes('--ha-port')).toBe(isNamed);
      expect(stderr.includes('Is the server running on that host')).toBe(!isNamed);
    }
    expect(eventsOf('startup')).toEqual([]);
  });

  it('offers protocol 3.51 first', async () => {
    const { eventsOf } = await run.serve();
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast'])).status).toBe(0);
    for (const event of eventsOf('startup')) expect([event['major'], event['minor']]).toEqual([3, 51]);
  });
});

describe('a refused login', () => {
  it.each([false, true])('sends a wrong password once (thread pool %s)', async (threadPool) => {
    const { eventsOf, wrongPasswords } = await run.serve({ threadPool });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast'], { password: 'Wrong@1234' });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('Invalid username/password,login denied.');
    expect(result.stderr).toMatch(/^gs_basebackup: hint: .*lock the account/m);
    expect(eventsOf('password')).toHaveLength(1);
    expect(wrongPasswords.get('backup')).toBe(1);
    expectNothingLeft();
  });

  it.each<[string, OpengaussOptions, { user: string; password: string }, string, RegExp]>([
    [
      'no line in pg_hba.conf',
      {},
      { user: 'nohba2', password: 'Nohba@1234' },
      'no pg_hba.conf entry',
      /host\s+replication\s+nohba2/,
    ],
    ['the initial user', {}, { user: 'omm', password: 'Test@1234' }, 'Forbid remote connection', /another user/],
    ['an unknown user', {}, { user: 'nosuch', password: 'Backup@1234' }, 'Invalid username/password', /lock/],
    ['a locked account', { failedLoginAttempts: 0 }, { user: 'backup', password: 'Backup@1234' }, 'locked', /UNLOCK/],
    [
      'no free sender',
      { maxWalSenders: 1, busyWalSenders: 1 },
      { user: 'backup', password: 'Backup@1234' },
      'max_wal_senders',
      /two places/,
    ],
    [
      'wal_level minimal',
      { maxWalSenders: 0 },
      { user: 'backup', password: 'Backup@1234' },
      'max_wal_senders',
      /wal_level/,
    ],
  ])('%s: the message of the server and what to change', async (_name, options, login, message, hint) => {
    const { violations } = await run.serve(options);
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast'], login);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(message);
    expect(result.stderr).toMatch(hint);
    expect(violations).toEqual([]);
    expectNothingLeft();
  });

  it('asks for more iterations than allowed', async () => {
    const users = [{ name: 'backup', password: 'Backup@1234', sysadmin: true, replication: true, iterations: 20_000 }];
    await run.serve({ users });
    const few = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', '--max-auth-iterations', '15000']);
    expect(few.status).toBe(1);
    expect(few.stderr).toContain('20000');
    expect(few.stderr).toContain('--max-auth-iterations');
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast'])).status).toBe(0);
  });

  it('needs a second sender for -X stream, and says that fetch needs one', async () => {
    // The base backup holds its place until the receiver has been refused.
    await run.serve({ maxWalSenders: 1, faults: [{ at: 'end-lsn', action: 'pause', pauseMs: 4000 }] });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast']);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/-X fetch/);
    expectNothingLeft();
  });

  it('that is a reset without a word names pg_hba.conf first', async () => {
    await run.serve({ faults: [{ at: 'startup', action: 'reset', times: 9 }] });
    const result = await runBackup(run.server!, ['-D', run.target]);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/^gs_basebackup: hint: .*pg_hba\.conf has no line for this address/m);
    expectNothingLeft();
  });

  it('for a privilege names the user', async () => {
    await run.serve();
    const result = await runBackup(run.server!, ['-D', run.target], { user: 'norepl', password: 'Norepl@1234' });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('ALTER USER "norepl" REPLICATION;');
    expectNothingLeft();
  });

  it('on the HA channel names the way out, and not the SQL port that has just refused', async () => {
    await run.serve({ threadPool: true });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast'], {
      user: 'replonly',
      password: 'Repl@12345',
    });
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('Normal user is not allowed to use HA channel!');
    expect(result.stderr).toContain('ALTER USER "replonly" SYSADMIN;');
    expect(result.stderr).toContain('The SQL port takes no replication here');
  });

  it('goes on under another name with --allow-missing-config, and lists what is missing', async () => {
    await run.serve({ threadPool: true });
    const args = ['-D', run.target, '-c', 'fast', '-X', 'fetch', '--allow-missing-config'];
    const result = await runBackup(run.server!, args, { user: 'replonly', password: 'Repl@12345' });
    expect(result).toMatchObject({ status: 0 });
    expect((await readTree(run.target)).has('postgresql.conf')).toBe(false);
    expect(result.stderr).toContain('postgresql.conf');
  });

  it('is let in on the SQL port with REPLICATION alone', async () => {
    await run.serve();
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast'], {
      user: 'replonly',
      password: 'Repl@12345',
    });
    expect(result).toMatchObject({ status: 0 });
    expect((await readTree(run.target)).has('postgresql.conf')).toBe(true);
  });
});

describe('slots', () => {
  const args = (more: string[]): string[] => ['-D', run.target, '-c', 'fast', ...more];

  it('uses none by default', async () => {
    const { eventsOf } = await run.serve();
    expect((await runBackup(run.server!, args([]))).status).toBe(0);
    expect(eventsOf('query').filter((event) => /SLOT/i.test(String(event['text'])))).toEqual([]);
    expect(eventsOf('reply').every((event) => event['flush'] === 0n)).toBe(true);
  });

  it('creates one with -C and leaves it', async () => {
    const { slots } = await run.serve();
    expect(await runBackup(run.server!, args(['-S', 'keep', '-C']))).toMatchObject({ status: 0 });
    expect(slots.get('keep')?.active).toBe(0);
  });

  it('takes the warning of an existing slot for the refusal it is, and does not drop it', async () => {
    const { slots } = await run.serve();
    expect((await runBackup(run.server!, args(['-S', 'keep', '-C']))).status).toBe(0);
    const again = await runBackup(run.server!, ['-D', run.workspace.at('again'), '-c', 'fast', '-S', 'keep', '-C']);
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('already exists');
    expect(again.stderr).toContain('leave out -C');
    expect(slots.has('keep')).toBe(true);
  });

  it('drops on failure what it created', async () => {
    const { slots } = await run.serve({ faults: [{ at: 'mid-member', action: 'close' }] });
    expect((await runBackup(run.server!, args(['-S', 'mine', '-C']))).status).toBe(1);
    expect([...slots.keys()]).toEqual([]);
  });

  it('drops it when publishing fails after the receiver has ended', async () => {
    const { slots } = await run.serve({ faults: [{ at: 'end-lsn', action: 'pause', pauseMs: 1500 }] });
    const program = startBackup(run.server!, args(['-S', 'mine', '-C', '-v']));
    await program.output(/created replication slot "mine"/);
    mkdirSync(join(run.target, 'backup_manifest'));
    const result = await program.result;
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('dropping replication slot "mine"');
    expect([...slots.keys()]).toEqual([]);
  });

  it('knows that a slot whose creation was never answered is not there', async () => {
    const { slots } = await run.serve({
      faults: [{ at: 'command', name: 'CREATE_REPLICATION_SLOT', action: 'close' }],
    });
    const result = await runBackup(run.server!, args(['-S', 'mine', '-C']));
    expect(result.status).toBe(1);
    expect(result.stderr).not.toContain('stays on the server');
    expect([...slots.keys()]).toEqual([]);
  });

  it('is refused when another receiver uses it, before anything is done', async () => {
    const { slots, eventsOf } = await run.serve();
    expect((await runBackup(run.server!, args(['-S', 'keep', '-C']))).status).toBe(0);
    const slot = slots.get('keep') as { restartLsn: bigint; active: number };
    slot.active = 1;
    const before = eventsOf('query').length;
    const again = ['-D', run.workspace.at('again'), '-c', 'fast', '-S', 'keep'];
    const refused = await runBackup(run.server!, again);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('replication slot "keep" is used by another receiver');
    expect(
      eventsOf('query')
        .slice(before)
        .map((event) => String(event['text'])),
    ).not.toContainEqual(expect.stringMatching(/START_REPLICATION|BASE_BACKUP/));
    expect(existsSync(run.workspace.at('again'))).toBe(false);
    slot.active = 0;
    expect(await runBackup(run.server!, again)).toMatchObject({ status: 0 });
  });

  it('says that it does not know whether another receiver uses it, where SQL is refused', async () => {
    const hba = [{ database: 'replication', user: 'all', address: '127.', method: 'sha256' }] as const;
    const { slots } = await run.serve({ hba });
    expect((await runBackup(run.server!, args(['-S', 'keep', '-C']))).status).toBe(0);
    const result = await runBackup(run.server!, ['-D', run.workspace.at('again'), '-c', 'fast', '-S', 'keep']);
    expect(result.status).toBe(0);
    expect(result.stderr).toContain('warning: it is not known whether another receiver uses replication slot "keep"');
    expect(slots.has('keep')).toBe(true);
  });

  it('says that a slot does not exist', async () => {
    await run.serve();
    const result = await runBackup(run.server!, args(['-S', 'nope']));
    expect(result.status).toBe(1);
    expect(result.stderr).toContain('replication slot "nope" does not exist');
    expectNothingLeft();
  });
});
