/** Plain backups of the stand-in by the program. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeCompanion } from '../../src/manifest/companion.ts';
import { pathsBelow } from '../support/backups.ts';
import { mapping, runBackup } from '../support/opengauss/backup-run.ts';
import { configurationPaths, makeDataDirectory, unsentPaths } from '../support/opengauss/data-directory.ts';
import type { ManifestEntry } from '../support/opengauss/recordings.ts';
import { standInForEachTest } from '../support/opengauss/stand-in-run.ts';
import { runProgram, type ProgramResult } from '../support/programs.ts';
import { fileOf, picked, readTree, streamedSegmentFault, zeros } from '../support/opengauss/tree.ts';

const run = standInForEachTest();

/** The absolute tablespace must move, since it is on this machine. */
function moved(): string[] {
  return mapping(run.data.tablespaces[1]!.path, run.workspace.at('ts_abs'));
}

/** What a backup leaves on top of what the server sends; each has its own assertions. */
function addedByClient(path: string): boolean {
  return (
    /^pg_xlog(\/|$)/.test(path) ||
    /^(backup_label|tablespace_map|backup_manifest|gausskeep\.json|global\/pg_dw\.build)$/.test(path) ||
    /^pg_tblspc\/\d+$/.test(path)
  );
}

function stayedBehind(path: string): boolean {
  const one = (name: string): boolean => path === name || path.startsWith(`${name}/`);
  return [...unsentPaths, 'pg_log', 'base/16412/pgsql_tmp'].some(one);
}

function withoutForeignTablespaces(path: string): boolean {
  return !path.startsWith('pg_location/x/y/PG_9.2_201611171_other');
}

async function expectSameFiles(missing: readonly string[] = []): Promise<Map<string, ManifestEntry>> {
  const [source, backup] = [await readTree(run.data.path), await readTree(run.target)];
  const kept = (path: string): boolean =>
    !addedByClient(path) && !stayedBehind(path) && !missing.includes(path) && withoutForeignTablespaces(path);
  expect(picked(backup, (path) => !addedByClient(path))).toEqual(picked(source, kept));
  return backup;
}

/** Every segment from the start to the end of the backup, each with its mark; perhaps one behind the end as well. */
function expectWal(backup: ReadonlyMap<string, ManifestEntry>): void {
  const { wal, eventsOf } = run.server!;
  const [{ startLsn, endLsn }] = eventsOf('backup-end') as unknown as [{ startLsn: bigint; endLsn: bigint }];
  const last = wal.segmentOf(endLsn - 1n);
  const expected: string[] = [];
  for (let number = wal.segmentOf(startLsn); number <= last; number += 1n) {
    const name = wal.segmentName(number);
    const needed = number === last ? Number(endLsn % BigInt(wal.segmentBytes)) : wal.segmentBytes;
    const received = readFileSync(join(run.target, 'pg_xlog', name));
    expect([name, streamedSegmentFault(received, wal.segment(number), needed)]).toEqual([name, undefined]);
    expect(backup.get(`pg_xlog/${name}`)?.mode).toBe('0600');
    expect(backup.get(`pg_xlog/archive_status/${name}.done`)).toEqual(zeros(0));
    expected.push(name, `archive_status/${name}.done`);
  }
  const behind = wal.segmentName(last + 1n);
  const names = [...backup.keys()].filter((path) => path.startsWith('pg_xlog/') && !path.includes(behind));
  expect(names.sort()).toEqual(['archive_status', ...expected].map((name) => `pg_xlog/${name}`).sort());
}

describe('a plain backup', () => {
  it('streams WAL by default and is the data directory without what must stay behind', async () => {
    const { violations, eventsOf, failures } = await run.serve();
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', '-P', '-v', ...moved()]);
    expect(result).toMatchObject({ status: 0 });
    const backup = await expectSameFiles();
    expect(backup.get('global/pg_dw.build')).toEqual(zeros(8192));
    expect([...backup.keys()].filter((path) => path.startsWith('global/pg_dw'))).toEqual(['global/pg_dw.build']);
    expect(backup.get('pg_tblspc/16421')?.link).toBe(join(run.target, 'pg_location/x/y'));
    expect(backup.get('pg_tblspc/16422')?.link).toBe(run.workspace.at('ts_abs'));
    // The one that moved; the other is in the data directory.
    const companion = decodeCompanion(readFileSync(join(run.target, 'gausskeep.json')));
    expect(companion).toEqual({
      missingFiles: [],
      tablespaces: [{ oid: 16422, location: run.data.tablespaces[1]!.path }],
    });
    expectWal(backup);
    expect(readFileSync(join(run.target, 'backup_label'), 'utf8')).toContain('LABEL: gs_basebackup base backup\n');
    expect(result.stderr).toContain(
      'INFO:  The starting position of the xlog copy of the full build is: 0/6000028. The slot minimum LSN is: 0/0. ' +
        'The disaster slot minimum LSN is: 0/0. The logical slot minimum LSN is: 0/0.',
    );
    expect(
      eventsOf('startup').map((event) => (event['parameters'] as Map<string, string>).get('application_name')),
    ).toEqual(expect.arrayContaining(['gs_basebackup']));
    expect(eventsOf('sync-standby')).toEqual([]);
    expect({ violations, failures }).toEqual({ violations: [], failures: [] });
  });

  it('puts the mapped tablespace where it was told, with its own files only', async () => {
    await run.serve();
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    const source = await readTree(run.data.tablespaces[1]!.path);
    const there = await readTree(run.workspace.at('ts_abs'));
    expect(picked(there)).toEqual(picked(source, (path) => !path.includes('_other')));
  });

  it('is verified with its manifest, the tablespace inside it included, and damage there is found', async () => {
    // Pages that were never written are sound ones.
    const roots = [join(run.data.path, 'base'), ...run.data.tablespaces.map(({ path }) => path)];
    const isOfStandIn = (path: string): boolean => /(?:16500|1642[34])[^/]*$/.test(path);
    const paths = roots.flatMap((root) => pathsBelow(root).map((path) => join(root, path)));
    for (const path of paths.filter(isOfStandIn)) writeFileSync(path, Buffer.alloc(statSync(path).size));
    await run.serve();
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    const verify = (): Promise<ProgramResult> => runProgram('gausskeep', ['verify', '--no-parse-wal', run.target]);
    expect(await verify()).toMatchObject({ status: 0, stderr: expect.not.stringContaining('error') as string });
    const inside = 'pg_location/x/y';
    const listed = [...(await readTree(join(run.target, inside))).keys()].find((path) => path.endsWith('/16423'))!;
    const [shown, path] = [`pg_tblspc/16421/${listed}`, join(run.target, inside, listed)];
    const whole = readFileSync(path);
    const damages: [() => void, string][] = [
      [() => writeFileSync(path, Buffer.alloc(whole.length, 1)), `checksum mismatch for file "${shown}"`],
      [() => writeFileSync(path, whole.subarray(1)), `"${shown}" has size`],
      [() => rmSync(path), `"${shown}" is present in the manifest but not on disk`],
      [() => writeFileSync(`${path}x`, ''), `"${shown}x" is present on disk but not in the manifest`],
    ];
    for (const [damage, words] of damages) {
      damage();
      const found = await verify();
      expect(found.status).toBe(20);
      expect(found.stderr).toContain(words);
      rmSync(`${path}x`, { force: true });
      writeFileSync(path, whole);
    }
    expect((await verify()).status).toBe(0);
  });

  it.each([['-Fp'], ['-Ft']])('takes a directory of the host along with --config-dir, %s', async (format) => {
    await run.serve({ tablespaces: [] });
    const directory = run.workspace.at('etc');
    mkdirSync(join(directory, 'empty.d'), { recursive: true });
    writeFileSync(join(directory, 'postgresql.conf'), "port = '1'\n");
    const args = ['-D', run.target, '-c', 'fast', format, '--config-dir', directory];
    expect(await runBackup(run.server!, args)).toMatchObject({ status: 0 });
    expect(readFileSync(join(run.target, 'backup_manifest'), 'utf8')).toContain('"gausskeep_config/postgresql.conf"');
    expect(await runProgram('gausskeep', ['verify', run.target])).toMatchObject({ stdout: '' });
    const there = format === '-Fp' ? run.target : run.workspace.at('unpacked');
    if (format === '-Ft') {
      mkdirSync(there);
      expect(await runProgram('gs_tar', ['-D', there, '-F', join(run.target, 'base.tar')])).toMatchObject({
        status: 0,
      });
    }
    const taken = join(there, 'gausskeep_config');
    expect(readFileSync(join(taken, 'postgresql.conf'), 'utf8')).toBe("port = '1'\n");
    expect(existsSync(join(taken, 'empty.d'))).toBe(true);
    expect(JSON.parse(readFileSync(join(taken, 'origin.json'), 'utf8'))).toEqual({ configDirectory: directory });
  });

  it.each([['-Fp'], ['-Ft']])('refuses a tablespace whose path the server has cut, %s', async (format) => {
    const [first] = run.data.tablespaces;
    await run.serve({ tablespaces: [{ oid: first!.oid, path: first!.path, relative: 'ts' }] });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', format]);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`tablespace with oid ${first!.oid} with a path that is cut ("ts")`);
    expect(existsSync(run.target)).toBe(false);
  });

  it('refuses to write an absolute tablespace over itself and names the mapping that helps', async () => {
    await run.serve();
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast']);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain(`-T ${run.data.tablespaces[1]!.path}=`);
  });

  it('fetches WAL with -X fetch', async () => {
    const { eventsOf } = await run.serve();
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', '-X', 'fetch', ...moved()]);
    expect(result).toMatchObject({ status: 0 });
    expectWal(await expectSameFiles());
    const queries = eventsOf('query').map((event) => String(event['text']));
    expect(queries.filter((text) => /START_REPLICATION/i.test(text))).toEqual([]);
    expect(queries.some((text) => /^BASE_BACKUP .*\bWAL\b/.test(text))).toBe(true);
  });

  it.each(['stream', 'fetch'])('makes a directory of a pg_xlog that is a link on the server, -X %s', async (method) => {
    run.data = makeDataDirectory(run.workspace.at('linked'), { xlogLink: true, tablespaces: [] });
    await run.serve({ xlogLink: `${run.data.path}.xlog` });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', '-X', method]);
    expect(result).toMatchObject({ status: 0 });
    const backup = await readTree(run.target);
    expect(backup.get('pg_xlog')?.type).toBe('dir');
    expectWal(backup);
  });

  it('keeps names of more than 100 bytes and names that are not UTF-8', async () => {
    await run.serve();
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    const backup = await readTree(run.target);
    expect(backup.has(run.data.longPath)).toBe(true);
    expect(backup.get(run.data.oddName.toString('latin1'))).toEqual(fileOf(Buffer.from('not UTF-8')));
    expect(backup.get('gs_secure_files/key')?.mode).toBe('0400');
  });

  it.each([1, 7])('does not care how the bytes are cut: %i at a time', async (size) => {
    await run.serve({ chunking: { size, forBytes: 100_000 } });
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    await expectSameFiles();
  });

  it('receives several segments, however much is written meanwhile', async () => {
    await run.serve({ writtenDuringBackup: 20 << 20 });
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    const backup = await readTree(run.target);
    expect(backup.has('pg_xlog/000000010000000000000007')).toBe(true);
    expectWal(backup);
  });

  it('doubles the quote in a label', async () => {
    const { eventsOf } = await run.serve();
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', '-l', "it's", ...moved()])).status).toBe(0);
    expect(eventsOf('query').some((event) => String(event['text']).includes("LABEL 'it''s'"))).toBe(true);
    expect(readFileSync(join(run.target, 'backup_label'), 'utf8')).toContain("LABEL: it's\n");
  });

  it.each(['a"b', 'a(b', 'a[b', 'gs_ctl full build', 'gs_roach_x', 'l'.repeat(1024)])(
    'never sends the label %s',
    async (label) => {
      const { eventsOf, violations } = await run.serve();
      const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', '-l', label, ...moved()]);
      expect(result.status).toBe(1);
      expect(eventsOf('query').filter((event) => /BASE_BACKUP/i.test(String(event['text'])))).toEqual([]);
      expect(violations).toEqual([]);
    },
  );

  it('works from the own address of the server, where no password is asked for', async () => {
    const { eventsOf } = await run.serve({ clientAddress: '127.0.0.1' });
    const args = ['-D', run.target, '-c', 'fast', ...moved()];
    expect((await runBackup(run.server!, args, { env: { PGPASSWORD: undefined } })).status).toBe(0);
    expect(eventsOf('password')).toEqual([]);
  });

  it.each([
    ['backup', 'Backup@1234', '127.0.0.3', 11],
    ['md5user', 'Md5user@1234', '127.0.0.2', 5],
    ['combuser', 'Comb@12345', '127.0.0.2', 10],
    ['sm3user', 'Sm3user@1234', '127.0.0.4', 13],
  ] as const)('logs in as %s', async (user, password, clientAddress, code) => {
    const { eventsOf } = await run.serve({ clientAddress });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()], { user, password });
    expect(result).toMatchObject({ status: 0 });
    expect(new Set(eventsOf('password').map((event) => event['code']))).toEqual(new Set([code]));
    expect(eventsOf('password').every((event) => event['right'])).toBe(true);
  });

  it.each([1.1, 2.0, 3.0, 6.0])('knows the grammar of release %d', async (release) => {
    await run.serve({ release });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()]);
    expect(result).toMatchObject({ status: 0 });
    const backup = await readTree(run.target);
    expect([...backup.keys()].filter((path) => path.startsWith('global/pg_dw'))).toEqual(['global/pg_dw.build']);
  });

  it('reads the two columns of a server with DCF', async () => {
    await run.serve({ dcf: true });
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    await expectSameFiles();
  });

  it('begins with an older segment when a slot lags', async () => {
    await run.serve({ startLsnOverride: 0x500_0028n });
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    const backup = await readTree(run.target);
    expect(backup.has('pg_xlog/000000010000000000000005')).toBe(true);
    expectWal(backup);
  });

  it('places a MOT checkpoint when the server has one', async () => {
    const files = new Map([
      ['mot.ctrl', Buffer.from('control')],
      // The directory itself is not announced, only what is in it.
      ['chkpt_7/data.bin', Buffer.alloc(5000, 7)],
    ]);
    await run.serve({ mot: { location: '/srv/data/chkpt_7', files } });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()]);
    expect(result).toMatchObject({ status: 0 });
    const backup = await readTree(run.target);
    expect(backup.get('mot.ctrl')).toEqual(fileOf(Buffer.from('control')));
    expect(backup.get('chkpt_7/data.bin')).toEqual(fileOf(Buffer.alloc(5000, 7)));
  });

  it('asks for the MOT checkpoint last, and none is no error', async () => {
    const { eventsOf } = await run.serve({ mot: 'none' });
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    const texts = eventsOf('query').filter((event) => /BASE_BACKUP|MOT/.test(String(event['text'])));
    expect(texts.map((event) => String(event['text']).split(' ')[0])).toEqual(['BASE_BACKUP', 'FETCH_MOT_CHECKPOINT']);
  });

  it('holds all configuration files', async () => {
    await run.serve();
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...moved()])).status).toBe(0);
    const backup = await readTree(run.target);
    for (const path of configurationPaths) expect(backup.has(path), path).toBe(true);
  });
});
