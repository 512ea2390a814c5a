import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { programPath, startCommand } from '../support/programs.ts';
import { projectRoot } from '../support/project.ts';

const built = (): string => dirname(programPath('gausskeep'));
const codeName = `wal-push-single-${process.version}-${process.arch}.code`;

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'gausskeep-start-'));
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A directory with what `wal push` consists of. */
function installed(): string {
  const directory = mkdtempSync(join(root, 'installed-'));
  for (const name of ['gausskeep.cjs', 'wal-push-single.cjs', codeName]) {
    copyFileSync(join(built(), name), join(directory, name));
  }
  return directory;
}

const pushHelp = (directory: string) =>
  startCommand(process.execPath, [join(directory, 'gausskeep.cjs'), 'wal', 'push', '--help'], {}).result;

function codeOf(text: string): Buffer {
  return new Script(`(function (exports, require, module, __filename) { ${text}\n})`).createCachedData();
}

function withDigest(text: string, code: Buffer): Buffer {
  return Buffer.concat([createHash('sha256').update(text).update(code).digest(), code]);
}

it('the code beside a part is run when it is whole and of this text and Node, else the text', async () => {
  const directory = installed();
  const part = join(directory, 'wal-push-single.cjs');
  const code = join(directory, codeName);
  // What stands outside of functions is in the code.
  const says = (word: string): string =>
    `const word = '${word}'; exports.runWalPush = async () => { process.exitCode = 0; console.log(word); };`;
  const [text, other] = [says('text'), says('code')];
  writeFileSync(part, text);
  // V8 tells texts apart by their length only, so that this shows which of the two was run.
  writeFileSync(code, withDigest(text, codeOf(other)));
  expect(await pushHelp(directory)).toMatchObject({ status: 0, stdout: 'code\n', stderr: '' });
  const useless = {
    'of another text': withDigest(other, codeOf(other)),
    'of another V8': withDigest(text, codeOf(other).fill(0x55, 4, 8)),
    'with other flags': withDigest(text, codeOf(other).fill(0x55, 12, 16)),
    empty: Buffer.alloc(0),
    'no more than its digest': withDigest(text, Buffer.alloc(0)),
  };
  for (const [what, bytes] of Object.entries(useless)) {
    writeFileSync(code, bytes);
    expect(await pushHelp(directory), what).toMatchObject({ status: 0, stdout: 'text\n', stderr: '' });
  }
  rmSync(code);
  expect(await pushHelp(directory), 'none').toMatchObject({ status: 0, stdout: 'text\n', stderr: '' });
});

it('code that was damaged behind its head, which V8 would die of, is not run', async () => {
  const directory = installed();
  const code = join(directory, codeName);
  const whole = readFileSync(code);
  const sound = await pushHelp(directory);
  expect(sound).toMatchObject({ status: 0, stderr: '' });
  expect(sound.stdout).toContain('archive_command');
  const damaged = Buffer.from(whole);
  for (let at = 200; at < damaged.length; at += 100) damaged[at] = (damaged[at] ?? 0) ^ 0x55;
  writeFileSync(code, damaged);
  expect(await pushHelp(directory)).toEqual(sound);
  writeFileSync(code, whole);
  truncateSync(code, whole.length - 1);
  expect(await pushHelp(directory)).toEqual(sound);
});

it('every program of the package starts through a link, as npm installs it', async () => {
  const { bin } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    bin: Record<string, string>;
  };
  const links = mkdtempSync(join(root, 'bin-'));
  for (const [name, file] of Object.entries(bin)) {
    symlinkSync(join(built(), '..', file), join(links, name));
    const { status, stdout, stderr } = await startCommand(join(links, name), ['--version'], {}).result;
    expect({ status, stderr }, name).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^${name} \\(gausskeep\\) `));
  }
  for (const name of readdirSync(links)) {
    expect((await startCommand(join(links, name), ['--help'], {}).result).stdout, name).toContain(name);
  }
});

it('certificates of the environment are read by commands that connect, and by no other', async () => {
  // Node warns of a file that it cannot read.
  const env = { NODE_EXTRA_CA_CERTS: '/nonexistent/certificates.pem' };
  const program = programPath('gausskeep');
  const warning = 'Ignoring extra certs';
  const quiet = [['--version'], ['--help'], ['verify', '--help'], ['restore', '--help'], ['wal', 'push', '--help']];
  for (const words of quiet) {
    expect((await startCommand(program, words, { env }).result).stderr, words.join(' ')).not.toContain(warning);
  }
  for (const words of [
    ['wal', 'receive', '--help'],
    ['recover', '--help'],
  ]) {
    expect((await startCommand(program, words, { env }).result).stderr, words.join(' ')).toContain(warning);
  }
});

it('a password command has the certificates of the environment, also where the program itself does not read them', async () => {
  const directory = mkdtempSync(join(root, 'password-'));
  const [repository, file, certificates] = ['repo', 'password', 'certificates.pem'].map((name) =>
    join(directory, name),
  ) as [string, string, string];
  mkdirSync(repository);
  writeFileSync(file, 'secret', { mode: 0o600 });
  const program = programPath('gausskeep');
  const made = ['repo', 'init', repository, '--encrypt', '--password-file', file];
  expect((await startCommand(program, made, {}).result).status).toBe(0);
  const command = `echo "certificates: $NODE_EXTRA_CA_CERTS, $GAUSSKEEP_EXTRA_CA_CERTS" >&2; cat ${file}`;
  const words = ['verify', '--repo', repository, '--password-command', command];
  const { stderr } = await startCommand(program, words, { env: { NODE_EXTRA_CA_CERTS: certificates } }).result;
  expect(stderr).toContain(`certificates: ${certificates}, \n`);
  expect(stderr).not.toContain('Ignoring extra certs');
});

it('a restore has a pool in which many flushes wait at a time, of the size that the environment says where it does', async () => {
  const directory = mkdtempSync(join(root, 'pool-'));
  const program = join(directory, 'gausskeep.cjs');
  copyFileSync(join(built(), 'gausskeep.cjs'), program);
  const told = `process.exitCode = 0; console.log(process.env.UV_THREADPOOL_SIZE);`;
  writeFileSync(join(directory, 'restore-single.cjs'), `exports.runRestore = async () => { ${told} };`);
  writeFileSync(join(directory, 'verify-single.cjs'), `exports.runVerify = async () => { ${told} };`);
  const sizeIn = async (words: string[], env: NodeJS.ProcessEnv) =>
    (await startCommand(program, words, { env }).result).stdout.trim();
  const none = { UV_THREADPOOL_SIZE: undefined };
  expect(await sizeIn(['restore', '--from', 'backup'], none)).toBe('16');
  expect(await sizeIn(['restore', '--from', 'backup'], { UV_THREADPOOL_SIZE: '3' })).toBe('3');
  expect(await sizeIn(['verify', 'backup'], none)).toBe('undefined');
});
