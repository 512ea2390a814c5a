/** Representative errors in Chinese: besides names, paths, options, codes and what others said, no English is left. No server. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeFixtureWal } from '../support/fixture-wal.ts';
import { programPath, runProgram, startCommand, temporaryDirectory, type ProgramResult } from '../support/programs.ts';

type Name = 'gausskeep' | 'gs_basebackup' | 'gs_tar';

const chinese = { LC_ALL: undefined, LC_MESSAGES: undefined, LANGUAGE: undefined, LANG: 'zh_CN.UTF-8' };
const run = (
  name: Name,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramResult> => runProgram(name, words, { env: { ...chinese, ...env } });

/** Names that have no Chinese form: products, programs, formats, messages of the protocol. */
const names = new Set([
  'PostgreSQL',
  'openGauss',
  'MogDB',
  'tar',
  'gausskeep',
  'realpath',
  'Authentication',
  'DataRow',
  'gid',
]);

/** The English words of a text that are none of our names, and nothing that is the same in any language. */
function englishWords(text: string): string[] {
  const rest = text
    .replaceAll(/^(?:gausskeep|gs_basebackup|gs_tar)(?: [a-z]+){0,2}: /gm, '')
    .replaceAll(/"[^"]*"|'[^']*'/g, ' ')
    // Our commands.
    .replaceAll(/\bgausskeep(?: [a-z]+){1,2}/g, ' ')
    // Options, paths, and what has a dot, an underscore or a digit in it: files, settings, LSNs, times, codes.
    .replaceAll(/(?<![\w-])--?[A-Za-z][\w-]*(?:=\S+)?/g, ' ')
    .replaceAll(/[\w.-]*[/._\d][\w./:+-]*/g, ' ')
    .replaceAll(/\b[A-Z][A-Z/]+\b/g, ' ');
  return (rest.match(/[A-Za-z]{2,}/g) ?? []).filter((word) => !names.has(word));
}

it('knows English words from names', () => {
  expect(englishWords('gausskeep wal get: 错误: 无法读取 "/a b"：no such file（ENOENT，open \'/x\'）')).toEqual([
    ...['no', 'such', 'file', 'open'],
  ]);
  expect(englishWords('gs_basebackup: 提示: 用 --archive 或 -Fp，见 /etc/x.conf、WAL、0/2A 和 base.tar')).toEqual([]);
});

const place = temporaryDirectory('chinese');
const [empty, file, target] = [join(place, 'empty'), join(place, 'file'), join(place, 'target')];
mkdirSync(empty);
writeFileSync(file, '');
const nowhere = ['-h', '127.0.0.1', '-p', '1', '-U', 'nobody'];

it.each<[Name, readonly string[], RegExp, Readonly<Record<string, string>>?]>([
  ['gausskeep', ['verify', '/nowhere'], /没有那个文件或目录（ENOENT）/],
  ['gausskeep', ['window', '--archive', '/nowhere'], /没有那个文件或目录（ENOENT/],
  [
    'gausskeep',
    ['wal', 'push', '/nowhere/000000010000000000000001', '--archive', empty],
    /没有那个文件或目录（ENOENT）/,
  ],
  ['gausskeep', ['wal', 'get', '000000010000000000000001', target, '--archive', '/nowhere'], /（ENOENT/],
  ['gausskeep', ['wal', 'receive', '-D', '/nowhere', ...nowhere], /没有那个文件或目录（ENOENT）/],
  ['gausskeep', ['wal', 'receive', '-D', file, ...nowhere], /不是目录（ENOTDIR）/],
  ['gausskeep', ['wal', 'receive', '-D', empty, '--on-gap=x', ...nowhere], /"stop" 或 "continue"/],
  ['gausskeep', ['wal', 'receive', '-n', '-D', empty, ...nowhere], /连接被拒绝（ECONNREFUSED）/],
  ['gausskeep', ['doctor', ...nowhere], /连接被拒绝（ECONNREFUSED）/],
  ['gausskeep', ['restore', '--from', empty, '-D', target, '--owner', 'no such account'], /没有账号/],
  ['gs_tar', ['-D', empty, '-F', '/nowhere/x.tar'], /没有那个文件或目录/],
  ['gs_basebackup', ['-D', target, ...nowhere], /连接被拒绝（ECONNREFUSED）/],
  ['gs_basebackup', ['-D', target, ...nowhere], /不是普通文件/, { PGPASSFILE: empty }],
] as const)('%s %j', async (name, words, expected, env = {}) => {
  const { stdout, stderr, status } = await run(name, words, env);
  expect(status).not.toBe(0);
  expect(stdout).toBe('');
  expect(stderr).toMatch(expected);
  expect(englishWords(stderr), stderr).toEqual([]);
});

it('standard output that is full', async () => {
  const words = [process.execPath, programPath('gausskeep'), 'verify', '--help'];
  const { stderr } = await startCommand('sh', ['-c', 'exec "$@" >/dev/full', 'sh', ...words], { env: chinese }).result;
  expect(stderr).toMatch(/设备上没有空间（ENOSPC）/);
  expect(englishWords(stderr), stderr).toEqual([]);
});

it.each([
  ['a message that has no place there', Buffer.from('4400000006 0000'.replace(' ', ''), 'hex'), /DataRow：认证/],
  ['a message that is too short', Buffer.from('52000000060000', 'hex'), /一个字段需要 4 字节，2 字节中只剩 2 字节/],
] as const)('%s', async (_, answer, expected) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const words = ['-D', target, '-h', '127.0.0.1', '-p', String(port), '-U', 'nobody'];
  const { stderr, status } = await run('gs_basebackup', words, { PGSSLMODE: 'disable' });
  expect(status).not.toBe(0);
  expect(stderr).toMatch(expected);
  expect(englishWords(stderr), stderr).toEqual([]);
});

it('transactions, and WAL that is damaged', async () => {
  const archive = join(place, 'wal');
  await writeFixtureWal(archive);
  const listed = await run('gausskeep', ['window', '--archive', archive, '--commits']);
  expect(listed).toMatchObject({ status: 0 });
  expect(listed.stdout).toMatch(/ 提交 \d+$/m);
  expect(listed.stdout).toMatch(/ 预备 \d+ 'gid1'$/m);
  expect(listed.stdout).toMatch(/ 提交预备事务 \d+$/m);
  expect(englishWords(listed.stdout), listed.stdout).toEqual([]);
  // In the restore point of a segment that others follow.
  const segment = join(archive, '000000010000000000000028');
  const bytes = readFileSync(segment);
  bytes.fill(0xff, 0x3c8 + 30, 0x3c8 + 33);
  writeFileSync(segment, bytes);
  const shown = await run('gausskeep', ['window', '--archive', archive]);
  expect(shown.stdout).toMatch(/在 0\/28000[0-9A-F]{3} 处.*：(CRC 错误|长度无效)/);
  expect(englishWords(shown.stdout + shown.stderr), shown.stdout).toEqual([]);
});
