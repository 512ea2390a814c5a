import { resolveConnections } from '../config/connection-settings.ts';
import type { Environment } from '../config/environment.ts';
import type { GivenOptions } from '../config/option-table.ts';
import type { FindLogin } from '../index.ts';
import { warningLine } from './error-text.ts';
import type { Terminal } from './terminal.ts';

/** How to log in to a server on this machine: the options, PGUSER and the password file, else as the system's user. */
export function recoveryLogin(
  given: GivenOptions,
  environment: Environment,
  { program, terminal }: { readonly program: string; readonly terminal: Terminal },
): FindLogin {
  // The server is the one of the data directory, wherever the environment leads other programs.
  const elsewhere = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGSERVICE', 'PGSERVICEFILE', 'PGTARGETSESSIONATTRS'];
  const rest = { ...environment, ...Object.fromEntries(elsewhere.map((name) => [name, undefined])) };
  const shown = new Set<string>();
  return async ({ host, port }) => {
    const user = given.last('username');
    const settings = { host: given.last('host') ?? host, port: String(port), user };
    const { connections, warnings } = await resolveConnections(settings, rest, 'postgres');
    const [resolved] = connections;
    for (const line of warnings.map((warning) => warningLine(program, warning))) {
      if (!shown.has(line)) terminal.line(line);
      shown.add(line);
    }
    const chosen = user !== undefined || (environment['PGUSER'] ?? '') !== '';
    return {
      user: resolved.user,
      otherUser: chosen ? undefined : 'postgres',
      database: 'postgres',
      password: resolved.password,
      host: given.last('host'),
    };
  };
}
