import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { bulkRows, fillerRows, type Act, type RecordedHistory } from './recorded-history.ts';
import { Random } from './random.ts';

/** How a transaction goes: one statement, a block, with a subtransaction, in two phases, or after one that is rolled back. */
const ways = ['statement', 'block', 'subtransaction', 'two phases', 'behind a rollback'] as const;

/**
 * Lets all writers go on or pause between two transactions, and knows how many of them pause.
 */
export class Gate {
  #isOpen = true;
  #isClosedForGood = false;
  readonly #waiting = new Set<() => void>();
  readonly #writers: number;
  #allWait: () => void = () => undefined;

  constructor(writers: number) {
    this.#writers = writers;
  }

  /** For a writer between two transactions. @returns whether it goes on */
  async pass(): Promise<boolean> {
    while (!this.#isOpen && !this.#isClosedForGood) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
        if (this.#waiting.size === this.#writers) this.#allWait();
      });
    }
    return !this.#isClosedForGood;
  }

  /** Resolves when no transaction is under way. */
  async close(): Promise<void> {
    this.#isOpen = false;
    await new Promise<void>((resolve) => {
      this.#allWait = resolve;
      if (this.#waiting.size === this.#writers) resolve();
    });
  }

  open(): void {
    this.#isOpen = true;
    this.#letGo();
  }

  endWriters(): void {
    this.#isClosedForGood = true;
    this.#letGo();
  }

  #letGo(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const resolve of waiting) resolve();
  }
}

export interface WriterPlace {
  readonly host: string;
  readonly port: number;
  readonly history: RecordedHistory;
  readonly gate: Gate;
}

/** Commits transactions one after another, whatever becomes of its connections, and records each of them. */
export class RecordingWriter {
  /** Resolves when the gate ended it; rejects when the server contradicts what it said before. */
  readonly done: Promise<void>;
  readonly #number: number;
  readonly #place: WriterPlace;
  readonly #random: Random;
  #client: Client | undefined;
  /** How often a connection broke, or the server refused one. */
  broken = 0;

  constructor(number: number, seed: number, place: WriterPlace) {
    this.#number = number;
    this.#place = place;
    this.#random = new Random(seed * 1000 + number);
    this.done = this.#write();
    // The run awaits it at its end.
    this.done.catch(() => undefined);
  }

  async #write(): Promise<void> {
    try {
      for (let serial = 1; await this.#place.gate.pass(); serial += 1) {
        const act = this.#nextAct(serial);
        const way = this.#random.pick(ways);
        while (!(await this.#attempt(act, way))) {
          this.broken += 1;
          await this.#client?.end().catch(() => undefined);
          this.#client = undefined;
          await delay(20);
        }
      }
    } finally {
      await this.#client?.end().catch(() => undefined);
    }
  }

  #nextAct(serial: number): Act {
    const writer = this.#number;
    const value = `${writer}.${serial}.${this.#random.below(1_000_000_000)}`;
    // Ids of earlier inserts of this writer or another, some of which were never made.
    const known = (1 + this.#random.below(3)) * 1_000_000 + 1 + this.#random.below(serial);
    const drawn = this.#random.next();
    if (drawn < 0.04) return { writer, serial, kind: 'bulk', id: 1 + this.#random.below(fillerRows - bulkRows), value };
    if (drawn < 0.6) return { writer, serial, kind: 'insert', id: writer * 1_000_000 + serial, value };
    return { writer, serial, kind: drawn < 0.85 ? 'update' : 'delete', id: known, value };
  }

  /** @returns false when it is not known whether it was committed: then the same is attempted again, which finds out */
  async #attempt(act: Act, way: (typeof ways)[number]): Promise<boolean> {
    const { writer, serial, kind, id, value } = act;
    try {
      const client = (this.#client ??= await this.#connect());
      const gid = `${writer}-${serial}`;
      const left = await client.query('select 1 from pg_prepared_xacts where gid = $1', [gid]);
      if (left.rowCount === 1) await client.query(`commit prepared '${gid}'`);
      if (way === 'behind a rollback') {
        await client.query("begin; insert into item values (-1, 'never'); rollback");
      }
      const call = {
        name: 'act',
        text: 'select n, xid from act($1, $2, $3, $4, $5)',
        values: [writer, serial, kind, id, value],
      };
      if (way !== 'statement') await client.query('begin');
      if (way === 'subtransaction') await client.query('savepoint s');
      const { rows } = await client.query<{ n: string; xid: string }>(call);
      if (way === 'subtransaction') await client.query('release savepoint s');
      if (way === 'two phases') {
        await client.query(`prepare transaction '${gid}'`);
        await client.query(`commit prepared '${gid}'`);
      } else if (way !== 'statement') await client.query('commit');
      const [row] = rows;
      if (row === undefined) throw new Error('act returned no row');
      this.#place.history.add({ ...act, n: Number(row.n), xid: row.xid, time: await this.#timeOf(client, row.xid) });
      return true;
    } catch (error) {
      if (isExpected(error)) return false;
      throw error;
    }
  }

  async #timeOf(client: Client, xid: string): Promise<string | undefined> {
    try {
      const { rows } = await client.query<{ time: string }>({ name: 'time', text: commitTime('$1'), values: [xid] });
      return rows[0]?.time;
    } catch {
      // It is committed all the same; the next attempt finds the connection broken.
      return undefined;
    }
  }

  async #connect(): Promise<Client> {
    const { host, port } = this.#place;
    const client = new Client({ host, port, user: 'postgres', database: 'postgres', application_name: 'soak writer' });
    // The query under way reports it.
    client.on('error', () => undefined);
    await client.connect();
    // Somebody's prepared transaction may hold the counter, until he is connected again.
    await client.query("set lock_timeout = '2s'");
    return client;
  }
}

/** Query of the commit time of a transaction, in UTC. */
export function commitTime(xid: string): string {
  return `select to_char(pg_xact_commit_timestamp(${xid}::text::xid) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as time`;
}

/**
 * What restarts and resets do to a session: connection errors, which have no SQLSTATE, operator intervention (57), a server without
 * a place or in recovery (53, 55), the wait for a lock that is behind a lost session, and a prepared transaction that the session which was
 * lost has committed meanwhile (42704).
 */
function isExpected(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isSqlState = /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('E');
  if (isSqlState) return /^(?:08|53|55|57)/.test(code) || code === '42704';
  return (
    code !== '' || /^(Connection terminated|Client has encountered a connection error|timeout)/i.test(messageOf(error))
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
