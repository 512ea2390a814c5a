import { spawn } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import { fromBytes, toBytes } from '../../src/bytes/byte-string.ts';
import { capabilitiesOf } from '../../src/server/capabilities-of.ts';
import { identifyPostgresql } from '../../src/server/identity.ts';
import {
  encodeRecoveryRecord,
  nothingPromised,
  recoveryRecordName,
  type RecoveryRecord,
} from '../../src/server/recovery-record.ts';
import { recoveryConfiguration } from '../../src/server/recovery-settings.ts';
import type { RecoverySettings } from '../../src/server/recovery-target.ts';
import { addSettings } from '../../src/server/settings-block.ts';
import { freePort } from './postgres/free-port.ts';
import { stagedBinaries, type ServerVersion } from './postgres/binaries.ts';
import { quoteSetting } from './postgres/instance.ts';
import { giveToServerUser, runningAsRoot, serverUser } from './postgres/server-user.ts';
import { runProgram, startCommand, startProgram, type ProgramResult, type RunningProgram } from './programs.ts';
import { runDirectory } from './run-directory.ts';

export const emptyRecord: RecoveryRecord = { ...nothingPromised, pauses: true };

/** A copy of a plain backup that is configured for a recovery, and the programs that run it. */
export class RecoveredInstance {
  readonly directory: string;
  readonly port: number;
  readonly socketDirectory: string;
  readonly #version: ServerVersion;
  #pid: number | undefined;

  private constructor(version: ServerVersion, directory: string, port: number, socketDirectory: string) {
    this.#version = version;
    this.directory = directory;
    this.port = port;
    this.socketDirectory = socketDirectory;
  }

  static async prepare(
    version: ServerVersion,
    backup: string,
    settings: RecoverySettings,
    record: Partial<RecoveryRecord> = {},
  ): Promise<RecoveredInstance> {
    const home = runDirectory().make(`recovered${version}`);
    const directory = join(home, 'data');
    cpSync(backup, directory, { recursive: true });
    const port = await freePort();
    const own = {
      port,
      unix_socket_directories: home,
      listen_addresses: '',
      archive_mode: 'off',
      fsync: 'off',
      max_connections: 220,
    };
    const lines = Object.entries(own).map(([name, value]) => `${name} = ${quoteSetting(value)}\n`);
    appendFileSync(join(directory, 'postgresql.conf'), lines.join(''));
    const capabilities = capabilitiesOf(identifyPostgresql(`${version}.0`));
    const { files, absentFiles, autoConfiguration } = recoveryConfiguration(settings, capabilities);
    for (const name of absentFiles) rmSync(join(directory, name), { force: true });
    for (const { name, text } of files) writeFileSync(join(directory, name), toBytes(text), { mode: 0o600 });
    const automatic = join(directory, 'postgresql.auto.conf');
    writeFileSync(automatic, toBytes(addSettings(fromBytes(readFileSync(automatic)), autoConfiguration)));
    const whole = { ...emptyRecord, addedSettings: autoConfiguration, ...record };
    writeFileSync(join(directory, recoveryRecordName), encodeRecoveryRecord(whole));
    giveToServerUser(home);
    return new RecoveredInstance(version, directory, port, home);
  }

  /** One that `gausskeep restore` makes, to the end of the WAL of an archive; and what it promised. */
  static async restore(
    version: ServerVersion,
    backup: string,
    archive: string,
  ): Promise<{ restored: RecoveredInstance; recovery: Record<string, unknown> }> {
    const home = runDirectory().make(`recovered${version}`);
    const directory = join(home, 'data');
    const port = await freePort();
    const places = ['-D', directory, '--from', backup, '--archive', archive, '--no-sync', '--json'];
    const own = ['--port', String(port), '--listen', '', '--set', `unix_socket_directories=${home}`];
    const { uid, gid } = serverUser;
    const owner = uid === undefined ? [] : ['--owner', `${String(uid)}:${String(gid)}`];
    const { status, stdout, stderr } = await runProgram('gausskeep', ['restore', ...places, ...own, ...owner]);
    if (status !== 0) throw new Error(`gausskeep restore: status ${String(status)}\n${stdout}${stderr}`);
    giveToServerUser(home);
    const { recovery } = JSON.parse(stdout) as { recovery: Record<string, unknown> };
    return { restored: new RecoveredInstance(version, directory, port, home), recovery };
  }

  /** Starts the server as somebody does who does not know `recover`. */
  startByHand(): void {
    const server = spawn(join(stagedBinaries(this.#version), 'bin', 'postgres'), ['-D', this.directory], {
      ...(runningAsRoot ? serverUser : {}),
      stdio: 'ignore',
      cwd: this.directory,
      detached: true,
    });
    runDirectory().guard(server.pid ?? 0);
    server.unref();
  }

  /** Runs `gausskeep VERB --json`. */
  async run(verb: 'recover' | 'resume' | 'status', more: readonly string[] = []): Promise<ProgramResult> {
    const running = this.start(verb, more);
    running.stdin.end();
    const result = await running.result;
    this.#guard();
    return result;
  }

  start(verb: 'recover' | 'resume' | 'status', more: readonly string[] = []): RunningProgram {
    const bindir = verb === 'recover' ? ['--bindir', join(stagedBinaries(this.#version), 'bin')] : [];
    const args = [verb, '--pgdata', this.directory, ...bindir, '--username', 'postgres', '--json', ...more];
    return startProgram('gausskeep', args);
  }

  /** What `run` printed, which must have succeeded. */
  async answer(verb: 'recover' | 'resume' | 'status', more: readonly string[] = []): Promise<Record<string, unknown>> {
    const { status, stdout, stderr } = await this.run(verb, more);
    if (status !== 0) throw new Error(`gausskeep ${verb}: status ${String(status)}\n${stdout}${stderr}`);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  async sql<Row extends QueryResultRow = QueryResultRow>(text: string): Promise<Row[]> {
    const client = new Client({ host: this.socketDirectory, port: this.port, user: 'postgres', database: 'postgres' });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }

  /** Adds lines to what ALTER SYSTEM writes. */
  configure(lines: string): void {
    appendFileSync(join(this.directory, 'postgresql.auto.conf'), lines);
  }

  /** Runs a command of the shell that stops and starts it, as it was printed for us. */
  async restartBy(command: string): Promise<void> {
    const { status, stderr } = await startCommand('sh', ['-c', command], {}).result;
    if (status !== 0) throw new Error(`${command}: status ${String(status)}\n${stderr}`);
    if (this.#pid !== undefined) runDirectory().release(this.#pid);
    this.#pid = undefined;
    this.#guard();
  }

  async stop(signal: 'SIGINT' | 'SIGQUIT' = 'SIGQUIT'): Promise<void> {
    const pid = this.#guard();
    if (pid === undefined) return;
    try {
      process.kill(pid, signal);
      for (;;) {
        process.kill(pid, 0);
        await delay(20);
      }
    } catch {
      // Gone.
    }
    runDirectory().release(pid);
    this.#pid = undefined;
  }

  #guard(): number | undefined {
    if (this.#pid !== undefined) return this.#pid;
    try {
      const pid = Number.parseInt(readFileSync(join(this.directory, 'postmaster.pid'), 'utf8'), 10);
      runDirectory().guard(pid);
      this.#pid = pid;
    } catch {
      return undefined;
    }
    return this.#pid;
  }
}
