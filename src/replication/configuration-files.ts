import type { Abortable, Connection } from '../connection/connection.ts';
import { ServerError } from '../connection/server-error.ts';
import type { Capabilities } from '../server/capabilities.ts';
import { showSetting } from './identify.ts';

/** Where a server has its configuration, as absolute paths there; each undefined where it does not tell this role. */
export interface ConfigurationFiles {
  readonly dataDirectory: string | undefined;
  readonly configFile: string | undefined;
  readonly hbaFile: string | undefined;
  readonly identFile: string | undefined;
}

/** Asks for the places of the configuration. The role needs pg_read_all_settings, without which nothing is told. */
export async function configurationFiles(
  connection: Connection,
  capabilities: Capabilities,
  options: Abortable = {},
): Promise<ConfigurationFiles> {
  let isTold = capabilities.show;
  const show = async (name: string): Promise<string | undefined> => {
    // Who is refused one is refused all, and each refusal is an error in the server's log.
    if (!isTold) return undefined;
    try {
      return (await showSetting(connection, name, options)) || undefined;
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
      isTold = false;
      return undefined;
    }
  };
  return {
    dataDirectory: await show('data_directory'),
    configFile: await show('config_file'),
    hbaFile: await show('hba_file'),
    identFile: await show('ident_file'),
  };
}
