import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startProgram, type ProgramOptions, type ProgramResult, type RunningProgram } from '../programs.ts';

/** Directories of one test, removed after it. Made when first asked for: hooks do not run where every test of a file is skipped. */
export class Workspace {
  #path: string | undefined;

  get path(): string {
    this.#path ??= mkdtempSync(join(tmpdir(), 'gausskeep-og-'));
    return this.#path;
  }

  at(name: string): string {
    return join(this.path, name);
  }

  remove(): void {
    if (this.#path !== undefined) rmSync(this.#path, { recursive: true, force: true });
  }
}

export interface BackupTarget {
  readonly sqlPort: number;
}

type BackupRunOptions = ProgramOptions & { readonly user?: string; readonly password?: string };

/** Starts gs_basebackup against a stand-in or a replay, as user `backup` with its password in PGPASSWORD unless told otherwise. */
export function startBackup(
  server: BackupTarget,
  args: readonly string[],
  options: BackupRunOptions = {},
): RunningProgram {
  const { user = 'backup', password = 'Backup@1234', env, ...rest } = options;
  return startProgram('gs_basebackup', ['-h', '127.0.0.1', '-p', String(server.sqlPort), '-U', user, '-w', ...args], {
    ...rest,
    env: { PGPASSWORD: password, ...env },
  });
}

/** The same to its end. */
export async function runBackup(
  server: BackupTarget,
  args: readonly string[],
  options: BackupRunOptions = {},
): Promise<ProgramResult> {
  const program = startBackup(server, args, options);
  program.stdin.end();
  return program.result;
}

/** The `-T` that an absolute tablespace needs on the machine it comes from. */
export function mapping(from: string, to: string): string[] {
  return ['-T', `${from}=${to}`];
}
