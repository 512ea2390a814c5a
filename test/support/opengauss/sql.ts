import { commandComplete, dataRow, errorResponse, readyForQuery, rowDescription } from '../scripted/messages.ts';
import { fields } from './refusals.ts';
import type { Session } from './session.ts';
import type { Slot } from './state.ts';
import { lsnText } from './wal-store.ts';

const defaultSettings: Readonly<Record<string, string>> = {
  archive_mode: 'on',
  data_directory: '/home/omm/data',
  enable_thread_pool: 'off',
  max_wal_senders: '16',
  server_version: '9.2.4',
  server_version_num: '90204',
  synchronous_standby_names: '*',
  wal_keep_segments: '16',
  wal_level: 'hot_standby',
  wal_segment_size: '16MB',
};

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

function values(
  session: Session,
  text: string,
): { readonly columns: string[]; readonly row: string[] | undefined } | undefined {
  const query = text.trim().replace(/;$/, '').replaceAll(/\s+/g, ' ').toLowerCase();
  const { release, options } = session.state;
  const show = /^show ([a-z_]+)$/.exec(query);
  if (show) {
    const value = { ...defaultSettings, ...options.settings }[show[1]!];
    return value === undefined ? undefined : { columns: [show[1]!], row: [value] };
  }
  const slot = /^select ([a-z_, ]+) from pg_catalog\.pg_replication_slots where slot_name = '([^']*)'$/.exec(query);
  if (slot) {
    const columns = slot[1]!.split(', ');
    const found = session.state.slots.get(slot[2]!);
    if (columns.some((column) => !slotColumns.has(column))) return undefined;
    return { columns, row: found && columns.map((column) => slotColumns.get(column)!(slot[2]!, found)) };
  }
  if (query === 'select 1') return { columns: ['?column?'], row: ['1'] };
  if (/^select (pg_catalog\.)?version\(\)$/.test(query)) return { columns: ['version'], row: [versionText(session)] };
  if (/^select (pg_catalog\.)?opengauss_version\(\)$/.test(query) && release >= 3) {
    return { columns: ['opengauss_version'], row: ['5.0.5'] };
  }
  if (query === 'select current_user, version()') {
    return { columns: ['current_user', 'version'], row: [session.user, versionText(session)] };
  }
  return undefined;
}

/** A recognised query, or an ERROR after which an SQL session goes on. */
export async function answerSql(session: Session, text: string): Promise<void> {
  const found = values(session, text);
  if (!found) {
    const refused = fields('ERROR', '42601', `the stand-in does not know this query: ${text.slice(0, 80)}`);
    await session.out.write(errorResponse(refused), readyForQuery());
    return;
  }
  await session.out.write(
    rowDescription(found.columns.map((name) => ({ name, oid: columnTypes[name] ?? 25, typeModifier: -1 }))),
    ...(found.row === undefined ? [] : [dataRow(found.row)]),
    commandComplete(`SELECT ${found.row === undefined ? 0 : 1}`),
    readyForQuery(),
  );
}
