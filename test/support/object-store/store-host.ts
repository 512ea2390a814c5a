import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { projectRoot } from '../project.ts';
import { runProgram, startProgram, temporaryDirectory, type ProgramResult, type RunningProgram } from '../programs.ts';
import { FaultScript, type Fault, type FaultRule } from './fault-script.ts';
import { Gate } from './gate.ts';
import { testCredentialVariables } from './stores-under-test.ts';

/** A host that uses a repository in a store: a cache, a clock and a way to the store of its own. */
export class StoreHost {
  /** In ms: how far its clock is ahead of that of this machine. Of programs that start from now on. */
  clockMs = 0;
  readonly script: FaultScript;
  readonly #environment: Readonly<Record<string, string>>;

  private constructor(script: FaultScript, environment: Readonly<Record<string, string>>) {
    this.script = script;
    this.#environment = environment;
  }

  /** @param repository `s3://BUCKET/PREFIX` */
  static async start(endpoint: string, repository: string): Promise<StoreHost> {
    const script = await FaultScript.start(endpoint);
    return new StoreHost(script, {
      ...testCredentialVariables,
      ...{ GAUSSKEEP_S3_ENDPOINT: script.endpoint, GAUSSKEEP_S3_ALLOW_HTTP: 'yes', GAUSSKEEP_CONFIG: '/dev/null' },
      ...{ GAUSSKEEP_CACHE: join(temporaryDirectory('cache'), 'c'), PGPASSWORD: 'Backup@1234' },
      ...{ GAUSSKEEP_REPO: repository, GAUSSKEEP_INSTANCE: 'gauss' },
    });
  }

  run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ProgramResult> {
    return runProgram('gausskeep', words, { env: { ...this.#environment, ...this.#clock(), ...env } });
  }

  /** @returns what it printed */
  async done(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(words, env);
    expect(status, `${words.join(' ')}: ${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  /**
   * Starts a program and stops all of it (SIGSTOP) when its first request that fits is at the store: neither its timers nor its patience go on.
   * @throws Error when it ended before
   */
  async stopAt(
    words: readonly string[],
    where: Omit<FaultRule, 'fault'> & { readonly when?: 'before' | 'after' },
    env: Readonly<Record<string, string>> = {},
  ): Promise<StoppedProgram> {
    const { when = 'before', ...rule } = where;
    const gate = new Gate();
    const fault: Fault = { kind: 'gate', when, gate };
    this.script.begin({ ...rule, fault });
    const program = startProgram('gausskeep', words, {
      env: { ...this.#environment, ...this.#clock(), ...env },
      // It stands still while many others come and go.
      timeoutMs: 300_000,
    });
    program.stdin.end();
    const ended = program.result.then(({ status, stderr }) => {
      throw new NeverArrived(`${words.join(' ')}: ended with ${String(status)} before that request: ${stderr}`);
    });
    await Promise.race([gate.arrived, ended]);
    ended.catch(() => undefined);
    program.kill('SIGSTOP');
    return new StoppedProgram(program, gate);
  }

  close(): Promise<void> {
    return this.script.close();
  }

  #clock(): Record<string, string> {
    if (this.clockMs === 0) return {};
    const preload = join(temporaryDirectory('clock'), 'shift-clock.mjs');
    copyFileSync(join(projectRoot, 'test/support/shift-clock.mjs'), preload);
    return { NODE_OPTIONS: `--import ${preload}`, SHIFT_CLOCK_MS: String(this.clockMs) };
  }
}

/** A program came to its end without the request that it was to be stopped at. */
export class NeverArrived extends Error {}

export class StoppedProgram {
  readonly #program: RunningProgram;
  readonly #gate: Gate;

  constructor(program: RunningProgram, gate: Gate) {
    this.#program = program;
    this.#gate = gate;
  }

  /** Its request passes, then it runs on. */
  goOn(): Promise<ProgramResult> {
    this.#gate.open();
    this.#program.kill('SIGCONT');
    return this.#program.result;
  }

  /** kill -9: the request that waits is lost with it. */
  async killed(): Promise<void> {
    this.#program.kill('SIGKILL');
    const { signal } = await this.#program.result;
    expect(signal).toBe('SIGKILL');
    this.#gate.open();
  }
}
