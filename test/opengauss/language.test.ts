/** The built programs in English and Chinese. No server. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runProgram, temporaryDirectory, type ProgramResult } from '../support/programs.ts';

type Name = 'gausskeep' | 'gs_basebackup' | 'gs_tar';
type Environment = Readonly<Record<string, string | undefined>>;

const chinese: Environment = { LC_ALL: undefined, LC_MESSAGES: undefined, LANGUAGE: undefined, LANG: 'zh_CN.UTF-8' };
const run = (name: Name, words: readonly string[], env: Environment = chinese): Promise<ProgramResult> =>
  runProgram(name, words, { env });
const han = /\p{Script=Han}/u;

it.each([
  ['gausskeep', ['--help'], '用法：gausskeep COMMAND'],
  ['gausskeep', ['help'], '用法：'],
  ['gausskeep', ['wal'], '用法：'],
  ['gausskeep', ['help', 'restore'], '用法：\n  gausskeep restore '],
  ['gs_basebackup', ['--help'], '--lang=en|zh'],
  ['gs_tar', ['--help'], '--lang=en|zh'],
] as const)('%s %j is in the language of the locale, and in that of --lang', async (name, words, text) => {
  const [said, english] = await Promise.all([run(name, words), run(name, [...words, '--lang', 'en'])]);
  expect(said).toMatchObject({ status: 0, stderr: '' });
  expect(said.stdout).toContain(text);
  expect(said.stdout).toMatch(han);
  expect(english).toMatchObject({ status: 0, stderr: '' });
  expect(english.stdout).not.toMatch(han);
});

it('speaks the language of --lang, of LC_ALL, of a locale of UTF-8', async () => {
  const words = ['verify', '--help'];
  const [english, chosen] = await Promise.all([run('gausskeep', words, {}), run('gausskeep', words)]);
  expect(english.stdout).not.toMatch(han);
  expect(chosen.stdout).toContain('用法：\n  gausskeep verify ');
  expect(await run('gausskeep', [...words, '--lang=zh'], {})).toEqual(chosen);
  expect(await run('gausskeep', words, { ...chinese, LC_ALL: 'C' })).toEqual(english);
  expect(await run('gausskeep', words, { ...chinese, LANG: 'zh_CN.GB18030' })).toEqual(english);
});

it.each([
  ['gausskeep', ['verify', '--nope', '--lang=zh'], 2],
  ['gausskeep', ['nonsense', '--lang', 'zh'], 2],
  ['gausskeep', ['--lang', 'zh', 'verify', '/nowhere'], 2],
  ['gausskeep', ['--lang=zh'], 2],
  ['gausskeep', ['wal', 'push', '--nope', '--lang=zh'], 2],
  ['gausskeep', ['wal', 'get', '--nope', '--lang=zh'], 126],
  ['gausskeep', ['restore', '--lang=zh'], 2],
  ['gs_basebackup', ['--nope', '--lang=zh'], 1],
  ['gs_tar', ['--lang=zh', '--nope'], 1],
] as const)('%s %j says in Chinese what is wrong', async (name, words, status) => {
  const { stderr, ...rest } = await run(name, words, {});
  expect(rest).toMatchObject({ status, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^${name}(?: [a-z ]+)?: 错误: `));
  expect(stderr).toMatch(/: 提示: .*\p{Script=Han}/u);
  expect(stderr).not.toMatch(/error:|hint:/);
});

it.each([
  ['gausskeep', ['verify', '--lang', 'fr', '/nowhere'], 2],
  ['gausskeep', ['wal', 'push', '--lang=', '/nowhere'], 2],
  ['gs_basebackup', ['--lang=german'], 1],
  ['gausskeep', ['--lang=fr'], 2],
  ['gausskeep', ['--lang', 'fr', 'verify', '/nowhere'], 2],
  ['gausskeep', ['help', '--lang=fr'], 2],
] as const)('%s %j is refused: there is no such language', async (name, words, status) => {
  const { stderr, ...rest } = await run(name, words, {});
  expect(rest).toMatchObject({ status, stdout: '' });
  expect(stderr).toContain('error: unknown language "');
  expect(stderr).toContain('hint: There are en (English) and zh (Chinese).');
});

it('says what programs read in English, and what people read beside it in Chinese', async () => {
  const backup = join(temporaryDirectory(), 'no-backup');
  mkdirSync(backup);
  const words = ['verify', '--json', backup];
  const said = await run('gausskeep', words);
  const english = await run('gausskeep', words, {});
  expect(said.status).toBe(english.status);
  expect(said.stderr).toMatch(/: 错误: .*\p{Script=Han}/u);
  expect(english.stderr).toMatch(/: error: /);
  expect(said.stdout).toBe(english.stdout);
  expect(said.stdout).not.toMatch(han);
  expect(JSON.parse(said.stdout)).toMatchObject({ messageType: 'verify', verdict: 'damaged' });
  const failed = await run('gausskeep', ['verify', '--json', join(backup, 'missing')]);
  expect(failed.stdout).not.toMatch(han);
  expect(JSON.parse(failed.stdout)).toMatchObject({ messageType: 'error' });
  expect(failed.stderr).toMatch(/: 错误: .*\p{Script=Han}/u);
});

it('takes a value that looks like the option for the value that it is', async () => {
  // The directory of the backup is called "--lang=zh".
  const { stderr } = await run('gs_basebackup', ['-D', '--lang=zh', '--format=x'], {});
  expect(stderr).toContain('gs_basebackup: error: ');
});

it('keeps what abbreviates --label', async () => {
  const { stderr } = await run('gs_basebackup', ['--la=monday', '--nope'], {});
  expect(stderr).toContain('"--nope"');
});
