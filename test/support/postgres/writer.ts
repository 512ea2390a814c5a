import type { Client } from 'pg';
import type { PostgresServer } from './server.ts';

/** A transfer that the server said was committed. */
export interface Commit {
  /** Counted from 1 by each writer, without a gap. */
  readonly id: number;
  /** The end of the WAL when the commit was reported: at or after its commit record. */
  readonly position: string;
}

const accountCount = 100;

/** The tables of all writers. Call it once, before the first writer starts. */
export async function prepareWriting(client: Client): Promise<void> {
  await client.query('create table account (id int primary key, balance bigint not null)');
  await client.query(`insert into account select i, 0 from generate_series(1, ${accountCount}) i`);
  await client.query(`create table transfer (
    writer int not null, id int not null, debit int not null, credit int not null, amount int not null,
    written_at timestamptz not null default clock_timestamp(), primary key (writer, id))`);
}

/**
 * Writes transfers between accounts, one transaction each, as fast as the server takes them, until it is stopped. After
 * any recovery each writer's transfers must be 1, 2, 3, … without a gap, and every balance the sum of its transfers: a
 * lost, doubled or half-applied transaction cannot hide (`checkWriting`).
 */
export class Writer {
  /** In order. */
  readonly commits: Commit[] = [];
  readonly number: number;
  readonly #waiting: { count: number; resolve: () => void }[] = [];
  #stopping = false;
  readonly #done: Promise<void>;

  private constructor(number: number, client: Client) {
    this.number = number;
    this.#done = this.#write(client);
    // `stop` and `reached` report it; until then it is not an unhandled rejection.
    this.#done.catch(() => undefined);
  }

  static async start(server: PostgresServer, { number = 1, database = 'postgres' } = {}): Promise<Writer> {
    return new Writer(number, await server.client({ database, application_name: `writer ${number}` }));
  }

  get committed(): number {
    return this.commits.length;
  }

  /** Resolves when at least so many transfers were committed; rejects when the writer ends before. */
  async reached(count: number): Promise<void> {
    if (this.committed >= count) return;
    const waiting = new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    await Promise.race([waiting, this.#done]);
    if (this.committed < count) throw new Error(`the writer ended after ${this.committed} transfers`);
  }

  /** Ends after the transfer under way; rejects when the writer could not go on for another reason. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  async #write(client: Client): Promise<void> {
    try {
      while (!this.#stopping) {
        const id = this.committed + 1;
        await client.query({ name: 'transfer', text: transfer, values: transferValues(this.number, id) });
        // A statement of its own: only now is the commit on the server's word.
        const { rows } = await client.query<{ position: string }>({
          name: 'position',
          text: 'select pg_current_wal_insert_lsn()::text as position',
        });
        this.commits.push({ id, position: rows[0]?.position ?? '' });
        for (const { count, resolve } of this.#waiting) if (id >= count) resolve();
      }
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** One statement is one transaction. */
const transfer = `
  with moved as (
    insert into transfer (writer, id, debit, credit, amount) values ($1, $2, $3, $4, $5) returning debit, credit, amount)
  update account set balance = balance + case when account.id = moved.credit then amount else -amount end
    from moved where account.id in (moved.debit, moved.credit)`;

/** Spread over the accounts without chance, so that a failing run can be repeated. Debit is below credit: no deadlocks. */
function transferValues(writer: number, id: number): number[] {
  const debit = 1 + ((id * 7 + writer * 13) % (accountCount - 1));
  const credit = debit + 1 + ((id * 3) % (accountCount - debit));
  return [writer, id, debit, credit, 1 + (id % 1000)];
}

/**
 * Proves that a database holds a consistent beginning of what the writers did.
 * @returns how many transfers it holds, by the number of the writer
 */
export async function checkWriting(client: Client): Promise<ReadonlyMap<number, number>> {
  const { rows } = await client.query<{ writer: number; count: string; last: number }>(
    'select writer, count(*) as count, max(id) as last from transfer group by writer',
  );
  for (const { writer, count, last } of rows) {
    if (Number(count) !== last) throw new Error(`writer ${writer}: ${count} transfers, but the last one is ${last}`);
  }
  const torn = await client.query<{ id: number }>(
    `select id from account where balance <> (
       select coalesce(sum(case when credit = account.id then amount else -amount end), 0)
         from transfer where account.id in (debit, credit)) order by id`,
  );
  if (torn.rows.length > 0) {
    throw new Error(`balances that are not the sum of their transfers: ${torn.rows.map(({ id }) => id).join(', ')}`);
  }
  return new Map(rows.map(({ writer, count }) => [writer, Number(count)]));
}
