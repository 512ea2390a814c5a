import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gsBasebackupOptions } from '../../config/gs-basebackup-options.ts';
import { basebackupSettings } from '../../config/gs-basebackup-settings.ts';
import { parseOptions } from '../../config/parse-options.ts';
import { commandNames } from '../command-names.ts';
import { bashCompletion } from './bash-completion.ts';
import { completedCommands } from './completed-programs.ts';
import { fishCompletion } from './fish-completion.ts';
import { zshCompletion } from './zsh-completion.ts';

const commands = completedCommands();
const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** A directory with `a b/`, `c/` and `f 1`, and the scripts. */
let directory = '';
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'gausskeep-completion-'));
  for (const name of ['a b', 'c']) mkdirSync(join(directory, 'd', name), { recursive: true });
  writeFileSync(join(directory, 'd', 'f 1'), '');
  writeFileSync(join(directory, 'bash'), bashCompletion(commands));
  writeFileSync(join(directory, 'zsh'), zshCompletion(commands));
  writeFileSync(join(directory, 'fish'), fishCompletion(commands));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], HOME: directory, INPUTRC: '/dev/null', TERM: 'dumb', LC_ALL: 'C.UTF-8' };
}

/** The words that each line has after an interactive bash put in all that it would offer (Meta-*). */
function bashOffers(lines: readonly string[]): string[][] {
  const typed = lines.map((line) => `${line}\u001b*\u0001printf '<%s>' \necho\n`);
  const { stdout } = spawnSync('bash', ['--norc', '--noprofile', '-i'], {
    input: `source ./bash\n${typed.join('')}`,
    ...{ cwd: directory, env: environment(), encoding: 'utf8' },
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => [...line.matchAll(/<([^>]*)>/g)].map(([, word = '']) => word));
}

/** The same of zsh, on a terminal. */
function zshOffers(lines: readonly string[]): string[][] {
  const setUp = [
    'autoload -Uz compinit; compinit -D -u; source ./zsh',
    "zstyle ':completion:*' completer _all_matches _complete; zstyle ':completion:*' insert true",
  ];
  const typed = lines.map((line) => `${line}\t\u0001a=( \u0005 ); print -r -- "<"$^a">" >> offers\n`);
  spawnSync('script', ['--quiet', '--command', 'zsh -f -i', '/dev/null'], {
    input: `${setUp.join('\n')}\n${typed.join('')}exit\n`,
    ...{ cwd: directory, env: environment() },
  });
  return readFileSync(join(directory, 'offers'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => [...line.matchAll(/<([^>]*)>/g)].map(([, word = '']) => word));
}

function fishOffers(line: string): string[] {
  const { stdout } = spawnSync('fish', ['--no-config', '-c', 'source ./fish; complete -C $argv[1]', line], {
    ...{ cwd: directory, env: environment(), encoding: 'utf8' },
  });
  return stdout
    .trim()
    .split('\n')
    .map((text) => text.split('\t')[0] ?? '');
}

const quotes = {
  zsh: { source: String.raw`'[^']*'`, inside: (text: string) => text },
  fish: { source: String.raw`'(?:\\.|[^'\\])*'`, inside: (text: string) => text.replace(/\\([\\'])/g, '$1') },
};

/** The words of each line, as a shell reads them that knows quotes and comments and nothing else. @throws Error where a quote does not end */
function wordsOf(text: string, shell: keyof typeof quotes): string[][] {
  const { source, inside } = quotes[shell];
  const word = new RegExp(String.raw`(?:${source}|\\'|[^\s'])+`, 'y');
  const part = new RegExp(String.raw`${source}|\\'`, 'g');
  return text.split('\n').map((line) => {
    const words: string[] = [];
    const code = line.trim().replace(/^#.*/, '');
    for (word.lastIndex = 0; word.lastIndex < code.length;) {
      const [found] = word.exec(code) ?? [];
      if (found === undefined) throw new Error(`a quote without an end: ${line}`);
      words.push(found.replace(part, (quoted) => (quoted === "\\'" ? "'" : inside(quoted.slice(1, -1)))));
      while (/\s/.test(code[word.lastIndex] ?? '')) word.lastIndex += 1;
    }
    return words;
  });
}

describe('what shells complete', () => {
  it('are the programs, the commands, and the words before commands', () => {
    const paths = commands.map(({ path }) => path.join(' '));
    const whole = commandNames.map(({ name }) => `gausskeep ${name}`);
    expect(paths.sort()).toEqual(
      ['gs_basebackup', 'gs_tar', 'gausskeep', 'gausskeep repo', 'gausskeep wal', ...whole].sort(),
    );
  });

  it('has no value that a shell would take apart', () => {
    const words = commands.flatMap(({ options, operand, commands: following }) => [
      ...options.flatMap(({ values }) => ('words' in values ? values.words : [])),
      ...options.flatMap(({ long, short, aliases }) => [long, short ?? 'x', ...aliases]),
      ...('words' in operand ? operand.words : []),
      ...following.map(({ word }) => word),
    ]);
    expect(words.filter((word) => !/^[A-Za-z0-9][A-Za-z0-9:-]*$/.test(word))).toEqual([]);
  });

  it('gs_basebackup takes every value that is offered', () => {
    const besides: Record<string, string[]> = {
      'tar-format': ['-Ft'],
      compress: ['-Ft'],
      target: ['-Xfetch'],
    };
    for (const { long, values } of commands[0]?.options ?? []) {
      for (const word of 'words' in values ? values.words : []) {
        const target = long === 'target' ? [] : ['-D', '/x'];
        const given = `--${long}=${word}${word.endsWith(':') ? '/x' : ''}`;
        const server = word.startsWith('server-') ? ['--no-manifest'] : [];
        const argv = [...target, ...(besides[long] ?? []), ...server, given];
        expect(() =>
          basebackupSettings('gs_basebackup', parseOptions('gs_basebackup', gsBasebackupOptions, argv)),
        ).not.toThrow();
      }
    }
  });
});

describe('bash', () => {
  it('completes commands, options, values and paths', () => {
    const d = ['d/a b', 'd/c'];
    const expected: [line: string, words: string[]][] = [
      ['gausskeep ver', ['verify']],
      ['gausskeep wal g', ['generation', 'get']],
      ['gausskeep wal push --a', ['--archive=', '--async', '--at-once=']],
      ['gausskeep help wal r', ['receive']],
      ['gausskeep completion ', ['bash', 'fish', 'zsh']],
      ['gausskeep restore --target-action ', ['pause', 'promote', 'shutdown']],
      ['gs_basebackup --format ', ['plain', 'tar']],
      ['gs_basebackup -vPF ', ['plain', 'tar']],
      ['gs_basebackup -Z client-l', ['client-lz4']],
      ['gs_basebackup --wal-method st', ['stream']],
      ['gs_basebackup --prog', ['--progress', '--progress=json']],
      ['gs_basebackup --target=ser', ['--target=server:']],
      ['gs_basebackup -X', ['-Xfetch', '-Xnone', '-Xstream']],
      ['gs_basebackup -D d/', d],
      ['gs_basebackup -Dd/', ['-Dd/a b', '-Dd/c']],
      ['gs_basebackup --pgdata "d/a', ['d/a b']],
      ['gs_basebackup --pgdata ~/d/a', [join(directory, 'd/a b')]],
      ['gs_basebackup --label=x --pgdata d/', d],
      ['gs_tar -F d/', [...d, 'd/f 1']],
      ['gausskeep verify --format=tar d/', d],
      ['gausskeep verify -- d/', d],
      ['gausskeep wal receive --status-file d/f', ['d/f 1']],
      // What only the user knows.
      ['gs_basebackup --label ', []],
      ['gausskeep nothing ', []],
      ['gs_basebackup -W --xlog-method x', ['x']],
    ];
    const offers = bashOffers(expected.map(([line]) => line));
    const last = (line: string): string[] => {
      const begun = /(?:^|\s)(?:"[^"]*|\S*)$/.exec(line)?.index ?? 0;
      return line
        .slice(0, begun)
        .split(' ')
        .filter((word) => word !== '');
    };
    expect(
      offers.map((words, index) => [expected[index]?.[0], words.slice(last(expected[index]?.[0] ?? '').length)]),
    ).toEqual(expected);
  });

  it('completes what stands behind "=", which is a word of its own', () => {
    const offers = bashOffers([
      'gs_basebackup --format=',
      'gs_basebackup --progress=',
      'gs_basebackup --pgdata=d/a',
      'gs_basebackup -T d/c=d/a',
      'gausskeep wal receive --on-slot-max=d',
    ]);
    expect(offers.map((words) => words.slice(1))).toEqual([
      ['--format=plain', 'tar'],
      ['--progress=json'],
      ['--pgdata=d/a b'],
      ['-T', 'd/c=d/a b'],
      ['wal', 'receive', '--on-slot-max=drop'],
    ]);
  });

  it('completes where "=" does not part words', () => {
    const { stdout } = spawnSync('bash', ['--norc', '--noprofile', '-i'], {
      input:
        "source ./bash\nCOMP_WORDBREAKS=${COMP_WORDBREAKS//=}\ngs_basebackup --pgdata=d/a\t\u0001printf '<%s>' \ngs_basebackup --format=t\t\u0001printf '<%s>' \n",
      ...{ cwd: directory, env: environment(), encoding: 'utf8' },
    });
    expect(stdout).toContain('<gs_basebackup><--pgdata=d/a b>');
    expect(stdout).toContain('<gs_basebackup><--format=tar>');
  });

  it('offers every option of every command, and no other', () => {
    const leaves = commands.filter((command) => command.commands.length === 0);
    const offers = bashOffers(leaves.map(({ path }) => `${path.join(' ')} --`));
    const offered = offers.map((words, index) => words.slice(leaves[index]?.path.length));
    const plain = (words: readonly string[]): string[] => words.map((word) => word.replace(/=.*$/, '')).sort();
    expect(offered.map(plain)).toEqual(
      leaves.map(({ options }) =>
        plain(options.flatMap(({ long, values }) => [`--${long}`, ...(values.kind === 'inline' ? [`--${long}`] : [])])),
      ),
    );
  });
});

const stillHas = (shell: string): string =>
  has(shell) ? 'and the shell itself completes' : `its form only: there is no ${shell} here`;

describe(`zsh: ${stillHas('zsh')}`, () => {
  it('is told of every option, its text and its values, whatever characters they have', () => {
    const lines = wordsOf(zshCompletion(commands), 'zsh');
    const escaped = String.raw`(?:\\.|[^\\:[\]])*`;
    const form = new RegExp(
      String.raw`^(?:\*|\([^)]*\))?(?<name>--?[\w-]+?)(?:=-|=|\+)?\[(?<help>${escaped})\](?<value>:{1,2}${escaped}:.*)?$`,
    );
    const plain = (text = ''): string => text.replace(/\\(.)/g, '$1');
    const told = lines
      .map(([first = '']) => form.exec(first)?.groups)
      .flatMap((groups) => (groups === undefined ? [] : [`${groups['name'] ?? ''} ${plain(groups['help'])}`]));
    const expected = commands
      .filter((command) => command.commands.length === 0)
      .flatMap(({ options }) => options)
      .flatMap(({ long, short, help }) => [...(short === undefined ? [] : [`-${short} ${help}`]), `--${long} ${help}`]);
    expect(told.sort()).toEqual(expected.sort());
    const blocks = lines.flatMap((words) =>
      words.filter((word) => ['case', 'esac', 'if', 'fi', 'while', 'done'].includes(word)),
    );
    const count = (word: string): number => blocks.filter((block) => block === word).length;
    expect([count('esac'), count('fi'), count('done')]).toEqual([count('case'), count('if'), count('while')]);
  });

  const itCompletes = has('zsh') ? it : undefined;
  itCompletes?.('completes', () => {
    const expected = {
      'gausskeep wal g': ['gausskeep', 'wal', 'generation', 'get'],
      'gausskeep help wal rec': ['gausskeep', 'help', 'wal', 'receive'],
      'gs_basebackup --format=': ['gs_basebackup', '--format=plain', '--format=tar'],
      'gs_basebackup --target=s': ['gs_basebackup', '--target=server:'],
      'gs_basebackup -T d/c=d/': ['gs_basebackup', '-T', 'd/c=d/a b', 'd/c=d/c'],
      'gausskeep verify -F tar d/': ['gausskeep', 'verify', '-F', 'tar', 'd/a b', 'd/c'],
    };
    expect(zshOffers(Object.keys(expected))).toEqual(Object.values(expected));
  });
});

describe(`fish: ${stillHas('fish')}`, () => {
  it('is told of every option, its text and its values, whatever characters they have', () => {
    const lines = wordsOf(fishCompletion(commands), 'fish');
    const after = (words: readonly string[], option: string): string => words[words.indexOf(option) + 1] ?? '';
    const told = lines
      .filter((words) => words[0] === 'complete' && words.includes('-l'))
      .map((words) => {
        const at = words.includes('-n') ? after(words, '-n') : '';
        const letter = words.includes('-s') ? after(words, '-s') : '';
        return [after(words, '-c'), at, letter, after(words, '-l'), after(words, '-d')].join(' | ');
      });
    const expected = commands.flatMap(({ path: [program = '', ...rest], options, commands: following }) =>
      options.map(({ long, short = '', help }) => {
        const at = `__gausskeep_at ${following.length > 0 ? '--end ' : ''}${rest.join(' ')}`.trim();
        return [program, program === 'gausskeep' ? at : '', short, long, help].join(' | ');
      }),
    );
    expect(told.sort()).toEqual(expected.sort());
  });

  const itCompletes = has('fish') ? it : undefined;
  itCompletes?.('completes', () => {
    expect(fishOffers('gausskeep wal g')).toEqual(['generation', 'get']);
    expect(fishOffers('gausskeep help wal rec')).toEqual(['receive']);
    expect(fishOffers('gs_basebackup --format=')).toEqual(['--format=plain', '--format=tar']);
    expect(fishOffers('gs_basebackup --progress=')).toEqual(['--progress=json']);
    expect(fishOffers('gs_basebackup -T d/c=d/')).toEqual(['d/c=d/a b/', 'd/c=d/c/']);
    expect(fishOffers('gausskeep verify -F tar d/')).toEqual(['d/a b/', 'd/c/']);
    expect(fishOffers('gs_tar -F d/f')).toEqual(['d/f 1']);
  });
});
