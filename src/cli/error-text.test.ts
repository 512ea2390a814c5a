import { describe, expect, it } from 'vitest';
import { BackupError } from '../errors/backup-error.ts';
import { fromText } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';
import { errorLines } from './error-text.ts';

function systemError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

describe('errorLines', () => {
  it('say a failed call of the system once', () => {
    const error = fileFailure(
      'create',
      fromText('/a/b'),
      systemError('EACCES', "EACCES: permission denied, mkdir '/a/b'"),
    );
    expect(errorLines('gs_basebackup', error)).toEqual([
      'gs_basebackup: error: could not create "/a/b": permission denied (EACCES)',
      'gs_basebackup: hint: The user that runs this program needs write permission in the directory above it.',
    ]);
    const gone = new BackupError('STORAGE_UNAVAILABLE', say('common.stdout', { reason: 'broken pipe (EPIPE)' }), {
      cause: systemError('EPIPE', 'write EPIPE'),
    });
    expect(errorLines('gs_basebackup', gone)).toHaveLength(1);
  });

  it('tell the innermost reason and the context that the first line lacks', () => {
    const error = new BackupError('SERVER_UNREACHABLE', say('backup.wal-ended'), {
      context: { lsn: '0/3000000' },
      cause: new BackupError('CORRUPT', say('common.stdout', { reason: 'x' }), { cause: new Error('the reason') }),
    });
    expect(errorLines('gs_basebackup', error)).toEqual([
      'gs_basebackup: error: background process terminated unexpectedly',
      'gs_basebackup: detail: lsn 0/3000000',
      'gs_basebackup: detail: the reason',
    ]);
  });

  it('call what is no BackupError a defect, without a stack trace', () => {
    expect(errorLines('gausskeep', new TypeError('x is undefined'))).toEqual([
      'gausskeep: error: internal error: x is undefined',
      'gausskeep: hint: This is a defect of gausskeep. Please report it with the command line and this message.',
    ]);
  });
});
