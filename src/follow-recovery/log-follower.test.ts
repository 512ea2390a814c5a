import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lsn } from '../wal/lsn.ts';
import { runningManagers } from './cluster-managers.ts';
import { configuredSettings } from './data-directory.ts';
import { ReplayMeter } from './events.ts';
import { LogFollower, newestLog, tailOf } from './log-follower.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'gausskeep-recovery-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

describe('LogFollower', () => {
  it('gives what is written after it was made, in whole lines, new files included', () => {
    const own = join(directory, 'start.log');
    const logs = join(directory, 'log');
    mkdirSync(logs);
    writeFileSync(join(logs, 'a.log'), 'old\n');
    const follower = new LogFollower([own], [logs, join(directory, 'missing')]);
    expect(follower.lines()).toEqual([]);
    appendFileSync(join(logs, 'a.log'), 'one\ntw');
    writeFileSync(own, 'start\n');
    expect(follower.lines()).toEqual(['one', 'start']);
    appendFileSync(join(logs, 'a.log'), 'o\n');
    writeFileSync(join(logs, 'b.csv'), 'three\n');
    writeFileSync(join(logs, 'ignored.gz'), 'no\n');
    expect(follower.lines()).toEqual(['two', 'three']);
    expect(follower.lines()).toEqual([]);
  });

  it('reads the end of a log, and finds the newest', () => {
    const path = join(directory, 'x.log');
    writeFileSync(path, `${'a'.repeat(50)}\nlast\n`);
    expect(tailOf(path, 10)).toEqual(['aaaa', 'last']);
    expect(tailOf(join(directory, 'missing'))).toEqual([]);
    expect(newestLog([], [directory])).toBe(path);
    expect(newestLog([], [join(directory, 'missing')])).toBeUndefined();
  });
});

describe('what else is read from disk', () => {
  it('are settings, the last one winning, includes followed', () => {
    writeFileSync(join(directory, 'postgresql.conf'), "port = 1\ninclude 'postgresql.conf'\ninclude 'more.conf'\n");
    writeFileSync(join(directory, 'more.conf'), "Port = 2 # two\nlog_directory = 'x y'\n");
    writeFileSync(join(directory, 'postgresql.auto.conf'), "log_directory = '/var/log'\n");
    expect(Object.fromEntries(configuredSettings(directory))).toEqual({ port: '2', log_directory: '/var/log' });
  });

  it('are cluster managers, as programs or scripts', () => {
    const proc = (pid: number, ...words: string[]): void => {
      mkdirSync(join(directory, String(pid)));
      writeFileSync(join(directory, String(pid), 'cmdline'), `${words.join('\0')}\0`);
    };
    proc(10, '/opt/cm/bin/cm_agent', '-x');
    proc(11, 'python3', '/opt/om/gs_om', '-t', 'start');
    proc(12, 'vi', '-R', 'notes', 'cm_agent');
    mkdirSync(join(directory, 'self'));
    expect(runningManagers(['cm_agent', 'gs_om'], directory)).toEqual([
      { pid: 10, name: 'cm_agent' },
      { pid: 11, name: 'gs_om' },
    ]);
    expect(runningManagers(['cm_agent'], join(directory, 'missing'))).toEqual([]);
  });
});

describe('ReplayMeter', () => {
  it('tells rate and time left once there is something to measure', () => {
    const meter = new ReplayMeter();
    const none = { doneBytes: 0, totalBytes: undefined, bytesPerSecond: undefined, remainingSeconds: undefined };
    expect(meter.measure({ replayLsn: undefined, endLsn: undefined }, 0)).toEqual(none);
    expect(meter.measure({ replayLsn: lsn(1000n), endLsn: lsn(9000n) }, 0)).toEqual({ ...none, totalBytes: 8000 });
    expect(meter.measure({ replayLsn: lsn(3000n), endLsn: lsn(9000n) }, 2000)).toEqual({
      doneBytes: 2000,
      totalBytes: 8000,
      bytesPerSecond: 1000,
      remainingSeconds: 6,
    });
    expect(meter.measure({ replayLsn: lsn(5000n), endLsn: undefined }, 4000)).toEqual({
      doneBytes: 4000,
      totalBytes: undefined,
      bytesPerSecond: 1000,
      remainingSeconds: undefined,
    });
    // A server that is not asked for a while has not gone back.
    expect(meter.measure({ replayLsn: undefined, endLsn: lsn(9000n) }, 5000)).toMatchObject({ doneBytes: 4000 });
  });
});
