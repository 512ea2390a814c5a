/** What goes wrong in the middle: one clear message, status 1, and nothing left behind. */
import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runBackup, Workspace } from '../support/opengauss/backup-run.ts';
import { makeDataDirectory, type TestDataDirectory } from '../support/opengauss/data-directory.ts';
import type { FaultPoint } from '../support/opengauss/faults.ts';
import { refusals } from '../support/opengauss/refusals.ts';
import { startOpengaussServer, type OpengaussServer } from '../support/opengauss/server.ts';
import type { OpengaussOptions } from '../support/opengauss/state.ts';

let workspace: Workspace;
let data: TestDataDirectory;
let server: OpengaussServer | undefined;
let target: string;

beforeEach(() => {
  workspace = new Workspace();
  data = makeDataDirectory(workspace.at('data'), { tablespaces: ['relative'] });
  target = workspace.at('backup');
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  workspace.remove();
});

async function serve(options: OpengaussOptions = {}): Promise<OpengaussServer> {
  server = await startOpengaussServer({ dataDirectory: data.path, tablespaces: data.tablespaces, ...options });
  return server;
}

async function expectFailure(args: readonly string[], message: RegExp): Promise<string> {
  const result = await runBackup(server!, ['-D', target, '-c', 'fast', ...args]);
  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
  expect(server!.failures).toEqual([]);
  return result.stderr;
}

const everywhere: readonly FaultPoint[] = [
  'startup',
  'auth',
  'login',
  'start',
  'header',
  'mid-member',
  'between-tablespaces',
  'end-lsn',
  'wal',
];

describe.each(everywhere)('at %s', (at) => {
  it.each(['close', 'reset'] as const)('the server hangs up (%s)', async (action) => {
    await serve({ faults: [{ at, action, times: 9 }] });
    await expectFailure([], /closed|reset|ended|broke|terminated|ECONNRESET/i);
  });

  // Before the start position a server may be silent as long as its checkpoint takes.
  if (at !== 'start') {
    it('the server falls silent', async () => {
      await serve({ faults: [{ at, action: 'stall', times: 9 }] });
      await expectFailure(['-t', '1'], /no data|time|silent/i);
    });
  }

  it('the server writes one byte at a time', async () => {
    await serve({ faults: [{ at, action: 'one-byte', times: 9 }] });
    expect(await runBackup(server!, ['-D', target, '-c', 'fast'])).toMatchObject({ status: 0 });
  });
});

describe('a server that is ended', () => {
  it('fast, during a backup: an error inside the copy', async () => {
    await serve({ faults: [{ at: 'mid-member', action: 'error', error: refusals.shutdown }] });
    await expectFailure([], /shutdown requested, aborting active base backup/);
  });

  it.each(['start', 'header', 'end-lsn', 'wal'] as const)('sends things in another order at %s', async (at) => {
    await serve({ faults: [{ at, action: 'wrong-order' }] });
    await expectFailure([], /./);
  });
});

describe('what the server could not send', () => {
  it('a file too large for its format is an error that names it', async () => {
    data = makeDataDirectory(workspace.at('large'), { tablespaces: [], tooLarge: true });
    await serve();
    await expectFailure([], new RegExp(data.tooLargePath));
  });

  it('a page that is wrong: file and block', async () => {
    await serve({ corruptPage: { file: 'base/16412/16500', block: 2 } });
    const said = await expectFailure([], /base\/16412\/16500/);
    expect(said).toMatch(/block 2/);
  });

  it('WAL that was recycled, -X fetch', async () => {
    await serve({ walRecycled: true });
    const said = await expectFailure(['-X', 'fetch'], /could not find WAL file/);
    expect(said).toContain('wal_keep_segments');
  });

  it('WAL that was recycled, -X stream', async () => {
    const { wal } = await serve({ startLsnOverride: 0x300_0028n });
    expect(wal.has(3n)).toBe(false);
    const said = await expectFailure([], /000000010000000000000003 has already been removed/);
    expect(said).toContain('wal_keep_segments');
  });
});

describe('a receiver that the server watches', () => {
  it('keeps answering while the backup takes its time', async () => {
    // As gs_basebackup the limit is four times this: 2.4 s.
    const { eventsOf } = await serve({
      walSenderTimeoutMs: 600,
      faults: [{ at: 'end-lsn', action: 'pause', pauseMs: 5000 }],
    });
    const result = await runBackup(server!, ['-D', target, '-c', 'fast']);
    expect(result).toMatchObject({ status: 0 });
    expect(eventsOf('silent-receiver')).toEqual([]);
    expect(eventsOf('reply').length).toBeGreaterThan(1);
  });

  it('identifies itself as a build and asks for no flow control', async () => {
    const { eventsOf } = await serve();
    expect((await runBackup(server!, ['-D', target, '-c', 'fast'])).status).toBe(0);
    for (const reply of eventsOf('reply')) {
      expect(reply).toMatchObject({ role: 3, peerState: 7, replyFlags: 0x10, flush: 0n });
    }
    expect(eventsOf('reply').length).toBeGreaterThan(0);
  });
});
