import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { archiveBackup, flipByte, flipInEach, tableFile } from '../support/damaged-copies.ts';
import { runDirectory } from '../support/run-directory.ts';
import { runProgram, temporaryDirectory, type ProgramOptions, type ProgramResult } from '../support/programs.ts';
import { loadData } from '../support/postgres/load.ts';
import { serverDirectory, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { giveToServerUser, serverUser } from '../support/postgres/server-user.ts';
import { forEachServer } from '../support/servers-under-test.ts';

const verify = (args: readonly string[], options?: ProgramOptions): Promise<ProgramResult> =>
  runProgram('gausskeep', ['verify', ...args], options);

forEachServer('full', (version) => {
  let server: PostgresServer;
  let plain: string;
  let location: string;
  const options = (): string[] => ['-h', server.host, '-p', String(server.port), '-U', server.user, '-c', 'fast', '-N'];

  /** A copy of the plain backup whose tablespace is a copy too, owned by whoever verifies. */
  function copyOf(backup: string): string {
    const home = runDirectory().make('copy');
    const copy = join(home, 'backup');
    execFileSync('cp', ['-a', backup, copy]);
    for (const oid of readdirSync(join(copy, 'pg_tblspc'))) {
      const link = join(copy, 'pg_tblspc', oid);
      const moved = join(home, `tablespace-${oid}`);
      execFileSync('cp', ['-a', readlinkSync(link), moved]);
      unlinkSync(link);
      symlinkSync(moved, link);
    }
    return copy;
  }

  const tablespaceOid = (backup: string): string => readdirSync(join(backup, 'pg_tblspc'))[0]!;

  beforeAll(async () => {
    server = await startServer({ version });
    const client = await server.client();
    await loadData(client, { rows: 5000 });
    location = serverDirectory('tablespace');
    await client.query(`CREATE TABLESPACE verified LOCATION '${location}'`);
    await client.query('CREATE TABLE elsewhere TABLESPACE verified AS SELECT g FROM generate_series(1, 5000) g');
    await client.query('CHECKPOINT');
    plain = join(temporaryDirectory('plain'), 'backup');
    const mapping = `${location}=${join(temporaryDirectory('mapped'), 'tablespace')}`;
    const taken = await runProgram('gs_basebackup', [...options(), '-D', plain, '-T', mapping]);
    expect(taken.stderr).toBe('');
    expect(taken.status).toBe(0);
  });

  it('VB-02 proves plain, tar and compressed backups with every algorithm', async () => {
    const algorithms = ['none', 'crc32c', 'sha224', 'sha256', 'sha384', 'sha512'];
    // Checksums are made of what is read: each algorithm once, in turn in the two kinds of archives.
    for (const [index, algorithm] of algorithms.entries()) {
      const format = index % 2 === 0 ? ['-Ft'] : ['-Ft', '-z', '-Xfetch'];
      const take = async (...more: string[]): Promise<string> => {
        const place = join(temporaryDirectory('algorithm'), 'backup');
        const args = [...options(), ...more, `--manifest-checksums=${algorithm}`, '-D', place];
        expect(await runProgram('gs_basebackup', args)).toMatchObject({ status: 0 });
        expect(await verify([place])).toMatchObject({ status: 0, stderr: '' });
        return place;
      };
      await take('-T', `${location}=${join(temporaryDirectory('mapped'), 'tablespace')}`);
      const target = await take(...format);
      const entries = readFileSync(join(target, 'backup_manifest'), 'utf8').split('\n');
      const named = entries.filter((line) => line.includes(`"Checksum-Algorithm": "${algorithm.toUpperCase()}"`));
      if (algorithm === 'none') expect(named).toHaveLength(0);
      else expect(named.length).toBeGreaterThan(100);
    }
    const bogus = await runProgram('gs_basebackup', [...options(), '--manifest-checksums=md5', '-D', `${plain}-2`]);
    expect(bogus.status).toBe(1);
  });

  interface Mutilation {
    readonly name: string;
    readonly mutilate: (backup: string) => void;
    readonly inPlain: RegExp;
    readonly inTar?: RegExp;
    readonly status?: number;
    readonly withoutTablespaceArchive?: boolean;
  }

  /** From 17 on the manifest tells of which instance it is. */
  const otherInManifest: Mutilation = {
    name: 'a control file of another instance',
    mutilate: (backup) => {
      const file = join(backup, 'backup_manifest');
      const text = readFileSync(file, 'utf8');
      expect(text).toContain('"System-Identifier": ');
      const other = text.replace(/"System-Identifier": \d+/, '"System-Identifier": 7000000000000000001');
      writeFileSync(file, sealed(other));
    },
    inPlain: /error: .*pg_control: manifest system identifier is 7000000000000000001, but control file has \d+/,
    inTar:
      /error: base.tar: global\/pg_control: manifest system identifier is 7000000000000000001, but control file has/,
    status: 14,
  };

  /** Before that only the checksum does. */
  const otherInControl: Mutilation = {
    name: 'a control file of another instance',
    mutilate: (backup) => {
      const file = join(backup, 'global/pg_control');
      const control = readFileSync(file);
      control.writeBigUInt64LE(7000000000000000001n);
      writeFileSync(file, control);
    },
    inPlain: /error: checksum mismatch for file "global\/pg_control"/,
    inTar: /error: checksum mismatch for file "global\/pg_control" in archive "base.tar"/,
  };

  const mutilations: readonly Mutilation[] = [
    {
      name: 'an extra file',
      mutilate: (backup) => writeFileSync(join(backup, 'extra_file'), 'x'),
      inPlain: /error: "extra_file" is present on disk but not in the manifest/,
      inTar: /error: file "extra_file" is present in archive "base.tar" but not in the manifest/,
    },
    {
      name: 'an extra file in a tablespace',
      mutilate: (backup) => {
        const root = join(backup, 'pg_tblspc', tablespaceOid(backup));
        writeFileSync(join(root, readdirSync(root)[0]!, 'extra_ts_file'), 'x');
      },
      inPlain: /error: "pg_tblspc\/\d+\/PG_[^"]*\/extra_ts_file" is present on disk but not in the manifest/,
      inTar: /error: file "PG_[^"]*\/extra_ts_file" is present in archive "\d+.tar" but not in the manifest/,
    },
    {
      name: 'a missing file',
      mutilate: (backup) => unlinkSync(join(backup, 'pg_xact/0000')),
      inPlain: /error: "pg_xact\/0000" is present in the manifest but not on disk/,
      inTar: /error: "pg_xact\/0000" is present in the manifest but not on disk/,
    },
    {
      name: 'a missing tablespace link',
      mutilate: (backup) => unlinkSync(join(backup, 'pg_tblspc', tablespaceOid(backup))),
      inPlain: /error: "pg_tblspc\/\d+\/PG_[^"]*" is present in the manifest but not on disk/,
      inTar: /error: "pg_tblspc\/\d+\/PG_[^"]*" is present in the manifest but not on disk/,
      withoutTablespaceArchive: true,
    },
    {
      name: 'bytes appended to a file',
      mutilate: (backup) => appendFileSync(join(backup, 'global/pg_control'), 'x'),
      inPlain: /error: "global\/pg_control" has size \d+ on disk but size \d+ in the manifest/,
      inTar: /error: file "global\/pg_control" has size \d+ in archive "base.tar" but size \d+ in the manifest/,
    },
    {
      name: 'a truncated file',
      mutilate: (backup) => truncateSync(join(backup, tableFile(backup)), 8192),
      inPlain: /error: "base\/[^"]*" has size 8192 on disk but size \d+ in the manifest/,
      inTar: /error: file "base\/[^"]*" has size 8192 in archive "base.tar" but size \d+ in the manifest/,
    },
    {
      name: 'a file replaced by one of the same size',
      mutilate: (backup) => {
        const file = join(backup, 'PG_VERSION');
        writeFileSync(file, 'x'.repeat(readFileSync(file).length));
      },
      inPlain: /error: checksum mismatch for file "PG_VERSION"/,
      inTar: /error: checksum mismatch for file "PG_VERSION" in archive "base.tar"/,
    },
    version >= 17 ? otherInManifest : otherInControl,
    {
      name: 'a manifest with a byte too many',
      mutilate: (backup) => appendFileSync(join(backup, 'backup_manifest'), '\n'),
      inPlain: /error: manifest checksum mismatch/,
      inTar: /error: manifest checksum mismatch/,
    },
    {
      name: 'an unreadable file',
      mutilate: (backup) => chmodSync(join(backup, 'PG_VERSION'), 0),
      inPlain: /error: could not open file "PG_VERSION": Permission denied/,
      status: 13,
    },
    {
      name: 'an unreadable directory',
      mutilate: (backup) => chmodSync(join(backup, 'pg_subtrans'), 0),
      inPlain: /error: could not open directory ".*pg_subtrans": Permission denied/,
    },
    {
      name: 'a directory that cannot be searched',
      mutilate: (backup) => chmodSync(join(backup, 'base'), 0o400),
      inPlain: /error: could not stat file or directory "base\/1": Permission denied/,
    },
  ];

  it('knows twelve mutilations', () => expect(mutilations).toHaveLength(12));

  it.each(mutilations)('VB-03 finds $name', async ({ mutilate, inPlain, inTar, status = 20, ...more }) => {
    const backup = copyOf(plain);
    const archives = inTar === undefined ? undefined : archivesOf(backup, mutilate, more.withoutTablespaceArchive);
    if (archives === undefined) {
      // Only these three are about permissions, which root does not feel.
      giveToServerUser(backup);
      mutilate(backup);
    }
    const found = await verify([backup], archives === undefined ? { asUser: serverUser } : {});
    expect(found.stderr).toMatch(inPlain);
    expect(found.status).toBe(status);
    expect(found.stdout).toBe('');
    const original = await runProgram('gausskeep', [backup], {
      calledAs: 'pg_verifybackup',
      ...(archives === undefined ? { asUser: serverUser } : {}),
    });
    expect(original.stderr).toMatch(inPlain);
    expect(original.stderr).toMatch(/^pg_verifybackup: error: /);
    expect(original.status).toBe(1);
    if (archives === undefined || inTar === undefined) return;
    const inArchive = await verify([archives]);
    expect(inArchive.stderr).toMatch(inTar);
    expect(inArchive.status).toBe(status);
  });

  function archivesOf(backup: string, mutilate: (backup: string) => void, withoutTablespace = false): string {
    if (!withoutTablespace) {
      mutilate(backup);
      return archiveBackup(backup);
    }
    const archives = archiveBackup(backup, { tablespace: true });
    mutilate(backup);
    return archives;
  }

  it('VB-04, VB-05 takes the options of the original', async () => {
    const damaged = copyOf(plain);
    const file = join(damaged, 'PG_VERSION');
    writeFileSync(file, 'x'.repeat(readFileSync(file).length));
    writeFileSync(join(damaged, 'extra_file'), 'x');
    expect(await verify(['-q', plain])).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect((await verify(['-F', 'x', plain])).stderr).toContain('invalid backup format "x", must be "plain" or "tar"');
    const asTar = await verify(['-n', '-Ft', plain]);
    expect(asTar.status).toBe(20);
    expect(asTar.stderr).toContain('file "base" is not a regular file');
    expect((await verify(['-P', '-q', plain])).stderr).toContain('cannot specify both -P/--progress and -q/--quiet');
    expect((await verify(['-s', '-i', 'extra_file', damaged])).status).toBe(0);
    expect((await verify(['-i', 'extra_file', '--ignore=./PG_VERSION', damaged])).status).toBe(0);
    const all = await verify([damaged]);
    expect(all.stderr).toMatch(/extra_file[^]*PG_VERSION/);
    const first = await verify(['-e', damaged]);
    expect(first.stderr.match(/error:/g)).toHaveLength(1);
    expect(first.status).toBe(20);
    expect(await verify([join(damaged, 'nowhere')])).toMatchObject({ status: 16 });
    expect((await verify([])).stderr).toContain('no backup directory specified');
    expect((await verify([plain, plain])).stderr).toContain('too many command-line arguments');
  });

  it('tells what is wrong in files in the order of their names, on every run, and -e the first of them', async () => {
    const copy = copyOf(plain);
    const expected = flipInEach(copy, 'base');
    expect(expected.length).toBeGreaterThan(200);
    for (let round = 0; round < 2; round += 1) {
      const { stderr } = await verify(['-n', copy]);
      const told = [...stderr.matchAll(/checksum mismatch for file "(.*)"/g)].map(([, path]) => path);
      expect(told).toEqual(expected);
    }
    const first = await verify(['-n', '-e', copy]);
    expect(first.stderr).toBe(`gausskeep verify: error: checksum mismatch for file "${expected[0]}"\n`);
    expect(first.status).toBe(20);
  });

  it('VB-06 shows progress', async () => {
    const { stderr, status } = await verify(['-P', plain]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^ *(\d+)\/\d+ kB \(\d+%\) verified$/m);
    // Where the WAL takes a while it has lines of its own behind.
    expect(stderr.trimEnd()).toMatch(/^ *(\d+)\/\1 kB \(100%\) verified$/m);
  });

  it('VB-09 reads the WAL that a restore needs', async () => {
    const backup = copyOf(plain);
    const elsewhere = join(temporaryDirectory('wal'), 'moved');
    renameSync(join(backup, 'pg_wal'), elsewhere);
    const missing = await verify([backup]);
    expect(missing.status).toBe(15);
    expect(missing.stderr).toMatch(/WAL segment [0-9A-F]{24} is not in the backup/);
    expect(missing.stderr).toContain('WAL parsing failed for timeline 1');
    expect((await verify(['-n', backup])).status).toBe(0);
    expect((await verify(['-w', elsewhere, backup])).status).toBe(0);
    expect((await verify([`--wal-directory=${elsewhere}`, backup])).status).toBe(0);
    const segments = readdirSync(elsewhere).filter((name) => /^[0-9A-F]{24}$/.test(name));
    // As gausskeep's own archive has it, and as a directory of compressed copies.
    const archive = temporaryDirectory('archive');
    const packed = temporaryDirectory('packed');
    expect((await runProgram('gausskeep', ['wal', 'init', elsewhere, '--archive', archive])).status).toBe(0);
    for (const name of segments) {
      const push = await runProgram('gausskeep', [
        'wal',
        'push',
        join(elsewhere, name),
        '--archive',
        archive,
        '-Z',
        'gzip',
      ]);
      expect(push.status, push.stderr).toBe(0);
      writeFileSync(join(packed, `${name}.gz`), gzipSync(readFileSync(join(elsewhere, name))));
    }
    for (const place of [archive, packed]) {
      const { status, stderr } = await verify(['-w', place, backup]);
      expect(status, stderr).toBe(0);
    }
    expect((await verify(['-w', temporaryDirectory('empty'), backup])).status).toBe(15);
    for (const calledAs of ['gausskeep', 'pg_verifybackup']) {
      const words = [...(calledAs === 'gausskeep' ? ['verify'] : []), '-w', '/nowhere', backup];
      const nowhere = await runProgram('gausskeep', words, { calledAs });
      expect(nowhere.stderr).toMatch(/^[^\n]*error: could not open directory "\/nowhere": No such file or directory\n/);
      expect(nowhere.stderr).not.toContain('WAL segment');
      expect(nowhere.status).toBe(calledAs === 'gausskeep' ? 15 : 1);
    }
    const device = await verify(['-w', '/dev/null', backup]);
    expect(device.stderr).toContain('"/dev/null" is not a directory');
    expect((await verify(['-n', '-w', '/nowhere', backup])).status).toBe(0);
    const first = segments[0]!;
    const start = /Start-LSN": "[0-9A-F]+\/([0-9A-F]+)"/.exec(readFileSync(join(backup, 'backup_manifest'), 'utf8'))!;
    flipByte(join(elsewhere, first), (Number.parseInt(start[1]!, 16) % (16 * 1024 * 1024)) + 26);
    const corrupt = await verify(['-w', elsewhere, backup]);
    expect(corrupt.status).toBe(20);
    expect(corrupt.stderr).toMatch(/error in WAL record at/);
    expect(corrupt.stderr).toContain('WAL parsing failed for timeline 1');
  });

  it('VB-09 takes no WAL for proof that does not hold the start and the end of the backup', async () => {
    const backup = copyOf(plain);
    const path = join(backup, 'backup_manifest');
    const text = readFileSync(path, 'utf8');
    const [, start = '', end = ''] = /"Start-LSN": "(.+?)", "End-LSN": "(.+?)"/.exec(text)!;
    const withRange = (from: string, to: string): void =>
      writeFileSync(
        path,
        sealed(
          text.replace(`"Start-LSN": "${start}", "End-LSN": "${end}"`, `"Start-LSN": "${from}", "End-LSN": "${to}"`),
        ),
      );
    withRange(start, end);
    expect(await verify([backup])).toMatchObject({ status: 0, stderr: '' });
    withRange(start, start);
    const empty = await verify([backup]);
    expect(empty.stderr).toContain(`does not hold the start of the backup, ${start} on timeline 1`);
    expect(empty.status).toBe(15);
    withRange(end, end);
    expect((await verify([backup])).stderr).toContain(`does not hold the start of the backup, ${start} on timeline 1`);
    // Some records, but not the one that ends the backup.
    const [high = '', low = ''] = start.split('/');
    const early = `${high}/${(Number.parseInt(low, 16) + 8).toString(16).toUpperCase()}`;
    withRange(start, early);
    const cut = await verify([backup]);
    expect(cut.stderr).toMatch(/the WAL in the backup ends at [0-9A-F/]+, before the end of the backup/);
    expect(cut.status).toBe(15);
  });

  it('ends early at a manifest of a hundred thousand WAL ranges', async () => {
    const backup = copyOf(plain);
    const path = join(backup, 'backup_manifest');
    const text = readFileSync(path, 'utf8');
    const range = /\{ "Timeline": 1, "Start-LSN": ".+?", "End-LSN": ".+?" \}/.exec(text)![0];
    const many = Array.from({ length: 100_000 }, (_, index) => range.replace('1', String(index + 1)));
    writeFileSync(path, sealed(text.replace(range, many.join(',\n'))));
    const { status, stderr } = await verify([backup]);
    expect(stderr).toContain('more than 1000 WAL ranges in the manifest');
    expect(status).toBe(20);
  });

  it('checks everything else of a backup without manifest, and says what is not proved', async () => {
    const backup = copyOf(plain);
    rmSync(join(backup, 'backup_manifest'));
    const whole = await verify([backup]);
    expect(whole.status).toBe(3);
    expect(whole.stderr).toContain('warning: the backup has no manifest');
    const original = await runProgram('gausskeep', [backup], { calledAs: 'pg_verifybackup' });
    expect(original.status).toBe(1);
    expect(original.stderr).toMatch(/could not open file ".*\/backup_manifest": No such file or directory/);

    const file = tableFile(backup);
    flipByte(join(backup, file), 2 * 8192 + 4000);
    const damaged = await verify(['--json', backup]);
    expect(damaged.status).toBe(20);
    expect(damaged.stderr).toContain(`checksum verification failed in file "${file}", block 2`);
    const report = JSON.parse(damaged.stdout) as { verdict: string; pages: { failing: number; replaced: number } };
    expect(report).toMatchObject({ verdict: 'damaged', pages: { failing: 1, replaced: 0 } });

    // A page that changed during the backup is replaced when the WAL is replayed.
    const label = readFileSync(join(backup, 'backup_label'), 'latin1');
    const [, high, low] = /^START WAL LOCATION: ([0-9A-F]+)\/([0-9A-F]+)/.exec(label)!;
    const bytes = readFileSync(join(backup, file));
    bytes.writeUInt32LE(Number.parseInt(high!, 16), 2 * 8192);
    bytes.writeUInt32LE(Number.parseInt(low!, 16) + 8, 2 * 8192 + 4);
    writeFileSync(join(backup, file), bytes);
    const newer = await verify(['--json', backup]);
    expect(newer.status).toBe(3);
    expect(JSON.parse(newer.stdout)).toMatchObject({ verdict: 'partial', pages: { failing: 1, replaced: 1 } });
  });

  it('finds a tablespace link that leads into another data directory', async () => {
    const backup = copyOf(plain);
    const other = copyOf(plain);
    const link = join(backup, 'pg_tblspc', tablespaceOid(backup));
    const inside = join(other, 'stolen');
    mkdirSync(inside);
    execFileSync('cp', ['-a', `${readlinkSync(link)}/.`, inside]);
    unlinkSync(link);
    symlinkSync(inside, link);
    const { status, stderr } = await verify([backup]);
    expect(status).toBe(20);
    expect(stderr).toMatch(/tablespace link "pg_tblspc\/\d+" leads into another data directory/);
  });
});

/** `manifest` with a last line that proves it. */
function sealed(manifest: string): string {
  const body = manifest.slice(0, manifest.lastIndexOf('"Manifest-Checksum"'));
  const digest = execFileSync('sha256sum', { input: body }).toString().slice(0, 64);
  return `${body}"Manifest-Checksum": "${digest}"}\n`;
}
