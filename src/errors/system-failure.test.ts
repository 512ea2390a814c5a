import { readFileSync } from 'node:fs';
import { getSystemErrorMap, getSystemErrorName } from 'node:util';
import { expect, it } from 'vitest';
import { chinese } from '../messages/chinese.ts';
import { thrownBy } from '../../test/support/thrown-by.ts';
import { english } from '../messages/english.ts';
import { render } from '../messages/message.ts';
import { reasonFor, systemCodeOf } from './backup-error.ts';
import { systemFailure } from './system-failure.ts';

/** As Node makes it of a number that libuv has no name for. */
function unnamed(errno: number, call: string): Error {
  const name = getSystemErrorName(errno);
  return Object.assign(new Error(`${name}: ${name}, ${call}`), { errno, code: name, syscall: call });
}

it('says why a call failed as Node does, in the language of the reader', () => {
  const error = thrownBy(() => readFileSync('/nowhere/x'));
  const failure = systemFailure('read', '/nowhere/x', error);
  expect(failure.message).toBe('could not read "/nowhere/x": no such file or directory (ENOENT)');
  expect(render(failure.sentence, chinese)).toBe('无法读取 "/nowhere/x"：没有那个文件或目录（ENOENT）');
  const reason = { key: 'common.stdout', parameters: { reason: reasonFor(error) } } as const;
  expect(render(reason)).toBe(`could not write to standard output: ${(error as Error).message}`);
  expect(render(reason, chinese)).toBe("无法写入标准输出：没有那个文件或目录（ENOENT，open '/nowhere/x'）");
});

it.each([
  [-122, 'EDQUOT', 'disk quota exceeded', 'files.no-space.hint'],
  [-116, 'ESTALE', 'stale file handle', undefined],
])('knows %i, which Node has no name for', (errno, code, text, hint) => {
  const error = unnamed(errno, 'write');
  expect(systemCodeOf(error)).toBe(code);
  const failure = systemFailure('write', '/x', error);
  expect(failure.message).toBe(`could not write "/x": ${text} (${code})`);
  expect(failure.hint?.key).toBe(hint);
});

it('leaves the text of a failure that it does not know', () => {
  const error = Object.assign(new Error('EIO: the tape is torn, write'), { code: 'EIO' });
  expect(systemFailure('write', '/x', error).message).toBe('could not write "/x": the tape is torn (EIO)');
  const own = Object.assign(new Error('the tape is torn'), { code: 'EIO' });
  expect(systemFailure('write', '/x', own).message).toBe('could not write "/x": the tape is torn');
});

it('has the words of Node for files', () => {
  const words = new Map(getSystemErrorMap().values());
  const ours = Object.entries<string>(english).flatMap(([key, text]) => {
    const code = /^system\.node\.(.+)$/.exec(key)?.[1];
    return code === undefined ? [] : [[code, text] as const];
  });
  const others = ours.filter(([code, text]) => words.get(code) !== text).map(([code]) => code);
  expect(others).toEqual(['EDQUOT', 'ESTALE', 'EUCLEAN']);
});
