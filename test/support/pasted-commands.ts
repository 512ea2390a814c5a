import { chmodSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { stagedBinaries, type ServerVersion } from './postgres/binaries.ts';
import { programPath, startCommand, temporaryDirectory, type ProgramResult } from './programs.ts';
import { projectRoot } from './project.ts';
import { runDirectory } from './run-directory.ts';

/** The commands among what a program printed, each on a line of its own below what it is for. */
export function commandsIn(stdout: string): string[] {
  return stdout.split('\n').flatMap((line) => (line.startsWith('    ') ? [line.trim()] : []));
}

/** The command with which a restore ends: what it says is next. */
export function lastWords({ stdout }: ProgramResult): string {
  return /^Next: (?:start it with )?(.*?)(?: and check its content)?$/m.exec(stdout)?.[1] ?? 'false';
}

let programs: string | undefined;

/** A shell of the account that runs the tests, with our programs, those of a server and psql on its PATH. */
export class Shell {
  readonly #path: string;
  /** As the home of root: other accounts may not look into it. */
  readonly #cwd = temporaryDirectory('cwd');

  constructor(version: ServerVersion) {
    programs ??= makePrograms();
    chmodSync(this.#cwd, 0o700);
    this.#path = [programs, join(stagedBinaries(version), 'bin'), process.env['PATH'] ?? ''].join(':');
  }

  /** Runs a line as it was printed; it must succeed. @param input what is typed then */
  async paste(line: string, input = ''): Promise<string> {
    const { status, stdout, stderr } = await this.try(line, input);
    if (status !== 0) throw new Error(`${line}: status ${String(status)}\n${stdout}${stderr}`);
    return stdout;
  }

  /** The same, whatever comes of it. */
  async try(line: string, input = ''): Promise<ProgramResult> {
    const running = startCommand('sh', ['-c', line], { cwd: this.#cwd, env: { PATH: this.#path } });
    running.stdin.end(input);
    return running.result;
  }
}

function makePrograms(): string {
  const directory = join(runDirectory().path, 'pasted');
  const psql = join(directory, 'psql');
  buildSync({
    entryPoints: [join(projectRoot, 'test/support/psql-stand-in.ts')],
    outfile: psql,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native'],
    banner: { js: '#!/usr/bin/env node' },
  });
  for (const path of [directory, psql]) chmodSync(path, 0o755);
  for (const name of ['gausskeep', 'gs_basebackup']) symlinkSync(programPath(name), join(directory, name));
  return directory;
}
