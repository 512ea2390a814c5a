import type { Client } from 'pg';

export interface LoadOptions {
  /** Rows of each large table, about 250 bytes each with its indexes. */
  readonly rows: number;
  /** How many large tables, one unless given. */
  readonly tables?: number;
}

/**
 * Fills a database with one of everything that a backup can get wrong: large indexed tables, values stored out of line,
 * a partitioned table, an unlogged one, a sequence, an empty table, and the `amcheck` extension for `checkIndexes`.
 */
export async function loadData(client: Client, { rows, tables = 1 }: LoadOptions): Promise<void> {
  await client.query('create extension if not exists amcheck');
  for (let table = 1; table <= tables; table += 1) {
    const name = `large_${table}`;
    await client.query(`create table ${name} (id bigint primary key, code text not null, filler text not null)`);
    await client.query(
      `insert into ${name} select i, md5(i::text), repeat(md5((i * 7)::text), 4) from generate_series(1, $1::bigint) i`,
      [rows],
    );
    await client.query(`create index on ${name} (code)`);
  }
  await client.query('create table toasted (id int primary key, value text not null)');
  await client.query('alter table toasted alter value set storage external');
  await client.query(
    "insert into toasted select i, (select string_agg(md5((i * 1000 + j)::text), '') from generate_series(1, 400) j) from generate_series(1, 40) i",
  );
  await client.query('create table measured (day date not null, value int not null) partition by range (day)');
  await client.query(
    "create table measured_old partition of measured for values from ('2000-01-01') to ('2020-01-01')",
  );
  await client.query(
    "create table measured_new partition of measured for values from ('2020-01-01') to ('2040-01-01')",
  );
  await client.query("insert into measured select date '2010-01-01' + i, i from generate_series(1, 7000) i");
  await client.query('create index on measured (day)');
  await client.query('create unlogged table forgotten (id int primary key, value text)');
  await client.query("insert into forgotten select i, 'gone after a restore' from generate_series(1, 1000) i");
  await client.query('create table empty (id int primary key)');
  await client.query('create sequence ticket increment 3');
  await client.query("select nextval('ticket') from generate_series(1, 10)");
}
