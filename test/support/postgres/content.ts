import { escapeIdentifier, type Client } from 'pg';

export interface TableContent {
  readonly rows: number;
  /** md5 over the md5 of every row, sorted: equal for equal sets of rows, wherever they are stored. */
  readonly hash: string;
}

/** What the users' tables and sequences of one database hold. */
export interface Content {
  readonly tables: ReadonlyMap<string, TableContent>;
  readonly sequences: ReadonlyMap<string, { readonly value: bigint; readonly increment: bigint }>;
}

const userSchema = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema'";

/**
 * Reads every logged table (partitions each by itself) and every sequence in one snapshot. Unlogged tables are left
 * out: a restore empties them, which `unloggedRows` shows.
 */
export async function snapshotData(client: Client): Promise<Content> {
  await client.query('begin transaction isolation level repeatable read, read only');
  try {
    const tables = new Map<string, TableContent>();
    for (const name of await relations(client, "c.relkind = 'r' and c.relpersistence = 'p'")) {
      const { rows } = await client.query<{ rows: string; hash: string }>(
        `select count(*) as rows, md5(coalesce(string_agg(row_hash, '' order by row_hash), '')) as hash
           from (select md5(t::text) as row_hash from ${name} t) hashes`,
      );
      const [row] = rows;
      if (row !== undefined) tables.set(name, { rows: Number(row.rows), hash: row.hash });
    }
    return { tables, sequences: await readSequences(client) };
  } finally {
    await client.query('rollback');
  }
}

async function readSequences(client: Client): Promise<Content['sequences']> {
  const { rows } = await client.query<{ name: string; value: string | null; increment: string }>(
    `select format('%I.%I', schemaname, sequencename) as name, last_value as value, increment_by as increment
       from pg_sequences`,
  );
  return new Map(
    rows.map(({ name, value, increment }) => [name, { value: BigInt(value ?? 0), increment: BigInt(increment) }]),
  );
}

async function relations(client: Client, condition: string): Promise<string[]> {
  const { rows } = await client.query<{ schema: string; name: string }>(
    `select n.nspname as schema, c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${condition} and ${userSchema} order by 1, 2`,
  );
  return rows.map(({ schema, name }) => `${escapeIdentifier(schema)}.${escapeIdentifier(name)}`);
}

/** A server writes 32 values of a sequence ahead to the WAL, so that a recovered one may be that far ahead. */
const sequenceValuesAhead = 32n;

/** What differs between a database and its restored copy, one sentence each; empty when they hold the same. */
export function differences(expected: Content, restored: Content): string[] {
  const found: string[] = [];
  for (const name of new Set([...expected.tables.keys(), ...restored.tables.keys()])) {
    const [left, right] = [expected.tables.get(name), restored.tables.get(name)];
    if (left?.rows !== right?.rows) found.push(`${name}: ${count(left)} expected, ${count(right)} found`);
    else if (left?.hash !== right?.hash) found.push(`${name}: other rows than expected`);
  }
  for (const name of new Set([...expected.sequences.keys(), ...restored.sequences.keys()])) {
    const [left, right] = [expected.sequences.get(name), restored.sequences.get(name)];
    if (left === undefined || right === undefined) found.push(`${name}: a sequence of one of the two only`);
    else if (right.value < left.value || right.value > left.value + sequenceValuesAhead * left.increment) {
      found.push(`${name}: at ${left.value}, restored at ${right.value}`);
    }
  }
  return found;
}

function count(content: TableContent | undefined): string {
  return content === undefined ? 'no table' : `${content.rows} rows`;
}

/** How many rows the unlogged tables of a database hold. */
export async function unloggedRows(client: Client): Promise<number> {
  let total = 0;
  for (const name of await relations(client, "c.relkind = 'r' and c.relpersistence = 'u'")) {
    const { rows } = await client.query<{ count: string }>(`select count(*) from ${name}`);
    total += Number(rows[0]?.count);
  }
  return total;
}

/**
 * Checks every B-tree against its table with `amcheck`, system catalogues included, and from PostgreSQL 14 every table by
 * itself. Rejects with the server's error when one is damaged.
 * @returns how many relations were checked
 */
export async function checkRelations(client: Client): Promise<number> {
  // The extension comes with `loadData`; a standby could not create it.
  const indexes = await client.query<{ name: string }>(
    `select c.oid::regclass::text as name, bt_index_check(c.oid, true)
       from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
      where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p' and i.indisready and i.indisvalid`,
  );
  const { rows: versions } = await client.query<{ number: number }>(
    "select current_setting('server_version_num')::int as number",
  );
  if ((versions[0]?.number ?? 0) < 140_000) return indexes.rows.length;
  const tables = await client.query<{ name: string; damage: string | null }>(
    `select c.oid::regclass::text as name, (select string_agg(msg, '; ') from verify_heapam(c.oid::regclass)) as damage
       from pg_class c where c.relkind in ('r', 't', 'm') and c.relpersistence = 'p'`,
  );
  const damaged = tables.rows.filter(({ damage }) => damage !== null);
  if (damaged.length > 0) throw new Error(damaged.map(({ name, damage }) => `${name}: ${String(damage)}`).join('\n'));
  return indexes.rows.length + tables.rows.length;
}
