/** Words of verify that differ by the release that it stands in for. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { programPath, runProgram, startCommand, temporaryDirectory } from '../support/programs.ts';

it('a manifest version that is no number is told as 13 to 16 do, and as 17 does where it is called as 17', async () => {
  const backup = temporaryDirectory('backup');
  writeFileSync(join(backup, 'backup_manifest'), '{"PostgreSQL-Backup-Manifest-Version": "phooey"}\n');
  const older = 'error: could not parse backup manifest: unexpected manifest version';
  expect((await runProgram('gausskeep', ['verify', backup])).stderr).toContain(older);
  expect((await runProgram('gausskeep', [backup], { calledAs: 'pg_verifybackup' })).stderr).toContain(older);
  const run = async (release: string, argument: string): Promise<string> => {
    const directory = join(temporaryDirectory('installed'), release, 'bin');
    mkdirSync(directory, { recursive: true });
    symlinkSync(programPath('gausskeep'), join(directory, 'pg_verifybackup'));
    const { stdout, stderr } = await startCommand(process.execPath, [join(directory, 'pg_verifybackup'), argument], {})
      .result;
    return stdout + stderr;
  };
  expect(await run('16', backup)).toContain(older);
  const newer = 'error: could not parse backup manifest: manifest version not an integer';
  expect(await run('17', backup)).toContain(newer);
  expect(await run('17', '--version')).toContain('in the words of PostgreSQL 17');
});
