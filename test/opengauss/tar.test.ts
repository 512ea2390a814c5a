/** Tar backups of the stand-in by the program: standard tar, and the server's own format. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { programPath, startCommand } from '../support/programs.ts';
import { runBackup } from '../support/opengauss/backup-run.ts';
import { configurationPaths, makeDataDirectory, unsentPaths } from '../support/opengauss/data-directory.ts';
import { RawClient } from '../support/opengauss/raw-client.ts';
import { standInForEachTest } from '../support/opengauss/stand-in-run.ts';
import { fileOf, readTree, streamedSegmentFault, zeros } from '../support/opengauss/tree.ts';

const run = standInForEachTest();

/** Unpacks with the tar of the system: what it cannot read is not a tar. */
function unpack(archive: string): string {
  const directory = run.workspace.at(`unpacked-${basename(archive)}`);
  mkdirSync(directory);
  execFileSync('tar', ['-xpf', archive, '-C', directory]);
  return directory;
}

describe('a tar backup', () => {
  it('with -X fetch is standard tar that holds everything', async () => {
    const { wal, violations } = await run.serve();
    const result = await runBackup(run.server!, ['-D', run.target, '-F', 't', '-X', 'fetch', '-c', 'fast', '-P', '-v']);
    expect(result).toMatchObject({ status: 0 });
    const archives = readdirSync(run.target).filter((name) => name.endsWith('.tar'));
    expect(archives.sort()).toEqual(['16421.tar', '16422.tar', 'base.tar']);
    const unpacked = unpack(join(run.target, 'base.tar'));
    const base = await readTree(unpacked);
    expect(base.get('global/pg_dw.build')).toEqual(zeros(8192));
    expect(base.get('pg_xlog/000000010000000000000006')).toEqual(fileOf(wal.segment(6n)));
    expect(base.get('pg_xlog/archive_status/000000010000000000000006.done')).toEqual(zeros(0));
    expect(base.get(run.data.longPath)).toEqual(fileOf(Buffer.from('a long way down')));
    expect(base.get(run.data.oddName.toString('latin1'))).toEqual(fileOf(Buffer.from('not UTF-8')));
    for (const path of configurationPaths) expect(base.has(path), path).toBe(true);
    for (const path of unsentPaths) expect(base.has(path), path).toBe(false);
    const map = readFileSync(join(unpacked, 'tablespace_map'), 'utf8');
    expect(map).toBe(`16421 ${run.data.path}/pg_location/x/y\n16422 ${run.data.tablespaces[1]!.path}\n`);
    expect(result.stderr + result.stdout).toContain('tablespace_map');
    const space = await readTree(unpack(join(run.target, '16422.tar')));
    expect([...space.keys()].sort()).toEqual([
      'PG_9.2_201611171_n1',
      'PG_9.2_201611171_n1/16412',
      'PG_9.2_201611171_n1/16412/16424',
      'PG_9.2_201611171_n1/16412/16424_vm',
      'PG_9.2_201611171_n1/16412/16427',
    ]);
    expect(violations).toEqual([]);
  });

  it('with -X stream has its WAL in pg_xlog.tar', async () => {
    const { wal, eventsOf } = await run.serve();
    const result = await runBackup(run.server!, ['-D', run.target, '-F', 't', '-c', 'fast']);
    expect(result).toMatchObject({ status: 0 });
    const names = readdirSync(run.target).filter((name) => name.endsWith('.tar'));
    expect(names.sort()).toEqual(['16421.tar', '16422.tar', 'base.tar', 'pg_xlog.tar']);
    const unpacked = unpack(join(run.target, 'pg_xlog.tar'));
    const segments = await readTree(unpacked);
    expect(segments.get('000000010000000000000006')?.size).toBe('16777216');
    const [{ endLsn }] = eventsOf('backup-end') as unknown as [{ endLsn: bigint }];
    const received = readFileSync(join(unpacked, '000000010000000000000006'));
    expect(streamedSegmentFault(received, wal.segment(6n), Number(endLsn % 0x100_0000n))).toBeUndefined();
    expect(segments.get('archive_status/000000010000000000000006.done')).toEqual(zeros(0));
  });

  it('is compressed with -z', async () => {
    await run.serve();
    const result = await runBackup(run.server!, ['-D', run.target, '-F', 't', '-X', 'fetch', '-z', '-c', 'fast']);
    expect(result).toMatchObject({ status: 0 });
    const base = await readTree(unpack(join(run.target, 'base.tar.gz')));
    expect(base.get('global/pg_dw.build')).toEqual(zeros(8192));
    expect(base.get('global/pg_control')?.size).toBe('8192');
  });

  it('goes to standard output when there is one tablespace', async () => {
    run.data = makeDataDirectory(run.workspace.at('single'), { tablespaces: [] });
    await run.serve();
    const output = run.workspace.at('out.tar');
    const program = `"${process.execPath}" "${programPath('gs_basebackup')}"`;
    const options = `-h 127.0.0.1 -p ${run.server!.sqlPort} -U backup -w -D - -F t -X fetch -c fast`;
    const shell = startCommand('sh', ['-c', `${program} ${options} > "${output}"`], {
      env: { PGPASSWORD: 'Backup@1234' },
    });
    expect(await shell.result).toMatchObject({ status: 0 });
    const base = await readTree(unpack(output));
    expect(base.get('global/pg_dw.build')).toEqual(zeros(8192));
  });

  it('in the format of openGauss is what the server sent, byte for byte', async () => {
    const { haPort } = await run.serve({ writtenDuringBackup: 0 });
    const result = await runBackup(run.server!, [
      '-D',
      run.target,
      '-F',
      't',
      '-X',
      'fetch',
      '-c',
      'fast',
      '--tar-format=opengauss',
    ]);
    expect(result).toMatchObject({ status: 0 });
    const client = new RawClient(haPort);
    await client.login({ user: 'backup', replication: 'true', application_name: 'gs_basebackup' }, 'Backup@1234');
    client.query("BASE_BACKUP LABEL 'x' NOWAIT TABLESPACE_MAP");
    const heard = await client.receiveUntil('ZE');
    client.close();
    const sums: string[] = [];
    let hash = createHash('sha256');
    for (const item of heard) {
      if (item.type === 'H') hash = createHash('sha256');
      if (item.type === 'd') hash.update(item.body);
      if (item.type === 'c') sums.push(hash.digest('hex'));
    }
    const sum = (name: string): string =>
      createHash('sha256')
        .update(readFileSync(join(run.target, name)))
        .digest('hex');
    // The base archive has another label and other WAL positions; its shape is checked by the recorded one.
    expect([sum('16421.tar'), sum('16422.tar')]).toEqual(sums.slice(0, 2));
    expect(readFileSync(join(run.target, 'base.tar')).subarray(0, 12).toString()).toBe('backup_label');
    expect(readFileSync(join(run.target, 'base.tar')).length % 512).toBe(0);
  });

  it('leaves nothing behind when it fails', async () => {
    await run.serve({ faults: [{ at: 'mid-member', action: 'close', name: 'gswlm_userinfo.cfg' }] });
    const result = await runBackup(run.server!, ['-D', run.target, '-F', 't', '-X', 'fetch', '-c', 'fast']);
    expect(result.status).toBe(1);
    expect(existsSync(run.target) ? readdirSync(run.target) : []).toEqual([]);
  });
});
