import { commandComplete, dataRow, errorResponse, readyForQuery, rowDescription } from '../scripted/messages.ts';
import { fields } from './refusals.ts';
import type { Session } from './session.ts';
import type { Slot } from './state.ts';
import { lsnText } from './wal-store.ts';

const defaultSettings: Readonly<Record<string, string>> = {
  archive_command: '',
  archive_dest: '/home/omm/archive',
  archive_mode: 'on',
  config_file: '/home/omm/data/postgresql.conf',
  data_directory: '/home/omm/data',
  enable_double_write: 'on',
  enable_incremental_checkpoint: 'on',
  enable_thread_pool: 'off',
  enable_xlog_prune: 'on',
  failed_login_attempts: '10',
  fsync: 'on',
  full_page_writes: 'on',
  hba_file: '/home/omm/data/pg_hba.conf',
  ident_file: '/home/omm/data/pg_ident.conf',
  max_size_for_xlog_prune: '2147483647kB',
  max_wal_senders: '16',
  server_version: '9.2.4',
  server_version_num: '90204',
  synchronous_standby_names: '*',
  TimeZone: 'PRC',
  wal_keep_segments: '16',
  wal_level: 'hot_standby',
  wal_segment_size: '16MB',
};

/** Of those above, what a server takes only when it starts. Source: guc.cpp of 5.0. */
const restartSettings: ReadonlySet<string> = new Set([
  ...['enable_double_write', 'enable_incremental_checkpoint', 'enable_thread_pool', 'max_wal_senders', 'wal_level'],
  ...['config_file', 'data_directory', 'hba_file', 'ident_file', 'max_replication_slots'],
]);

/** int4 and name; everything else is text. */
const columnTypes: Readonly<Record<string, number>> = { '?column?': 23, current_user: 19 };

/** Of pg_replication_slots; all of a physical slot, restart_lsn is text. */
const slotColumns = new Map<string, (name: string, slot: Slot) => string>([
  ['slot_name', (name) => name],
  ['slot_type', () => 'physical'],
  ['active', (_name, { active }) => (active > 0 ? 't' : 'f')],
  ['restart_lsn', (_name, { restartLsn }) => (restartLsn === 0n ? '' : lsnText(restartLsn))],
]);

function versionText(session: Session): string {
  const { release, options } = session.state;
  if (options.version !== undefined) return options.version;
  const built = 'compiled at 2026-11-20 20:21:49 commit 13 last mr 8152 release';
  if (release < 2) return `(openGauss 1.0.0 build 0bd0ce80) ${built}`;
  if (release < 3) return `PostgreSQL 9.2.4 (openGauss 2.0.0 build 78689da9) ${built}`;
  return `(openGauss-lite 5.0.5 build c9f6da70) ${built}`;
}

interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What an examination asks, as views and functions of openGauss answer it. */
function conditionOf(session: Session, query: string): Answer | undefined {
  const { state } = session;
  const settings = { ...defaultSettings, ...state.options.settings };
  const wantedSettings =
    /^select name, setting, unit, context from pg_catalog\.pg_settings where name in \((.*)\)$/.exec(query);
  if (wantedSettings) {
    const wanted = new Set(wantedSettings[1]!.split(', ').map((name) => name.slice(1, -1)));
    const hidden = new Set(state.options.hides);
    const rows = Object.entries(settings).filter(([name]) => wanted.has(name.toLowerCase()) && !hidden.has(name));
    // The view has numbers and their unit apart, unlike SHOW.
    const split = rows.map(([name, value]) => {
      const size = /^(\d+)(kB|MB|GB|s|min)$/.exec(value);
      const context = restartSettings.has(name) ? 'postmaster' : 'sighup';
      return size ? [name, size[1]!, size[2]!, context] : [name, value, null, context];
    });
    return { columns: ['name', 'setting', 'unit', 'context'], rows: split };
  }
  const own =
    'select case when (select rolsuper or rolsystemadmin from pg_catalog.pg_roles where rolname = current_user)';
  const named = /then \(select count\(\*\) from pg_catalog\.pg_thread_wait_status where thread_name in \((.*?)\)\) end/;
  const names = query.includes(own) ? named.exec(query)?.[1] : undefined;
  if (names !== undefined) {
    const told = new Set(names.split(', ').map((name) => name.slice(1, -1)));
    const counted =
      state.walSendersNamed(told) + (query.includes('pg_stat_replication') ? state.streamingSenders() : 0);
    return { columns: ['?column?'], rows: [[session.sysadmin ? String(counted) : null]] };
  }
  if (query.startsWith('select slot_name, active, false, pg_catalog.pg_xlog_location_diff(')) {
    const rows = [...state.slots].map(([name, { active, restartLsn }]) => {
      const held = restartLsn === 0n ? null : String(state.wal.insertLsn - restartLsn);
      return [name, active > 0 ? 't' : 'f', 'f', held, null];
    });
    return { columns: ['slot_name', 'active', 'bool', 'int8', 'bool'], rows };
  }
  if (query.startsWith('select spcname, pg_catalog.pg_tablespace_location(oid) from')) {
    const { tablespaces = [] } = state.options;
    const rows = tablespaces.map(({ oid, path, announced, relative }) => [
      `space_${oid}`,
      relative ?? announced ?? path,
    ]);
    return { columns: ['spcname', 'pg_tablespace_location'], rows };
  }
  if (query === 'select sum(pg_catalog.pg_tablespace_size(oid))::bigint from pg_catalog.pg_tablespace') {
    return { columns: ['sum'], rows: [[String(state.options.sizeBytes ?? 26_214_400n)]] };
  }
  if (query === 'select pg_catalog.pg_is_in_recovery()') return { columns: ['pg_is_in_recovery'], rows: [['f']] };
  if (query === 'select extract(epoch from clock_timestamp()) * 1000') {
    const ms = Date.now() + (state.options.clockAheadMs ?? 0);
    return { columns: ['?column?'], rows: [[String(ms)]] };
  }
  return undefined;
}

function values(session: Session, text: string): Answer | undefined {
  const query = text.trim().replace(/;$/, '').replaceAll(/\s+/g, ' ').toLowerCase();
  const { release, options } = session.state;
  const condition = conditionOf(session, query);
  if (condition) return condition;
  const show = /^show ([a-z_]+)$/.exec(query);
  if (show) {
    const value = { ...defaultSettings, ...options.settings }[show[1]!];
    return value === undefined ? undefined : { columns: [show[1]!], rows: [[value]] };
  }
  const slot = /^select ([a-z_, ]+) from pg_catalog\.pg_replication_slots where slot_name = '([^']*)'$/.exec(query);
  if (slot) {
    const columns = slot[1]!.split(', ');
    const found = session.state.slots.get(slot[2]!);
    if (columns.some((column) => !slotColumns.has(column))) return undefined;
    const rows = found ? [columns.map((column) => slotColumns.get(column)!(slot[2]!, found))] : [];
    return { columns, rows };
  }
  if (query === 'select 1') return { columns: ['?column?'], rows: [['1']] };
  if (/^select (pg_catalog\.)?version\(\)$/.test(query))
    return { columns: ['version'], rows: [[versionText(session)]] };
  if (/^select (pg_catalog\.)?opengauss_version\(\)$/.test(query) && release >= 3) {
    return { columns: ['opengauss_version'], rows: [['5.0.5']] };
  }
  if (query === 'select current_user, version()') {
    return { columns: ['current_user', 'version'], rows: [[session.user, versionText(session)]] };
  }
  return undefined;
}

/** A recognised query, or an ERROR after which an SQL session goes on. */
export async function answerSql(session: Session, text: string): Promise<void> {
  if (session.state.options.hides === 'everything') {
    await session.out.write(errorResponse(fields('ERROR', '42501', 'permission denied')), readyForQuery());
    return;
  }
  const found = values(session, text);
  if (!found) {
    const refused = fields('ERROR', '42601', `the stand-in does not know this query: ${text.slice(0, 80)}`);
    await session.out.write(errorResponse(refused), readyForQuery());
    return;
  }
  await session.out.write(
    rowDescription(found.columns.map((name) => ({ name, oid: columnTypes[name] ?? 25, typeModifier: -1 }))),
    ...found.rows.map((row) => dataRow(row)),
    commandComplete(`SELECT ${found.rows.length}`),
    readyForQuery(),
  );
}
