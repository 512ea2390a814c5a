import { expect } from 'vitest';
import type { CheckName, Severity } from '../../src/index.ts';
import type { ToldFinding } from './doctor-findings.ts';
import type { PostgresServer } from './postgres/server.ts';
import { runProgram } from './programs.ts';

/** What `gausskeep doctor --json` says of a server. */
export class DoctorRun {
  readonly #server: PostgresServer;

  constructor(server: PostgresServer) {
    this.#server = server;
  }

  async examined(
    words: readonly string[] = [],
    {
      user = 'postgres',
      port = this.#server.port,
      env = {},
    }: { readonly user?: string; readonly port?: number; readonly env?: Readonly<Record<string, string>> } = {},
  ) {
    const args = ['doctor', '--json', '-w', '-U', user, '-p', String(port), ...words];
    const { status, stdout, stderr } = await runProgram('gausskeep', args, {
      env: { ...this.#server.environment(), ...env },
    });
    expect(stderr).toBe('');
    const record = JSON.parse(stdout) as { worst: Severity; server: string; findings: readonly ToldFinding[] };
    for (const { check, severity, why, fix } of record.findings) {
      if (severity === 'warning' || severity === 'error') expect([check, why, fix]).not.toContain(undefined);
    }
    const of = (severity: Severity): string[] =>
      record.findings.filter((finding) => finding.severity === severity).map(({ check }) => check);
    return { ...record, status, of, found: (name: CheckName) => record.findings.filter(({ check }) => check === name) };
  }

  async findings(name: CheckName, ...words: string[]): Promise<readonly ToldFinding[]> {
    return (await this.examined(words)).found(name);
  }

  /** Changes a setting and waits until the server has read it. */
  async reload(statement: string): Promise<void> {
    const server = this.#server;
    const generation = await server.value('select pg_conf_load_time()::text');
    await server.sql(`alter system ${statement}`);
    await server.sql('select pg_reload_conf()');
    await server.waitFor(`select pg_conf_load_time() > '${generation}'::timestamptz`);
  }
}
