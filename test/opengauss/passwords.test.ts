/** A password is nowhere but where it was given: not in what programs say or write, nor in what the process list shows of them. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { standInForEachTest } from '../support/opengauss/stand-in-run.ts';
import type { ServerEvent } from '../support/opengauss/state.ts';
import { startProgram } from '../support/programs.ts';

const run = standInForEachTest({ tablespaces: [] });

const secret = "S3cret@:/% 'µ\\x";
const wrong = "Wr0ng@:/% 'µ\\x";
const users = [{ name: 'backup', password: secret, sysadmin: true, replication: true }];

/** As it may be written; of each, nothing of it may be anywhere. */
const forms = (password: string): string[] => [
  password,
  encodeURIComponent(password),
  quoted(password),
  password.replaceAll('\\', '\\\\').replaceAll(':', '\\:'),
  JSON.stringify(password).slice(1, -1),
  Buffer.from(password).toString('base64'),
  password.slice(0, 6),
];

function quoted(password: string): string {
  return password.replace(/[\\']/g, '\\$&');
}

interface Way {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A way to give a password, by name: the words and the environment of the program. */
const ways: Readonly<Record<string, (password: string, place: { port: number; home: string }) => Way>> = {
  PGPASSWORD: (password, { port }) => ({
    words: ['-h', '127.0.0.1', '-p', String(port), '-U', 'backup'],
    env: { PGPASSWORD: password },
  }),
  'the password file': (password, { port, home }) => {
    const line = password.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
    writeFileSync(join(home, '.pgpass'), `*:*:*:*:${line}\n`, { mode: 0o600 });
    return { words: ['-h', '127.0.0.1', '-p', String(port), '-U', 'backup'], env: {} };
  },
  'a connection string': (password, { port }) => ({
    words: ['-d', `host=127.0.0.1 port=${port} user=backup password='${quoted(password)}'`],
    env: {},
  }),
  'a URI': (password, { port }) => ({
    words: ['-d', `postgres://backup:${encodeURIComponent(password)}@127.0.0.1:${port}/`],
    env: {},
  }),
  'a URI, behind its "?"': (password, { port }) => ({
    words: [`--dbname=postgresql://127.0.0.1:${port}/?user=backup&password=${encodeURIComponent(password)}`],
    env: {},
  }),
};

/** Every file below a directory, as text, with its name in front. */
function filesOf(directory: string): string {
  return readdirSync(directory, { recursive: true, withFileTypes: true, encoding: 'latin1' })
    .filter((entry) => entry.isFile() && entry.name !== '.pgpass')
    .map(({ parentPath, name }) => {
      const path = Buffer.from(join(parentPath, name), 'latin1');
      return `${name}\n${readFileSync(path, 'utf8')}`;
    })
    .join('\n');
}

const programs = [
  ['gs_basebackup', (target: string) => ['-D', target, '-c', 'fast', '-v', '-P', '-l', 'label', '--no-sync']],
  ['gausskeep', (target: string) => ['wal', 'receive', '-D', target, '-v', '-n', '--status-file', `${target}.status`]],
  ['gausskeep', () => ['doctor', '-v', '--json']],
] as const;

/** What differs between the programs is how they begin; how a password is read does not. */
const pairs = Object.keys(ways).flatMap((name, index) =>
  programs
    .filter((_, place) => place === 0 || index === 3)
    .map(([program, words]) => ({ name, program, words, command: words('')[0] })),
);

describe('a password', () => {
  it.each(pairs)('from $name: $program $command', async ({ name, program, words }) => {
    const listed: string[] = [];
    let pid = 0;
    // The server is asked to let it in: by then nothing of it stands in the process list.
    const onEvent = ({ kind }: ServerEvent): void => {
      if (kind === 'startup') listed.push(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    };
    const { sqlPort } = await run.serve({ users, onEvent });
    const home = run.workspace.at('home');
    mkdirSync(home);
    for (const password of [secret, wrong]) {
      const before = listed.length;
      const target = join(home, password === secret ? 'right' : 'wrong');
      const own = words(target);
      const isReceiver = own.includes('receive');
      if (isReceiver) mkdirSync(target);
      const { words: login, env } = ways[name]!(password, { port: sqlPort, home });
      const started = startProgram(program, [...own, '-w', ...login], { env: { HOME: home, ...env } });
      pid = started.pid;
      started.stdin.end();
      if (isReceiver && password === secret) {
        await started.output(/starting log streaming/);
        started.kill('SIGTERM');
      }
      const { stdout, stderr } = await started.result;
      expect(listed.length).toBeGreaterThan(before);
      if (password === wrong) expect(stderr + stdout).toContain('Invalid username/password');
      else expect(stderr).not.toContain('error');
      const everything = [...listed, stdout, stderr, filesOf(home)].join('\n');
      for (const form of forms(password)) expect(everything).not.toContain(form);
    }
  });
});
