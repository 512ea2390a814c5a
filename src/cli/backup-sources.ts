import { resolveConnections, type ResolvedConnection } from '../config/connection-settings.ts';
import { readEnvironment } from '../config/environment.ts';
import type { ServerSideSettings } from '../config/gs-basebackup-settings.ts';
import type { GivenOptions } from '../config/option-table.ts';
import type { SessionSettings } from '../index.ts';
import { warningLine } from './error-text.ts';
import type { ProgramContext } from './program.ts';
import { speak } from './speech.ts';

/** Where to connect and as whom, before any password was asked for. */
export async function backupSources(
  given: GivenOptions,
  settings: Pick<ServerSideSettings, 'haPort' | 'inactivityTimeoutMs' | 'maxAuthIterations'>,
  { program, terminal }: ProgramContext,
): Promise<{ readonly sources: readonly SessionSettings[]; readonly further: Readonly<Record<string, string>> }> {
  const options = {
    host: given.last('host'),
    port: given.last('port'),
    user: given.last('username'),
    connectionString: given.last('dbname'),
  };
  const environment = readEnvironment();
  const { connections, warnings, notes, further } = await resolveConnections(options, environment);
  for (const warning of warnings) terminal.line(warningLine(program, warning));
  for (const note of given.has('verbose') ? notes : []) terminal.line(`${program}: ${speak(note)}`);
  const sources = connections.map(({ applicationName, haPort: _, ...connection }: ResolvedConnection) => ({
    ...connection,
    // The name decides what openGauss sends along, so the environment does not change it there: see `openReplicationSession`.
    parameters: { ...connection.parameters, application_name: applicationName ?? 'gs_basebackup' },
    replicationPort: settings.haPort,
    // The account of an openGauss installation has that variable; the other name stands for PostgreSQL.
    advisesReplicationPort: program !== 'pg_basebackup' && (environment['GAUSSHOME'] ?? '') !== '',
    inactivityTimeoutMs: settings.inactivityTimeoutMs,
    maxAuthIterations: settings.maxAuthIterations,
  }));
  return { sources, further };
}
