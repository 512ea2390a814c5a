/** A setting that names a place on the host of the source. */
export interface PlaceSetting {
  readonly name: string;
  /**
   * `own`: two servers must not have the same; a copy never has it. `access`: a file that may be the copy's as well.
   * `directory`: the server makes files there, and there may be several, with commas between. `file`: read at its start.
   */
  readonly use: 'own' | 'access' | 'directory' | 'file';
  /** What has to be set where this one is taken out. */
  readonly without?: { readonly name: string; readonly value: string } | undefined;
  /**
   * Where packages have built the server to go without it, and what to set where the account of the copy may not write there:
   * the place of a server that was built without a word about it.
   */
  readonly builtIn?: { readonly place: string; readonly instead: string } | undefined;
}

const noTls = { name: 'ssl', value: 'off' };

/** Without what these name, or with what they name used by two, a server does not start. Source: guc_tables.c, pg_createcluster, pg_config_manual.h (DEFAULT_PGSOCKET_DIR). */
export const postgresqlPlaceSettings: readonly PlaceSetting[] = [
  { name: 'external_pid_file', use: 'own' },
  { name: 'stats_temp_directory', use: 'own' },
  { name: 'hba_file', use: 'access' },
  { name: 'ident_file', use: 'access' },
  {
    name: 'unix_socket_directories',
    use: 'directory',
    builtIn: { place: '/var/run/postgresql', instead: '/tmp' },
  },
  { name: 'log_directory', use: 'directory' },
  { name: 'ssl_cert_file', use: 'file', without: noTls },
  { name: 'ssl_key_file', use: 'file', without: noTls },
  { name: 'ssl_ca_file', use: 'file', without: noTls },
  { name: 'ssl_crl_file', use: 'file', without: noTls },
  { name: 'ssl_crl_dir', use: 'file', without: noTls },
  { name: 'ssl_dh_params_file', use: 'file', without: noTls },
];
