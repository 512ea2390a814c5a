import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runningAsRoot } from './postgres/server-user.ts';
import { startCommand, temporaryDirectory, type ProgramOptions, type ProgramResult } from './programs.ts';
import type { RunningProgram } from './programs.ts';
import { projectRoot } from './project.ts';
import { runDirectory } from './run-directory.ts';
import { programDirectory } from './staged-programs.ts';

const packages = join(projectRoot, 'test/nodes');

/** A release of Node besides the one that runs the tests, by its name in test/nodes/package.json: `node-22`. */
export interface NewerNode {
  readonly name: string;
  /** As `process.version`. */
  readonly version: string;
}

/** Those that test/nodes/package.json names, exactly: none is left out because it is not installed. */
export function newerNodes(): NewerNode[] {
  const { dependencies } = JSON.parse(readFileSync(join(packages, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return Object.entries(dependencies).map(([name, wanted]) => ({ name, version: wanted.replace(/^.*@/, 'v') }));
}

/** The built programs as a user calls them, by their own first line, where `node` is another release than ours. */
export class ProgramsOnNode {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #notes: string;
  readonly #directory: string;

  /** @param directory of the programs; default: where the tests run them from, with the packages that they may load */
  constructor({ name }: NewerNode, directory: string = programDirectory()) {
    const home = temporaryDirectory('on-node');
    const path = [binaries(name), process.env['PATH'] ?? ''].join(delimiter);
    const preload = join(home, 'note-node.cjs');
    copyFileSync(join(projectRoot, 'test/support/note-node.cjs'), preload);
    this.#notes = join(home, 'notes');
    writeFileSync(this.#notes, '');
    // A server's account writes there too.
    chmodSync(this.#notes, 0o666);
    // What is deprecated ends the program.
    const options = `--require ${preload} --throw-deprecation`;
    this.#environment = { PATH: path, NODE_OPTIONS: options, NODE_NOTES: this.#notes };
    this.#directory = directory;
  }

  start(program: string, args: readonly string[], { env, ...options }: ProgramOptions = {}): RunningProgram {
    return startCommand(this.#file(program), args, { ...options, env: { ...this.#environment, ...env } });
  }

  run(program: string, args: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
    const running = this.start(program, args, options);
    running.stdin.end(options.input ?? '');
    return running.result;
  }

  /** `node` itself. */
  node(args: readonly string[]): Promise<ProgramResult> {
    const running = startCommand('env', ['node', ...args], { env: this.#environment });
    running.stdin.end();
    return running.result;
  }

  /** A command line of a program for a server, which has another environment. */
  commandLine(program: string, words: string): string {
    const variables = Object.entries(this.#environment).map(([name, value]) => `${name}="${value}"`);
    return `env ${variables.join(' ')} ${this.#file(program)} ${words}`;
  }

  /** What ran since the last call: `v24.21.0 program gausskeep.cjs`, each once, sorted. */
  ran(): string[] {
    const lines = readFileSync(this.#notes, 'utf8').split('\n');
    writeFileSync(this.#notes, '');
    return [...new Set(lines.filter((line) => line !== ''))].sort();
  }

  /** The file that package.json names. */
  #file(program: string): string {
    return join(this.#directory, program === 'gausskeep' ? 'gausskeep.cjs' : `${program}.js`);
  }
}

/** A directory with `node` in it that the account of the servers can read. */
function binaries(name: string): string {
  const installed = join(packages, 'node_modules', name, 'bin');
  if (!existsSync(join(installed, 'node'))) {
    throw new Error(`${name} is not installed in ${installed}: run "npm run test:all", or "npm ci" in test/nodes`);
  }
  if (!runningAsRoot) return installed;
  // One for the whole process: it is large, and `clear` must leave it.
  const copy = join(runDirectory().path, name);
  if (existsSync(copy)) return copy;
  mkdirSync(copy);
  copyFileSync(join(installed, 'node'), join(copy, 'node'));
  return copy;
}

/** The programs without any package: what Node has itself is all there is. */
export function programsAlone(): string {
  const home = temporaryDirectory('alone');
  cpSync(join(projectRoot, 'package.json'), join(home, 'package.json'));
  const directory = join(home, 'dist');
  cpSync(programDirectory(), directory, { recursive: true });
  return directory;
}
