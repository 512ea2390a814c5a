import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { forgetNote, noteAhead, notedSegment, type AheadFor } from './ahead-note.ts';
import { restoreCommandWrapper } from './restore-wrapper.ts';

const segment = '000000010000000000000026';
const waiting = `${segment}.${'ab'.repeat(16)}`;

/** A server's data directory in which the script of a restore runs; its node says by its status that it was asked. */
describe.runIf(existsSync('/proc/self/stat'))('restore_command in front of node', () => {
  let parent: string;
  let data: string;
  let folder: string;
  let whom: AheadFor;
  beforeAll(async () => {
    parent = realpathSync(await mkdtemp(join(tmpdir(), "gausskeep-ahead it's-")));
  });
  beforeEach(async () => {
    data = await mkdtemp(join(parent, 'data-'));
    folder = join(data, '.spool', 'f'.repeat(32));
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    mkdirSync(join(data, 'pg_wal'));
    writeFileSync(join(data, 'postmaster.pid'), `4711\n${data}\n1700000000\n5432\n`);
    writeFileSync(join(folder, waiting), 'content of a segment');
    const node = join(data, 'node');
    writeFileSync(node, '#!/bin/sh\nexit 99\n');
    chmodSync(node, 0o755);
    const options = ['--prefetch', '4', '--spool', join(data, '.spool')];
    const text = restoreCommandWrapper({
      node,
      program: '/p',
      archive: '/a b',
      generation: 1,
      systemIdentifier: 7n,
      options,
    });
    writeFileSync(join(data, 'get'), text);
    chmodSync(join(data, 'get'), 0o755);
    const call = `pg_wal/RECOVERYXLOG --archive /a b --generation 1 --system-identifier 7 --absent-status 99 ${options.join(' ')}`;
    whom = { call, server: '4711 1700000000', workingDirectory: data };
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  const target = (): string => join(data, 'pg_wal/RECOVERYXLOG');
  /** @returns 0: given by sh; 1: node was asked */
  const get = (name = segment): number | null =>
    spawnSync(join(data, 'get'), [name, 'pg_wal/RECOVERYXLOG'], { cwd: data, encoding: 'utf8' }).status;

  it('gives what was fetched, and says which it was', async () => {
    await noteAhead(folder, segment, whom, waiting);
    expect(get('000000010000000000000027')).toBe(1);
    expect(get()).toBe(0);
    expect(readFileSync(target(), 'utf8')).toBe('content of a segment');
    expect(existsSync(join(folder, waiting))).toBe(false);
    expect(readFileSync(join(folder, 'asked'), 'utf8')).toBe(segment);
    expect(get()).toBe(1);
  });

  it.each<[string, () => void | Promise<void>]>([
    ['content was changed', () => appendFileSync(join(folder, waiting), 'x')],
    [
      'content is another file',
      () => {
        writeFileSync(join(folder, 'new'), 'content of a segment');
        renameSync(join(folder, 'new'), join(folder, waiting));
      },
    ],
    ['server was started anew', () => writeFileSync(join(data, 'postmaster.pid'), `4711\n${data}\n1700000001\n`)],
    ['server is gone', () => rm(join(data, 'postmaster.pid'))],
    ['words are others', () => noteAhead(folder, segment, { ...whom, call: `${whom.call} --timeline 2` }, waiting)],
    ['directory is another', () => noteAhead(folder, segment, { ...whom, workingDirectory: parent }, waiting)],
    ['note is forgotten', () => forgetNote(folder, segment)],
    ['note is cut', () => writeFileSync(join(folder, `${segment}.now`), `${process.pid} 1\n`)],
    [
      'process has another start',
      () => {
        const note = join(folder, `${segment}.now`);
        writeFileSync(note, readFileSync(note, 'utf8').replace(/^(\d+) \d+/, '$1 12'));
      },
    ],
    [
      'process is gone',
      () => {
        const note = join(folder, `${segment}.now`);
        const { pid } = spawnSync('true');
        writeFileSync(note, readFileSync(note, 'utf8').replace(/^\d+/, String(pid)));
      },
    ],
  ])('asks node where the %s', async (_, change) => {
    await noteAhead(folder, segment, whom, waiting);
    await change();
    expect(get()).toBe(1);
    expect(existsSync(target())).toBe(false);
  });

  it('waits for what is on its way', async () => {
    await noteAhead(folder, segment, whom);
    const child = spawn(join(data, 'get'), [segment, 'pg_wal/RECOVERYXLOG'], { cwd: data, stdio: 'ignore' });
    await noteAhead(folder, segment, whom, waiting);
    expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
    expect(readFileSync(target(), 'utf8')).toBe('content of a segment');
  });

  it('knows its notes', () => {
    expect(notedSegment(`${segment}.now`)).toBe(segment);
    expect(
      [`${segment}.now-12`, `${segment}.ok`, waiting, 'asked'].filter((name) => notedSegment(name) !== undefined),
    ).toEqual([]);
  });
});
