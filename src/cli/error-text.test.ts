import { describe, expect, it } from 'vitest';
import { BackupError, reasonOf } from '../errors/backup-error.ts';
import { fromText } from '../bytes/byte-string.ts';
import { fileFailure } from '../files/failure.ts';
import { say } from '../messages/message.ts';
import { serverFailureDuring } from '../replication/server-failure.ts';
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

  it('say a failed call on a socket once, and where it was when the sentence does not', () => {
    const failed = (message: string, code: string, parameters: { address: string; port: number; lines: string }) =>
      errorLines(
        'gausskeep',
        new BackupError('SERVER_UNREACHABLE', say('connection.failed-address', parameters), {
          cause: systemError(code, message),
        }),
      );
    const refused = { port: 7199, lines: 'Connection refused' };
    const cause = 'connect ECONNREFUSED 127.0.0.1:7199';
    expect(failed(cause, 'ECONNREFUSED', { address: '127.0.0.1', ...refused })).toEqual([
      'gausskeep: error: connection to server at "127.0.0.1", port 7199 failed: Connection refused',
    ]);
    expect(failed(cause, 'ECONNREFUSED', { address: '10.0.0.1', ...refused })).toContain(`gausskeep: detail: ${cause}`);
    expect(failed(cause, 'ECONNREFUSED', { address: '127.0.0.1', port: 7199, lines: 'it broke' })).toHaveLength(2);
    const path = '/nowhere/.s.PGSQL.5432';
    const socket = new BackupError(
      'SERVER_UNREACHABLE',
      say('connection.failed-socket', { path, lines: 'No such file or directory' }),
      { cause: systemError('ENOENT', `connect ENOENT ${path}`) },
    );
    expect(errorLines('gausskeep', socket)).toHaveLength(1);
  });

  it('show the detail of a server in a line of its own', () => {
    const error = serverFailureDuring('replication.failed-backup-begin', {
      S: 'ERROR',
      C: '55000',
      M: 'WAL summaries are required on timeline 1 from 0/2000028 to 0/9000028, but they are incomplete',
      D: 'The first unsummarized LSN in this range is 0/2000028.',
    });
    const lines = errorLines('gs_basebackup', error).join('\n').split('\n');
    expect(lines).toEqual([
      expect.stringMatching(/^gs_basebackup: error: could not initiate base backup: ERROR: {2}WAL .* are incomplete$/),
      'gs_basebackup: detail: The first unsummarized LSN in this range is 0/2000028.',
      expect.stringMatching(/^gs_basebackup: hint: .*a standby or a restored copy.*Take a full backup\.$/),
    ]);
    expect(reasonOf(error)).toMatch(/are incomplete DETAIL: {2}The first/);
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
