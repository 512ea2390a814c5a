import { expect, it } from 'vitest';
import { ServerError } from '../connection/server-error.ts';
import { say } from '../messages/message.ts';
import { BackupError, reasonOf, systemCodeOf } from './backup-error.ts';
import { errorFromData, errorToData } from './error-data.ts';
import { systemFailure } from './system-failure.ts';

const cause = new Error('the disk');

function original(): BackupError {
  return new BackupError('SERVER_UNREACHABLE', say('connection.closed'), {
    hint: say('connection.closed-hint'),
    context: { path: '/a', lsn: '0/1' },
    cause,
    retryable: false,
    kind: 'connection-lost',
  });
}

const frames = (error: Error): string => (error.stack ?? '').replace(/^[^]*?\n {4}at /, '');

it('says something anew and keeps all else, the stack and the cause included', () => {
  const error = original();
  const changed = error.with({ hint: say('connection.closed-at-login-hint'), context: { path: '/b' } });
  expect(changed).toMatchObject({ code: 'SERVER_UNREACHABLE', retryable: false, kind: 'connection-lost' });
  expect(changed.sentence).toEqual(error.sentence);
  expect(changed.hint?.key).toBe('connection.closed-at-login-hint');
  expect(changed.context).toEqual({ path: '/b', lsn: '0/1' });
  expect(changed.cause).toBe(cause);
  expect(changed.message).toBe(error.message);
  expect(frames(changed)).toBe(frames(error));
  expect(frames(changed)).toContain('original');
  expect(error.hint?.key).toBe('connection.closed-hint');
});

it('with another sentence the stack begins with that, with another code its default holds', () => {
  const changed = original().with({ sentence: say('common.aborted', { signal: 'SIGINT' }), code: 'LOCKED' });
  expect(changed.message).toBe('interrupted by SIGINT');
  expect(changed.stack).toMatch(/^BackupError: interrupted by SIGINT\n {4}at original /);
  expect(changed).toMatchObject({ code: 'LOCKED', retryable: true, kind: 'connection-lost' });
  expect(original().with({ code: 'SERVER_UNREACHABLE' }).retryable).toBe(false);
});

it('stays of its class, with what that has', () => {
  const error = new ServerError({ S: 'FATAL', C: '57P03', M: 'the database system is starting up', H: 'Wait.' });
  const changed = error.with({ context: { server: 'a' } });
  expect(changed).toBeInstanceOf(ServerError);
  expect(changed.sqlState).toBe('57P03');
  expect(changed).toMatchObject({ code: 'SERVER_UNREACHABLE', retryable: true, context: { server: 'a' } });
  expect(changed.hint).toEqual(error.hint);
});

it('goes from thread to thread with what the system calls its cause', () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const error = new BackupError('SERVER_UNREACHABLE', say('connection.closed'), { cause: full });
  const arrived = errorFromData(structuredClone(errorToData(error)));
  expect(systemCodeOf(arrived.cause)).toBe('ENOSPC');
  expect(arrived.cause).toMatchObject({ message: full.message });
});

it('goes from thread to thread with its kind', () => {
  expect(errorFromData(structuredClone(errorToData(original())))).toMatchObject({
    code: 'SERVER_UNREACHABLE',
    kind: 'connection-lost',
    retryable: false,
    context: { path: '/a', lsn: '0/1' },
  });
});

it('names what Node knows by its number alone', () => {
  const cause = Object.assign(new Error("Unknown system error -122: Unknown system error -122, mkdir '/full'"), {
    code: 'Unknown system error -122',
    errno: -122,
    syscall: 'mkdir',
    path: '/full',
  });
  expect(systemCodeOf(cause)).toBe('EDQUOT');
  expect(reasonOf(cause)).toBe("EDQUOT: disk quota exceeded, mkdir '/full'");
  expect(systemFailure('create', '/full', cause)).toMatchObject({
    message: 'could not create "/full": disk quota exceeded (EDQUOT)',
    hint: { key: 'files.no-space.hint' },
    context: { systemCode: 'EDQUOT' },
  });
});
