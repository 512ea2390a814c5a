/** What the programs say to wrong words, and to a reader that went away. No server. */
import { expect, it } from 'vitest';
import { runProgram, startProgram } from '../support/programs.ts';

const commands = ['verify', 'restore', 'recover', 'resume', 'status', 'window', 'wal init', 'wal cleanup'];

it.each([
  ['gausskeep', ['--help']],
  ['gausskeep', ['wal']],
  ...commands.map((command) => ['gausskeep', [...command.split(' '), '--help']] as const),
  ['gs_basebackup', ['--help']],
  ['gs_basebackup', ['--version']],
  ['gs_tar', ['--help']],
  ['gs_tar', ['--version']],
] as const)('%s %j ends quietly when nobody reads', async (name, words) => {
  const program = startProgram(name, words);
  program.stdout.destroy();
  expect(await program.result).toMatchObject({ status: 141, stderr: '' });
});

it('lists the verbs of wal, explains each command, and knows what was meant', async () => {
  const run = (...words: string[]) => runProgram('gausskeep', words);
  const verbs = await run('wal');
  expect(verbs).toMatchObject({ status: 0, stderr: '' });
  expect(verbs.stdout).toContain('\n  wal cleanup ');
  expect(verbs.stdout).not.toContain('\n  verify ');
  expect((await run('help', 'wal')).stdout).toBe(verbs.stdout);
  expect(await run('help', 'wal', 'push')).toEqual(await run('wal', 'push', '--help'));
  for (const [words, hint] of [
    [['verfy'], 'Did you mean "gausskeep verify"?'],
    [['wal', 'pusj'], 'Did you mean "gausskeep wal push"?'],
    [['backup'], 'gs_basebackup -D DIRECTORY'],
    [['nonsense'], 'gausskeep --help'],
  ] as const) {
    const { status, stdout, stderr } = await run(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(hint);
  }
});

it('escapes a line feed in a name', async () => {
  const { stderr } = await runProgram('gausskeep', ['verify', '/no\nhere: verified']);
  expect(stderr).toContain('/no\\x0ahere: verified');
  expect(
    stderr
      .trimEnd()
      .split('\n')
      .every((line) => line.startsWith('gausskeep verify: ')),
  ).toBe(true);
});
