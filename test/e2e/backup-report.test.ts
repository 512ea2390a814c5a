/** What a backup reports: its manifest, its progress, its steps. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exists, modeOf, newTarget, pathsBelow, runBackup, takeBackup } from '../support/backups.ts';
import { loadData } from '../support/postgres/load.ts';
import { serverDirectory, startServer, type PostgresServer } from '../support/postgres/server.ts';
import { forEachServer } from '../support/servers-under-test.ts';
import { keepEvents } from '../support/kept-events.ts';
import type { BackupSink } from '../../src/backup/sink.ts';
import { takeBackup as takeLibraryBackup, type BackupEvent } from '../../src/index.ts';

interface Manifest {
  readonly 'PostgreSQL-Backup-Manifest-Version': number;
  readonly 'System-Identifier'?: number | string;
  readonly Files: readonly {
    readonly Path?: string;
    readonly 'Encoded-Path'?: string;
    readonly Size: number;
    readonly 'Last-Modified': string;
    readonly 'Checksum-Algorithm'?: string;
    readonly Checksum?: string;
  }[];
  readonly 'WAL-Ranges': readonly {
    readonly Timeline: number;
    readonly 'Start-LSN': string;
    readonly 'End-LSN': string;
  }[];
  readonly 'Manifest-Checksum': string;
}

/** CRC-32C, bit by bit: another way than the product's. */
function crc32c(bytes: Buffer): string {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0x82f63b78 & -(crc & 1));
  }
  const value = Buffer.alloc(4);
  value.writeUInt32LE((crc ^ 0xffffffff) >>> 0);
  return value.toString('hex');
}

forEachServer('full', (version) => {
  let server: PostgresServer;
  let location: string;
  let oid: string;
  beforeAll(async () => {
    server = await startServer({ version });
    await loadData(await server.client(), { rows: 200 });
    location = serverDirectory('space');
    await server.sql(`create tablespace space location '${location}'`);
    await server.sql('create table aside tablespace space as select generate_series(1, 100) as i');
    oid = await server.value("select oid from pg_tablespace where spcname = 'space'");
  });

  const aside = (): string[] => ['-T', `${location}=${newTarget()}`];

  describe('the manifest', () => {
    /** Checks every file of a plain backup against its manifest, both ways. */
    function expectManifest(target: string, label: string, checksum: (bytes: Buffer) => string | undefined): void {
      const text = readFileSync(join(target, 'backup_manifest'), 'utf8');
      const manifest = JSON.parse(text) as Manifest;
      expect([1, 2]).toContain(manifest['PostgreSQL-Backup-Manifest-Version']);
      const [body] = text.split('"Manifest-Checksum"');
      expect(
        createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
      ).toBe(manifest['Manifest-Checksum']);
      const listed = new Set<string>();
      for (const file of manifest.Files) {
        const path = file.Path ?? Buffer.from(file['Encoded-Path'] ?? '', 'hex').toString('latin1');
        listed.add(path);
        const bytes = readFileSync(join(target, path));
        expect([path, file.Size]).toEqual([path, bytes.length]);
        expect([path, file.Checksum]).toEqual([path, checksum(bytes)]);
        expect(file['Last-Modified']).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT$/);
      }
      const inTablespace = pathsBelow(join(target, 'pg_tblspc', oid)).map((path) => `pg_tblspc/${oid}/${path}`);
      const present = [...pathsBelow(target), ...inTablespace].filter((path) => statSync(join(target, path)).isFile());
      const outsideOfWal = (paths: Iterable<string>): string[] =>
        [...paths].filter((path) => !/^pg_wal\/|^backup_manifest$/.test(path)).sort();
      expect(outsideOfWal(listed)).toEqual(outsideOfWal(present));
      expect([...listed].some((path) => path.startsWith(`pg_tblspc/${oid}/`))).toBe(true);
      const start = /^START WAL LOCATION: (\S+) /m.exec(label)?.[1];
      expect(manifest['WAL-Ranges']).toHaveLength(1);
      expect(manifest['WAL-Ranges'][0]).toMatchObject({ Timeline: 1, 'Start-LSN': start });
      expect(manifest['WAL-Ranges'][0]?.['End-LSN']).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    }

    it.each<[string, readonly string[], (bytes: Buffer) => string | undefined]>([
      ['CRC-32C unless told otherwise', [], crc32c],
      ['SHA-256', ['--manifest-checksums=SHA256'], (bytes) => createHash('sha256').update(bytes).digest('hex')],
      ['no checksums', ['--manifest-checksums', 'none'], () => undefined],
    ])('lists every file with size and checksum, and the WAL: %s', async (_name, options, checksum) => {
      const target = await takeBackup(server, [...aside(), ...options]);
      expect(modeOf(join(target, 'backup_manifest'))).toBe('0600');
      expectManifest(target, readFileSync(join(target, 'backup_label'), 'utf8'), checksum);
    });

    it('is the same for tar, where the archives hold its files', async () => {
      const target = await takeBackup(server, ['-F', 't', '-z']);
      const manifest = JSON.parse(readFileSync(join(target, 'backup_manifest'), 'utf8')) as Manifest;
      expect(manifest.Files.some(({ Path }) => Path === 'tablespace_map')).toBe(true);
      expect(manifest.Files.some(({ Path }) => Path?.startsWith(`pg_tblspc/${oid}/`))).toBe(true);
    });

    it('is left out with --no-manifest', async () => {
      const target = await takeBackup(server, ['-X', 'none', '--no-manifest', ...aside()]);
      expect(exists(join(target, 'backup_manifest'))).toBe(false);
    });
  });

  describe('progress', () => {
    const lineForm = /^ *\d+\/\d+ kB \(\d+%\), \d\/2 tablespaces$/;

    it.each([['-P'], ['--progress']])(
      '%s off a terminal writes the original’s lines, the last one at 100%',
      async (flag) => {
        const { status, stdout, stderr } = await runBackup(server, ['-D', newTarget(), flag, ...aside()]);
        expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
        const lines = stderr.trimEnd().split('\n');
        for (const line of lines) expect(line).toMatch(lineForm);
        expect(lines.at(-1)).toMatch(/^ *(\d+)\/\1 kB \(100%\), 2\/2 tablespaces$/);
      },
    );

    it('-Pv names the file and the steps; none of it goes to standard output', async () => {
      const { status, stdout, stderr } = await runBackup(server, ['-Pv', '-D', newTarget(), ...aside()]);
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
      for (const step of [
        ...['initiating base backup, waiting for checkpoint to complete', 'checkpoint completed'],
        ...['write-ahead log start point: \\S+ on timeline 1', 'starting background WAL receiver'],
        ...['created temporary replication slot "gs_basebackup_\\w+"', 'write-ahead log end point: \\S+'],
        ...['waiting for background process to finish streaming ...', 'base backup completed'],
      ]) {
        expect(stderr).toMatch(new RegExp(`^gs_basebackup: ${step}$`, 'm'));
      }
      expect(stderr).toMatch(/kB \(\d+%\), \d\/2 tablespaces \(\S+\)$/m);
    });

    it('--progress=json writes a JSON line each, and nothing else', async () => {
      const { status, stdout, stderr } = await runBackup(server, ['-D', newTarget(), '--progress=json', ...aside()]);
      expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
      const records = stderr
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      const inPhase = (...phases: string[]) => records.filter(({ phase }) => phases.includes(phase as string));
      for (const record of records) expect(record).toMatchObject({ messageType: 'progress' });
      for (const record of inPhase('copy', 'wal', 'publish')) expect(record).toMatchObject({ tablespaceCount: 2 });
      expect(new Set(records.map(({ phase }) => phase))).toEqual(
        new Set(['connect', 'checkpoint', 'copy', 'wal', 'publish']),
      );
      const [end] = inPhase('wal');
      expect(end?.['lsn']).not.toBe(inPhase('copy')[0]?.['lsn']);
      const last = records.at(-1) as { doneBytes: number; totalBytes: number; filesDone: number; lsn: string };
      expect(last).toMatchObject({ phase: 'publish', percent: 100, tablespacesDone: 2, lsn: end?.['lsn'] });
      expect(last.filesDone).toBeGreaterThan(900);
      expect(last.doneBytes).toBe(last.totalBytes);
      expect(last.doneBytes).toBeGreaterThan(10_000_000);
    });

    it('the library tells a listener that keeps its events each phase and how far it is, failed backups included', async () => {
      const { host, port, user } = server;
      const kept = keepEvents<BackupEvent>('backup');
      let files = 0;
      const sink: BackupSink = {
        directory: () => undefined,
        file: ({ name }) => void (files += name === 'manifest' ? 0 : 1),
        link: () => undefined,
        end: () => undefined,
      };
      const output = { kind: 'members', sink } as const;
      const request = { source: { host, port, user }, output, checkpoint: 'fast', estimateSize: true } as const;
      const result = await takeLibraryBackup(request, { onEvent: kept.onEvent });
      expect(kept.check()).toEqual(['connect', 'checkpoint', 'copy', 'wal', 'publish']);
      const progress = kept.events.filter((event) => event.type === 'progress');
      expect(progress[0]).toMatchObject({ phase: 'copy', doneBytes: 0, filesDone: 0, lsn: result.startLsn });
      const end = { phase: 'wal', doneBytes: result.receivedBytes, lsn: result.endLsn, filesDone: files };
      expect(progress.at(-1)).toMatchObject(end);
      expect(progress.some(({ tablespace }) => tablespace === Number(oid))).toBe(true);
      expect(files).toBeGreaterThan(900);

      const again = keepEvents<BackupEvent>('backup');
      const full = { ...output, sink: { ...sink, file: () => Promise.reject(new Error('full')) } };
      const stopped = takeLibraryBackup({ ...request, output: full }, { onEvent: again.onEvent });
      await expect(stopped).rejects.toThrow('full');
      expect(again.check()).toEqual(['connect', 'checkpoint', 'copy', 'clean-up']);
    });

    it('-P and a bare --progress take no word: the next one is the next option', async () => {
      for (const args of [['-P', '-D'], ['--progress', '-D'], ['-vPD']]) {
        const target = newTarget();
        expect((await runBackup(server, [...args, target, ...aside()])).status).toBe(0);
        expect(exists(join(target, 'PG_VERSION'))).toBe(true);
      }
    });
  });
});
