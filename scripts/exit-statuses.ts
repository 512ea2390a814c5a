/** The exit statuses of the programs, for the reference pages: the codes of `gausskeep` from its table, the others in words. */
import { exitStatus } from '../src/cli/exit-status.ts';
import { BackupError } from '../src/errors/backup-error.ts';
import { errorCodes, type ErrorCode } from '../src/errors/codes.ts';
import { say } from '../src/messages/message.ts';

export interface CodeStatus {
  readonly status: number;
  /** As a page shows it: a signal has its own status. */
  readonly shown: string;
  readonly code: ErrorCode;
  readonly meaning: string;
  readonly retryable: boolean;
}

/** Of `gausskeep`, by status. */
export function codeStatuses(): CodeStatus[] {
  return (Object.keys(errorCodes) as ErrorCode[])
    .map((code) => {
      const status = exitStatus(new BackupError(code, say('cli.commands')), 'by-code');
      return { status, shown: code === 'ABORTED' ? '130, 143 …' : String(status), code, ...errorCodes[code] };
    })
    .sort((one, other) => one.status - other.status);
}

/** Programs and commands whose statuses are others: how a page names them, and the man pages that have this line. */
export const otherStatuses: readonly {
  readonly program: string;
  readonly pages: readonly string[];
  readonly text: string;
}[] = [
  {
    program: '`gs_basebackup`, `pg_basebackup`, `gs_tar`',
    pages: ['gs_basebackup', 'gs_tar'],
    text: '0 done, 1 anything else, signals included; a signal in the first moment, while the program itself is loaded and nothing was begun, ends it by that signal',
  },
  {
    program: '`pg_verifybackup` (a link to `gausskeep`)',
    pages: ['gausskeep verify'],
    text: '0 nothing wrong was found, 1 damage or failure',
  },
  {
    program: '`pg_receivewal`, `pg_receivexlog` (links to `gausskeep`)',
    pages: ['gausskeep wal receive'],
    text: '0 it received what was asked for, or a signal ended it in order; 1 failure',
  },
  {
    program: '`gausskeep wal receive`',
    pages: ['gausskeep wal receive'],
    text: 'as `gausskeep`, but 0 also when a signal ended it and everything received was durable',
  },
  {
    program: '`gausskeep doctor`',
    pages: ['gausskeep doctor'],
    text: 'as `gausskeep`; 3: warnings, or something was not looked at; 4: errors',
  },
  {
    program: '`gausskeep wal status`',
    pages: ['gausskeep wal status'],
    text: 'as `gausskeep`; 3: the receiver does not receive, or met a gap; of a data directory 3: its archiving fails or is behind, 4: the disk of its WAL is in danger',
  },
  {
    program: '`gausskeep wal get`',
    pages: ['gausskeep wal get'],
    text: '0 delivered, 1 proved absent (or `--absent-status`), 126 anything else',
  },
  {
    program: 'the script of `gausskeep wal wrapper`',
    pages: ['gausskeep wal wrapper'],
    text: '0 delivered, 1 proved absent, 126 anything else',
  },
  {
    program: '`gausskeep wal push`',
    pages: ['gausskeep wal push'],
    text: 'as `gausskeep`; never above 125, by a signal too: some servers stop their archiver then',
  },
];
