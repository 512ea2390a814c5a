import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { capabilitiesOf } from '../server/capabilities-of.ts';
import { identifyOpengauss, identifyPostgresql } from '../server/identity.ts';
import { recoveryDialectOf } from '../server/recovery-dialect.ts';
import { keepEvents } from '../../test/support/kept-events.ts';
import { Teller } from '../events/teller.ts';
import type { Clock } from './clock.ts';
import type { DataDirectory } from './data-directory.ts';
import type { RecoveryEvent, RecoveryTeller } from './events.ts';
import { followRecovery } from './follow.ts';
import { LogFollower } from './log-follower.ts';
import { runningPid, runningPostmaster } from './postmaster.ts';
import { RecoveryWatch } from './watch.ts';

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'gausskeep-follow-'));
});
afterEach(() => {
  rmSync(path, { recursive: true });
});

const postgresql = recoveryDialectOf(capabilitiesOf(identifyPostgresql('17.1')));
const opengauss = recoveryDialectOf(capabilitiesOf(identifyOpengauss()));

/** Lines of postmaster.pid as a server adds them; the process is ours, so it lives. */
function writePidFile(socketDirectory: string, count: number, text = '\n'): void {
  const lines = [
    process.pid,
    path,
    1_795_210_103,
    5432,
    socketDirectory,
    'localhost',
    '  5432001    131074',
    'ready   ',
  ];
  writeFileSync(join(path, 'postmaster.pid'), lines.slice(0, count).join('\n') + text);
}

/** A clock on which a step is a second; `steps` happen between two looks. */
function clockWith(...steps: (() => void)[]): Clock & { readonly looks: () => number } {
  let looks = 0;
  return {
    looks: () => looks,
    nowMs: () => looks * 1000,
    wait: () => {
      steps[looks]?.();
      looks += 1;
      return Promise.resolve();
    },
  };
}

function unheard(): RecoveryTeller {
  const teller: RecoveryTeller = new Teller(undefined);
  teller.enter('replay');
  return teller;
}

/** Follows a server of which only the files are there, until it gives up. @returns the places where it wanted to log in */
async function follow(clock: Clock, stallTimeoutMs = 30_000): Promise<{ error: unknown; hosts: string[] }> {
  const hosts: string[] = [];
  const data = { path, dialect: postgresql, record: undefined } as DataDirectory;
  const kept = keepEvents<RecoveryEvent>('recovery');
  const teller: RecoveryTeller = new Teller(kept.onEvent);
  teller.enter('replay');
  const request = {
    data,
    teller,
    watch: new RecoveryWatch(teller.tell),
    follower: new LogFollower([join(path, 'start.log')], []),
    login: ({ host }: { host: string }) => {
      hosts.push(host);
      return Promise.resolve({ user: 'u', database: 'postgres', password: undefined });
    },
    hasEnded: () => false,
    logFile: undefined,
  };
  try {
    return { error: await followRecovery(request, { clock, stallTimeoutMs }), hosts };
  } catch (error) {
    return { error, hosts };
  } finally {
    expect(kept.check()).toEqual(['replay']);
  }
}

describe('postmaster.pid', () => {
  it.each([
    ['PostgreSQL', postgresql, 8],
    ['openGauss', opengauss, 7],
  ] as const)(
    'of %s says where the server listens when it is whole, and before that only that it runs',
    (_, dialect, whole) => {
      for (let count = 1; count < whole; count += 1) {
        writePidFile('/run/own', count);
        expect({ count, found: runningPostmaster({ path, dialect }) }).toEqual({ count, found: undefined });
        expect(runningPid(path)).toBe(process.pid);
      }
      writePidFile('/run/own', whole, '');
      expect(runningPostmaster({ path, dialect })).toBeUndefined();
      writePidFile('/run/own', whole);
      expect(runningPostmaster({ path, dialect })).toMatchObject({ port: 5432, socketDirectory: '/run/own' });
    },
  );

  it('is padded with empty lines while it is written', () => {
    // The server adds a line by its number; what is not known yet is empty.
    writeFileSync(join(path, 'postmaster.pid'), `${process.pid}\n${path}\n1\n5432\n\n\n  5432001 1\n`);
    expect(runningPostmaster({ path, dialect: postgresql })).toBeUndefined();
  });
});

describe('a server that is followed', () => {
  it('is not asked at an address that is half written', async () => {
    const clock = clockWith(
      () => {
        writePidFile('', 5);
      },
      () => {
        writePidFile(path, 6);
      },
      () => {
        writePidFile(path, 8);
      },
    );
    const { hosts } = await follow(clock);
    expect(new Set(hosts)).toEqual(new Set([path]));
  });

  it('is asked at its new address when nobody answers at the old one', async () => {
    const [first, second] = [join(path, 'first'), join(path, 'second')];
    writePidFile(first, 8);
    const clock = clockWith(() => {
      writePidFile(second, 8);
    });
    const { hosts } = await follow(clock);
    expect(hosts).toEqual([first, second]);
  });

  it('is given up when neither log nor SQL move for the stated time', async () => {
    writePidFile(path, 8);
    const log = (line: string) => () => {
      appendFileSync(join(path, 'start.log'), `${line}\n`);
    };
    const moves = ['LOG:  redo starts at 0/1', 'LOG:  restored log file "000000010000000000000003" from archive'];
    // Our own attempts to log in make lines, too: they are no sign of life.
    const knocking = Array.from({ length: 40 }, () => log('FATAL:  the database system is starting up'));
    const clock = clockWith(...moves.map(log), ...knocking);
    const { error } = await follow(clock, 30_000);
    expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE' });
    expect((error as Error).message).toBe(
      'neither the log nor the answers of the server have moved for 30 s: given up, the server goes on',
    );
    expect(clock.looks()).toBe(32);
  });

  it('that could not write its log has no room for it', () => {
    const watch = new RecoveryWatch();
    const full = watch.failure('/data/.gausskeep.recover.log', () => 4096);
    expect(full).toMatchObject({ code: 'STORAGE_UNAVAILABLE', sentence: { key: 'recovery-failure.space' } });
    expect(full.message).toContain('could not write a word into its log');
    expect(watch.failure('/data/log', () => 1e9)).toMatchObject({ code: 'SERVER_ERROR' });
  });

  it('is waited for for ever when that is wanted', async () => {
    writePidFile(path, 8);
    const clock = clockWith();
    const data = { path, dialect: postgresql, record: undefined } as DataDirectory;
    const following = followRecovery(
      {
        data,
        teller: unheard(),
        watch: new RecoveryWatch(),
        follower: new LogFollower([], []),
        login: () => Promise.resolve({ user: 'u', database: 'postgres', password: undefined, host: '/nowhere' }),
        hasEnded: () => clock.looks() > 200,
        logFile: undefined,
      },
      { clock, stallTimeoutMs: 0 },
    );
    await expect(following).rejects.toThrow('ended without a word');
  });
});
