/** What the programs say to wrong words, and to a reader that went away. No server. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandNames } from '../../src/cli/command-names.ts';
import { firstSteps } from '../../src/cli/first-screen.ts';
import { textWidth } from '../../src/cli/text-width.ts';
import { giveToServerUser, runningAsRoot, serverUser } from '../support/postgres/server-user.ts';
import {
  programPath,
  runProgram,
  startCommand,
  startOnTerminal,
  startProgram,
  temporaryDirectory,
} from '../support/programs.ts';

const commands = [
  'verify',
  'restore',
  'recover',
  'resume',
  'status',
  'window',
  'wal init',
  'wal cleanup',
  'wal receive',
  'wal status',
];

it.each([
  ['gausskeep', ['--help']],
  ['gausskeep', ['--version']],
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
    [['backup'], 'gausskeep repo init DIRECTORY'],
    [['basebackup'], 'gs_basebackup -D DIRECTORY'],
    [['nonsense'], 'gausskeep --help'],
  ] as const) {
    const { status, stdout, stderr } = await run(...words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(hint);
  }
});

/** `wal   push, get` names `wal push` and `wal get`; `pin   …; also note` names `note`. */
function namesInFamily(line: string): string[] {
  const [, others] = /^ {2}pin .*(?:; also|；还有) ([a-z, ]+)$/.exec(line) ?? [];
  if (others !== undefined) return others.split(', ');
  const [, first = '', verbs = ''] = /^ {2}([a-z]+) {2,}((?:[a-z ]+, )+[a-z ]+)$/.exec(line) ?? [];
  return verbs.split(', ').map((verb) => `${first} ${verb}`);
}

it.each(['en', 'zh'])(
  'the first screen is all there is on the smallest terminal, and names every command: %s',
  async (lang) => {
    const { status, stdout, stderr } = await runProgram('gausskeep', ['--help', `--lang=${lang}`]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(23);
    expect(lines.filter((line) => textWidth(line) > 80)).toEqual([]);
    const begin = lines.findIndex((line) => line.endsWith(firstSteps[0]!.example));
    const steps = lines.slice(begin, begin + firstSteps.length);
    expect(steps.filter((line, at) => !line.endsWith(`  ${firstSteps[at]!.example}`))).toEqual([]);
    const named = commandNames.filter(({ name }) =>
      lines.some(
        (line) =>
          line.startsWith(`  ${name}  `) || line.includes(`  gausskeep ${name} `) || namesInFamily(line).includes(name),
      ),
    );
    expect(named).toEqual([...commandNames]);
    // The two columns of the steps and of the commands are straight.
    for (const pattern of [/^ {2}\S+(?: \S+)? +(?=g[as]\S+ )/, /^ {2}(?:repo )?[a-z]+ {2,}(?=[^ g])/]) {
      const heads = lines.flatMap((line) => pattern.exec(line)?.[0] ?? []);
      expect(heads.length).toBeGreaterThan(5);
      expect(new Set(heads.map(textWidth)).size, heads.join('|')).toBe(1);
    }
  },
);

it('without a command it shows the same behind the error, and fails', async () => {
  for (const words of [[], ['--lang=zh']]) {
    const { status, stdout, stderr } = await runProgram('gausskeep', words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    const [error, hint, ...screen] = stderr.split('\n');
    expect(error).toMatch(/^gausskeep: (?:error: no command given|错误: 没有给出命令)$/);
    expect(hint).toContain('gausskeep --help');
    expect(screen.join('\n')).toBe((await runProgram('gausskeep', ['--help', ...words])).stdout);
  }
});

it.each([
  ['of 64 columns', 64, 64],
  ['of 91 columns', 91, 91],
  ['of 180 columns', 180, 100],
  ['that is none', undefined, 80],
])('help fills the lines of a terminal %s', async (_, columns, most) => {
  const words = commands.map((command) => `gausskeep ${command} --help`);
  const all = ['gausskeep --help', 'gausskeep wal', ...words, 'gs_basebackup --help', 'gs_tar --help'];
  const lines = all.map((line) => {
    const [name = '', ...args] = line.split(' ');
    return `${process.execPath} ${programPath(name)} ${args.join(' ')}`;
  });
  const script = lines.join(' && ');
  const running =
    columns === undefined
      ? startCommand('sh', ['-c', script], {})
      : startOnTerminal('sh', ['-c', `stty cols ${String(columns)} && ${script}`], {});
  const { status, stdout } = await running.result;
  expect(status).toBe(0);
  const lengths = stdout.split(/\r?\n/).map((line) => line.length);
  expect(stdout.split(/\r?\n/).filter((line) => line.length > most)).toEqual([]);
  // No word of these texts is so long that no line comes near.
  expect(Math.max(...lengths)).toBeGreaterThan(most - 8);
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

it('a data directory with a line feed in its path is refused', async () => {
  const home = temporaryDirectory('line-feed');
  const odd = join(home, 'line\nfeed');
  mkdirSync(odd);
  for (const name of ['PG_VERSION', 'backup_label']) writeFileSync(join(odd, name), '17\n');
  for (const words of [['recover'], ['resume'], ['status'], ['restore', '--from', home]]) {
    const { status, stderr } = await runProgram('gausskeep', [...words, '--pgdata', odd]);
    expect(status, stderr).toBe(2);
    expect(stderr).toContain('must not have a line feed');
  }
});

describe('what another account keeps to itself', () => {
  const places = ['behind', 'closed', 'files'] as const;
  const commands: readonly (readonly string[])[] = [
    ['verify', 'PLACE'],
    ['restore', '--from', 'PLACE', '-D', 'NEW'],
    ['restore', '--plan', '--archive', 'PLACE', '--from', 'PLACE', '-D', 'NEW'],
    ['restore', '--from', 'PLACE', '-D', 'PLACE', '--force'],
    ['window', '--archive', 'PLACE'],
    ['window', '--backups', 'PLACE', '--wal-from', 'PLACE'],
    ['recover', '-D', 'PLACE'],
    ['resume', '-D', 'PLACE'],
    ['status', '-D', 'PLACE'],
    ['wal', 'init', '-D', 'PLACE', '--archive', 'NEW'],
    ['wal', 'push', 'PLACE/000000010000000000000001', '--archive', 'PLACE'],
    ['wal', 'get', '000000010000000000000001', 'NEW', '--archive', 'PLACE', '--retry-for', '0'],
    ['wal', 'generation', '--archive', 'PLACE'],
    ['wal', 'cleanup', '--archive', 'PLACE', '--before', '000000010000000000000001', '--keep-none'],
    ['wal', 'wrapper', '--archive', 'PLACE', '-o', 'PLACE/wrapper'],
  ];

  /** `behind`: below a directory that nobody passes; `closed`: a directory that nobody lists; `files` that nobody reads. */
  function closed(kind: (typeof places)[number]): { place: string; fresh: string } {
    const home = temporaryDirectory('closed');
    chmodSync(home, 0o755);
    const place = kind === 'behind' ? join(home, 'above', 'place') : join(home, 'place');
    mkdirSync(join(place, 'global'), { recursive: true });
    for (const name of [
      'PG_VERSION',
      'backup_label',
      'base.tar',
      'global/pg_control',
      'archive.json',
      '000000010000000000000001',
    ]) {
      writeFileSync(join(place, name), '17\n', { mode: 0o000 });
    }
    if (kind === 'behind') chmodSync(join(home, 'above'), 0o000);
    if (kind === 'closed') chmodSync(place, 0o000);
    const fresh = join(home, 'fresh');
    mkdirSync(fresh);
    giveToServerUser(fresh);
    return { place, fresh: join(fresh, 'new') };
  }

  it.each(places)('is told as that, with what to do, never as a defect of ours (%s)', async (kind) => {
    const { place, fresh } = closed(kind);
    for (const words of commands) {
      const args = words.map((word) => word.replace('PLACE', place).replace('NEW', fresh));
      const asUser = runningAsRoot ? { asUser: serverUser } : {};
      const { status, stdout, stderr } = await runProgram('gausskeep', args, { ...asUser, cwd: '/' });
      const said = `${words.join(' ')}: ${stdout}${stderr}`;
      expect(status, said).not.toBe(0);
      expect(said).not.toMatch(/internal error|\n +at /);
      expect(said).toMatch(/hint: |could not open file ".*": Permission denied/);
      expect(said).not.toMatch(/there is no "/);
      expect(existsSync(fresh), said).toBe(false);
    }
  });
});

describe('a system that refuses open files', () => {
  // `gausskeep --help` and gs_basebackup load one file: where that cannot be opened node does not start either. A backup: test/faults/places.test.ts.
  it.each([
    ['gausskeep', ['window', '--help']],
    ['gs_tar', ['--help']],
  ] as const)('%s says so in one sentence, wherever that strikes', async (name, words) => {
    const statuses = new Set<number | null>();
    for (const limit of [20, 22, 24, 26, 30, 64, 128]) {
      const line = `ulimit -n ${limit}; exec "$0" "$@"`;
      const program = startCommand('sh', ['-c', line, process.execPath, programPath(name), ...words], {});
      program.stdin.end();
      const { status, stdout, stderr } = await program.result;
      statuses.add(status);
      if (status === 0) {
        expect(stderr).toBe('');
        expect(stdout).toContain('Usage:');
        continue;
      }
      expect(status, stderr).toBe(1);
      expect(stderr).toMatch(/^\S+: error: .*EMFILE: too many open files.*\n(?:\S+: (?:detail|hint): .*\n)*$/);
    }
    // The test has seen both.
    expect([...statuses].sort()).toEqual([0, 1]);
  });
});
