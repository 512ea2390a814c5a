/** What goes wrong in the middle: one clear message, status 1, and nothing left behind. */
import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { runBackup } from '../support/opengauss/backup-run.ts';
import { makeDataDirectory } from '../support/opengauss/data-directory.ts';
import type { FaultPoint } from '../support/opengauss/faults.ts';
import { refusals } from '../support/opengauss/refusals.ts';
import { standInForEachTest } from '../support/opengauss/stand-in-run.ts';

const run = standInForEachTest({ tablespaces: ['relative'] });

async function expectFailure(args: readonly string[], message: RegExp): Promise<string> {
  const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast', ...args]);
  expect(result.status).toBe(1);
  expect(result.stderr).toMatch(message);
  expect(result.stderr).not.toMatch(/\n\s+at .*\.js:\d+/);
  expect(existsSync(run.target) ? readdirSync(run.target) : []).toEqual([]);
  expect(run.server!.failures).toEqual([]);
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
    await run.serve({ faults: [{ at, action, times: 9 }] });
    await expectFailure([], /closed|reset|ended|broke|terminated|ECONNRESET/i);
  });

  // Before the start position a server may be silent as long as its checkpoint takes.
  if (at !== 'start') {
    it('the server falls silent', async () => {
      await run.serve({ faults: [{ at, action: 'stall', times: 9 }] });
      await expectFailure(['-t', '1'], /no data|time|silent/i);
    });
  }

  it('the server writes one byte at a time', async () => {
    await run.serve({ faults: [{ at, action: 'one-byte', times: 9 }] });
    expect(await runBackup(run.server!, ['-D', run.target, '-c', 'fast'])).toMatchObject({ status: 0 });
  });
});

describe('a server that is ended', () => {
  it('fast, during a backup: an error inside the copy', async () => {
    await run.serve({ faults: [{ at: 'mid-member', action: 'error', error: refusals.shutdown }] });
    await expectFailure([], /shutdown requested, aborting active base backup/);
  });

  it.each(['start', 'header', 'end-lsn', 'wal'] as const)('sends things in another order at %s', async (at) => {
    await run.serve({ faults: [{ at, action: 'wrong-order' }] });
    await expectFailure([], /./);
  });
});

describe('what the server could not send', () => {
  it('a file too large for its format is an error that names it', async () => {
    run.data = makeDataDirectory(run.workspace.at('large'), { tablespaces: [], tooLarge: true });
    await run.serve();
    await expectFailure([], new RegExp(run.data.tooLargePath));
  });

  it('a page that is wrong: file and block', async () => {
    await run.serve({ corruptPage: { file: 'base/16412/16500', block: 2 } });
    const said = await expectFailure([], /base\/16412\/16500/);
    expect(said).toMatch(/block 2/);
  });

  it('WAL that was recycled, -X fetch', async () => {
    await run.serve({ walRecycled: true });
    const said = await expectFailure(['-X', 'fetch'], /could not find WAL file/);
    expect(said).toContain('wal_keep_segments');
  });

  it('WAL that was recycled, -X stream', async () => {
    const { wal } = await run.serve({ startLsnOverride: 0x300_0028n });
    expect(wal.has(3n)).toBe(false);
    const said = await expectFailure([], /000000010000000000000003 has already been removed/);
    expect(said).toContain('wal_keep_segments');
  });
});

describe('a receiver that the server watches', () => {
  it('keeps answering while the backup takes its time', async () => {
    // As gs_basebackup the limit is four times this: 2.4 s.
    const { eventsOf } = await run.serve({
      walSenderTimeoutMs: 600,
      faults: [{ at: 'end-lsn', action: 'pause', pauseMs: 5000 }],
    });
    const result = await runBackup(run.server!, ['-D', run.target, '-c', 'fast']);
    expect(result).toMatchObject({ status: 0 });
    expect(eventsOf('silent-receiver')).toEqual([]);
    expect(eventsOf('reply').length).toBeGreaterThan(1);
  });

  it('identifies itself as a build and asks for no flow control', async () => {
    const { eventsOf } = await run.serve();
    expect((await runBackup(run.server!, ['-D', run.target, '-c', 'fast'])).status).toBe(0);
    for (const reply of eventsOf('reply')) {
      expect(reply).toMatchObject({ role: 3, peerState: 7, replyFlags: 0x10, flush: 0n });
    }
    expect(eventsOf('reply').length).toBeGreaterThan(0);
  });
});
