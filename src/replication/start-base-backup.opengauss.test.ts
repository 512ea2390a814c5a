import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { MemoryConnection } from '../../test/support/memory-connection.ts';
import { describeShared, fixtureRoot, readConnection, sharedRoot } from '../../test/support/opengauss/recordings.ts';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss } from '../server/identity.ts';
import { formatLsn } from '../wal/lsn.ts';
import type { BaseBackupEvent, BaseBackupRequest } from './base-backup.ts';
import { startBaseBackup } from './start-base-backup.ts';

const capabilities = capabilitiesOf(identifyOpengauss('5.0.5'));
const request: BaseBackupRequest = {
  label: 'gs_basebackup base backup',
  progress: true,
  checkpoint: 'fast',
  includeWal: true,
  noWait: true,
  maxRateKib: undefined,
  tablespaceMap: true,
  verifyChecksums: true,
  manifest: undefined,
};

/** The recorded bytes that answer BASE_BACKUP, which is the command after IDENTIFY_SYSTEM or the first one. */
function answerOf(directory: string): { query: string; bytes: Buffer } {
  const recorded = readConnection(directory, 1);
  const queries = recorded.sent.filter((message) => message.type === 'Q').map((message) => message.body.toString());
  const index = queries.findIndex((query) => /^base_backup/i.test(query));
  let ready = 0;
  let from = recorded.received.findIndex((message) => message.type === 'Z' && ready++ === index);
  from += 1;
  const bytes = Buffer.concat([...recorded.received.slice(from).map((message) => message.bytes), recorded.tail]);
  return { query: queries[index]!.slice(0, -1), bytes };
}

interface Archive {
  readonly oid: number | undefined;
  readonly length: number;
  readonly sha256: string;
}

async function collect(events: AsyncIterable<BaseBackupEvent>, archives: Archive[] = []): Promise<BaseBackupEvent[]> {
  const seen: BaseBackupEvent[] = [];
  for await (const event of events) {
    seen.push(event);
    if (event.type !== 'archive') continue;
    const hash = createHash('sha256');
    let length = 0;
    for await (const piece of event.content) {
      hash.update(piece);
      length += piece.length;
    }
    archives.push({ oid: event.tablespace.oid, length, sha256: hash.digest('hex') });
  }
  return seen;
}

describeShared('recorded base backups', () => {
  const native = new Map<string | undefined, string | undefined>();
  beforeAll(() => {
    const lines = readFileSync(join(sharedRoot, 'native-tar/manifest.tsv'), 'utf8').split('\n');
    for (const [name, , kind, , , hash] of lines.map((line) => line.split('\t'))) {
      if (kind === 'archive') native.set(name, hash);
    }
  });

  it.each([65_536, 4096, 1021])('yields the native archives from the tar recording, in chunks of %i', async (size) => {
    const { query, bytes } = answerOf(join(sharedRoot, 'basebackup-tar-fetch'));
    const connection = new MemoryConnection(bytes, size);
    const notices: string[] = [];
    const archives: Archive[] = [];
    const onNotice = (notice: Readonly<Record<string, string>>): void => void notices.push(notice['M'] ?? '');
    const events = await collect(startBaseBackup(connection, capabilities, request, { onNotice }), archives);
    expect(connection.queries).toEqual([query]);
    expect(archives.map(({ oid, sha256 }) => [`${oid ?? 'base'}.tar`, sha256])).toEqual(
      ['16421.tar', '16422.tar', 'base.tar'].map((name) => [name, native.get(name)]),
    );
    expect(events[0]).toMatchObject({ type: 'start', timeline: 1 });
    expect(events[0]?.type === 'start' && formatLsn(events[0].startLsn)).toBe('0/3000028');
    expect(events[0]?.type === 'start' && events[0].tablespaces).toEqual([
      { oid: 16421, location: 'pg_location/x/y', relative: true, sizeKib: 81n },
      { oid: 16422, location: '/home/omm/ts_abs', relative: false, sizeKib: 81n },
      { oid: undefined, location: undefined, relative: false, sizeKib: 111_192n },
    ]);
    expect(events[1]).toMatchObject({ type: 'archive', format: 'opengauss', terminated: false });
    const end = events.at(-1);
    expect(end?.type === 'end' && formatLsn(end.endLsn)).toBe('0/3000178');
    expect(notices).toEqual([expect.stringContaining('The starting position of the xlog copy of the full build is')]);
    // No time-out until the start position and after the archives, the usual one between.
    expect(connection.waits[0]).toBeUndefined();
    expect(connection.waits.includes(120_000)).toBe(true);
    expect(connection.inactivityTimeoutMs).toBe(120_000);
  });

  it.each(['basebackup-plain-stream', 'basebackup-other-application-name'])('%s', async (name) => {
    const { bytes } = answerOf(join(sharedRoot, name));
    const archives: Archive[] = [];
    const events = await collect(
      startBaseBackup(new MemoryConnection(bytes, 32_768), capabilities, { ...request, includeWal: false }),
      archives,
    );
    expect(events.at(-1)?.type).toBe('end');
    expect(archives.map(({ oid }) => oid)).toEqual([16421, 16422, undefined]);
    const recorded = readConnection(join(sharedRoot, name), 1).received;
    const total = recorded.reduce((sum, message) => sum + (message.type === 'd' ? message.body.length : 0), 0);
    expect(archives.reduce((sum, { length }) => sum + length, 0)).toBe(total);
  });

  it.each(['server-stopped-fast', 'walsender-terminated'])(
    'interrupted/%s is the error of the server',
    async (name) => {
      const { bytes } = answerOf(join(sharedRoot, 'interrupted', name));
      const run = collect(startBaseBackup(new MemoryConnection(bytes, 8192), capabilities, request));
      await expect(run).rejects.toMatchObject({
        code: 'SERVER_UNREACHABLE',
        message: expect.stringContaining('shutdown requested, aborting active base backup') as string,
        sqlState: '42809',
        hint: { key: 'refusal.stopped' },
      });
    },
  );

  it('interrupted/server-stopped-immediate is a broken connection', async () => {
    const { bytes } = answerOf(join(sharedRoot, 'interrupted/server-stopped-immediate'));
    const run = collect(startBaseBackup(new MemoryConnection(bytes, 8192), capabilities, request));
    await expect(run).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
  });
});

describe('recorded refusals of BASE_BACKUP', () => {
  it.each([
    ['bb_bad_option', '42601'],
    ['bb_unbalanced_paren', '42601'],
  ])('%s', async (name, sqlState) => {
    const { bytes } = answerOf(join(fixtureRoot, 'commands', name));
    const run = collect(startBaseBackup(new MemoryConnection(bytes), capabilities, request));
    await expect(run).rejects.toMatchObject({ sqlState, message: /^could not initiate base backup: FATAL/ });
  });
});
