/** `gausskeep restore --target-…` of the recorded openGauss backup: the WAL and the configuration that the server would get. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encode, file } from '../support/archives.ts';
import { fixtureHistory, rowsAt } from '../support/fixture-line.ts';
import { fixtureWal } from '../support/fixture-wal.ts';
import { Workspace } from '../support/opengauss/backup-run.ts';
import { writeRecordedArchive, writeRecordedBackup } from '../support/opengauss/recorded-backup.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';
import { sealRecord } from '../support/wal-builder.ts';
import { openGaussFormat } from '../../src/wal/formats/opengauss.ts';
import { parseLsn } from '../../src/wal/lsn.ts';

const segmentBytes = 16 * 1024 * 1024;
let workspace: Workspace;
let backup: string;
let archive: string;
let target: string;

beforeEach(async () => {
  workspace = new Workspace();
  [backup, archive, target] = [workspace.at('backups/base'), workspace.at('archive'), workspace.at('restored')];
  await writeRecordedBackup(backup);
  writeRecordedArchive(archive);
});
afterEach(() => workspace.remove());

const restore = (...args: string[]): Promise<ProgramResult> =>
  runProgram('gausskeep', ['restore', '-D', target, '--archive', archive, '--no-sync', ...args], {
    env: { GAUSSKEEP_CACHE: '', GAUSSKEEP_CONFIG: '/dev/null' },
  });

async function restored(...args: string[]): Promise<Record<string, unknown>> {
  const result = await restore('--from', backup, '--json', ...args);
  expect([0, 3], result.stderr).toContain(result.status);
  return (JSON.parse(result.stdout) as { recovery: Record<string, unknown> }).recovery;
}

/** The settings of recovery.conf as the server's lexer reads them. */
function recoveryConf(): Record<string, string> {
  const text = readFileSync(join(target, 'recovery.conf'), 'utf8');
  const lines = text.trimEnd().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [, name = '', value = ''] = /^(\w+) = '((?:[^']|'')*)'$/.exec(line) ?? [];
      expect(name, line).not.toBe('');
      return [name, value.replaceAll("''", "'")];
    }),
  );
}

function walFiles(): string[] {
  return readdirSync(join(target, 'pg_xlog'))
    .filter((name) => name !== 'archive_status')
    .sort();
}

const c = '2026-11-20 21:28:25.980598';

describe('the WAL that openGauss gets ends exactly where the plan says', () => {
  it.each([
    ['a time', ['--target-time', `${c}Z`], '0/28000578', { recovery_target_xid: '14244' }, 'A B C'],
    [
      'a time on the clocks of the server',
      ['--target-time', '2026-11-21 05:28:25.980598'],
      '0/28000578',
      { recovery_target_xid: '14244' },
      'A B C',
    ],
    [
      'an xid, exclusive',
      ['--target-xid', '14244', '--target-exclusive'],
      '0/28000438',
      { recovery_target_lsn: '0/280003C8' },
      'A B',
    ],
    ['a name', ['--target-name', 'rp1'], '0/28000438', { recovery_target_lsn: '0/280003C8' }, 'A B'],
    ['an LSN between two records it can stop at', ['--target-lsn', '0/28000148'], '0/280001A8', {}, ''],
    ['a prepared transaction', ['--target-xid', '14248'], '0/29000910', {}, 'A B C D E F G'],
    [
      'a time just before COMMIT PREPARED',
      ['--target-time', '2026-11-20 21:28:33.5+00'],
      '0/290008A8',
      { recovery_target_xid: '14249' },
      'A B C D E G',
    ],
    ['immediate', ['--target-immediate'], '0/27000178', { recovery_target_lsn: '0/27000148' }, ''],
  ] as const)('%s', async (_, args, end, told, rows) => {
    const plan = await restored(...args);
    expect(plan).toMatchObject({ cutLsn: end, endLsn: end, walSupply: 'copy', timeline: 1 });
    const cut = Number(parseLsn(end) % BigInt(segmentBytes));
    const names = walFiles();
    expect(names[0]).toBe('000000010000000000000027');
    expect(names.at(-1)).toBe(`0000000100000000000000${end.slice(2, 4)}`);
    expect(readdirSync(join(target, 'pg_xlog/archive_status')).sort()).toEqual(names.map((name) => `${name}.done`));
    const source = await fixtureWal();
    for (const name of names) {
      const bytes = readFileSync(join(target, 'pg_xlog', name));
      const kept = name === names.at(-1) ? cut : segmentBytes;
      expect(bytes.length).toBe(segmentBytes);
      expect(bytes.subarray(0, kept).equals(source.get(name)!.subarray(0, kept)), name).toBe(true);
      expect(
        bytes.subarray(kept).every((byte) => byte === 0),
        name,
      ).toBe(true);
      expect(statSync(join(target, 'pg_xlog', name)).nlink).toBe(1);
    }
    const conf = recoveryConf();
    const targets = Object.entries(conf).filter(([name]) => /^recovery_target_(?!inclusive|timeline)/.test(name));
    expect(Object.fromEntries(targets)).toEqual(told);
    expect(conf['restore_command']).toBe('/bin/false');
    if (targets.length > 0) {
      expect(conf).toMatchObject({ recovery_target_inclusive: 'true', pause_at_recovery_target: 'true' });
    }
    expect(plan['pause']).toBe(targets.length > 0 ? 'yes' : 'impossible');
    const expected = ['before-backup', ...rows.split(' ').filter((row) => row !== '')].join(' ');
    expect(rowsAt(await fixtureHistory(), parseLsn(end)).split(' |')[0]).toBe(expected);
  });

  it('replays in order, with archiving off, and remembers what to put back', async () => {
    await restored('--target-xid', '14247');
    const text = readFileSync(join(target, 'postgresql.conf'), 'utf8');
    expect(text).toMatch(/^archive_mode = 'off'$/m);
    for (const name of ['recovery_max_workers', 'recovery_parse_workers', 'recovery_redo_workers']) {
      expect(text).toMatch(new RegExp(`^${name} = '1'$`, 'm'));
    }
    const record = JSON.parse(readFileSync(join(target, '.gausskeep.recovery'), 'utf8')) as Record<string, unknown>;
    expect(record).toMatchObject({
      product: 'openGauss',
      target: '--target-xid 14247',
      endLsn: '0/290004B8',
      pauses: true,
      lastTransaction: { xid: '14247' },
    });
    expect(record['addedSettings']).toContainEqual({ name: 'recovery_max_workers', value: '1' });
    expect(existsSync(join(target, 'backup_label'))).toBe(true);
  });

  it('leaves the archive as it was', async () => {
    const hashes = (): string[] =>
      readdirSync(archive).map((name) =>
        createHash('sha256')
          .update(readFileSync(join(archive, name)))
          .digest('hex'),
      );
    const before = hashes();
    await restored('--target-name', 'rp2');
    expect(hashes()).toEqual(before);
  });

  it('takes all WAL where no target is given', async () => {
    const plan = await restored();
    expect(plan).toMatchObject({ endLsn: '0/2C000000', cutLsn: null, pause: 'no' });
    expect(walFiles().at(-1)).toBe('00000001000000000000002B');
    expect(Object.keys(recoveryConf()).filter((name) => name !== 'recovery_target_timeline')).toEqual([
      'restore_command',
    ]);
  });

  it('tells what will be lost before anything is written', async () => {
    const result = await restore(
      '--backups',
      workspace.at('backups'),
      '--target-time',
      '2026-11-20 21:28:33.5+00',
      '--plan',
    );
    expect(result.status, result.stderr).toBe(0);
    expect(result.stdout).toContain('last transaction kept: commit 14249');
    expect(result.stdout).toContain('first one lost: commit prepared 14248');
    expect(result.stdout).toContain('9 commits and 1 rollback ');
    expect(result.stdout).toContain('1 prepared transaction is left open: gid1');
    expect(result.stdout).toContain('000000010000000000000027 to 000000010000000000000029: 3 segments');
    expect(existsSync(target)).toBe(false);
  });
});

describe('a pause that openGauss cannot make', () => {
  it('is told before the restore, and remembered', async () => {
    const result = await restore('--from', backup, '--target-xid', '14248');
    expect([0, 3]).toContain(result.status);
    expect(result.stderr).toContain('cannot pause there');
    const record = JSON.parse(readFileSync(join(target, '.gausskeep.recovery'), 'utf8')) as Record<string, unknown>;
    expect(record).toMatchObject({ pauses: false, pauseImpossible: true });
  });

  it.each([
    ['an end of a prepared transaction', ['--target-xid', '14248'], /--target-xid 14249: commit 14249[^]*; --target-/],
    [
      'an LSN between them',
      ['--target-lsn', '0/28000148'],
      /--target-(?:immediate|xid|lsn)[^]*; --target-xid 142\d\d: commit/,
    ],
  ] as const)(
    'is refused with --require-pause at %s, with the nearest places where it can be made',
    async (_, args, hint) => {
      const result = await restore('--from', backup, '--require-pause', ...args);
      expect(result).toMatchObject({ status: 16, stderr: expect.stringMatching(hint) as string });
      expect(existsSync(target)).toBe(false);
      // What it names keeps its word.
      const [named = ''] = /--target-[a-z]+(?: [^: ]+)?/.exec(result.stderr.split('nearest')[1] ?? '') ?? [];
      expect(await restored('--require-pause', ...named.split(' '))).toMatchObject({ pause: 'yes' });
    },
  );

  it('cannot be required where none was asked for', async () => {
    expect((await restore('--from', backup, '--require-pause')).status).toBe(2);
    const promoted = ['--target-name', 'rp1', '--target-action', 'promote', '--require-pause'];
    expect((await restore('--from', backup, ...promoted)).status).toBe(2);
  });
});

describe('by restore_command, openGauss stops by its own rules', () => {
  it.each([
    ['a prepared transaction', ['--target-xid', '14248'], /was prepared/],
    [
      'a time that lets COMMIT PREPARED through',
      ['--target-time', '2026-11-20 21:28:33.5Z'],
      /go on through commit prepared 14248/,
    ],
    ['immediate', ['--target-immediate'], /cannot be told/],
  ] as const)('refuses %s', async (_, args, text) => {
    const result = await restore('--from', backup, '--wal-supply=restore-command', ...args);
    expect(result).toMatchObject({ status: 16, stderr: expect.stringMatching(text) as string });
    expect(result.stderr).toContain('--wal-supply=copy');
    expect(existsSync(target)).toBe(false);
  });

  it('writes a wrapper without blanks in its path, which delivers what is asked for', async () => {
    const plan = await restored('--wal-supply=restore-command', '--target-name', 'rp1');
    expect(plan).toMatchObject({
      walSupply: 'restore-command',
      endLsn: '0/280003C8',
      toldTarget: "--target-name 'rp1'",
    });
    const conf = recoveryConf();
    expect(conf['recovery_target_name']).toBe('rp1');
    expect(conf).not.toHaveProperty('recovery_target_inclusive');
    const [script = '', ...words] = (conf['restore_command'] ?? '').split(' ');
    expect(words).toEqual(['%f', '%p']);
    const path = join(target, script.startsWith('./') ? script.slice(2) : script.slice(target.length + 1));
    expect(statSync(path).mode & 0o111).not.toBe(0);
    expect(readFileSync(path, 'utf8')).toContain(archive);
    // A live 5.0.5 does not start without one: "failed to translate name to xlog in GetOldestXLOGSegNo".
    const first = '000000010000000000000027';
    expect(walFiles()).toEqual([first]);
    expect(readFileSync(join(target, 'pg_xlog', first)).equals((await fixtureWal()).get(first)!)).toBe(true);
    expect(existsSync(join(target, 'pg_xlog/archive_status', `${first}.done`))).toBe(true);
  });

  it("takes the user's own text, checked against what openGauss does with it", async () => {
    const bad = await restore(
      '--from',
      backup,
      '--restore-command',
      'test -f /a/%f && cp /a/%f %p',
      '--target-name',
      'rp1',
    );
    expect(bad.status).toBe(2);
    await restored('--restore-command', 'cp /a/%f %p', '--target-name', 'rp1');
    expect(recoveryConf()['restore_command']).toBe('cp /a/%f %p');
  });
});

describe('a folder with backups of two lines', () => {
  /** A backup that was taken after a recovery: its WAL has the names of the archive, and other content. */
  async function otherLine(): Promise<void> {
    const other = workspace.at('backups/other');
    cpSync(backup, other, { recursive: true });
    rmSync(join(other, 'pg_xlog/000000010000000000000027'));
    const label = readFileSync(join(backup, 'backup_label'), 'latin1');
    writeFileSync(
      join(other, 'backup_label'),
      label
        .replace(/^START WAL LOCATION: .*$/m, 'START WAL LOCATION: 0/29000028 (file 000000010000000000000029)')
        .replace(/^CHECKPOINT LOCATION: .*$/m, 'CHECKPOINT LOCATION: 0/29001000'),
    );
    const name = '000000010000000000000029';
    const bytes = Buffer.from((await fixtureWal()).get(name)!);
    // The commit of 14247 has another time here.
    const history = await fixtureHistory();
    const { startLsn } = history.find(({ xid, kind }) => xid === 14247n && kind === 'commit')!;
    const at = Number(startLsn % BigInt(segmentBytes));
    const record = bytes.subarray(at, at + bytes.readUInt32LE(at));
    const last = record.length - 1;
    record[last] = (record[last] ?? 0) ^ 1;
    sealRecord(record, openGaussFormat);
    writeFileSync(join(other, 'pg_xlog', name), bytes);
  }

  it('takes the WAL inside a backup of the other line for no part of this one, and passes that backup over', async () => {
    await otherLine();
    const result = await restore('--backups', workspace.at('backups'), '--target-xid', '14249', '--json');
    expect([0, 3], result.stderr).toContain(result.status);
    const { recovery } = JSON.parse(result.stdout) as { recovery: Record<string, unknown> };
    expect(recovery).toMatchObject({ backup, passedOver: [{ name: workspace.at('backups/other') }] });
    const source = await fixtureWal();
    const kept = Number(parseLsn(recovery['endLsn'] as string) % BigInt(segmentBytes));
    const got = readFileSync(join(target, 'pg_xlog/000000010000000000000029'));
    expect(got.subarray(0, kept).equals(source.get('000000010000000000000029')!.subarray(0, kept))).toBe(true);
  });

  it('fills a hole of the archive from another backup of the same line', async () => {
    const other = workspace.at('backups/other');
    cpSync(backup, other, { recursive: true });
    const name = '000000010000000000000028';
    writeFileSync(join(other, 'pg_xlog', name), (await fixtureWal()).get(name)!);
    rmSync(join(archive, `${name}.gz`));
    const result = await restore('--backups', workspace.at('backups'), '--target-xid', '14247', '--json');
    expect([0, 3], result.stderr).toContain(result.status);
    expect(walFiles()).toContain(name);
    rmSync(target, { recursive: true });
    await otherLine();
    const refused = await restore('--backups', workspace.at('backups'), '--target-xid', '14247');
    expect(refused.status).not.toBe(0);
    expect(existsSync(target)).toBe(false);
  });
});

it('reads the WAL inside an archive where only the middle of it is missing elsewhere', async () => {
  const tar = workspace.at('tar/one');
  mkdirSync(tar, { recursive: true });
  const wal = await fixtureWal();
  const names = ['000000010000000000000027', '000000010000000000000028'];
  const members = ['backup_label', 'PG_VERSION', 'postgresql.conf', 'global/pg_control'].map((name) =>
    file(name, readFileSync(join(backup, name), 'latin1')),
  );
  const segments = names.map((name) => file(`pg_xlog/${name}`, wal.get(name)!.toString('latin1')));
  writeFileSync(join(tar, 'base.tar'), await encode([...members, ...segments]));
  rmSync(join(archive, '000000010000000000000028.gz'));
  const result = await restore('--from', tar, '--target-xid', '14247', '--json');
  expect([0, 3], result.stderr).toContain(result.status);
  const { recovery } = JSON.parse(result.stdout) as { recovery: { segments: { name: string; from: string }[] } };
  expect(recovery.segments.find(({ name }) => name === names[1])?.from).toContain('base.tar');
  expect(readFileSync(join(target, 'pg_xlog', names[1]!)).equals(wal.get(names[1]!)!)).toBe(true);
});
