import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { expectNothingOnServer, newTarget, restoreTar, segmentsIn } from '../support/backups.ts';
import { checkRelations, differences, snapshotData, unloggedRows } from '../support/postgres/content.ts';
import { loadData } from '../support/postgres/load.ts';
import { runProgram } from '../support/programs.ts';
import { startFrom, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { checkWriting, prepareWriting, Writer } from '../support/postgres/writer.ts';
import { forEachServer } from '../support/servers-under-test.ts';

/** An LSN as a number that can be compared. */
function position(text = ''): bigint {
  const [high = '', low = ''] = text.split('/');
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`);
}

forEachServer('smoke', (version) => {
  let server: PostgresServer;

  beforeAll(async () => {
    server = await startServer({ version });
    const client = await server.client();
    await loadData(client, { rows: 2000 });
    await prepareWriting(client);
  });

  /** Backs up while a writer writes, boots what `restore` makes of it, and compares. */
  async function proveBackup(more: readonly string[], restore: (target: string) => string): Promise<void> {
    const client = await server.client();
    await client.query('truncate transfer; update account set balance = 0');
    const writer = await Writer.start(server);
    await writer.reached(10);
    const target = newTarget();
    const before = writer.committed;
    // Synced to disk, as the product is used.
    const args = ['-D', target, '-c', 'fast', '-v', ...more];
    const result = await runProgram('gs_basebackup', args, { env: server.environment() });
    await writer.stop();
    expect(result).toMatchObject({ status: 0, stdout: '' });
    expect(result.stderr).toMatch(/base backup completed\n$/);
    expect(result.stderr).not.toMatch(/warning|error/i);
    await expectNothingOnServer(server);

    const restored = await startFrom(restore(target));
    const reader = await restored.client();
    const [transfers = 0] = (await checkWriting(reader)).values();
    const end = position(/end point: (\S+)/.exec(result.stderr)?.[1]);
    const certain = writer.commits.filter((commit) => position(commit.position) <= end).length;
    expect(certain).toBeGreaterThanOrEqual(before);
    expect(transfers).toBeGreaterThanOrEqual(certain);
    expect(transfers).toBeLessThanOrEqual(writer.committed);
    const moving = /"(?:account|transfer)"/;
    const found = differences(await snapshotData(client), await snapshotData(reader));
    expect(found.filter((sentence) => !moving.test(sentence))).toEqual([]);
    expect(await unloggedRows(reader)).toBe(0);
    expect(await checkRelations(reader)).toBeGreaterThan(50);
    await restored.stop('immediate');
  }

  it('a plain backup of a server under load boots and holds what was committed before it ended', async () => {
    await proveBackup([], (target) => {
      expect(segmentsIn(join(target, 'pg_wal')).length).toBeGreaterThan(0);
      return target;
    });
  });

  it('so does a compressed tar backup', async () => {
    await proveBackup(['-F', 't', '-z'], (target) => {
      expect(readdirSync(target).sort()).toEqual(['backup_manifest', 'base.tar.gz', 'pg_wal.tar.gz']);
      return restoreTar(target);
    });
  });

  it('so does one with fetched WAL', async () => {
    await proveBackup(['-X', 'fetch', '-F', 't'], (target) => {
      expect(readdirSync(target).sort()).toEqual(['backup_manifest', 'base.tar']);
      return restoreTar(target);
    });
  });
});
