import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { restoreCommandWrapper, type RestoreWrapper } from './restore-wrapper.ts';

describe('the restore_command wrapper', () => {
  let parent: string;
  beforeAll(async () => {
    parent = await mkdtemp(join(tmpdir(), 'gausskeep-wrapper-'));
  });
  afterAll(() => rm(parent, { recursive: true, force: true }));

  /** Runs a wrapper around a program with this text. */
  async function run(program: string | undefined, more: Partial<RestoreWrapper> = {}, environment: object = {}) {
    const directory = await mkdtemp(join(parent, "it's here-"));
    const file = join(directory, 'program.mjs');
    if (program !== undefined) await writeFile(file, program);
    const wrapper = join(directory, 'get');
    const text = restoreCommandWrapper({
      node: process.execPath,
      program: file,
      archive: join(directory, 'archive'),
      generation: 2,
      systemIdentifier: 215046882207068335n,
      ...more,
    });
    await writeFile(wrapper, text);
    await chmod(wrapper, 0o755);
    return spawnSync(wrapper, ['NAME', 'pg_xlog/RECOVERYXLOG'], {
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });
  }

  it('passes on what is asked for and where', async () => {
    const result = await run('process.stdout.write(JSON.stringify(process.argv.slice(2)))');
    expect(result.status).toBe(0);
    expect(JSON.parse(result.stdout)).toEqual([
      ...[
        'wal',
        'get',
        'NAME',
        'pg_xlog/RECOVERYXLOG',
        '--archive',
        expect.stringMatching(/it's here-.*archive$/) as string,
      ],
      ...['--generation', '2', '--system-identifier', '215046882207068335', '--absent-status', '99'],
    ]);
  });

  it.each([
    ['delivered', 'process.exitCode = 0', 0],
    ['proved absent', 'process.exitCode = 99', 1],
    ['our own failure', 'process.exitCode = 13', 126],
    ['a status that servers read as the end of the archive', 'process.exitCode = 1', 126],
    ['a status for which servers stop', 'process.exitCode = 126', 126],
    ['a thrown error', 'throw new Error("x")', 126],
    ['a rejected promise', 'Promise.reject(new Error("x"))', 126],
    ['a promise that never settles at the top', 'await new Promise(() => {})', 126],
    ['a module that is missing', 'import "./no-such-module.mjs"', 126],
    ['a syntax error', 'this is no program', 126],
    ['an abort', 'process.abort()', 126],
    ['a kill', 'process.kill(process.pid, "SIGKILL")', 126],
    ['no memory left', 'const all = []; for (;;) all.push(new Array(1e6).fill({}))', 126],
  ])('%s', async (what, program, status) => {
    // A node with little memory. NODE_OPTIONS would not do: it does not get through, as a test below shows.
    const node = join(parent, 'small-node');
    await writeFile(node, `#!/bin/sh\nexec '${process.execPath}' --max-old-space-size=24 "$@"\n`);
    await chmod(node, 0o700);
    expect((await run(program, what === 'no memory left' ? { node } : {})).status).toBe(status);
  });

  it('a program that is gone', async () => {
    expect((await run(undefined)).status).toBe(126);
  });

  it('node that is gone', async () => {
    expect((await run('', { node: join(parent, 'no-node') })).status).toBe(126);
  });

  it('node that may not be run', async () => {
    const node = join(parent, 'unusable-node');
    await writeFile(node, '');
    await chmod(node, 0o600);
    expect((await run('', { node })).status).toBe(126);
  });

  it('is not led astray by NODE_OPTIONS', async () => {
    const result = await run('process.exitCode = 99', {}, { NODE_OPTIONS: '--no-such-option' });
    expect(result.status).toBe(1);
  });

  it('refuses paths that are relative or hold a line break', async () => {
    await mkdir(join(parent, 'x'), { recursive: true });
    await expect(run('', { archive: 'archive' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(run('', { archive: '/a\nrm -rf /' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(run('', { node: 'node' })).rejects.toMatchObject({ code: 'USAGE' });
  });
});
