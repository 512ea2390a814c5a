/** A tar whose members are sparse holds a map instead of the file: nothing here takes one for the other (BB-47). */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram, temporaryDirectory } from '../support/programs.ts';

const label = `START WAL LOCATION: 0/5000028 (file 000000010000000000000005)
CHECKPOINT LOCATION: 0/5000060
BACKUP METHOD: streamed
BACKUP FROM: primary
START TIME: 2026-11-20 20:26:06 UTC
LABEL: test
`;

it.each([['gnu'], ['posix']])(
  'made by tar --sparse --format=%s: verify, gs_tar and restore refuse it and leave nothing',
  async (format) => {
    const source = temporaryDirectory('source');
    writeFileSync(join(source, 'backup_label'), label);
    writeFileSync(join(source, 'PG_VERSION'), '17\n');
    const file = openSync(join(source, 'sparse'), 'w');
    writeSync(file, 'x'.repeat(4096), 1_000_000);
    ftruncateSync(file, 3_000_000);
    closeSync(file);
    const backup = temporaryDirectory('backup');
    const archive = join(backup, 'base.tar');
    execFileSync('tar', [
      '--sparse',
      `--format=${format}`,
      '-C',
      source,
      '-cf',
      archive,
      'backup_label',
      'PG_VERSION',
      'sparse',
    ]);
    const target = join(temporaryDirectory('target'), 'empty');
    mkdirSync(target);
    const data = join(temporaryDirectory('restored'), 'data');
    for (const [status, program, ...args] of [
      [20, 'gausskeep', 'verify', backup],
      [20, 'gausskeep', 'restore', '--from', backup, '--pgdata', data],
      [1, 'gs_tar', '-D', target, '-F', archive],
    ] as const) {
      const result = await runProgram(program, args);
      expect(result.stderr).toMatch(/archive member ".*sparse.*" is a sparse file, which is not supported/);
      // A finding of verify is no advice.
      if (args[0] !== 'verify') expect(result.stderr).toMatch(/hint: .*--sparse/);
      expect(result.status).toBe(status);
    }
    expect(readdirSync(target)).toEqual([]);
    expect(existsSync(data)).toBe(false);
  },
);
