/**
 * What the writers did, and what the tables must hold after each of it. Each transaction takes its number from one row that it
 * locks until its end: the numbers have no gap, and their order is the order of the commit records in the WAL.
 */
import { appendFileSync } from 'node:fs';
import type { Client } from 'pg';

export type ActKind = 'insert' | 'update' | 'delete' | 'bulk';

/** What a transaction is to do; `writer` and `serial` are its name until it has a number. */
export interface Act {
  readonly writer: number;
  readonly serial: number;
  readonly kind: ActKind;
  /** Of the row; of the first row for `bulk`. */
  readonly id: number;
  readonly value: string;
}

/** A transaction that was committed. */
export interface Committed extends Act {
  readonly n: number;
  readonly xid: string;
  /** In UTC with microseconds; undefined when the connection broke before the server could be asked. */
  readonly time: string | undefined;
}

/** What the tables hold. Each row is one text, so that they are compared as they are. */
export interface Rows {
  readonly history: readonly string[];
  readonly item: readonly string[];
  readonly filler: readonly string[];
}

export const fillerRows = 4000;
export const bulkRows = 400;

/** @param location directory of the tablespace, which belongs to the server */
export async function createTables(client: Client, location: string): Promise<void> {
  await client.query(`create tablespace outside location '${location}'`);
  await client.query(`
    create table counter (n bigint not null);
    insert into counter values (0);
    create table attempt (writer int, serial int, primary key (writer, serial));
    create table history (
      n bigint primary key, writer int not null, serial int not null, kind text not null, id bigint not null, value text not null,
      xid bigint not null);
    create table item (id bigint primary key, value text not null) tablespace outside;
    create table filler (id int primary key, n bigint not null, body text not null);
    insert into filler select i, 0, repeat(md5(i::text), 6) from generate_series(1, ${fillerRows}) i;
    create function act(w int, s int, k text, i bigint, v text, out n bigint, out xid bigint) language plpgsql as $$
    begin
      -- Waits for an earlier attempt that may still be under way in a session whose client is gone.
      insert into attempt values (w, s) on conflict do nothing;
      if not found then
        select h.n, h.xid into strict n, xid from history h where h.writer = w and h.serial = s;
        return;
      end if;
      update counter c set n = c.n + 1 returning c.n into n;
      xid := txid_current();
      insert into history values (n, w, s, k, i, v, xid);
      if k = 'insert' then insert into item values (i, v);
      elsif k = 'update' then update item set value = v where id = i;
      elsif k = 'delete' then delete from item where id = i;
      else update filler f set n = act.n, body = repeat(md5(f.id || v), 6) where f.id >= i and f.id < i + ${bulkRows};
      end if;
    end $$`);
}

/** The recorded history, in memory and in a file beside the database. */
export class RecordedHistory {
  readonly #file: string;
  readonly #byNumber = new Map<number, Committed>();

  constructor(file: string) {
    this.#file = file;
  }

  /** How many were committed. */
  get count(): number {
    return this.#byNumber.size;
  }

  at(n: number): Committed {
    const found = this.#byNumber.get(n);
    if (found === undefined) throw new Error(`the history has no transaction ${n}`);
    return found;
  }

  add(committed: Committed): void {
    const other = this.#byNumber.get(committed.n);
    if (other !== undefined)
      throw new Error(`two transactions have number ${committed.n}: ${JSON.stringify([other, committed])}`);
    this.#byNumber.set(committed.n, committed);
    appendFileSync(this.#file, `${JSON.stringify(committed)}\n`);
  }

  /** What the tables hold when the transactions 1 … `last` were committed and no other. */
  rowsAfter(last: number): Rows {
    const history: string[] = [];
    const items = new Map<number, string>();
    const filler = Array.from({ length: fillerRows }, () => 0);
    for (let n = 1; n <= last; n += 1) {
      const { writer, serial, kind, id, value, xid } = this.at(n);
      history.push([n, writer, serial, kind, id, value, xid].join(' '));
      if (kind === 'insert' || (kind === 'update' && items.has(id))) items.set(id, value);
      else if (kind === 'delete') items.delete(id);
      else if (kind === 'bulk') filler.fill(n, id - 1, id - 1 + bulkRows);
    }
    const item = [...items].sort(([left], [right]) => left - right).map(([id, value]) => `${id} ${value}`);
    return { history, item, filler: filler.map((n, index) => `${index + 1} ${n}`) };
  }
}

const rowQueries = {
  history: "select concat_ws(' ', n, writer, serial, kind, id, value, xid) as row from history order by n",
  item: "select concat_ws(' ', id, value) as row from item order by id",
  filler: "select concat_ws(' ', id, n) as row from filler order by id",
} as const;

/** What differs between the tables of a server and what they are to hold, one sentence for each table; empty: nothing. */
export async function differencesFrom(
  expected: Rows,
  ask: (query: string) => Promise<readonly { readonly row: string }[]>,
): Promise<string[]> {
  const found: string[] = [];
  for (const table of ['history', 'item', 'filler'] as const) {
    const rows = (await ask(rowQueries[table])).map(({ row }) => row);
    const [wanted, length] = [expected[table], Math.max(rows.length, expected[table].length)];
    const first = Array.from({ length }, (_, index) => index).find((index) => rows[index] !== wanted[index]);
    if (first === undefined) continue;
    found.push(
      `${table}: ${rows.length} rows, expected ${wanted.length}; row ${first + 1} is "${String(rows[first])}", expected "${String(wanted[first])}"`,
    );
  }
  // The content of the rows that `bulk` wrote follows from the number of the transaction.
  const [wrong] = await ask(`
    select count(*)::text as row from filler f left join history h on h.n = f.n
     where f.body <> repeat(md5(f.id || coalesce(h.value, '')), 6)`);
  if (wrong?.row !== '0') found.push(`filler: ${String(wrong?.row)} rows with another content than was written`);
  return found;
}
